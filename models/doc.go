// Package models holds architectures of published networks. Each has the names, initial values and results of
// torchvision's, or Hugging Face's for language models, so that its weights load without renaming, with
// [safetensors.LoadModel] or [torchfile.LoadModel].
//
// Networks for images map (N, C, H, W) to logits (N, classes), language models map token ids (N, T) to logits
// (N, T, vocabulary). Constructors draw the parameters from a generator as PyTorch does after torch.manual_seed.
//
//	model := models.NewResNet18(rng.NewTorch(0), 1000)
//	err := torchfile.LoadModel("resnet18-f37072fd.pth", model)
//	nn.Eval(model)
//
// Networks for texts and the vision transformer have the names, initial values and results of Hugging Face's
// transformers. A [Folder] is such a model as it is stored there; [LoadBERT], [LoadGPT2], [LoadLlama], [LoadT5] and
// [LoadViT] read one, and LoadLlama GGUF files, too:
//
//	model, err := models.LoadBERT("all-MiniLM-L6-v2")
//	embeddings := model.Embed(ids, mask)
//
// Networks for tables map prepared rows (N, columns) of package tabular to outputs (N, outputs): TabularMLP,
// TabularResNet, FTTransformer, TabularLinear. See [TabularInputs].
package models
