package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

var softmaxSamples = []Sample{
	{Shapes: [][]int{{}}, Attrs: Attrs{"dim": 0}},
	{Shapes: [][]int{{1}}, Attrs: Attrs{"dim": 0}},
	{Shapes: [][]int{{5}}, Attrs: Attrs{"dim": -1}},
	{Shapes: [][]int{{3, 4}}, Attrs: Attrs{"dim": 1}},
	{Shapes: [][]int{{3, 4}}, Attrs: Attrs{"dim": 0}},
	{Shapes: [][]int{{2, 3, 2}}, Attrs: Attrs{"dim": 1}},
	{Shapes: [][]int{{0}}, Attrs: Attrs{"dim": 0}},
	{Shapes: [][]int{{2, 0}}, Attrs: Attrs{"dim": 0}},
	{Shapes: [][]int{{2, 0}}, Attrs: Attrs{"dim": 1}},
	{Shapes: [][]int{{4}}, Attrs: Attrs{"dim": 0}, Values: [][]float64{{1e4, 0, -1e4, 9999}}, Big: true, Floats: true},
	{Shapes: [][]int{{3}}, Attrs: Attrs{"dim": 0}, Values: [][]float64{{-inf, 1, 2}}, Big: true, Floats: true},
	{Shapes: [][]int{{2}}, Attrs: Attrs{"dim": 0}, Values: [][]float64{{-inf, -inf}}, Big: true, Floats: true},
	{Shapes: [][]int{{2}}, Attrs: Attrs{"dim": 0}, Values: [][]float64{{inf, 0}}, Big: true, Floats: true},
	{Shapes: [][]int{{2, 2}}, Attrs: Attrs{"dim": 1}, Values: [][]float64{{nan, 0, 1, 2}}, Big: true, Floats: true},
	{Shapes: [][]int{{70, 3}}, Attrs: Attrs{"dim": 0}, Big: true},
	{Shapes: [][]int{{9, 67}}, Attrs: Attrs{"dim": 1}, Big: true},
}

// rowwise makes a reference from a function of the elements along the attribute dim.
func rowwise(f func(v []float64) []float64) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		x := in[0]
		out := Array{x.Shape, make([]float64, len(x.V))}
		n, step := 1, 1
		if rank := len(x.Shape); rank > 0 {
			dim := (a.Int("dim") + rank) % rank
			n, step = x.Shape[dim], sizeOf(x.Shape[dim+1:])
		}
		for i := range x.V {
			if i/step%max(n, 1) != 0 {
				continue
			}
			row := make([]float64, n)
			for j := range row {
				row[j] = x.V[i+j*step]
			}
			for j, v := range f(row) {
				out.V[i+j*step] = v
			}
		}
		return out
	}
}

// exponentials returns xᵢ − m with the largest element m, and Σ e^(xᵢ−m).
func exponentials(v []float64) (shifted []float64, sum float64) {
	m := largest(v)
	e := make([]float64, len(v))
	for i, x := range v {
		shifted = append(shifted, x-m)
		e[i] = math.Exp(x - m)
	}
	return shifted, total(e)
}

func softmax(v []float64) []float64 {
	out, sum := exponentials(v)
	for i, d := range out {
		out[i] = math.Exp(d) / sum
	}
	return out
}

func logSoftmax(v []float64) []float64 {
	out, sum := exponentials(v)
	for i := range out {
		out[i] -= math.Log(sum)
	}
	return out
}

var softmaxMistakes = []Mistake{
	{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": 2}, Text: "softmax: dimension 2 does not exist: (2, 3)"},
	{Shapes: [][]int{{}}, Attrs: Attrs{"dim": 1}, Text: "softmax: dimension 1 does not exist: ()"},
}

var _ = add(
	&Op{Name: "softmax", Go: []string{"Tensor.Softmax"}, DTypes: allTypes, Inputs: []Input{{}},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Softmax(a.Int("dim")) },
		Ref:     rowwise(softmax),
		Samples: softmaxSamples,
		Tol: Tol{ULP: 8, Torch: 4, Grad: 8, Cancels: true,
			Why: "x − m is rounded, which the exponential magnifies |x − m| times; then a sum and a quotient"},
		Errors: softmaxMistakes,
		Bench:  Sample{Shapes: [][]int{{256, 256}}, Attrs: Attrs{"dim": 1}},
	},
	&Op{Name: "log_softmax", Go: []string{"Tensor.LogSoftmax"}, DTypes: allTypes, Inputs: []Input{{}},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].LogSoftmax(a.Int("dim")) },
		Ref:     rowwise(logSoftmax),
		Samples: softmaxSamples,
		Tol: Tol{ULP: 4, Torch: 4, Grad: 8, Largest: true, Cancels: true,
			Why: "two subtractions and a logarithm, each rounded, that cancel near 0; PyTorch's are in float32"},
		Errors: softmaxMistakes,
		Bench:  Sample{Shapes: [][]int{{256, 256}}, Attrs: Attrs{"dim": 1}},
	},
)
