package tensortest

import "github.com/lamina-ml/lamina/tensor"

// withIndex is a sample of an input and an index into it.
func withIndex(x, index []int, a Attrs, places ...float64) Sample {
	return Sample{Shapes: [][]int{x, index}, Attrs: a, Values: [][]float64{nil, places}}
}

// withIndexAndSource is a sample of an input, an index into it, and the source to write or add there.
func withIndexAndSource(x, index, src []int, a Attrs, places ...float64) Sample {
	return Sample{Shapes: [][]int{x, index, src}, Attrs: a, Values: [][]float64{nil, places, nil}}
}

func dim(d int) Attrs { return Attrs{"dim": d} }

var (
	whole    = tensor.Int64
	withInts = []tensor.DType{tensor.Float32, tensor.Int64}
	withBool = []tensor.DType{tensor.Float32, tensor.Bool}
	masked   = []Sample{
		on2([]int{}, []int{}, Attrs{"value": 1.0}), on2([]int{5}, []int{5}, Attrs{"value": 1.0}),
		on2([]int{3, 4}, []int{4}, Attrs{"value": 0.0}),
		on2([]int{4}, []int{3, 1}, Attrs{"value": 1.0}), on2([]int{0}, []int{1}, Attrs{"value": 1.0}),
		on2([]int{2, 300}, []int{2, 1}, Attrs{"value": 1.0}),
	}
)

var _ = add(
	&Op{Name: "index_select", Go: []string{"Tensor.IndexSelect"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &whole}}, Tol: sumGrad,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].IndexSelect(a.Int("dim"), x[1]) },
		Ref: func(in []Array, a Attrs) Array {
			x, index := in[0], in[1]
			d := axis(a.Int("dim"), len(x.Shape))
			out := Array{Shape: withDim(x.Shape, d, len(index.V))}
			each(out.Shape, func(at []int) { out.V = append(out.V, x.V[offset(withDim(at, d, int(index.V[at[d]])), x.Shape)]) })
			return out
		},
		Samples: []Sample{
			withIndex([]int{5}, []int{3}, dim(0), 0, 4, 4), withIndex([]int{3, 4}, []int{2}, dim(0), 2, 0),
			withIndex([]int{3, 4}, []int{5}, dim(-1), 1, 1, 3, 0, 2),
			withIndex([]int{2, 3, 2}, []int{2}, dim(1), 2, 2), withIndex([]int{3, 4}, []int{0}, dim(0)),
			withIndex([]int{40, 30}, []int{3}, dim(0), 39, 0, 39),
		},
		Errors: []Mistake{
			{Shapes: [][]int{{}, {1}}, DTypes: withInts, Attrs: dim(1), Text: "index_select: dimension 1 does not exist: ()"},
			{Shapes: [][]int{{3}, {2}}, DTypes: withInts, Attrs: dim(1), Text: "index_select: dimension 1 does not exist: (3,)"},
			{Shapes: [][]int{{1}, {2}}, DTypes: withInts, Attrs: dim(0),
				Text: "index_select: index 1 at element 0 is outside dimension 0 of size 1: (1,) × (2,)"},
			{Shapes: [][]int{{3}, {2}}, Attrs: dim(0), Text: "index_select: the index must be int64, not float32: (2,)"},
			{Shapes: [][]int{{3}, {2, 2}}, DTypes: withInts, Attrs: dim(0),
				Text: "index_select: the index has more than one dimension: (3,) × (2, 2)"},
		},
	},
	&Op{Name: "index_add", Go: []string{"Tensor.IndexAdd"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &whole}, {}},
		Tol:  Tol{ULP: 2, Torch: 2, Grad: 4, Largest: true, Why: "a rounding for each addition"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].IndexAdd(a.Int("dim"), x[1], x[2]) },
		Ref: func(in []Array, a Attrs) Array {
			x, index, src := in[0], in[1], in[2]
			out, d := Array{x.Shape, append([]float64{}, x.V...)}, axis(a.Int("dim"), len(x.Shape))
			each(src.Shape, func(at []int) {
				out.V[offset(withDim(at, d, int(index.V[at[d]])), x.Shape)] += src.V[offset(at, src.Shape)]
			})
			return out
		},
		Samples: []Sample{
			withIndexAndSource([]int{5}, []int{3}, []int{3}, dim(0), 0, 4, 4), withIndexAndSource([]int{3, 4}, []int{2},
				[]int{2, 4}, dim(0), 2, 0), withIndexAndSource([]int{3, 4}, []int{3}, []int{3, 3}, dim(-1), 1, 1, 3),
			withIndexAndSource([]int{3, 0}, []int{2}, []int{2, 0}, dim(0), 1, 1),
			{Shapes: [][]int{{3}, {3}, {3}}, Values: [][]float64{{inf, 1, nan}, {0, 1, 1}, {-inf, inf, 2}},
				Attrs: dim(0), Big: true, Floats: true},
		},
		Errors: []Mistake{
			{Shapes: [][]int{{3}, {2}, {3}}, DTypes: withInts, Attrs: dim(0),
				Text: "index_add: the source must have the input's type, the index's length along the dimension, and the input's other sizes: (3,) × (3,)"},
			{Shapes: [][]int{{}, {1}, {1}}, DTypes: withInts, Attrs: dim(0), Text: "index_add: dimension 0 does not exist: ()"},
			{Shapes: [][]int{{1}, {2}, {2}}, DTypes: withInts, Attrs: dim(0),
				Text: "index_add: index 1 at element 0 is outside dimension 0 of size 1"},
		},
	},
	&Op{Name: "scatter", Go: []string{"Tensor.Scatter"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &whole}, {}}, Tol: sumGrad,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Scatter(a.Int("dim"), x[1], x[2]) },
		Ref:  scattered(func(_, v float64) float64 { return v }),
		Samples: []Sample{
			withIndexAndSource([]int{4}, []int{2}, []int{2}, dim(0), 3, 1), withIndexAndSource([]int{3, 4}, []int{3, 2},
				[]int{3, 2}, dim(1), 3, 0, 1, 2, 0, 1),
			withIndexAndSource([]int{3, 4}, []int{1, 4}, []int{2, 4}, dim(0), 0, 2, 1, 0),
			withIndexAndSource([]int{3}, []int{0}, []int{0}, dim(0)), withIndexAndSource([]int{}, []int{}, []int{}, dim(0), 0),
		},
		Errors: []Mistake{
			{Shapes: [][]int{{3}, {2}, {1}}, DTypes: withInts, Attrs: dim(0),
				Text: "scatter: the source must have the index's rank and at least its sizes: (1,) × (2,)"},
			{Shapes: [][]int{{3}, {2}, {2}}, DTypes: append(withInts, tensor.Float64), Attrs: dim(0),
				Text: "scatter: the source is float64, not float32: (3,) × (2,)"},
			{Shapes: [][]int{{3}, {2}, {2}}, Attrs: dim(0), Text: "scatter: the index must be int64, not float32: (2,)"},
		},
	},
	&Op{Name: "scatter_scalar", Go: []string{"Tensor.ScatterScalar"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &whole}},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return x[0].ScatterScalar(a.Int("dim"), x[1], a.Float("value"))
		},
		Ref: func(in []Array, a Attrs) Array {
			v := Array{Shape: in[1].Shape}
			for range in[1].V {
				v.V = append(v.V, a.Float("value"))
			}
			return scattered(func(_, v float64) float64 { return v })([]Array{in[0], in[1], v}, a)
		},
		Samples: []Sample{
			withIndex([]int{4}, []int{2}, Attrs{"dim": 0, "value": 2.5}, 3, 1), withIndex([]int{3, 4}, []int{1, 4},
				Attrs{"dim": 0, "value": 2.5}, 0, 2, 1, 0),
			withIndex([]int{}, []int{}, Attrs{"dim": 0, "value": 2.5}, 0), withIndex([]int{3}, []int{0}, Attrs{"dim": 0, "value": 2.5}),
		},
		Errors: []Mistake{{Shapes: [][]int{{3}, {2}}, Attrs: Attrs{"dim": 0, "value": 1},
			Text: "scatter: the index must be int64, not float32: (2,)"}},
	},
	&Op{Name: "scatter_add", Go: []string{"Tensor.ScatterAdd"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &whole}, {}},
		Tol:  Tol{ULP: 4, Torch: 4, Grad: 4, Largest: true, Why: "a rounding for each addition"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].ScatterAdd(a.Int("dim"), x[1], x[2]) },
		Ref:  scattered(func(x, v float64) float64 { return x + v }),
		Samples: []Sample{
			withIndexAndSource([]int{4}, []int{5}, []int{5}, dim(0), 3, 1, 3, 3, 0),
			withIndexAndSource([]int{3, 4}, []int{3, 2}, []int{3, 2}, dim(1), 3, 0, 1, 2, 0, 1),
			withIndexAndSource([]int{3, 4}, []int{1, 4}, []int{2, 4}, dim(0), 0, 2, 1, 0),
			withIndexAndSource([]int{3}, []int{0}, []int{0}, dim(0)), withIndexAndSource([]int{}, []int{}, []int{}, dim(0), 0),
			{Shapes: [][]int{{3}, {3}, {3}}, Values: [][]float64{{inf, 1, nan}, {0, 1, 1}, {-inf, inf, 2}},
				Attrs: dim(0), Big: true, Floats: true},
		},
		Errors: []Mistake{{Shapes: [][]int{{1}, {2}, {2}}, DTypes: withInts, Attrs: dim(0),
			Text: "scatter_add: index 1 at element 0 is outside dimension 0 of size 1"}},
	},
	&Op{Name: "index", DTypes: allTypes, Inputs: []Input{{}, {DType: &whole}, {DType: &whole}}, Tol: sumGrad,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return indexed(x[0], "", x[1:]) },
		Ref: func(in []Array, _ Attrs) Array {
			x, out := in[0], Array{}
			out.Shape = eachIndexed(x, in[1:], func(p int) { out.V = append(out.V, x.V[p]) })
			return out
		},
		Samples: []Sample{
			{Shapes: [][]int{{3, 4}, {3}, {3}}, Values: [][]float64{nil, {2, 0, -1}, {1, -4, 3}}},
			{Shapes: [][]int{{3, 4, 2}, {2, 1}, {3}}, Values: [][]float64{nil, {2, 0}, {1, 1, -1}}},
			{Shapes: [][]int{{3, 4, 0}, {2}, {}}, Values: [][]float64{nil, {2, 0}, {1}}},
			{Shapes: [][]int{{3, 4}, {0}, {0}}, Values: [][]float64{nil, {}, {}}},
		},
		Errors: []Mistake{
			{Shapes: [][]int{{3, 1}, {2}, {2}}, DTypes: append(withInts, tensor.Int64),
				Text: "index: index 1 at element 0 is outside dimension 1 of size 1"},
			{Shapes: [][]int{{3, 2}, {2}, {2}},
				Text: "index: index 0 is a float32 tensor: an index tensor has integers or booleans: (3, 2) × (2,)"},
			{Shapes: [][]int{{3}, {2}, {2}}, DTypes: append(withInts, tensor.Int64), Text: "index: 2 indices for 1 dimensions: (3,)"},
		},
	},
	&Op{Name: "index_put", DTypes: allTypes, Inputs: []Input{{}, {}, {DType: &whole}},
		Tol:  Tol{ULP: 4, Torch: 4, Grad: 4, Largest: true, Why: "a rounding for each addition"},
		Half: &Tol{ULP: 2, Torch: 1, Grad: 4, Largest: true, Why: "a rounding to 16 bits for each addition"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return indexPut(x[0], x[1], a["accumulate"].(bool), "", x[2:])
		},
		Ref: func(in []Array, a Attrs) Array {
			x := in[0]
			out := Array{x.Shape, append([]float64{}, x.V...)}
			shape := eachIndexed(x, in[2:], func(int) {})
			var values []float64
			each(shape, func(at []int) { values = append(values, in[1].at(at)) })
			i := 0
			eachIndexed(x, in[2:], func(p int) {
				if a["accumulate"].(bool) {
					out.V[p] += values[i]
				} else {
					out.V[p] = values[i]
				}
				i++
			})
			return out
		},
		Samples: []Sample{
			{Shapes: [][]int{{5}, {3}, {3}}, Values: [][]float64{nil, nil, {0, -1, 2}}, Attrs: Attrs{"accumulate": false}},
			{Shapes: [][]int{{5}, {3}, {3}}, Values: [][]float64{nil, nil, {0, -1, 0}}, Attrs: Attrs{"accumulate": true}},
			{Shapes: [][]int{{3, 4}, {4}, {2}}, Values: [][]float64{nil, nil, {0, -1}}, Attrs: Attrs{"accumulate": true}},
			{Shapes: [][]int{{3, 4}, {}, {2}}, Values: [][]float64{nil, nil, {0, -1}},
				Attrs: Attrs{"accumulate": false}}, {Shapes: [][]int{{3}, {0}, {0}}, Values: [][]float64{nil, nil, {}},
				Attrs: Attrs{"accumulate": true}},
			{Shapes: [][]int{{3}, {3}, {3}}, Values: [][]float64{{inf, 1, nan}, {-inf, inf, 2}, {0, 1, 1}},
				Attrs: Attrs{"accumulate": true}, Big: true, Floats: true},
		},
		Errors: []Mistake{
			{Shapes: [][]int{{3}, {3}, {2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Float32, tensor.Int64},
				Attrs: Attrs{"accumulate": true}, Text: "index_put: shapes do not broadcast: (2,) × (3,)"},
			{Shapes: [][]int{{3}, {2}, {2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Float64, tensor.Int64},
				Attrs: Attrs{"accumulate": true}, Text: "index_put: the values are float64, not float32: (2,) × (2,)"},
		},
	},
	&Op{Name: "masked_fill", Go: []string{"Tensor.MaskedFill"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &boolean}}, Tol: sumGrad,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].MaskedFill(x[1], a.Float("value")) },
		Ref: elementwise(func(x []float64, a Attrs) float64 {
			if x[1] != 0 {
				return a.Float("value")
			}
			return x[0]
		}),
		Samples: masked,
		Errors: []Mistake{
			{Shapes: [][]int{{3}, {3}}, Attrs: Attrs{"value": 1}, Text: "masked_fill: the mask must be boolean, not float32: (3,)"},
			{Shapes: [][]int{{3}, {2}}, DTypes: withBool, Attrs: Attrs{"value": 1},
				Text: "masked_fill: shapes do not broadcast: (3,) × (2,)"},
		},
	},
	&Op{Name: "masked_select", Go: []string{"Tensor.MaskedSelect"}, DTypes: allTypes, Inputs: []Input{{}, {DType: &boolean}}, Tol: sumGrad,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].MaskedSelect(x[1]) },
		Ref: func(in []Array, _ Attrs) Array {
			out := Array{}
			each(broadcast(in[0].Shape, in[1].Shape), func(at []int) {
				if in[1].at(at) != 0 {
					out.V = append(out.V, in[0].at(at))
				}
			})
			out.Shape = []int{len(out.V)}
			return out
		},
		Samples: []Sample{on2([]int{}, []int{}, nil), on2([]int{5}, []int{5}, nil), on2([]int{3, 4}, []int{4}, nil),
			on2([]int{4}, []int{3, 1}, nil), on2([]int{0}, []int{1}, nil)},
		Errors: []Mistake{
			{Shapes: [][]int{{3}, {3}}, Text: "masked_select: the mask must be boolean, not float32: (3,)"},
			{Shapes: [][]int{{3}, {2}}, DTypes: withBool, Text: "masked_select: shapes do not broadcast: (3,) × (2,)"},
		},
	},
	&Op{Name: "nonzero", Go: []string{"Tensor.NonZero"}, DTypes: allTypes, Inputs: []Input{{}}, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].NonZero() },
		Ref: func(in []Array, _ Attrs) Array {
			x, out, n := in[0], Array{}, 0
			each(x.Shape, func(at []int) {
				if x.at(at) == 0 {
					return
				}
				n++
				for _, i := range at {
					out.V = append(out.V, float64(i))
				}
			})
			out.Shape = []int{n, len(x.Shape)}
			return out
		},
		Samples: []Sample{on([]int{}, nil), on([]int{5}, nil), on([]int{3, 4}, nil), on([]int{2, 0}, nil), on([]int{2, 3, 2}, nil)},
	},
	uniquePart("unique", 0), uniquePart("unique_inverse", 1), uniquePart("unique_counts", 2),
	&Op{Name: "one_hot", Go: []string{"Tensor.OneHot"}, DTypes: []tensor.DType{tensor.Int64}, Inputs: []Input{{}}, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].OneHot(a.Int("num_classes")) },
		Ref: func(in []Array, a Attrs) Array {
			n := a.Int("num_classes")
			if n == 0 {
				n = int(largest(in[0].V)) + 1
			}
			out := Array{Shape: append(append([]int{}, in[0].Shape...), n)}
			for _, v := range in[0].V {
				for k := range n {
					out.V = append(out.V, truth(int(v) == k))
				}
			}
			return out
		},
		Samples: []Sample{
			{Shapes: [][]int{{3}}, Values: [][]float64{{0, 2, 1}}, Attrs: Attrs{"num_classes": 3}},
			{Shapes: [][]int{{2, 2}}, Values: [][]float64{{0, 2, 1, 1}}, Attrs: Attrs{"num_classes": 0}},
			{Shapes: [][]int{{}}, Values: [][]float64{{1}}, Attrs: Attrs{"num_classes": 2}},
		},
		Errors: []Mistake{{Shapes: [][]int{{3}}, Attrs: Attrs{"num_classes": 3},
			Text: "one_hot: class indices must be int64, not float32: (3,)"}},
	},
)

// eachIndexed calls f with the row-major index of each element of x that indices of the leading dimensions select, and
// returns the shape of the selection.
func eachIndexed(x Array, indices []Array, f func(place int)) []int {
	var lead []int
	for _, i := range indices {
		lead = broadcast(lead, i.Shape)
	}
	rest := x.Shape[len(indices):]
	each(lead, func(at []int) {
		p := 0
		for d, i := range indices {
			j := int(i.at(at))
			if j < 0 {
				j += x.Shape[d]
			}
			p = p*x.Shape[d] + j
		}
		for k := range sizeOf(rest) {
			f(p*sizeOf(rest) + k)
		}
	})
	return append(append([]int{}, lead...), rest...)
}

// uniqueValues returns the distinct numbers of v in ascending order, the index of each element of v among them, and how
// often each occurs.
func uniqueValues(v []float64) (values, inverse, counts []float64) {
	order := ranked(v, false)
	inverse = make([]float64, len(v))
	for i, o := range order {
		if x := v[int(o)]; i == 0 || x != values[len(values)-1] {
			values, counts = append(values, x), append(counts, 0)
		}
		inverse[int(o)] = float64(len(values) - 1)
		counts[len(counts)-1]++
	}
	return values, inverse, counts
}

// scattered is the reference of operations that write or add elements at an index along a dimension.
func scattered(f func(x, v float64) float64) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		x, index, src := in[0], in[1], in[2]
		out := Array{x.Shape, append([]float64{}, x.V...)}
		each(index.Shape, func(at []int) {
			to := at
			if len(at) > 0 {
				to = withDim(at, axis(a.Int("dim"), len(at)), int(index.at(at)))
			}
			p := &out.V[offset(to, x.Shape)]
			*p = f(*p, src.V[offset(at, src.Shape)])
		})
		return out
	}
}

func uniquePart(name string, part int) *Op {
	op := &Op{Name: name, DTypes: allTypes, Inputs: []Input{{}}, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			values, inverse, counts := x[0].Unique()
			return []tensor.Tensor{values, inverse, counts}[part]
		},
		Ref: func(in []Array, _ Attrs) Array {
			values, inverse, counts := uniqueValues(in[0].V)
			switch part {
			case 0:
				return Array{[]int{len(values)}, values}
			case 1:
				return Array{in[0].Shape, inverse}
			}
			return Array{[]int{len(counts)}, counts}
		},
		Samples: []Sample{on([]int{9}, nil), on([]int{3, 4}, nil), on([]int{0}, nil), on([]int{1}, nil), on([]int{}, nil),
			{Shapes: [][]int{{8}}, Values: [][]float64{{nan, 1, inf, -inf, 1, nan, 0, inf}}, Floats: true}},
	}
	if part == 0 {
		op.Go = []string{"Tensor.Unique"}
	}
	return op
}
