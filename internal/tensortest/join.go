package tensortest

import "github.com/lamina-ml/lamina/tensor"

// on2 is a sample of two inputs.
func on2(x, y []int, a Attrs) Sample { return Sample{Shapes: [][]int{x, y}, Attrs: a} }

func wrong2(x, y []int, a Attrs, text string) Mistake {
	return Mistake{Shapes: [][]int{x, y}, Attrs: a, Text: text}
}

// joined is the reference of operations that concatenate two inputs along a dimension.
func joined(in []Array, dim int) Array {
	a, b := in[0], in[1]
	out := Array{Shape: withDim(a.Shape, dim, a.Shape[dim]+b.Shape[dim])}
	each(out.Shape, func(at []int) {
		if at[dim] < a.Shape[dim] {
			out.V = append(out.V, a.V[offset(at, a.Shape)])
		} else {
			out.V = append(out.V, b.V[offset(withDim(at, dim, at[dim]-a.Shape[dim]), b.Shape)])
		}
	})
	return out
}

// offset is the row-major index of an element.
func offset(at, shape []int) int {
	i := 0
	for d, n := range shape {
		i = i*n + at[d]
	}
	return i
}

// part makes a row of a method that returns views; the attribute part says which. Where names the part of a dimension
// of n elements.
func part(name, method string, call func(x tensor.Tensor, a Attrs) []tensor.Tensor,
	where func(n, part int, a Attrs) (start, length int), samples []Sample, mistakes ...Mistake) *Op {
	ref := pick(func(x []int, a Attrs) []int {
		d := axis(a.Int("dim"), len(x))
		_, n := where(x[d], a.Int("part"), a)
		return withDim(x, d, n)
	}, func(at, x []int, a Attrs) []int {
		d := axis(a.Int("dim"), len(x))
		start, _ := where(x[d], a.Int("part"), a)
		return withDim(at, d, at[d]+start)
	})
	op := view(name, []string{method},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return call(x, a)[a.Int("part")] }, ref, samples, mistakes...)
	op.Lists = true
	return op
}

var sumGrad = Tol{Grad: 4, Why: "the operation is exact; gradients of elements that occur more than once are summed"}

// repeating is for rows whose results repeat elements.
func repeating(op *Op) *Op {
	op.Tol = sumGrad
	return op
}

var _ = add(
	&Op{Name: "cat", Go: []string{"Cat"}, DTypes: allTypes, Inputs: []Input{{}, {}},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return tensor.Cat(a.Int("dim"), x[0], x[1]) },
		Ref:  func(in []Array, a Attrs) Array { return joined(in, axis(a.Int("dim"), len(in[0].Shape))) },
		Samples: []Sample{
			on2([]int{3}, []int{4}, Attrs{"dim": 0}), on2([]int{2, 3}, []int{1, 3}, Attrs{"dim": 0}),
			on2([]int{2, 3}, []int{2, 5}, Attrs{"dim": -1}),
			on2([]int{2, 0}, []int{2, 3}, Attrs{"dim": 1}), on2([]int{0, 2}, []int{0, 3}, Attrs{"dim": 1}),
			on2([]int{2, 3, 2}, []int{2, 1, 2}, Attrs{"dim": 1}),
			on2([]int{0}, []int{3}, Attrs{"dim": 0}),
		},
		Errors: []Mistake{
			wrong2([]int{2, 3}, []int{2, 4}, Attrs{"dim": 0},
				"cat: sizes differ in a dimension other than the concatenated one: (2, 3) × (2, 4)"),
			wrong2([]int{2}, []int{2, 4}, Attrs{"dim": 0}, "cat: sizes differ"),
			wrong2([]int{2}, []int{2}, Attrs{"dim": 1}, "cat: dimension 1 does not exist: (2,)"),
			wrong2([]int{}, []int{}, Attrs{"dim": 0}, "cat: dimension 0 does not exist: ()"),
		},
	},
	&Op{Name: "stack", Go: []string{"Stack"}, DTypes: allTypes, Inputs: []Input{{}, {}},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return tensor.Stack(a.Int("dim"), x[0], x[1]) },
		Ref: func(in []Array, a Attrs) Array {
			d := axis(a.Int("dim"), len(in[0].Shape)+1)
			return joined([]Array{{with(in[0].Shape, d, 1), in[0].V}, {with(in[1].Shape, d, 1), in[1].V}}, d)
		},
		Samples: []Sample{
			on2([]int{}, []int{}, Attrs{"dim": 0}), on2([]int{3}, []int{3}, Attrs{"dim": 0}), on2([]int{3}, []int{3}, Attrs{"dim": -1}),
			on2([]int{2, 3}, []int{2, 3}, Attrs{"dim": 1}), on2([]int{2, 0}, []int{2, 0}, Attrs{"dim": 2}),
		},
		Errors: []Mistake{
			wrong2([]int{2, 3}, []int{2, 4}, Attrs{"dim": 0}, "stack: shapes differ: (2, 3) × (2, 4)"),
			wrong2([]int{2}, []int{2}, Attrs{"dim": 2}, "stack: dimension 2 does not exist"),
			wrong2([]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, Attrs{"dim": 2},
				"stack: the result would have too many dimensions"),
		},
	},
	part("split", "Tensor.Split", func(x tensor.Tensor, a Attrs) []tensor.Tensor { return x.Split(a.Int("size"), a.Int("dim")) },
		func(n, part int, a Attrs) (int, int) {
			return part * a.Int("size"), min(a.Int("size"), n-part*a.Int("size"))
		},
		[]Sample{on([]int{7}, Attrs{"size": 3, "dim": 0, "part": 2}), on([]int{2, 5}, Attrs{"size": 2, "dim": -1, "part": 0})},
		wrong([]int{}, Attrs{"size": 2, "dim": 0, "part": 0}, "split: dimension 0 does not exist: ()"),
		wrong([]int{4}, Attrs{"size": 0, "dim": 0, "part": 0}, "split: parts of 0 elements: (4,)"),
		wrong([]int{4}, Attrs{"size": 2, "dim": 1, "part": 0}, "split: dimension 1 does not exist: (4,)")),
	part("split_sizes", "Tensor.SplitSizes",
		func(x tensor.Tensor, a Attrs) []tensor.Tensor { return x.SplitSizes(a.Int("dim"), a.Ints("sizes")...) },
		func(_, part int, a Attrs) (start, n int) {
			for _, n := range a.Ints("sizes")[:part] {
				start += n
			}
			return start, a.Ints("sizes")[part]
		},
		[]Sample{on([]int{7}, Attrs{"sizes": []int{3, 4}, "dim": 0, "part": 1}),
			on([]int{2, 5}, Attrs{"sizes": []int{0, 1, 4}, "dim": 1, "part": 2}),
			on([]int{2, 5}, Attrs{"sizes": []int{0, 1, 4}, "dim": 1, "part": 0}),
			on([]int{2, 0}, Attrs{"sizes": []int{1, 1}, "dim": 0, "part": 1})},
		wrong([]int{}, Attrs{"sizes": []int{1}, "dim": 0, "part": 0}, "split: dimension 0 does not exist: ()"),
		wrong([]int{4}, Attrs{"sizes": []int{1, 2}, "dim": 0, "part": 0}, "split: the sizes add up to 3, dimension 0 has 4: (4,)")),
	part("chunk", "Tensor.Chunk", func(x tensor.Tensor, a Attrs) []tensor.Tensor { return x.Chunk(a.Int("chunks"), a.Int("dim")) },
		func(n, part int, a Attrs) (int, int) {
			size := (n + a.Int("chunks") - 1) / a.Int("chunks")
			return part * size, min(size, n-part*size)
		},
		[]Sample{on([]int{7}, Attrs{"chunks": 3, "dim": 0, "part": 2}),
			on([]int{2, 5}, Attrs{"chunks": 2, "dim": -1, "part": 1}), on([]int{0}, Attrs{"chunks": 2, "dim": 0, "part": 1})},
		wrong([]int{}, Attrs{"chunks": 1, "dim": 0, "part": 0}, "chunk: dimension 0 does not exist: ()"),
		wrong([]int{4}, Attrs{"chunks": 0, "dim": 0, "part": 0}, "chunk: 0 parts: (4,)")),
	repeating(view("repeat", []string{"Tensor.Repeat"},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Repeat(a.Ints("repeats")...) },
		pick(func(x []int, a Attrs) []int {
			out := append([]int{}, a.Ints("repeats")...)
			for i, n := range x {
				out[len(out)-len(x)+i] *= n
			}
			return out
		}, func(at, x []int, a Attrs) []int {
			from := append([]int{}, at[len(at)-len(x):]...)
			for i, n := range x {
				from[i] %= n
			}
			return from
		}),
		[]Sample{
			on([]int{}, Attrs{"repeats": []int{3}}), on([]int{3}, Attrs{"repeats": []int{2}}),
			on([]int{3}, Attrs{"repeats": []int{2, 2}}), on([]int{2, 3}, Attrs{"repeats": []int{3, 2}}),
			on([]int{2, 3}, Attrs{"repeats": []int{1, 1}}), on([]int{2, 3}, Attrs{"repeats": []int{0, 1}}),
			on([]int{2, 0}, Attrs{"repeats": []int{2, 2}}),
		},
		wrong([]int{2, 3}, Attrs{"repeats": []int{2}}, "repeat: 1 counts are too few or too many: (2, 3)"),
		wrong([]int{2}, Attrs{"repeats": []int{-1}}, "repeat: -1 times: (2,)"))),
	repeating(view("repeat_interleave", []string{"Tensor.RepeatInterleave"}, func(x tensor.Tensor, a Attrs) tensor.Tensor {
		return x.RepeatInterleave(a.Int("repeats"), a.Int("dim"))
	},
		pick(func(x []int, a Attrs) []int {
			d := axis(a.Int("dim"), len(x))
			return withDim(x, d, x[d]*a.Int("repeats"))
		},
			func(at, x []int, a Attrs) []int {
				d := axis(a.Int("dim"), len(x))
				return withDim(at, d, at[d]/a.Int("repeats"))
			}),
		[]Sample{on([]int{3}, Attrs{"repeats": 2, "dim": 0}), on([]int{2, 3}, Attrs{"repeats": 3, "dim": 0}),
			on([]int{2, 2, 2}, Attrs{"repeats": 2, "dim": -2}), on([]int{2, 3}, Attrs{"repeats": 0, "dim": 1}),
			on([]int{2, 0}, Attrs{"repeats": 2, "dim": 0})},
		wrong([]int{}, Attrs{"repeats": 1, "dim": 0}, "repeat_interleave: dimension 0 does not exist: ()"),
		wrong([]int{2}, Attrs{"repeats": -1, "dim": 0}, "repeat_interleave: -1 times: (2,)"))),
	view("roll", []string{"Tensor.Roll"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Roll(a.Int("shifts"), a.Int("dims")) },
		pick(same, func(at, x []int, a Attrs) []int {
			d := axis(a.Int("dims"), len(x))
			return withDim(at, d, ((at[d]-a.Int("shifts"))%x[d]+x[d])%x[d])
		}),
		[]Sample{on([]int{5}, Attrs{"shifts": 2, "dims": 0}), on([]int{5}, Attrs{"shifts": -8, "dims": 0}),
			on([]int{2, 3}, Attrs{"shifts": 1, "dims": -1}), on([]int{2, 3}, Attrs{"shifts": 3, "dims": 1}),
			on([]int{0}, Attrs{"shifts": 3, "dims": 0})},
		wrong([]int{}, Attrs{"shifts": 1, "dims": 1}, "roll: dimension 1 does not exist: ()"),
		wrong([]int{2}, Attrs{"shifts": 1, "dims": 1}, "roll: dimension 1 does not exist: (2,)")),
	view("flip", []string{"Tensor.Flip"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Flip(a.Ints("dims")...) },
		pick(same, func(at, x []int, a Attrs) []int {
			for _, d := range a.Ints("dims") {
				at = withDim(at, axis(d, len(x)), x[axis(d, len(x))]-1-at[axis(d, len(x))])
			}
			return at
		}),
		[]Sample{on([]int{5}, Attrs{"dims": []int{0}}), on([]int{2, 3}, Attrs{"dims": []int{-1}}),
			on([]int{2, 3, 2}, Attrs{"dims": []int{0, 2}}), on([]int{0, 2}, Attrs{"dims": []int{1}}), on([]int{}, Attrs{"dims": []int{}})},
		wrong([]int{2}, Attrs{"dims": []int{1}}, "flip: dimension 1 does not exist: (2,)")),
	view("pad", []string{"Tensor.Pad"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Pad(a.Float("value"), a.Ints("pad")...) },
		around(func(i, n int) int { return i }),
		[]Sample{
			on([]int{3}, Attrs{"pad": []int{1, 2}, "value": 0.0}),
			on([]int{2, 3}, Attrs{"pad": []int{1, 0, 0, 2}, "value": 1.0}), on([]int{2, 3}, Attrs{"pad": []int{-1, 2}, "value": 0.0}),
			on([]int{2, 3}, Attrs{"pad": []int{0, 0}, "value": 0.0}),
			on([]int{2, 0}, Attrs{"pad": []int{1, 1}, "value": 1.0}), on([]int{}, Attrs{"pad": []int{}, "value": 1.0}),
		},
		wrong([]int{2}, Attrs{"pad": []int{1}, "value": 0}, "pad: 1 numbers; there must be two for each padded dimension: (2,)"),
		wrong([]int{2}, Attrs{"pad": []int{-1, -2}, "value": 0}, "pad: more elements are removed than the dimension has: (2,)")),
	padded("pad_reflect", "Tensor.PadReflect", tensor.Tensor.PadReflect, func(i, n int) int {
		if i < 0 {
			i = -i
		}
		return min(i, 2*(n-1)-i)
	}, wrong([]int{3}, Attrs{"pad": []int{3, 0}}, "pad: 3 before and 0 after are impossible along dimension 0: (3,)")),
	padded("pad_replicate", "Tensor.PadReplicate", tensor.Tensor.PadReplicate,
		func(i, n int) int { return min(max(i, 0), n-1) }, wrong([]int{3}, Attrs{"pad": []int{-2, -2}},
			"pad: -2 before and -2 after are impossible")),
	padded("pad_circular", "Tensor.PadCircular", tensor.Tensor.PadCircular, func(i, n int) int { return (i + n) % n },
		wrong([]int{3}, Attrs{"pad": []int{4, 0}}, "pad: 4 before and 0 after are impossible")),
	repeating(view("unfold", []string{"Tensor.Unfold"}, func(x tensor.Tensor, a Attrs) tensor.Tensor {
		return x.Unfold(a.Int("dimension"), a.Int("size"), a.Int("step"))
	},
		pick(func(x []int, a Attrs) []int {
			if len(x) == 0 {
				return []int{1}
			}
			d := axis(a.Int("dimension"), len(x))
			return append(withDim(x, d, (x[d]-a.Int("size"))/a.Int("step")+1), a.Int("size"))
		}, func(at, x []int, a Attrs) []int {
			if len(x) == 0 {
				return nil
			}
			d := axis(a.Int("dimension"), len(x))
			return withDim(at, d, at[d]*a.Int("step")+at[len(x)])[:len(x)]
		}),
		[]Sample{
			on([]int{7}, Attrs{"dimension": 0, "size": 3, "step": 1}),
			on([]int{7}, Attrs{"dimension": 0, "size": 2, "step": 3}), on([]int{2, 6}, Attrs{"dimension": 1, "size": 3, "step": 2}),
			on([]int{2, 5, 2}, Attrs{"dimension": -2, "size": 2, "step": 1}),
			on([]int{}, Attrs{"dimension": 0, "size": 1, "step": 1}),
			on([]int{4}, Attrs{"dimension": 0, "size": 4, "step": 9}),
			on([]int{3, 0}, Attrs{"dimension": 0, "size": 2, "step": 1}), on([]int{0}, Attrs{"dimension": 0, "size": 0, "step": 1}),
		},
		wrong([]int{2}, Attrs{"dimension": 0, "size": 3, "step": 1},
			"unfold: there are no windows of 3 elements with step 1 along a dimension of size 2: (2,)"),
		wrong([]int{2}, Attrs{"dimension": 0, "size": 1, "step": 0}, "unfold: there are no windows"))),
	view("diagonal", []string{"Tensor.Diagonal"}, func(x tensor.Tensor, a Attrs) tensor.Tensor {
		return x.Diagonal(a.Int("offset"), a.Int("dim1"), a.Int("dim2"))
	},
		pick(func(x []int, a Attrs) []int {
			rows, cols, rest := matrix(x, a)
			n := 0
			for i := range rows {
				if j := i + a.Int("offset"); j >= 0 && j < cols {
					n++
				}
			}
			return append(rest, n)
		}, func(at, x []int, a Attrs) []int {
			d1, d2 := axis(a.Int("dim1"), len(x)), axis(a.Int("dim2"), len(x))
			from, k, i := make([]int, len(x)), 0, at[len(at)-1]
			for d := range x {
				if d != d1 && d != d2 {
					from[d] = at[k]
					k++
				}
			}
			from[d1], from[d2] = i+max(0, -a.Int("offset")), i+max(0, a.Int("offset"))
			return from
		}),
		[]Sample{
			on([]int{0, 3}, Attrs{"offset": 0, "dim1": 0, "dim2": 1}),
			on([]int{3, 3}, Attrs{"offset": 0, "dim1": 0, "dim2": 1}),
			on([]int{3, 4}, Attrs{"offset": 1, "dim1": 0, "dim2": 1}), on([]int{3, 4}, Attrs{"offset": -1, "dim1": 1, "dim2": 0}),
			on([]int{2, 3, 3}, Attrs{"offset": 0, "dim1": -2, "dim2": -1}), on([]int{2, 2}, Attrs{"offset": 9, "dim1": 0, "dim2": 1}),
		},
		wrong([]int{}, Attrs{"offset": 0, "dim1": 0, "dim2": 1}, "diagonal: dimension 0 does not exist: ()"),
		wrong([]int{2, 2}, Attrs{"offset": 0, "dim1": 0, "dim2": -2}, "diagonal: dimension 0 is given twice: (2, 2)")),
	triangle("tril", "Tensor.Tril", tensor.Tensor.Tril, func(row, col, k int) bool { return col <= row+k }),
	triangle("triu", "Tensor.Triu", tensor.Tensor.Triu, func(row, col, k int) bool { return col >= row+k }),
)

// matrix returns the sizes of the diagonal's two dimensions, and of the others.
func matrix(x []int, a Attrs) (rows, cols int, rest []int) {
	d1, d2 := axis(a.Int("dim1"), len(x)), axis(a.Int("dim2"), len(x))
	for d, n := range x {
		if d != d1 && d != d2 {
			rest = append(rest, n)
		}
	}
	return x[d1], x[d2], rest
}

// around is the reference of padding: element i of the result is element where(i) of n; outside 0 … n−1 it is the
// attribute value.
func around(where func(i, n int) int) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		x, sides := in[0], a.Ints("pad")
		out := Array{Shape: append([]int{}, x.Shape...)}
		rank := len(x.Shape)
		for i, n := range sides {
			out.Shape[rank-1-i/2] += n
		}
		each(out.Shape, func(at []int) {
			from, inside := append([]int{}, at...), true
			for i := 0; i < len(sides); i += 2 {
				d := rank - 1 - i/2
				from[d] = where(at[d]-sides[i], x.Shape[d])
				inside = inside && from[d] >= 0 && from[d] < x.Shape[d]
			}
			v := 0.0
			if inside {
				v = x.V[offset(from, x.Shape)]
			} else {
				v = a.Float("value")
			}
			out.V = append(out.V, v)
		})
		return out
	}
}

func padded(name, method string, call func(x tensor.Tensor, sides ...int) tensor.Tensor, where func(i, n int) int, mistake Mistake) *Op {
	op := repeating(view(name, []string{method},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return call(x, a.Ints("pad")...) }, around(where),
		[]Sample{on([]int{4}, Attrs{"pad": []int{2, 3}}), on([]int{2, 3}, Attrs{"pad": []int{0, 2}}),
			on([]int{2, 3, 2}, Attrs{"pad": []int{1, 1, 2, 0}}),
			on([]int{}, Attrs{"pad": []int{}}), on([]int{0, 3}, Attrs{"pad": []int{1, 1}})}, mistake,
		wrong([]int{2, 0}, Attrs{"pad": []int{1, 0}}, "pad: 1 before and 0 after are impossible along dimension 1: (2, 0)")))
	return op
}

func triangle(name, method string, call func(x tensor.Tensor, k int) tensor.Tensor, inside func(row, col, k int) bool) *Op {
	return view(name, []string{method}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return call(x, a.Int("diagonal")) },
		func(in []Array, a Attrs) Array {
			x := in[0]
			out := Array{Shape: x.Shape}
			rank := len(x.Shape)
			each(x.Shape, func(at []int) {
				v := 0.0
				if inside(at[rank-2], at[rank-1], a.Int("diagonal")) {
					v = x.at(at)
				}
				out.V = append(out.V, v)
			})
			return out
		},
		[]Sample{on([]int{3, 3}, Attrs{"diagonal": 0}), on([]int{3, 4}, Attrs{"diagonal": 1}),
			on([]int{2, 4, 3}, Attrs{"diagonal": -1}), on([]int{0, 3}, Attrs{"diagonal": 0})},
		wrong([]int{}, Attrs{"diagonal": 0}, name+": there must be at least two dimensions: ()"),
		wrong([]int{3}, Attrs{"diagonal": 0}, name+": there must be at least two dimensions: (3,)"))
}
