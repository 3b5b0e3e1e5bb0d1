// Package models holds architectures of published networks. Each has the names, initial values and results of
// torchvision's, so that its weights load without renaming, with [safetensors.LoadModel] or [torchfile.LoadModel].
//
// Inputs are batches of images (N, C, H, W), results are logits (N, classes). Constructors draw the parameters from a
// generator as torchvision does after torch.manual_seed.
//
//	model := models.NewResNet18(rng.NewTorch(0), 1000)
//	err := torchfile.LoadModel("resnet18-f37072fd.pth", model)
//	nn.Eval(model)
package models
