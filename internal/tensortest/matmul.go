package tensortest

import "github.com/lamina-ml/lamina/tensor"

var _ = add(
	&Op{Name: "matmul", Go: []string{"Tensor.MatMul"}, DTypes: []tensor.DType{tensor.Float32, tensor.Float64,
		tensor.Int64}, Inputs: []Input{{}, {}},
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].MatMul(x[1]) },
		Ref:  matmul,
		Samples: []Sample{
			{Shapes: [][]int{{3}, {3}}},
			{Shapes: [][]int{{3}, {3, 2}}},
			{Shapes: [][]int{{2, 3}, {3}}},
			{Shapes: [][]int{{1, 1}, {1, 1}}},
			{Shapes: [][]int{{2, 3}, {3, 4}}},
			{Shapes: [][]int{{5, 7}, {7, 3}}},
			{Shapes: [][]int{{2, 2, 3}, {2, 3, 2}}},
			{Shapes: [][]int{{2, 2, 3}, {3, 2}}},
			{Shapes: [][]int{{2, 3}, {2, 3, 2}}},
			{Shapes: [][]int{{2, 1, 2, 3}, {3, 3, 2}}},
			{Shapes: [][]int{{4}, {2, 4, 3}}},
			{Shapes: [][]int{{2, 3, 4}, {4}}},
			{Shapes: [][]int{{2, 0}, {0, 3}}},
			{Shapes: [][]int{{0, 3}, {3, 2}}},
			{Shapes: [][]int{{2, 3}, {3, 0}}},
			{Shapes: [][]int{{0}, {0}}},
			{Shapes: [][]int{{0, 2, 3}, {3, 2}}},
			{Shapes: [][]int{{33, 65}, {65, 47}}, Big: true},
			{Shapes: [][]int{{1, 300}, {300, 70}}, Big: true},
			{Shapes: [][]int{{2, 17, 300}, {300, 19}}, Big: true},
		},
		Bench: Sample{Shapes: [][]int{{128, 128}, {128, 128}}},
		Tol: Tol{ULP: 8, Torch: 8, Grad: 16, Sum: true,
			Why: "sums of up to 300 float32 products: √n roundings, measured against Σ|a||b|"},
		Errors: []Mistake{
			{Shapes: [][]int{{2, 3}, {4, 2}}, Text: "matmul: inner dimensions differ: (2, 3) × (4, 2)"},
			{Shapes: [][]int{{3}, {4}}, Text: "matmul: inner dimensions differ: (3,) × (4,)"},
			{Shapes: [][]int{{}, {3}}, Text: "matmul: a tensor without dimensions is not a matrix"},
			{Shapes: [][]int{{2, 2, 3}, {3, 3, 2}}, Text: "matmul: shapes do not broadcast"},
		},
	},
)

// matmul computes each product by three nested loops.
func matmul(in []Array, _ Attrs) Array {
	a, b := in[0], in[1]
	left, right := len(a.Shape) == 1, len(b.Shape) == 1
	if left {
		a.Shape = []int{1, a.Shape[0]}
	}
	if right {
		b.Shape = []int{b.Shape[0], 1}
	}
	ra, rb := len(a.Shape)-2, len(b.Shape)-2
	m, k, n := a.Shape[ra], a.Shape[ra+1], b.Shape[rb+1]
	batch := broadcast(a.Shape[:ra], b.Shape[:rb])
	out := Array{Shape: append([]int{}, batch...)}
	if !left {
		out.Shape = append(out.Shape, m)
	}
	if !right {
		out.Shape = append(out.Shape, n)
	}
	each(append(batch, m, n), func(at []int) {
		i, j := at[len(batch)], at[len(batch)+1]
		row := append(append([]int{}, at[:len(batch)]...), i, 0)
		column := append(append([]int{}, at[:len(batch)]...), 0, j)
		sum := 0.0
		for p := range k {
			row[len(row)-1], column[len(column)-2] = p, p
			sum += a.at(row) * b.at(column)
		}
		out.V = append(out.V, sum)
	})
	return out
}
