package tensortest

var transformerSections = []section{
	{"Transformers", "Sequences are (T, N, E), or (N, T, E) with `BatchFirst`, as in PyTorch.", []line{
		{"`LlamaRotaryEmbedding` of transformers", "nn.NewRotary nn.Rotary nn.RotaryScaling", "`nn.Rotary{Base: 500000, Scaling: …}.New(size)`; `Angles` returns cosines and sines without the repetition of each half"},
		{"`apply_rotary_pos_emb(q, k, cos, sin)`", "tensor.Rotary", "for one tensor; in one pass"},
		{"sinusoidal positions", "nn.SinusoidalPositions", ""},
		{"learned positions", "nn.LearnedPositions nn.NewLearnedPositions", ""},
		{"`build_alibi_tensor`", "nn.ALiBi nn.ALiBiSlopes", "a mask for attention"},
		{"the gated MLP of Llama", "nn.SwiGLU nn.NewSwiGLU nn.SwiGLUConfig", "keys gate_proj, up_proj, down_proj"},
		{"`StaticCache` of transformers", "nn.KVCache nn.NewKVCache nn.KVCacheConfig", ""},
	}},
}
