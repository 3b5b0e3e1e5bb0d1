package tensortest

import "github.com/lamina-ml/lamina/tensor"

// rotaryOf rotates the pairs of in[0] by the angles with the cosines in[1] and the sines in[2].
func rotaryOf(in []Array, _ Attrs) Array {
	x, cos, sin := in[0], in[1], in[2]
	y := Array{Shape: x.Shape, V: append([]float64{}, x.V...)}
	rank := len(x.Shape)
	half := cos.Shape[len(cos.Shape)-1]
	size := x.Shape[rank-1]
	each(x.Shape, func(at []int) {
		j := at[rank-1]
		if j >= half {
			return
		}
		k := 0 // of the angle
		for i, n := range cos.Shape[:len(cos.Shape)-1] {
			k *= n
			if n > 1 {
				k += at[rank-len(cos.Shape)+i]
			}
		}
		row := 0
		for i, n := range x.Shape[:rank-1] {
			row = row*n + at[i]
		}
		c, s := cos.V[k*half+j], sin.V[k*half+j]
		a, b := x.V[row*size+j], x.V[row*size+j+half]
		y.V[row*size+j], y.V[row*size+j+half] = a*c-b*s, b*c+a*s
	})
	return y
}

var _ = add(&Op{
	Name: "rotary", Go: []string{"Rotary"}, DTypes: floats, Inputs: []Input{{}, {Lo: -1, Hi: 1}, {Lo: -1, Hi: 1}},
	Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return tensor.Rotary(x[0], x[1], x[2]) },
	Ref:  rotaryOf,
	Tol: Tol{ULP: 2, Torch: 2, Grad: 2, Inputs: true, Largest: true, Cancels: true, AnyZero: true,
		Why: "two products and their difference, each rounded"},
	Samples: []Sample{
		{Shapes: [][]int{{4}, {2}, {2}}},
		{Shapes: [][]int{{3, 4}, {3, 2}, {3, 2}}},
		{Shapes: [][]int{{2, 3, 6}, {3, 2}, {3, 2}}},
		{Shapes: [][]int{{2, 2, 3, 5}, {2, 1, 3, 1}, {2, 1, 3, 1}}},
		{Shapes: [][]int{{2, 3, 4}, {1, 2}, {1, 2}}},
		{Shapes: [][]int{{0, 4}, {0, 2}, {0, 2}}},
		{Shapes: [][]int{{2, 0}, {2, 0}, {2, 0}}},
		{Shapes: [][]int{{2, 2}, {1}, {1}}, Values: [][]float64{{inf, 1, nan, 2}, {0.5}, {0.25}}, Big: true, Floats: true},
		{Shapes: [][]int{{2, 3, 35, 66}, {35, 33}, {35, 33}}, Big: true},
	},
	Errors: []Mistake{
		{Shapes: [][]int{{2, 4}, {2, 2}, {2, 1}},
			Text: "rotary: the shapes must be (…, T, D) and, of cosines and sines alike, (…, T, R/2): (2, 4) × (2, 2) × (2, 1)"},
		{Shapes: [][]int{{}, {1}, {1}}, Text: "rotary: the shapes must be"},
		{Shapes: [][]int{{4}, {1, 2}, {1, 2}}, Text: "rotary: the shapes must be"},
		{Shapes: [][]int{{2, 3}, {2, 2}, {2, 2}}, Text: "rotary: 2 pairs do not fit in vectors of 3 elements: (2, 3) × (2, 2)"},
		{Shapes: [][]int{{2, 4}, {3, 2}, {3, 2}}, Text: "rotary: shapes do not broadcast"},
		{Shapes: [][]int{{1, 4}, {3, 2}, {3, 2}}, Text: "rotary: the cosines do not broadcast to the pairs: (1, 2) × (3, 2)"},
		{Shapes: [][]int{{4}, {2}, {2}}, DTypes: []tensor.DType{tensor.Int64},
			Text: "rotary: the inputs must be floating point, not int64, float32 and float32: (4,) × (2,)"},
	},
})
