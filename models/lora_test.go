package models_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// TestLoRAOfModels adapts the layers that PEFT adapts by default: the model computes the same at first, only the
// adapters get gradients, a file with them makes an equal model, and merged weights compute the same.
func TestLoRAOfModels(t *testing.T) {
	ids := tensor.From([]int64{1, 4, 2, 3, 3, 0}, 2, 3)
	for name, c := range map[string]struct {
		build   func() any
		targets []string
		keys    int
		key     string
	}{
		"gpt2": {func() any {
			return models.GPT2Config{Vocabulary: 8, Context: 4, Width: 8, Layers: 2, Heads: 2}.New(rng.NewTorch(1))
		}, []string{"c_attn"}, 4, "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight"},
		"llama": {func() any {
			return models.LlamaConfig{Vocabulary: 8, Context: 4, Width: 8, Inner: 12, Layers: 2, Heads: 2}.New(rng.NewTorch(1))
		}, []string{"q_proj", "v_proj"}, 8, "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"},
		"bert": {func() any {
			return models.BERTConfig{Vocabulary: 8, Context: 4, Width: 8, Inner: 12, Layers: 2,
				Heads: 2}.NewSequenceClassification(rng.NewTorch(1), 3)
		}, []string{"query", "value"}, 8, "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight"},
	} {
		forward := func(model any) tensor.Tensor {
			if m, ok := model.(*models.BERTForSequenceClassification); ok {
				return m.Forward(ids, tensor.Tensor{}, tensor.Tensor{})
			}
			return model.(nn.Module).Forward(ids)
		}
		same := func(what string, a, b tensor.Tensor) {
			if d := a.Sub(b).Abs().Max().Item(); !(d <= 1e-6) {
				t.Errorf("%s: %s: a difference of %v", name, what, d)
			}
		}
		build := func() any {
			m := c.build()
			nn.Eval(m)
			return m
		}
		plain, model, other := build(), build(), build()
		for _, m := range []any{model, other} {
			nn.AddLoRA(rng.NewTorch(2), m, nn.LoRAConfig{Rank: 4, Targets: c.targets})
		}
		same("at first", forward(model), forward(plain))
		dict := nn.AdapterStateDict(model)
		if len(dict) != c.keys || dict[0].Name != c.key {
			t.Errorf("%s: %d tensors of the adapter, the first is %s; want %d, %s", name, len(dict), dict[0].Name, c.keys, c.key)
		}
		for i, p := range dict {
			if strings.HasSuffix(p.Name, "lora_B.weight") {
				p.Tensor.Data().CopyFrom(tensor.Options{}.RandN(rng.NewTorch(uint64(i)), p.Tensor.Shape().Dims()...))
			}
		}
		forward(model).Square().Sum().Backward()
		for _, p := range nn.NamedParameters(model) {
			trained := strings.Contains(p.Name, "lora_")
			if p.Tensor.Grad().Defined() != trained {
				t.Errorf("%s: %s has a gradient: %v", name, p.Name, !trained)
			} else if trained && p.Tensor.Grad().Abs().Max().Item() == 0 {
				t.Errorf("%s: the gradient of %s is 0", name, p.Name)
			}
		}
		want := forward(model)
		if d := want.Sub(forward(plain)).Abs().Max().Item(); math.IsNaN(d) || d < 1e-4 {
			t.Errorf("%s: the adapter changes the result by %v", name, d)
		}
		path := filepath.Join(t.TempDir(), "adapter_model.safetensors")
		if err := safetensors.SaveAdapter(path, model); err != nil {
			t.Fatal(err)
		}
		if err := safetensors.LoadAdapter(path, plain); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: loading into a model without adapters: %v", name, err)
		}
		if err := safetensors.LoadAdapter(path, other); err != nil {
			t.Fatal(err)
		}
		same("loaded", forward(other), want)
		nn.MergeLoRA(model)
		same("merged", forward(model), want)
		if len(nn.StateDict(model)) != len(nn.StateDict(plain)) {
			t.Errorf("%s: the merged model has other keys", name)
		}
	}
}
