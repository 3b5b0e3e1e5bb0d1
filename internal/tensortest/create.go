package tensortest

import "github.com/lamina-ml/lamina/tensor"

// filled makes a row of an operation that uses only the type, device and scope of its input.
func filled(name, method string, call func(x tensor.Tensor, a Attrs) tensor.Tensor, f func(a Attrs) float64, attrs Attrs) *Op {
	op := &Op{Name: name, Go: []string{"Tensor." + method}, DTypes: numbers, Inputs: []Input{{}}, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return call(x[0], a) },
		Ref: func(_ []Array, a Attrs) Array {
			out := Array{Shape: a.Ints("size")}
			for range sizeOf(out.Shape) {
				out.V = append(out.V, f(a))
			}
			return out
		},
		Errors: []Mistake{{Shapes: [][]int{{2}}, Attrs: Attrs{"size": []int{2, -1}, "fill_value": 1}, Text: "shape: negative size -1"}},
	}
	for _, size := range [][]int{{}, {3}, {2, 0}, {2, 3, 4}} {
		a := Attrs{"size": size}
		for k, v := range attrs {
			a[k] = v
		}
		op.Samples = append(op.Samples, Sample{Shapes: [][]int{{2}}, Attrs: a})
	}
	return op
}

var _ = add(
	filled("new_full", "NewFull", func(x tensor.Tensor, a Attrs) tensor.Tensor {
		return x.NewFull(a.Float("fill_value"), a.Ints("size")...)
	},
		func(a Attrs) float64 { return a.Float("fill_value") }, Attrs{"fill_value": 3}),
	filled("new_zeros", "NewZeros", func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.NewZeros(a.Ints("size")...) },
		func(Attrs) float64 { return 0 }, nil),
	filled("new_ones", "NewOnes", func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.NewOnes(a.Ints("size")...) },
		func(Attrs) float64 { return 1 }, nil),
)
