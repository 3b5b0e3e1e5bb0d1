// Package nntest holds the table of package nn's layers and losses with fused operations or kernels, and the tests
// that every device passes with it, as [tensortest] does for package tensor's operations.
package nntest

import (
	"math"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// Run tests every row on a device, and compares it with PyTorch's cases in testdata/torch/ops_nn.
func Run(t *testing.T, dev tensor.Device) { tensortest.RunTable(t, dev, rows, "ops_nn") }

type (
	attributes = tensortest.Attrs
	array      = tensortest.Array
	sample     = tensortest.Sample
	mistake    = tensortest.Mistake
	input      = tensortest.Input
)

var (
	float    = []tensor.DType{tensor.Float32, tensor.Float64}
	whole    = tensor.Int64
	nan, inf = math.NaN(), math.Inf(1)

	products = tensortest.Tol{ULP: 8, Torch: 8, Grad: 16, Sum: true, AnyZero: true,
		Why: "sums of up to 300 products, in another order, measured against Σ|x||w|; PyTorch's zeros of ReLU have signs"}
	norms = tensortest.Tol{ULP: 16, Torch: 16, Grad: 64, Largest: true, Cancels: true, AnyZero: true,
		Why: "mean, variance, root and quotient, each rounded; the gradient is a difference of such numbers, magnified by 1/√(variance + ε)"}
	halfNorms = tensortest.Tol{ULP: 1, Torch: 1, Grad: 16, Largest: true, Cancels: true, AnyZero: true,
		Why: "computed in float32 and rounded once; PyTorch's gradient reads mean and deviation rounded to 16 bits"}
	halfLoss = tensortest.Tol{ULP: 1, Torch: 3, Grad: 8, Largest: true, Cancels: true, Inputs: true, AnyZero: true,
		Why: "computed in float32 and rounded once; PyTorch rounds the logarithms to 16 bits before it adds them"}

	picked  = tensortest.Tol{Grad: 4, Why: "rows are copied; gradients of a row that is used more than once are summed"}
	lossTol = tensortest.Tol{ULP: 8, Torch: 8, Grad: 16, Largest: true, Cancels: true, Inputs: true, AnyZero: true,
		Why: "a logarithm or a square, a sum and a quotient, each rounded, in another order"}
)

// required panics if x is the zero Tensor. It is for inputs that are optional for the layer but not for the row.
func required(x tensor.Tensor) tensor.Tensor {
	x.Rank()
	return x
}

func reductionOf(a attributes) nn.Reduction {
	switch a["reduction"] {
	case "sum":
		return nn.Sum
	case "none":
		return nn.None
	}
	return nn.Mean
}

// withReductions repeats samples for each reduction.
func withReductions(list ...sample) (out []sample) {
	for _, s := range list {
		for _, r := range []string{"mean", "sum", "none"} {
			a := attributes{"reduction": r}
			for k, v := range s.Attrs {
				a[k] = v
			}
			s.Attrs = a
			out = append(out, s)
		}
	}
	return out
}

// reduced applies the attribute reduction to the elements of a loss. Its mean divides by divisor.
func reduced(loss array, divisor float64, a attributes) array {
	if a["reduction"] == "none" {
		return loss
	}
	sum := total(loss.V)
	if a["reduction"] != "sum" {
		sum /= divisor
	}
	return array{Shape: []int{}, V: []float64{sum}}
}

// total is Neumaier's compensated sum: the rounding errors are summed separately.
func total(v []float64) float64 {
	sum, rest := 0.0, 0.0
	for _, x := range v {
		s := sum + x
		if math.Abs(sum) >= math.Abs(x) {
			rest += sum - s + x
		} else {
			rest += x - s + sum
		}
		sum = s
	}
	if math.IsNaN(rest) { // the elements or their sum are not finite
		return sum
	}
	return sum + rest
}

func sized(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

var rows = slices.Concat(layerRows(), normRows(), channelDropoutRows(), quantizedRows(), bagRows(), lossRows())
