package models

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// ggufNames are the names of GGUF files for Hugging Face's, without "model." and the number of the layer.
var ggufNames = strings.NewReplacer(
	"model.embed_tokens", "token_embd",
	"model.norm", "output_norm",
	"lm_head", "output",
	"model.layers.", "blk.",
	"self_attn.q_proj", "attn_q",
	"self_attn.k_proj", "attn_k",
	"self_attn.v_proj", "attn_v",
	"self_attn.o_proj", "attn_output",
	"self_attn.q_norm", "attn_q_norm",
	"self_attn.k_norm", "attn_k_norm",
	"mlp.gate_proj", "ffn_gate",
	"mlp.up_proj", "ffn_up",
	"mlp.down_proj", "ffn_down",
	"input_layernorm", "attn_norm",
	"post_attention_layernorm", "ffn_norm",
)

// LlamaFromGGUF returns the model of a GGUF file whose architecture is llama, qwen2 or qwen3; see [LoadLlama]. Its
// errors name the file.
func LlamaFromGGUF(f *gguf.File, o LlamaLoadConfig) (*Llama, error) {
	m, err := llamaFromGGUF(f, o)
	if err == nil {
		nn.Eval(m)
	}
	return m, inFile(f, err)
}

func llamaFromGGUF(f *gguf.File, o LlamaLoadConfig) (*Llama, error) {
	c, err := llamaConfigOf(f)
	if err != nil {
		return nil, err
	}
	read := func(name string) (tensor.Tensor, error) {
		t, err := f.Tensor(ggufNames.Replace(name))
		if err == nil {
			t = c.unpermute(name, t)
		}
		return t, err
	}
	if o.Dequantize {
		return c.load(o.DType, read)
	}
	float := func(name string, n int) (tensor.Tensor, error) {
		t, err := read(name)
		if err == nil && !slices.Equal(t.Shape().Dims(), []int{n}) {
			err = fmt.Errorf("tensor %q has the shape %v, want (%d,)", ggufNames.Replace(name), t.Shape(), n)
		}
		if err != nil {
			return t, err
		}
		return trainable(t, tensor.Float32), nil
	}
	return c.build(func(name string, dims ...int) (nn.Module, error) {
		if name == "lm_head" && c.tied() {
			return nil, nil
		}
		at := ggufNames.Replace(name + ".weight")
		info, ok := f.Info(at)
		if ok && (len(info.Shape) != 2 || info.Shape[0] != dims[0] || info.Shape[1] != dims[1]) {
			return nil, fmt.Errorf("tensor %q has the shape %v, want %v for the sizes of the metadata", at, info.Shape,
				dims[:2])
		}
		var bias tensor.Tensor
		var err error
		if len(dims) > 2 {
			if bias, err = float(name+".bias", dims[2]); err != nil {
				return nil, err
			}
		}
		format, quantized := info.Type.BlockFormat()
		if !quantized {
			w, err := read(name + ".weight")
			if err != nil {
				return nil, err
			}
			if w = trainable(w, tensor.Float32); name == "model.embed_tokens" {
				return &nn.Embedding{Weight: w}, nil
			}
			return &nn.Linear{Weight: w, Bias: bias}, nil
		}
		w, err := f.Blocks(at)
		if err != nil {
			return nil, err
		}
		if name == "model.embed_tokens" {
			return &nn.QuantizedEmbedding{Weight: w, Format: format}, nil
		}
		return &nn.QuantizedLinear{Weight: c.unpermute(name, w), Bias: bias, Format: format}, nil
	}, float)
}

// unpermute returns the rows of a tensor of queries or keys in Hugging Face's order. GGUF files of the architecture
// llama have the two elements of a rotated pair in neighbouring rows, Hugging Face in the two halves of a head.
func (c LlamaConfig) unpermute(name string, t tensor.Tensor) tensor.Tensor {
	if c.Family != "llama" || !strings.Contains(name, "self_attn.q_proj") &&
		!strings.Contains(name, "self_attn.k_proj") {
		return t
	}
	shape := t.Shape()
	// its size is wrong, which the caller reports
	if t.Len() == 0 || shape.Rank() == 0 || shape.Dim(0)%c.HeadSize != 0 {
		return t
	}
	return t.Reshape(shape.Dim(0)/c.HeadSize, c.HeadSize/2, 2, -1).Transpose(1, 2).ReshapeTo(shape)
}

// llamaConfigOf returns the configuration in a GGUF file's metadata.
func llamaConfigOf(f *gguf.File) (c LlamaConfig, err error) {
	if c.Family, err = f.Text("general.architecture"); err != nil {
		return c, err
	}
	if c.Family != "llama" && c.Family != "qwen2" && c.Family != "qwen3" {
		return c, fmt.Errorf("the architecture is %q, want llama, qwen2 or qwen3", c.Family)
	}
	m := metadata{f: f, prefix: c.Family + "."}
	if n := m.int("expert_count", 0); n != 0 && m.err == nil {
		return c, fmt.Errorf("the model has %d experts, which are not supported", n)
	}
	c.Width, c.Layers = m.int("embedding_length", -1), m.int("block_count", -1)
	c.Inner = m.int("feed_forward_length", -1)
	c.Heads, c.Context = m.int("attention.head_count", -1), m.int("context_length", -1)
	c.KVHeads = m.int("attention.head_count_kv", c.Heads)
	c.HeadSize = m.int("attention.key_length", 0)
	c.Eps, c.RopeBase = m.float("attention.layer_norm_rms_epsilon", -1), m.float("rope.freq_base", 10000)
	if m.err != nil {
		return c, m.err
	}
	embedding, ok := f.Info("token_embd.weight")
	if !ok || len(embedding.Shape) != 2 {
		return c, fmt.Errorf("there is no matrix token_embd.weight")
	}
	c.Vocabulary = embedding.Shape[0]
	_, untied := f.Info("output.weight")
	_, c.AttentionBias = f.Info("blk.0.attn_output.bias")
	tied := !untied
	c.Tied = &tied
	if c, err = c.withDefaults(); err != nil {
		return c, err
	}
	if n := m.int("rope.dimension_count", c.HeadSize); n != c.HeadSize && m.err == nil {
		return c, fmt.Errorf("%d of %d features of a head are rotated, want all", n, c.HeadSize)
	}
	if c.Scaling, err = m.scaling(c); err != nil {
		return c, err
	}
	return c, m.err
}

// knownScaling are the keys below rope.scaling. finetuned says how the model was trained, and changes nothing.
var knownScaling = []string{"type", "factor", "original_context_length", "attn_factor", "yarn_beta_fast",
	"yarn_beta_slow", "finetuned"}

// scaling returns how the rotary frequencies are scaled.
func (m *metadata) scaling(c LlamaConfig) (s nn.RotaryScaling, err error) {
	const divisors = "rope_freqs.weight"
	if info, ok := m.f.Info(divisors); ok {
		t, err := m.f.Tensor(divisors)
		if err != nil {
			return s, err
		}
		if t.Len() != c.HeadSize/2 || t.DType() != tensor.Float32 {
			return s, fmt.Errorf("%s is %s %v, want %d float32", divisors, info.Type, info.Shape, c.HeadSize/2)
		}
		return nn.RotaryScaling{Type: "divisors", Divisors: t.Float32s()}, nil
	}
	kind, err := m.f.Text(m.prefix + "rope.scaling.type")
	if m.absent(err, true) {
		kind = "linear" // as llama.cpp reads a file with a factor only
	}
	if kind == "none" {
		return s, nil
	}
	if kind != "linear" && kind != "yarn" {
		return s, fmt.Errorf("the rotary scaling %q is not supported, want none, linear or yarn", kind)
	}
	s.Type, s.Factor = kind, m.float("rope.scaling.factor", m.float("rope.scale_linear", 1))
	s.OriginalMaxPositions = m.int("rope.scaling.original_context_length", c.Context)
	s.AttentionFactor = m.float("rope.scaling.attn_factor", 0)
	s.BetaFast, s.BetaSlow = m.float("rope.scaling.yarn_beta_fast", 0), m.float("rope.scaling.yarn_beta_slow", 0)
	for _, key := range m.f.Keys() {
		name, ok := strings.CutPrefix(key, m.prefix+"rope.scaling.")
		if ok && !slices.Contains(knownScaling, name) && m.err == nil {
			return s, fmt.Errorf("the setting %q of the rotary scaling is not supported, want %v", key, knownScaling)
		}
	}
	if kind == "linear" && s.Factor == 1 {
		return nn.RotaryScaling{}, m.err
	}
	return s, m.err
}
