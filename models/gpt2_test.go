package models_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestGPT2 compares initial weights, float32 logits and, in float64, loss and gradients with Hugging Face's.
func TestGPT2(t *testing.T) {
	small := models.GPT2Config{Vocabulary: 50, Context: 16, Width: 24, Layers: 2, Heads: 3}
	untied, relu := small, small
	untied.Tied = new(bool)
	relu.Activation, relu.Inner, relu.Eps = "relu", 40, 1e-3
	b, err := os.ReadFile("../testdata/torch/gpt2.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct {
		Initial, Gradients map[string]float64
		Logits             []float64
		Tolerance, Loss    float64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]models.GPT2Config{"tied": small, "untied": untied, "relu": relu} {
		t.Run(name, func(t *testing.T) {
			want := cases[name]
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
			numbers := make([]int64, 24)
			for i := range numbers {
				numbers[i] = int64(i * 7 % 50)
			}
			ids := tensor.From(numbers, 2, 12)
			nn.Eval(m)
			for i, v := range tensor.NoGrad(ids, m.Forward).Float32s() {
				near("a logit", float64(v), want.Logits[i], want.Tolerance)
			}
			nn.Cast(m, tensor.Float64)
			logits := m.Forward(ids).Narrow(1, 0, 11).Reshape(-1, 50)
			loss := nn.CrossEntropy(logits, ids.Narrow(1, 1, 11).Reshape(-1))
			near("the loss", loss.Item(), want.Loss, 1e-10)
			loss.Backward()
			for _, p := range nn.NamedParameters(m) {
				near("the norm of the gradient of "+p.Name, norm(p.Tensor.Grad()), want.Gradients[p.Name], 1e-9)
			}
		})
	}
}

// TestLoadGPT2 loads the weights of a model from folders with and without the base's key, and compares the logits.
// n_inner null and missing keys mean the defaults.
func TestLoadGPT2(t *testing.T) {
	const config = `{"model_type": "gpt2", "vocab_size": 20, "n_positions": 8, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_inner": null,
		"resid_pdrop": 0, "tie_word_embeddings": %v}`
	for _, c := range []struct {
		drop string // of the keys
		tied bool
	}{{"", true}, {"transformer.", true}, {"", false}} {
		m := models.GPT2Config{Vocabulary: 20, Context: 8, Width: 8, Layers: 1, Heads: 2, Tied: &c.tied}.New(rng.NewTorch(3))
		state := map[string]tensor.Tensor{}
		for _, p := range nn.StateDict(m) {
			if !c.tied || p.Name != "lm_head.weight" {
				state[strings.TrimPrefix(p.Name, c.drop)] = p.Tensor
			}
		}
		got, err := models.LoadGPT2(folderOf(t, fmt.Sprintf(config, c.tied), state))
		if err != nil {
			t.Fatal(err)
		}
		nn.Eval(m)
		ids := tensor.From([]int64{3, 1, 4, 1}, 1, 4)
		if d := got.Forward(ids).Sub(m.Forward(ids)).Abs().Max().Item(); d != 0 {
			t.Errorf("%+v: the logits differ by %v", c, d)
		}
	}
	for text, want := range map[string]string{
		`"n_embd": 9`:                         "a width of 9 cannot be split among 2 heads",
		`"n_layer": -1`:                       "a size is not positive",
		`"n_layer": 1000000`:                  "",
		`"activation_function": "gelu_quick"`: `no activation "gelu_quick"`,
		`"resid_pdrop": 2`:                    "the dropout probability 2",
		`"tie_word_embeddings": false`:        "lm_head.weight",
	} {
		state := stateOf(models.GPT2Config{Vocabulary: 20, Context: 8, Width: 8, Layers: 1,
			Heads: 2}.New(rng.NewTorch(3)), "", tensor.Float32)
		key, _, _ := strings.Cut(text, ":")
		base := `{"model_type": "gpt2", "vocab_size": 20, "n_positions": 8, "n_embd": 8, "n_layer": 1, "n_head": 2, `
		base = regexp.MustCompile(key+`: \d+, `).ReplaceAllString(base, "")
		_, err := models.LoadGPT2(folderOf(t, base+text+"}", state))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", text, err, want)
		}
	}
}
