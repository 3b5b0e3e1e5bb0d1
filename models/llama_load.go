package models

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// LlamaLoadConfig holds the options of LoadLlama.
type LlamaLoadConfig struct {
	// DType is the type of the weights, whatever type the files have. The zero value is float32. A GGUF file's
	// weights have it with Dequantize.
	DType tensor.DType
	// Dequantize converts the weights of a GGUF file to DType. Otherwise those in blocks stay in them, which need
	// less memory and time, and the others and what the model computes are float32.
	Dequantize bool
}

// LoadLlama reads a model from a folder with Hugging Face's config.json and model.safetensors (one file, or several
// with an index), or from a GGUF file. Its weights are frozen if they stay in blocks, and trainable otherwise: in a
// GGUF file the norms, the biases and the matrices that are not in blocks. The model is in evaluation mode. An error
// names the file and what is wrong in it.
func LoadLlama(path string, c LlamaLoadConfig) (*Llama, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	if info.IsDir() {
		return loadLlamaFolder(path, c)
	}
	f, err := gguf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	defer f.Close()
	m, err := LlamaFromGGUF(f, c)
	if err != nil {
		return nil, fmt.Errorf("models: %s: %w", path, err)
	}
	return m, nil
}

// llamaConfig reads the config.json of a Llama, Qwen 2 or Qwen 3.
func (f *Folder) llamaConfig() (LlamaConfig, error) {
	var c LlamaConfig
	err := f.ReadConfig(&c)
	if err == nil {
		if c, err = c.withDefaults(); err != nil {
			err = fmt.Errorf("models: %s: %w", filepath.Join(f.Dir, "config.json"), err)
		}
	}
	return c, err
}

// UnmarshalJSON reads a config.json, including the settings of the rotary frequencies, which LlamaConfig has in
// another form. It returns an error for settings that the model would not follow: attention in a window, and unknown
// keys of rope_scaling.
func (c *LlamaConfig) UnmarshalJSON(text []byte) error {
	type plain LlamaConfig
	if err := json.Unmarshal(text, (*plain)(c)); err != nil {
		return err
	}
	var more struct {
		Base       float64      `json:"rope_theta"`
		Scaling    *ropeScaling `json:"rope_scaling"`
		Parameters *ropeScaling `json:"rope_parameters"` // of transformers 5
		Window     *int         `json:"sliding_window"`
		UseWindow  *bool        `json:"use_sliding_window"`
		Part       *float64     `json:"partial_rotary_factor"`
	}
	if err := json.Unmarshal(text, &more); err != nil {
		return err
	}
	if more.Window != nil && (more.UseWindow == nil || *more.UseWindow) {
		return fmt.Errorf("sliding_window is %d: attention in a window is not supported", *more.Window)
	}
	if more.Base != 0 {
		c.RopeBase = more.Base
	}
	if more.Scaling == nil {
		more.Scaling = more.Parameters
	}
	if s := more.Scaling; s != nil {
		c.Scaling = s.scaling(defaults.Int(c.Context, 2048))
		if s.Base != 0 {
			c.RopeBase = s.Base
		}
		if s.Part != nil {
			more.Part = s.Part
		}
	}
	if more.Part != nil && *more.Part != 1 {
		return fmt.Errorf("partial_rotary_factor is %v: only all features of a head can be rotated", *more.Part)
	}
	return nil
}

// ropeScaling is rope_scaling or rope_parameters of a config.json.
type ropeScaling struct {
	Type            string  `json:"rope_type"`
	OldType         string  `json:"type"`
	Base            float64 `json:"rope_theta"`
	Factor          float64 `json:"factor"`
	Original        int     `json:"original_max_position_embeddings"`
	LowFreqFactor   float64 `json:"low_freq_factor"`
	HighFreqFactor  float64 `json:"high_freq_factor"`
	BetaFast        float64 `json:"beta_fast"`
	BetaSlow        float64 `json:"beta_slow"`
	AttentionFactor float64 `json:"attention_factor"`
	MScale          float64 `json:"mscale"`
	MScaleAllDim    float64 `json:"mscale_all_dim"`
	Truncate        *bool   `json:"truncate"`

	Part *float64 `json:"partial_rotary_factor"`
}

// UnmarshalJSON refuses keys that it does not know: a model that did not follow them would compute wrong numbers.
func (s *ropeScaling) UnmarshalJSON(text []byte) error {
	type plain ropeScaling
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode((*plain)(s)); err != nil {
		return fmt.Errorf("the settings of the rotary frequencies: %w", err)
	}
	return nil
}

func (s *ropeScaling) scaling(context int) nn.RotaryScaling {
	if s.Type == "" {
		s.Type = s.OldType
	}
	if s.Original == 0 {
		s.Original = context
	}
	return nn.RotaryScaling{Type: s.Type, Factor: s.Factor, OriginalMaxPositions: s.Original, LowFreqFactor: s.LowFreqFactor, HighFreqFactor: s.HighFreqFactor,
		BetaFast: s.BetaFast, BetaSlow: s.BetaSlow, AttentionFactor: s.AttentionFactor, MScale: s.MScale, MScaleAllDim: s.MScaleAllDim,
		NoTruncate: !defaults.Bool(s.Truncate, true)}
}

// loadLlamaFolder reads a folder of Hugging Face.
func loadLlamaFolder(dir string, o LlamaLoadConfig) (*Llama, error) {
	f, err := OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := f.llamaConfig()
	if err != nil {
		return nil, err
	}
	m, err := c.load(o.DType, f.Weights().Tensor)
	if err != nil {
		return nil, fmt.Errorf("models: %s: %w", dir, err)
	}
	nn.Eval(m)
	return m, nil
}

// load returns a model with the tensors that read returns for Hugging Face's keys, converted to a type.
func (c LlamaConfig) load(dt tensor.DType, read func(name string) (tensor.Tensor, error)) (*Llama, error) {
	param := func(name string, dims ...int) (tensor.Tensor, error) {
		t, err := read(name)
		if err != nil {
			return t, err
		}
		if !slices.Equal(t.Shape().Dims(), dims) || !t.DType().IsFloat() {
			return t, fmt.Errorf("tensor %q is %s %v, want numbers %v for the sizes of the configuration", name, t.DType(), t.Shape(), dims)
		}
		return trainable(t, dt), nil
	}
	return c.build(func(name string, dims ...int) (nn.Module, error) {
		if name == "lm_head" && c.tied() {
			return nil, nil
		}
		w, err := param(name+".weight", dims[:2]...)
		if err != nil || name == "model.embed_tokens" {
			return &nn.Embedding{Weight: w, PaddingIndex: c.PaddingIndex}, err
		}
		l := &nn.Linear{Weight: w}
		if len(dims) > 2 {
			l.Bias, err = param(name+".bias", dims[2])
		}
		return l, err
	}, func(name string, n int) (tensor.Tensor, error) { return param(name, n) })
}

// trainable returns t as a parameter of a type.
func trainable(t tensor.Tensor, dt tensor.DType) tensor.Tensor {
	return t.Cast(dt).Detach().SetRequiresGrad(true)
}

// ggufNames are the names of GGUF files for Hugging Face's, without "model." and the number of the layer.
var ggufNames = strings.NewReplacer("model.embed_tokens", "token_embd", "model.norm", "output_norm", "lm_head", "output", "model.layers.", "blk.",
	"self_attn.q_proj", "attn_q", "self_attn.k_proj", "attn_k", "self_attn.v_proj", "attn_v", "self_attn.o_proj", "attn_output",
	"self_attn.q_norm", "attn_q_norm", "self_attn.k_norm", "attn_k_norm", "mlp.gate_proj", "ffn_gate", "mlp.up_proj", "ffn_up", "mlp.down_proj", "ffn_down",
	"input_layernorm", "attn_norm", "post_attention_layernorm", "ffn_norm")

// LlamaFromGGUF returns the model of a GGUF file whose architecture is llama, qwen2 or qwen3; see [LoadLlama].
func LlamaFromGGUF(f *gguf.File, o LlamaLoadConfig) (*Llama, error) {
	m, err := llamaFromGGUF(f, o)
	if err == nil {
		nn.Eval(m)
	}
	return m, err
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
			return nil, fmt.Errorf("tensor %q has the shape %v, want %v for the sizes of the metadata", at, info.Shape, dims[:2])
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
	if c.Family != "llama" || !strings.Contains(name, "self_attn.q_proj") && !strings.Contains(name, "self_attn.k_proj") {
		return t
	}
	shape := t.Shape()
	if t.Len() == 0 || shape.Rank() == 0 || shape.Dim(0)%c.HeadSize != 0 { // its size is wrong, which the caller reports
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
	c.Width, c.Layers, c.Inner = m.int("embedding_length", -1), m.int("block_count", -1), m.int("feed_forward_length", -1)
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

// metadata reads values of a GGUF file until the first error.
type metadata struct {
	f      *gguf.File
	prefix string
	err    error
}

// int returns an integer, or missing if there is none and missing is not −1.
func (m *metadata) int(key string, missing int) int {
	v, err := m.f.Int(m.prefix + key)
	if m.absent(err, missing != -1) {
		return missing
	}
	return v
}

// float is int for any number.
func (m *metadata) float(key string, missing float64) float64 {
	v, err := m.f.Float(m.prefix + key)
	if m.absent(err, missing != -1) {
		return missing
	}
	return v
}

// absent reports whether err says that a value is missing, and it may be. It keeps other errors.
func (m *metadata) absent(err error, may bool) bool {
	var missing *gguf.MissingError
	if err != nil && may && errors.As(err, &missing) {
		return true
	}
	if m.err == nil {
		m.err = err
	}
	return false
}

// knownScaling are the keys below rope.scaling. finetuned says how the model was trained, and changes nothing.
var knownScaling = []string{"type", "factor", "original_context_length", "attn_factor", "yarn_beta_fast", "yarn_beta_slow", "finetuned"}

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
