package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

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
	return LlamaFromGGUF(f, c)
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
	return nn.RotaryScaling{
		Type: s.Type, Factor: s.Factor, OriginalMaxPositions: s.Original,
		LowFreqFactor: s.LowFreqFactor, HighFreqFactor: s.HighFreqFactor,
		BetaFast: s.BetaFast, BetaSlow: s.BetaSlow, NoTruncate: !defaults.Bool(s.Truncate, true),
		AttentionFactor: s.AttentionFactor, MScale: s.MScale, MScaleAllDim: s.MScaleAllDim,
	}
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
	if differ, err := f.untied("model.embed_tokens.weight", "lm_head.weight"); err != nil {
		return nil, err
	} else if differ {
		c.Tied = new(bool)
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
			return t, fmt.Errorf("tensor %q is %s %v, want numbers %v for the sizes of the configuration", name,
				t.DType(), t.Shape(), dims)
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
