package tensortest

var languageSections = []section{
	{"Language models", "They have Hugging Face's keys and results.", []line{
		{"`transformers.GPT2LMHeadModel(GPT2Config(…))`", "models.GPT2Config models.GPT2", "`models.GPT2Config{Layers: 4}.New(g)`"},
		{"`GPT2LMHeadModel.from_pretrained(dir)`", "models.LoadGPT2", ""},
		{"`transformers.GPT2Model`", "models.GPT2Decoder", "`model.Transformer`"},
		{"`transformers.LlamaForCausalLM`, `Qwen2ForCausalLM`, `Qwen3ForCausalLM`",
			"models.LlamaConfig models.Llama models.LoadLlama models.LlamaFromGGUF models.TokenizerFromGGUF models.StopTokensFromGGUF models.LlamaLoadConfig", "`models.LlamaConfig{Family: \"qwen3\"}.New(g)`"},
		{"`transformers.LlamaModel`", "models.LlamaDecoder", "`model.Model`"},
	}},
}
