package models_test

import (
	"encoding/json"
	"math"
	"os"
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
	untied.Untied = true
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
