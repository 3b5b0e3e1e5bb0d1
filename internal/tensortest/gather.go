package tensortest

import "github.com/lamina-ml/lamina/tensor"

var integer = tensor.Int64

func gatherSample(dim int, x, index []int, at ...float64) Sample {
	return Sample{Shapes: [][]int{x, index}, Attrs: Attrs{"dim": dim}, Values: [][]float64{nil, at}}
}

var _ = add(
	&Op{Name: "gather", Go: []string{"Tensor.Gather"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &integer}},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Gather(a.Int("dim"), x[1]) },
		Ref: func(in []Array, a Attrs) Array {
			x, index := in[0], in[1]
			out := Array{Shape: index.Shape}
			each(index.Shape, func(at []int) {
				from := append([]int{}, at...)
				if len(at) > 0 {
					from[axis(a.Int("dim"), len(at))] = int(index.at(at))
				}
				i := 0
				for d, n := range x.Shape {
					i = i*n + from[d]
				}
				out.V = append(out.V, x.V[i])
			})
			return out
		},
		Samples: []Sample{
			gatherSample(0, []int{}, []int{}, 0),
			gatherSample(0, []int{4}, []int{6}, 0, 3, 3, 1, 0, 3),
			gatherSample(0, []int{4}, []int{0}),
			gatherSample(1, []int{2, 3}, []int{2, 2}, 2, 0, 1, 1),
			gatherSample(-2, []int{2, 3}, []int{3, 3}, 0, 1, 0, 1, 1, 0, 0, 0, 0),
			gatherSample(0, []int{2, 3}, []int{1, 2}, 1, 0),
			gatherSample(1, []int{2, 3, 2}, []int{2, 1, 2}, 2, 1, 0, 2),
			gatherSample(1, []int{0, 3}, []int{0, 5}),
		},
		Tol: Tol{Grad: 2, Why: "the operation is exact; gradients of an element picked more than once are added up"},
		Errors: []Mistake{
			{Shapes: [][]int{{2, 3}, {2, 3}}, Attrs: Attrs{"dim": 1}, Text: "gather: the index must be int64, not float32: (2, 3)"},
			{Shapes: [][]int{{2, 3}, {2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64}, Attrs: Attrs{"dim": 1},
				Text: "gather: the index must have the input's rank and at most its sizes in the other dimensions: (2, 3) × (2,)"},
			{Shapes: [][]int{{2, 3}, {3, 3}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
				Attrs: Attrs{"dim": 1},
				Text:  "gather: the index must have the input's rank and at most its sizes in the other dimensions: (2, 3) × (3, 3)"},
			{Shapes: [][]int{{2, 3}, {2, 3}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
				Attrs: Attrs{"dim": 2}, Text: "gather: dimension 2 does not exist: (2, 3)"},
			{Shapes: [][]int{{2, 1}, {2, 2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64}, Attrs: Attrs{"dim": 1},
				Text: "gather: index 1 at element 0 is outside dimension 1 of size 1: (2, 1) × (2, 2)"},
		},
	},
)
