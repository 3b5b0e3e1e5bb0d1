package tensortest

import (
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

var productTol = Tol{ULP: 8, Torch: 16, Grad: 16, Largest: true, Cancels: true, Why: "sums of products, in another order"}

// einsum sums the products over every value of every letter.
func einsum(equation string, in []Array) Array {
	left, result, explicit := strings.Cut(strings.ReplaceAll(equation, " ", ""), "->")
	spread := func(term string, dims int) string {
		return strings.Replace(term, "...", "01234567"[8-dims:], 1) // a letter for each dimension, aligned at the last
	}
	terms, most := strings.Split(left, ","), 0
	for i, t := range terms {
		if strings.Contains(t, "...") {
			dims := len(in[i].Shape) - len(t) + 3
			most = max(most, dims)
			terms[i] = spread(t, dims)
		}
	}
	letters := ""
	size := map[rune]int{}
	for i, t := range terms {
		for d, c := range t {
			if !strings.ContainsRune(letters, c) {
				letters += string(c)
				size[c] = 1
			}
			if n := in[i].Shape[d]; n != 1 {
				size[c] = n
			}
		}
	}
	if explicit {
		result = spread(result, most)
	} else { // the letters that occur once, in alphabetical order
		result = "01234567"[8-most:]
		for c := 'A'; c <= 'z'; c++ {
			if strings.Count(left, string(c)) == 1 {
				result += string(c)
			}
		}
	}
	var shape, all []int
	for _, c := range result {
		shape = append(shape, size[c])
	}
	for _, c := range letters {
		all = append(all, size[c])
	}
	place := func(at []int, term string) (to []int) {
		for _, c := range term {
			to = append(to, at[strings.IndexRune(letters, c)])
		}
		return to
	}
	out := Array{append([]int{}, shape...), make([]float64, sizeOf(shape))}
	each(all, func(at []int) {
		p := 1.0
		for i, t := range terms {
			p *= in[i].at(place(at, t))
		}
		out.V[offset(place(at, result), shape)] += p
	})
	return out
}

func equation(text string, shapes ...[]int) Sample {
	return Sample{Shapes: shapes, Attrs: Attrs{"equation": text}}
}

var _ = add(
	&Op{Name: "einsum", Go: []string{"Einsum"}, DTypes: numbers, Inputs: []Input{{}, {}}, Tol: productTol,
		Half: &Tol{ULP: 2, Torch: 2, Grad: 8, Largest: true, Cancels: true,
			Why: "each product of three is rounded, and their order is another"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return tensor.Einsum(a["equation"].(string), x...) },
		Ref:  func(in []Array, a Attrs) Array { return einsum(a["equation"].(string), in) },
		Samples: []Sample{
			equation("ij,jk->ik", []int{2, 3}, []int{3, 4}), equation("bij,bjk", []int{2, 2, 3}, []int{2, 3, 2}),
			equation("ii,j->ij", []int{3, 3}, []int{2}),
			equation("...i,ij->...j", []int{2, 1, 3}, []int{3, 2}), equation("ij,ij->ij", []int{1, 3}, []int{2, 3}),
			equation("ij,kl->", []int{2, 3}, []int{2, 2}),
			equation("ij,jk->ik", []int{2, 0}, []int{0, 3}),
			{Shapes: [][]int{{2, 2}, {2, 2}}, Values: [][]float64{{0, 0, 1, 2}, {nan, 1, inf, 3}},
				Attrs: Attrs{"equation": "ij,jk->ik"}, Big: true, Floats: true},
		},
		Errors: []Mistake{
			{Shapes: [][]int{{2, 3}, {4, 2}}, Attrs: Attrs{"equation": "ij,jk->ik"},
				Text: `einsum: "ij,jk->ik": a letter has sizes 3 and 4`},
			{Shapes: [][]int{{2, 3}, {3, 2}}, Attrs: Attrs{"equation": "ij->ik"}, Text: `einsum: fewer terms than operands in "ij->ik"`},
			{Shapes: [][]int{{2, 3}, {3, 2}}, Attrs: Attrs{"equation": "ij,jk,k"}, Text: `einsum: more terms than operands`},
			{Shapes: [][]int{{2, 3}, {3, 2}}, Attrs: Attrs{"equation": "ij,jk->il"},
				Text: `einsum: the result has a letter that no operand has`},
			{Shapes: [][]int{{2, 3}, {3, 2}}, Attrs: Attrs{"equation": "ij,jk->ii"}, Text: `einsum: the result has a letter twice`},
			{Shapes: [][]int{{2, 3}, {3, 2}}, Attrs: Attrs{"equation": "i,jk"}, Text: `einsum: 1 letters for 2 dimensions`},
			{Shapes: [][]int{{2, 3}, {3, 2}}, Attrs: Attrs{"equation": "ij,j_k"}, Text: `einsum: '_' is not a letter`},
			{Shapes: [][]int{{2, 3}, {3, 2}}, Attrs: Attrs{"equation": "ii,jk"}, Text: `einsum: "ii,jk": a letter has sizes 2 and 3`},
		},
	},
	&Op{Name: "outer", Go: []string{"Tensor.Outer"}, DTypes: allTypes, Inputs: []Input{{}, {}}, Tol: productTol,
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].Outer(x[1]) },
		Ref:  func(in []Array, _ Attrs) Array { return einsum("i,j->ij", in) },
		Samples: []Sample{on2([]int{3}, []int{4}, nil), on2([]int{0}, []int{3}, nil),
			{Shapes: [][]int{{3}, {3}}, Values: [][]float64{{0, nan, 2}, {inf, 1, -inf}}, Big: true, Floats: true}},
		Errors: []Mistake{wrong2([]int{}, []int{2}, nil, "outer: both must be vectors: () × (2,)"),
			wrong2([]int{3}, []int{2, 2}, nil, "outer: both must be vectors: (3,) × (2, 2)")},
	},
	&Op{Name: "vecdot", Go: []string{"Tensor.VecDot"}, DTypes: []tensor.DType{tensor.Float32, tensor.Float64},
		Inputs: []Input{{}, {}}, Tol: productTol,
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].VecDot(x[1]) },
		Ref:  func(in []Array, _ Attrs) Array { return einsum("...i,...i->...", in) },
		Samples: []Sample{on2([]int{4}, []int{4}, nil), on2([]int{2, 3}, []int{2, 3}, nil),
			on2([]int{2, 3}, []int{3}, nil), on2([]int{2, 0}, []int{2, 0}, nil),
			on2([]int{0, 3}, []int{0, 3}, nil), on2([]int{3, 300}, []int{3, 300}, nil),
			{Shapes: [][]int{{3}, {3}}, Values: [][]float64{{0, 1, 2}, {inf, 1, 3}}, Big: true, Floats: true},
			{Shapes: [][]int{{2}, {2}}, Values: [][]float64{{nan, 1}, {1, 1}}, Big: true, Floats: true}},
		Errors: []Mistake{wrong2([]int{}, []int{}, nil, "vecdot: the last dimensions differ: () × ()"),
			wrong2([]int{3}, []int{4}, nil, "vecdot: the last dimensions differ: (3,) × (4,)"),
			{Shapes: [][]int{{3}, {3}}, DTypes: []tensor.DType{tensor.Int64, tensor.Int64},
				Text: "vecdot: the inputs must be floating point, not int64 and int64: (3,) × (3,)"}},
	},
	&Op{Name: "dot", Go: []string{"Tensor.Dot"}, DTypes: []tensor.DType{tensor.Float32, tensor.Float64, tensor.Int64},
		Inputs: []Input{{}, {}}, Tol: productTol,
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].Dot(x[1]) },
		Ref:  func(in []Array, _ Attrs) Array { return einsum("i,i->", in) },
		Samples: []Sample{on2([]int{4}, []int{4}, nil), on2([]int{0}, []int{0}, nil),
			{Shapes: [][]int{{3}, {3}}, Values: [][]float64{{0, 1, 2}, {inf, 1, 3}}, Big: true, Floats: true},
			{Shapes: [][]int{{2}, {2}}, Values: [][]float64{{nan, 1}, {1, 1}}, Big: true, Floats: true}},
		Errors: []Mistake{wrong2([]int{}, []int{}, nil, "dot: both must be vectors of one length: () × ()"),
			wrong2([]int{3}, []int{4}, nil, "dot: both must be vectors of one length: (3,) × (4,)")},
	},
)
