package tensortest

var transformerSections = []section{
	{"Transformers", "Sequences are (T, N, E), or (N, T, E) with `BatchFirst`, as in PyTorch.", []line{
		{"`nn.MultiheadAttention(E, heads)`", "nn.NewMultiheadAttention nn.MultiheadAttentionConfig", "`Forward` is need_weights=False, `ForwardWeights` returns the weights; queries that see no key give 0, never NaN"},
		{"`attn_mask`, `key_padding_mask`, `is_causal`", "nn.AttentionMask nn.TransformerMasks", "true hides a key, as in PyTorch's layers; `Causal` needs no mask beside it"},
		{"`nn.TransformerEncoderLayer(E, heads)`", "nn.NewTransformerEncoderLayer nn.TransformerLayerConfig", "`nn.TransformerLayerConfig{Activation: tensor.Tensor.GELU, NormFirst: true}.NewEncoder(g, E, heads)`"},
		{"`nn.TransformerDecoderLayer(E, heads)`", "nn.NewTransformerDecoderLayer", ""},
		{"`nn.TransformerEncoder(layer, n, norm)`", "nn.NewTransformerEncoder", "hidden positions get results; PyTorch's fast path gives 0 for them"},
		{"`nn.TransformerDecoder(layer, n, norm)`", "nn.NewTransformerDecoder", ""},
		{"`nn.Transformer(E, heads)`", "nn.NewTransformer nn.TransformerConfig", ""},
		{"`nn.Transformer.generate_square_subsequent_mask(n)`", "nn.GenerateSquareSubsequentMask", ""},
		{"`LlamaRotaryEmbedding` of transformers", "nn.NewRotary nn.Rotary nn.RotaryScaling", "`nn.Rotary{Base: 500000, Scaling: …}.New(size)`; `Angles` returns cosines and sines without the repetition of each half"},
		{"`apply_rotary_pos_emb(q, k, cos, sin)`", "tensor.Rotary", "for one tensor; in one pass"},
		{"sinusoidal positions", "nn.SinusoidalPositions", ""},
		{"learned positions", "nn.LearnedPositions nn.NewLearnedPositions", ""},
		{"`build_alibi_tensor`", "nn.ALiBi nn.ALiBiSlopes", "a mask for attention"},
		{"the gated MLP of Llama", "nn.SwiGLU nn.NewSwiGLU nn.SwiGLUConfig", "keys gate_proj, up_proj, down_proj"},
		{"`StaticCache` of transformers", "nn.KVCache nn.NewKVCache nn.KVCacheConfig", ""},
	}},
	{"Models of Hugging Face", "Package `models` has their keys, initial values and results.", []line{
		{"`BertModel(config)`", "models.BERT models.BERTConfig", "`models.BERTConfig{Layers: 6}.New(g)`"},
		{"`BertModel.from_pretrained(dir)`", "models.LoadBERT", "one or several safetensors files; converted to float32"},
		{"`BertForMaskedLM`", "models.BERTForMaskedLM models.LoadBERTForMaskedLM", ""},
		{"`BertForSequenceClassification`", "models.BERTForSequenceClassification models.LoadBERTForSequenceClassification", ""},
		{"`ViTForImageClassification`", "models.ViT models.ViTEncoder models.ViTConfig models.LoadViT", ""},
		{"`T5ForConditionalGeneration`", "models.T5 models.T5Stack models.T5Config models.LoadT5", ""},
		{"`t5.generate(ids)`", "models.T5Writer", "`generate.Tokens(t5.Read(ids, mask), []int32{0}, generate.Config{})`"},
		{"`SentenceTransformer(dir).encode(texts)`", "", "`models.LoadBERT(dir)`, then `m.Embed(ids, mask)` with the ids of package text"},
		{"a folder with config.json and safetensors files", "models.Folder models.OpenFolder", ""},
	}},
	{"Networks for tables", "Rows are prepared by package `tabular`: numbers, then codes of categories. Keys and initial values are those of the packages named.", []line{
		{"`rtdl_revisiting_models.MLP`, `tabm.TabM` (tabm-mini)", "models.TabularMLP models.NewTabularMLP models.TabularMLPConfig models.TabularInputs models.MemberLoss", "`Members` networks are trained at once; `MemberLoss` compares each with the target"},
		{"`rtdl_revisiting_models.ResNet`", "models.TabularResNet models.NewTabularResNet models.TabularResNetConfig", ""},
		{"`rtdl_revisiting_models.FTTransformer`", "models.FTTransformer models.NewFTTransformer models.FTTransformerConfig", ""},
		{"`rtdl_num_embeddings.PiecewiseLinearEmbeddings`", "models.NumberEmbeddings", "`TabularInputs.Bins`; the edges are in the state dict, and encodings end at 0 and 1"},
		{"linear or logistic regression", "models.TabularLinear models.NewTabularLinear", ""},
	}},
}
