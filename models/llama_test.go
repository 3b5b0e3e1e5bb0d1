package models_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

const llamaFolder = "../testdata/torch/llama"

var (
	padding   = 2
	tinyLlama = models.LlamaConfig{Vocabulary: 64, Width: 64, Inner: 96, Layers: 2, Heads: 4, KVHeads: 2, Context: 64,
		PaddingIndex: &padding}
)

// llamaCases are the configurations of llama.py.
func llamaCases() map[string]models.LlamaConfig {
	cases := map[string]models.LlamaConfig{}
	add := func(name string, change func(c *models.LlamaConfig)) {
		c := tinyLlama
		change(&c)
		cases[name] = c
	}
	scaled := func(kind string) nn.RotaryScaling {
		return nn.RotaryScaling{Type: kind, Factor: 2, OriginalMaxPositions: 8}
	}
	add("llama", func(c *models.LlamaConfig) {})
	tied := true
	add("tied", func(c *models.LlamaConfig) { c.Tied, c.Eps = &tied, 1e-3 })
	add("bias", func(c *models.LlamaConfig) { c.AttentionBias, c.MLPBias = true, true })
	add("linear", func(c *models.LlamaConfig) { c.Scaling = scaled("linear") })
	add("yarn", func(c *models.LlamaConfig) { c.Scaling = scaled("yarn") })
	add("llama3", func(c *models.LlamaConfig) {
		c.Scaling = scaled("llama3")
		c.Scaling.LowFreqFactor, c.Scaling.HighFreqFactor = 1, 4
	})
	add("qwen2", func(c *models.LlamaConfig) { c.Family = "qwen2" })
	add("qwen3", func(c *models.LlamaConfig) { c.Family, c.HeadSize = "qwen3", 24 })
	return cases
}

// llamaIDs returns the token ids of llama.py.
func llamaIDs() tensor.Tensor {
	ids := make([]int64, 24)
	for i := range ids {
		ids[i] = int64(i * 7 % 61)
	}
	return tensor.From(ids, 2, 12)
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// greedyTokens continues the first five ids by n tokens with a cache, first by all of the prompt and then token by
// token.
func greedyTokens(m *models.Llama, n int) (tokens []int) {
	cache := m.NewCache(1, 5+n)
	scope := tensor.NewScope(tensor.CPU())
	scope.SetRecording(false)
	ids := llamaIDs().Narrow(0, 0, 1).Narrow(1, 0, 5)
	for len(tokens) < n {
		at := make([]int64, ids.Dim(1))
		for i := range at {
			at[i] = int64(cache.Len() + i)
		}
		logits := m.Next(ids.InScope(scope), tensor.From(at, 1, len(at)).InScope(scope), tensor.Tensor{}, cache)
		tokens = append(tokens, int(logits.ArgMax(1).Item()))
		scope.Recycle()
		ids = tensor.From([]int64{int64(tokens[len(tokens)-1])}, 1, 1)
	}
	return tokens
}

// TestLlama compares initial weights, float32 logits and, in float64, loss and gradients with Hugging Face's, and a
// greedy continuation with a cache.
func TestLlama(t *testing.T) {
	var want map[string]struct {
		Initial, Gradients map[string]float64
		Logits             []float64
		Tolerance, Loss    float64
		Greedy             []int
	}
	readJSON(t, "../testdata/torch/llama.json", &want)
	for name, c := range llamaCases() {
		t.Run(name, func(t *testing.T) {
			want := want[name]
			near := func(what string, got, want, tol float64) {
				t.Helper()
				if d := math.Abs(got - want); !(d <= tol*math.Max(1, math.Abs(want))) {
					t.Errorf("%s is %v, want %v (tolerance %v)", what, got, want, tol)
				}
			}
			m := c.New(rng.NewTorch(0))
			if state := nn.StateDict(m); len(state) != len(want.Initial) {
				t.Errorf("the state has %d tensors, want %d", len(state), len(want.Initial))
			}
			for _, p := range nn.StateDict(m) {
				near("the norm of the initial "+p.Name, norm(p.Tensor), want.Initial[p.Name], 1e-6)
			}
			ids := llamaIDs()
			for i, v := range tensor.NoGrad(ids, m.Forward).Float32s() {
				near("a logit", float64(v), want.Logits[i], want.Tolerance)
			}
			if got := greedyTokens(m, len(want.Greedy)); !slices.Equal(got, want.Greedy) {
				t.Errorf("greedy continuation %v, want %v", got, want.Greedy)
			}
			nn.Cast(m, tensor.Float64)
			loss := nn.CrossEntropy(m.Forward(ids).Narrow(1, 0, 11).Reshape(-1, 64), ids.Narrow(1, 1, 11).Reshape(-1))
			near("the loss", loss.Item(), want.Loss, 1e-7) // the angles are float32 in both, but rounded differently
			loss.Backward()
			for _, p := range nn.NamedParameters(m) {
				near("the norm of the gradient of "+p.Name, norm(p.Tensor.Grad()), want.Gradients[p.Name], 1e-6)
			}
		})
	}
}

// TestLoadLlama compares models from a folder of Hugging Face and from GGUF files with Hugging Face's logits of the
// same weights. Quantized products add the same terms in another order.
func TestLoadLlama(t *testing.T) {
	var want map[string]struct {
		Logits []float64
		Greedy []int
	}
	readJSON(t, filepath.Join(llamaFolder, "logits.json"), &want)
	for name, want := range want {
		path := filepath.Join(llamaFolder, name)
		if name != "bf16" {
			path += ".gguf"
		}
		for _, o := range []models.LlamaLoadConfig{{}, {Dequantize: true}, {Dequantize: true, DType: tensor.Float64}} {
			m, err := models.LoadLlama(path, o)
			if err != nil {
				t.Error(err)
				continue
			}
			logits := tensor.NoGrad(llamaIDs(), m.Forward)
			for i, v := range logits.Float64s() {
				if d := math.Abs(v - want.Logits[i]); !(d <= 2e-5) {
					t.Errorf("%s, %+v: logit %d is %v, want %v", name, o, i, v, want.Logits[i])
					break
				}
			}
			if o.DType == tensor.Float32 {
				if got := greedyTokens(m, len(want.Greedy)); !slices.Equal(got, want.Greedy) {
					t.Errorf("%s, %+v: greedy continuation %v, want %v", name, o, got, want.Greedy)
				}
			}
			_, quantized := m.Model.EmbedTokens.(*nn.QuantizedEmbedding)
			if quantized != (!o.Dequantize && name != "bf16" && name != "llama-f32") {
				t.Errorf("%s, %+v: the embedding is %v", name, o, m.Model.EmbedTokens)
			}
		}
	}
}

// TestLoadLlamaMistakes checks that a broken folder is a clear error.
func TestLoadLlamaMistakes(t *testing.T) {
	config, err := os.ReadFile(filepath.Join(llamaFolder, "bf16", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, text string }{
		{`"llama"`, `"gpt2"`, `config.json: the model type "gpt2" is unknown, want llama, qwen2 or qwen3`},
		{`"silu"`, `"gelu"`, `the activation "gelu" is unknown, want silu`},
		{`"hidden_size": 64`, `"hidden_size": 65`, `tensor "model.embed_tokens.weight" is bfloat16 (64, 64), want numbers [64 65]`},
		{`"num_hidden_layers": 2`, `"num_hidden_layers": 1000000000000`, `no tensor "model.layers.2.self_attn.q_proj.weight"`},
		{`"vocab_size": 64`, `"vocab_size": 9000000000000000000`, `want numbers [9000000000000000000 64]`},
		{`"vocab_size": 64`, `"vocab_size": "64"`, `config.json: vocab_size is a JSON string, want a whole number`},
		{`"num_attention_heads": 4`, `"num_attention_heads": 3`, `3 heads cannot share 2 heads of keys and values`},
		{`"num_attention_heads": 4`, `"num_attention_heads": -4`, `a size is not positive`},
		{`"head_dim": 16`, `"head_dim": 15`, `heads of 15 features cannot be rotated in pairs`},
		{`"rope_type": "default"`, `"rope_type": "su"`, `the scaling "su" needs a positive factor`},
		{`"rope_type": "default"`, `"rope_type": "yarn"`, `the scaling "yarn" needs a positive factor`},
		{`"use_cache": true`, `"sliding_window": 4096`, `sliding_window is 4096: attention in a window is not supported`},
		{`"tie_word_embeddings": true`, `"tie_word_embeddings": false`, `no tensor "lm_head.weight"`},
	} {
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(filepath.Join(llamaFolder, "bf16"))); err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(config), c.old, c.new, 1)
		if text == string(config) {
			t.Fatalf("config.json has no %s", c.old)
		}
		if err := os.WriteFile(filepath.Join(folder, "config.json"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := models.LoadLlama(folder, models.LlamaLoadConfig{}); err == nil ||
			!strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), folder) {
			t.Errorf("%s: %v, want %s", c.new, err, c.text)
		}
	}
	if _, err := models.LoadLlama("../testdata/torch/gguf/types.gguf", models.LlamaLoadConfig{}); err == nil ||
		!strings.Contains(err.Error(), `the metadata have no "llama.embedding_length"`) {
		t.Error(err)
	}
	if _, err := models.LoadLlama("none", models.LlamaLoadConfig{}); !os.IsNotExist(err) && !strings.Contains(err.Error(), "none") {
		t.Error(err)
	}
}
