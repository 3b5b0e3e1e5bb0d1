package tensortest

import "github.com/lamina-ml/lamina/tensor"

var reduceSamples = []Sample{
	{Shapes: [][]int{{}}},
	{Shapes: [][]int{{7}}},
	{Shapes: [][]int{{3, 4}}},
	{Shapes: [][]int{{3, 4}}, Attrs: Attrs{"dim": []int{0}}},
	{Shapes: [][]int{{3, 4}}, Attrs: Attrs{"dim": []int{-1}}},
	{Shapes: [][]int{{3, 1, 2}}, Attrs: Attrs{"dim": []int{1}}},
	{Shapes: [][]int{{2, 3, 4}}, Attrs: Attrs{"dim": []int{1}}},
	{Shapes: [][]int{{2, 3, 4}}, Attrs: Attrs{"dim": []int{0, 2}}},
	{Shapes: [][]int{{2, 3, 4}}, Attrs: Attrs{"dim": []int{2, 1, 0}}},
	{Shapes: [][]int{{2, 0, 3}}, Attrs: Attrs{"dim": []int{2}}},
	{Shapes: [][]int{{2, 1, 1300}}, Attrs: Attrs{"dim": []int{2}}, Big: true},
	{Shapes: [][]int{{1300, 3}}, Attrs: Attrs{"dim": []int{0}}, Big: true},
	{Shapes: [][]int{{256, 256}}, Attrs: Attrs{"dim": []int{1}}, Big: true},
}

// emptySamples reduce nothing to something.
var emptySamples = []Sample{
	{Shapes: [][]int{{0}}},
	{Shapes: [][]int{{2, 0, 3}}, Attrs: Attrs{"dim": []int{1}}},
	{Shapes: [][]int{{0, 3}}, Attrs: Attrs{"dim": []int{0}}},
}

// reduction makes a reference out of a function of the elements that are joined.
func reduction(f func(v []float64) float64) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		x := in[0]
		reduced := make([]bool, len(x.Shape))
		for _, d := range a.Ints("dim") {
			reduced[(d+len(x.Shape))%len(x.Shape)] = true
		}
		if len(a.Ints("dim")) == 0 {
			for i := range reduced {
				reduced[i] = true
			}
		}
		out := Array{Shape: []int{}}
		for i, n := range x.Shape {
			if !reduced[i] {
				out.Shape = append(out.Shape, n)
			}
		}
		groups := make([][]float64, sizeOf(out.Shape))
		i := 0
		each(x.Shape, func(at []int) {
			g := 0
			for d, n := range x.Shape {
				if !reduced[d] {
					g = g*n + at[d]
				}
			}
			groups[g] = append(groups[g], x.V[i])
			i++
		})
		for _, g := range groups {
			out.V = append(out.V, f(g))
		}
		return out
	}
}

var dimMistakes = []Mistake{
	{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": []int{2}}, Text: "dimension 2 does not exist: (2, 3)"},
	{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": []int{-3}}, Text: "dimension -3 does not exist: (2, 3)"},
	{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": []int{1, -1}}, Text: "dimension -1 is named twice: (2, 3)"},
}

var _ = add(
	&Op{Name: "sum", Go: []string{"Tensor.Sum"}, DTypes: allTypes, Inputs: []Input{{}},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Sum(a.Ints("dim")...) },
		Ref:     reduction(total),
		Samples: append(emptySamples, reduceSamples...),
		Tol:     Tol{ULP: 1, Torch: 4, Sum: true, Why: "one rounding of a float64 sum; PyTorch sums in float32, in four cascades"},
		Errors:  dimMistakes,
	},
)

func total(v []float64) (sum float64) {
	for _, x := range v {
		sum += x
	}
	return sum
}
