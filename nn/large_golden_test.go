package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// largeCases are the functions of testdata/torch/large.py.
var largeCases = map[string]func(x tensor.Tensor) tensor.Tensor{
	"softmax":                func(x tensor.Tensor) tensor.Tensor { return x.Reshape(8, 5).Softmax(-1) },
	"log_softmax":            func(x tensor.Tensor) tensor.Tensor { return x.Reshape(8, 5).LogSoftmax(-1) },
	"logsumexp":              func(x tensor.Tensor) tensor.Tensor { return x.Reshape(8, 5).LogSumExp(-1) },
	"cross_entropy":          func(x tensor.Tensor) tensor.Tensor { return nn.CrossEntropy(x.Reshape(8, 5), largeLabels()) },
	"cross_entropy_smoothed": largeCrossEntropy(nn.CrossEntropyLoss{LabelSmoothing: 0.25}),
	"cross_entropy_weighted": func(x tensor.Tensor) tensor.Tensor {
		w := tensor.From([]float32{1, 2, 0.5, 0.25, 4}).Cast(x.DType())
		return largeCrossEntropy(nn.CrossEntropyLoss{Weight: w})(x)
	},
	"bce_with_logits": func(x tensor.Tensor) tensor.Tensor {
		target := make([]float32, 40)
		for i := range target {
			target[i] = float32(min(i%3, 1))
		}
		return nn.BCEWithLogits(x, tensor.From(target).Cast(x.DType()))
	},
	"softplus":   func(x tensor.Tensor) tensor.Tensor { return (&nn.Softplus{}).Forward(x) },
	"logsigmoid": func(x tensor.Tensor) tensor.Tensor { return x.LogSigmoid() },
	"ctc_loss": func(x tensor.Tensor) tensor.Tensor {
		log := x.Reshape(5, 2, 4).LogSoftmax(-1)
		return nn.CTCLoss{Reduction: nn.None}.Forward(log, tensor.From([]int64{1, 2, 3, 3}, 2, 2), []int{5, 4}, []int{2, 2})
	},
	"attention": func(x tensor.Tensor) tensor.Tensor {
		eye := tensor.Options{DType: x.DType()}.Eye(4)
		return tensor.ScaledDotProductAttention(x.Reshape(1, 1, 10, 4), eye.Reshape(1, 1, 4, 4),
			eye.Flip(0).Reshape(1, 1, 4, 4), tensor.AttentionConfig{Scale: 1})
	},
}

func largeLabels() tensor.Tensor { return tensor.From([]int64{0, 1, 2, 3, 4, 0, 1, 2}) }

func largeCrossEntropy(l nn.CrossEntropyLoss) func(x tensor.Tensor) tensor.Tensor {
	return func(x tensor.Tensor) tensor.Tensor { return l.Forward(x.Reshape(8, 5), largeLabels()) }
}

// TestLargeLogits compares results and gradients for logits up to 1e30 with PyTorch's, the gradients in float64.
func TestLargeLogits(t *testing.T) {
	b, err := os.ReadFile("../testdata/torch/large.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][2][]float64
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	levels := []float32{1, -0.5, 1, 0.25, -1, 0}
	for name, w := range want {
		f := strings.Fields(name)
		m, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		dt, tol := tensor.Float32, 2e-6
		if f[1] == "bfloat16" {
			dt, tol = tensor.BFloat16, 0x1p-7 // two units: PyTorch rounds between the steps of a composite
		}
		values := make([]float32, 40)
		for i := range values {
			values[i] = float32(m * float64(levels[(i+i/6)%6]))
		}
		x := tensor.From(values).Cast(dt).Detach().SetRequiresGrad(true)
		y := largeCases[f[0]](x)
		up := make([]float32, y.Len())
		for i := range up {
			up[i] = float32(i*3%7 - 3)
		}
		y.Mul(tensor.From(up).ReshapeTo(y.Shape()).Cast(dt)).Sum().Backward()
		for k, got := range [][]float64{y.Float64s(), x.Grad().Float64s()} {
			scale := 0.0
			for _, v := range w[k] {
				scale = max(scale, math.Abs(v))
			}
			for i, want := range w[k] {
				g := got[i]
				if !(math.Abs(g-want) <= tol*(math.Abs(want)+0.1*scale)) {
					t.Errorf("%s: %s %d is %v, want %v", name, [...]string{"result", "gradient"}[k], i, g, want)
				}
			}
		}
	}
}
