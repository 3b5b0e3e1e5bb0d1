package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// pick makes a reference from the result's shape and a function that maps an index of the result to one of the input.
func pick(shape func(x []int, a Attrs) []int, from func(at, x []int, a Attrs) []int) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		x := in[0]
		out := Array{Shape: shape(x.Shape, a)}
		each(out.Shape, func(at []int) { out.V = append(out.V, x.at(from(at, x.Shape, a))) })
		return out
	}
}

// relabel is the reference of operations that change the shape only.
func relabel(shape func(x []int, a Attrs) []int) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array { return Array{shape(in[0].Shape, a), in[0].V} }
}

// view makes a row of one input. Views copy nothing, so they are exact for every type.
func view(name string, names []string, call func(x tensor.Tensor, a Attrs) tensor.Tensor,
	ref func([]Array, Attrs) Array, samples []Sample, mistakes ...Mistake) *Op {
	return &Op{Name: name, Go: names, DTypes: allTypes, Inputs: []Input{{}}, Samples: samples, Errors: mistakes, Ref: ref,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return call(x[0], a) },
	}
}

// expanded is for rows whose gradient is a sum.
func expanded(op *Op) *Op {
	op.Tol = Tol{Grad: 2, Why: "the gradient of an expanded dimension is a sum, in another order"}
	return op
}

func on(shape []int, a Attrs) Sample { return Sample{Shapes: [][]int{shape}, Attrs: a} }

func wrong(shape []int, a Attrs, text string) Mistake {
	return Mistake{Shapes: [][]int{shape}, Attrs: a, Text: text}
}

// axis returns a dimension's number; a negative one counts from the end.
func axis(i, rank int) int {
	if i < 0 {
		return i + rank
	}
	return i
}

// withDim returns shape with size d in dimension i.
func withDim(shape []int, i, d int) []int {
	out := append([]int{}, shape...)
	out[i] = d
	return out
}

func without(shape []int, i int) []int { return append(append([]int{}, shape[:i]...), shape[i+1:]...) }

func with(shape []int, i, d int) []int {
	return append(append(append([]int{}, shape[:i]...), d), shape[i:]...)
}

func same(x []int, _ Attrs) []int { return x }

// clipped returns the start and the number of elements of a Python slice.
func clipped(n, start, end, step int) (first, count int) {
	clip := func(i int) int {
		if i < 0 {
			i += n
		}
		return max(0, min(n, i))
	}
	first = clip(start)
	for i := first; i < clip(end); i += step {
		count++
	}
	return first, count
}

var _ = add(
	view("reshape", []string{"Tensor.Reshape"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Reshape(a.Ints("shape")...) },
		relabel(func(x []int, a Attrs) []int {
			out, open, n := append([]int{}, a.Ints("shape")...), -1, 1
			for i, d := range out {
				if d < 0 {
					open = i
				} else {
					n *= d
				}
			}
			if open >= 0 {
				out[open] = sizeOf(x) / n
			}
			return out
		}),
		[]Sample{
			on([]int{2, 3}, Attrs{"shape": []int{3, 2}}), on([]int{2, 3}, Attrs{"shape": []int{-1}}),
			on([]int{6}, Attrs{"shape": []int{1, 2, 3}}),
			on([]int{}, Attrs{"shape": []int{1, 1}}), on([]int{1, 1}, Attrs{"shape": []int{}}),
			on([]int{2, 0}, Attrs{"shape": []int{0, 3}}),
			on([]int{2, 3, 4}, Attrs{"shape": []int{2, -1, 2}}), on([]int{2, 3}, Attrs{"shape": []int{2, 3}}),
		},
		wrong([]int{2, 3}, Attrs{"shape": []int{4}}, "reshape: the number of elements differs: (2, 3) × (4,)"),
		wrong([]int{2, 3}, Attrs{"shape": []int{4, -1}}, "reshape: 6 elements do not divide by 4: (2, 3)"),
		wrong([]int{2, 3}, Attrs{"shape": []int{-1, -1}}, "reshape: sizes must be positive, and one may be -1; got -1: (2, 3)"),
		wrong([]int{2, 3}, Attrs{"shape": []int{-2}}, "got -2"),
		wrong([]int{0}, Attrs{"shape": []int{0, -1}}, "do not divide by 0"),
		wrong([]int{1}, Attrs{"shape": []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}, "reshape: at most 10 dimensions are possible"),
	),
	view("reshape_to", []string{"Tensor.ReshapeTo"},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.ReshapeTo(shapes[len(a.Ints("shape"))]) },
		relabel(func(x []int, a Attrs) []int { return a.Ints("shape") }),
		[]Sample{on([]int{1, 3}, Attrs{"shape": []int{3}}), on([]int{1, 3}, Attrs{"shape": []int{3, 1}}),
			on([]int{3}, Attrs{"shape": []int{3}}), on([]int{1, 1}, Attrs{"shape": []int{}}), on([]int{}, Attrs{"shape": []int{}})},
		wrong([]int{2, 0}, Attrs{"shape": []int{3}}, "reshape: the number of elements differs: (2, 0) × (3,)"),
		wrong([]int{2, 3}, Attrs{"shape": []int{3}}, "reshape: the number of elements differs: (2, 3) × (3,)"),
	),
	view("flatten", []string{"Tensor.Flatten"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Flatten(a.Int("start_dim")) },
		relabel(func(x []int, a Attrs) []int {
			i := axis(a.Int("start_dim"), len(x))
			return append(append([]int{}, x[:i]...), sizeOf(x[i:]))
		}),
		[]Sample{
			on([]int{}, Attrs{"start_dim": 0}), on([]int{3}, Attrs{"start_dim": 0}), on([]int{2, 3, 4}, Attrs{"start_dim": 0}),
			on([]int{2, 3, 4}, Attrs{"start_dim": 1}), on([]int{2, 3, 4}, Attrs{"start_dim": -1}),
			on([]int{2, 0, 3}, Attrs{"start_dim": 1}),
		},
		wrong([]int{2, 3}, Attrs{"start_dim": 2}, "flatten: dimension 2 does not exist: (2, 3)"),
		wrong([]int{}, Attrs{"start_dim": 1}, "flatten: dimension 1 does not exist: ()"),
	),
	view("squeeze", []string{"Tensor.Squeeze"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Squeeze(a.Ints("dim")...) },
		relabel(func(x []int, a Attrs) []int {
			out := []int{}
			for i, n := range x {
				named := len(a.Ints("dim")) == 0
				for _, d := range a.Ints("dim") {
					named = named || axis(d, len(x)) == i
				}
				if n != 1 || !named {
					out = append(out, n)
				}
			}
			return out
		}),
		[]Sample{
			on([]int{}, nil), on([]int{1, 3, 1}, nil), on([]int{1, 3, 1}, dims(0)), on([]int{1, 3, 1}, dims(-1)),
			on([]int{1, 3, 1}, dims(0, 2)),
			on([]int{1, 3, 1}, dims(1)), on([]int{0, 1}, nil), on([]int{}, dims(0)),
		},
		wrong([]int{1, 3}, dims(2), "squeeze: dimension 2 does not exist: (1, 3)"),
	),
	view("unsqueeze", []string{"Tensor.Unsqueeze"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Unsqueeze(a.Ints("dim")...) },
		relabel(func(x []int, a Attrs) []int {
			rank := len(x) + len(a.Ints("dim"))
			for i := range rank {
				for _, d := range a.Ints("dim") {
					if axis(d, rank) == i {
						x = with(x, i, 1)
					}
				}
			}
			return x
		}),
		[]Sample{
			on([]int{}, dims(0)), on([]int{3}, dims(0)), on([]int{3}, dims(1)), on([]int{3}, dims(-1)),
			on([]int{2, 3}, dims(1)), on([]int{2, 0}, dims(-2)),
			on([]int{2, 3}, dims(0, -1)), on([]int{2, 3}, dims()), on([]int{2, 3}, dims(3, 1)),
		},
		wrong([]int{3}, dims(2), "unsqueeze: dimension 2 does not exist"),
		wrong([]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, dims(0), "unsqueeze: at most 10 dimensions are possible"),
	),
	expanded(view("expand", []string{"Tensor.Expand"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Expand(a.Ints("size")...) },
		pick(func(x []int, a Attrs) []int {
			out := append([]int{}, a.Ints("size")...)
			for i, d := range out {
				if d < 0 {
					out[i] = x[i-(len(out)-len(x))]
				}
			}
			return out
		}, func(at, x []int, a Attrs) []int { return at }), // at broadcasts by itself
		[]Sample{
			on([]int{}, Attrs{"size": []int{3}}), on([]int{}, Attrs{"size": []int{}}),
			on([]int{1}, Attrs{"size": []int{4}}), on([]int{3, 1}, Attrs{"size": []int{3, 4}}),
			on([]int{3, 1}, Attrs{"size": []int{2, -1, 2}}), on([]int{1, 3}, Attrs{"size": []int{-1, -1}}),
			on([]int{1}, Attrs{"size": []int{0}}),
			on([]int{2, 0}, Attrs{"size": []int{3, 2, 0}}),
		},
		wrong([]int{2, 3}, Attrs{"size": []int{3}}, "expand: 1 sizes are too few or too many: (2, 3)"),
		wrong([]int{2, 3}, Attrs{"size": []int{4, 3}}, "expand: size 4 of dimension 0 does not fit: (2, 3)"),
		wrong([]int{3}, Attrs{"size": []int{-1, 3}}, "expand: size -1 of dimension 0 does not fit: (3,)"),
	)),
	view("permute", []string{"Tensor.Permute"}, func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Permute(a.Ints("dims")...) },
		pick(func(x []int, a Attrs) []int {
			out := []int{}
			for _, d := range a.Ints("dims") {
				out = append(out, x[axis(d, len(x))])
			}
			return out
		}, func(at, x []int, a Attrs) []int {
			from := make([]int, len(x))
			for i, d := range a.Ints("dims") {
				from[axis(d, len(x))] = at[i]
			}
			return from
		}),
		[]Sample{
			on([]int{}, Attrs{"dims": []int{}}), on([]int{3}, Attrs{"dims": []int{0}}), on([]int{2, 3}, Attrs{"dims": []int{1, 0}}),
			on([]int{2, 3, 4}, Attrs{"dims": []int{2, 0, 1}}), on([]int{2, 3, 4}, Attrs{"dims": []int{-1, -3, 1}}),
			on([]int{2, 0, 3}, Attrs{"dims": []int{1, 2, 0}}),
		},
		wrong([]int{2, 3}, Attrs{"dims": []int{0}}, "permute: 1 dimension numbers for 2 dimensions: (2, 3)"),
		wrong([]int{2, 3}, Attrs{"dims": []int{0, 0}}, "permute: dimension 0 is given twice: (2, 3)"),
		wrong([]int{2, 3}, Attrs{"dims": []int{0, 2}}, "permute: dimension 2 does not exist: (2, 3)"),
	),
	view("transpose", []string{"Tensor.Transpose"},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Transpose(a.Int("dim0"), a.Int("dim1")) },
		pick(func(x []int, a Attrs) []int { return swap(x, a.Int("dim0"), a.Int("dim1")) },
			func(at, x []int, a Attrs) []int { return swap(at, a.Int("dim0"), a.Int("dim1")) }),
		[]Sample{
			on([]int{}, Attrs{"dim0": 0, "dim1": -1}), on([]int{3}, Attrs{"dim0": 0, "dim1": 0}),
			on([]int{2, 3}, Attrs{"dim0": 0, "dim1": 1}),
			on([]int{2, 3, 4}, Attrs{"dim0": 0, "dim1": -1}), on([]int{2, 3, 4}, Attrs{"dim0": 1, "dim1": 1}),
			on([]int{2, 0, 3}, Attrs{"dim0": 1, "dim1": 2}),
		},
		wrong([]int{2, 3}, Attrs{"dim0": 0, "dim1": 2}, "transpose: dimension 2 does not exist: (2, 3)"),
	),
	view("mT", []string{"Tensor.T"}, func(x tensor.Tensor, _ Attrs) tensor.Tensor { return x.T() },
		pick(func(x []int, _ Attrs) []int { return swap(x, -1, -2) }, func(at, _ []int, _ Attrs) []int { return swap(at, -1, -2) }),
		[]Sample{on([]int{2, 3}, nil), on([]int{2, 3, 4}, nil), on([]int{1, 1}, nil), on([]int{0, 2}, nil)},
		wrong([]int{}, nil, "transpose: dimension -2 does not exist: ()"),
		wrong([]int{3}, nil, "transpose: dimension -2 does not exist: (3,)"),
	),
	view("slice", []string{"Tensor.Slice"},
		func(x tensor.Tensor, a Attrs) tensor.Tensor {
			return x.Slice(a.Int("dim"), a.Int("start"), a.Int("end"), a.Int("step"))
		},
		pick(func(x []int, a Attrs) []int {
			d := axis(a.Int("dim"), len(x))
			_, n := clipped(x[d], a.Int("start"), a.Int("end"), a.Int("step"))
			return withDim(x, d, n)
		}, func(at, x []int, a Attrs) []int {
			d := axis(a.Int("dim"), len(x))
			first, _ := clipped(x[d], a.Int("start"), a.Int("end"), a.Int("step"))
			return withDim(at, d, first+at[d]*a.Int("step"))
		}),
		[]Sample{
			on([]int{7}, cut(0, 0, 7, 1)), on([]int{7}, cut(0, 1, 6, 2)), on([]int{7}, cut(0, -3, 100, 1)),
			on([]int{7}, cut(0, -100, -1, 3)), on([]int{7}, cut(0, 5, 2, 1)),
			on([]int{7}, cut(0, 7, 9, 1)), on([]int{7}, cut(0, 0, 7, 50)), on([]int{3, 4}, cut(0, 1, 3, 1)),
			on([]int{3, 4}, cut(-1, 0, 4, 2)),
			on([]int{2, 3, 4}, cut(1, 0, 3, 2)), on([]int{2, 0}, cut(1, 0, 1, 1)), on([]int{2, 0}, cut(0, 1, 2, 1)),
		},
		wrong([]int{2, 3}, cut(2, 0, 1, 1), "slice: dimension 2 does not exist: (2, 3)"),
		wrong([]int{2, 3}, cut(0, 0, 1, 0), "slice: step 0 is not positive: (2, 3)"),
		wrong([]int{2, 3}, cut(0, 1, 0, -1), "slice: step -1 is not positive: (2, 3)"),
		wrong([]int{}, cut(0, 0, 1, 1), "slice: dimension 0 does not exist: ()"),
	),
	view("narrow", []string{"Tensor.Narrow"}, func(x tensor.Tensor, a Attrs) tensor.Tensor {
		return x.Narrow(a.Int("dim"), a.Int("start"), a.Int("length"))
	},
		pick(func(x []int, a Attrs) []int { return withDim(x, axis(a.Int("dim"), len(x)), a.Int("length")) },
			func(at, x []int, a Attrs) []int {
				d := axis(a.Int("dim"), len(x))
				return withDim(at, d, at[d]+a.Int("start"))
			}),
		[]Sample{
			on([]int{7}, piece(0, 2, 3)), on([]int{7}, piece(0, 7, 0)), on([]int{3, 4}, piece(1, 0, 4)),
			on([]int{3, 4}, piece(-2, 1, 1)), on([]int{2, 3, 4}, piece(1, 1, 2)),
			on([]int{2, 0}, piece(0, 1, 1)),
		},
		wrong([]int{7}, piece(0, 5, 3), "narrow: elements 5 to 8 of dimension 0 do not exist: (7,)"),
		wrong([]int{7}, piece(0, -1, 3), "narrow: elements -1 to 2 of dimension 0 do not exist: (7,)"),
		wrong([]int{7}, piece(0, 1, -1), "narrow: elements 1 to 0 of dimension 0 do not exist: (7,)"),
		wrong([]int{7}, piece(0, 1, math.MaxInt), "narrow: elements 1 to"),
		wrong([]int{}, piece(0, 0, 1), "narrow: dimension 0 does not exist: ()"),
	),
	view("select", []string{"Tensor.Select"},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Select(a.Int("dim"), a.Int("index")) },
		pick(func(x []int, a Attrs) []int { return without(x, axis(a.Int("dim"), len(x))) },
			func(at, x []int, a Attrs) []int {
				d := axis(a.Int("dim"), len(x))
				return with(at, d, axis(a.Int("index"), x[d]))
			}),
		[]Sample{
			on([]int{7}, Attrs{"dim": 0, "index": 3}), on([]int{7}, Attrs{"dim": 0, "index": -1}),
			on([]int{3, 4}, Attrs{"dim": 0, "index": 1}),
			on([]int{3, 4}, Attrs{"dim": 1, "index": -4}), on([]int{2, 3, 4}, Attrs{"dim": -2, "index": 2}),
			on([]int{2, 0}, Attrs{"dim": 0, "index": 1}),
		},
		wrong([]int{7}, Attrs{"dim": 0, "index": 7}, "select: index 7 of dimension 0 does not exist: (7,)"),
		wrong([]int{7}, Attrs{"dim": 0, "index": -8}, "select: index -8 of dimension 0 does not exist: (7,)"),
		wrong([]int{}, Attrs{"dim": 0, "index": 0}, "select: dimension 0 does not exist: ()"),
	),
	view("contiguous", []string{"Tensor.Contiguous"}, func(x tensor.Tensor, _ Attrs) tensor.Tensor { return x.Contiguous() }, relabel(same),
		[]Sample{on([]int{}, nil), on([]int{3}, nil), on([]int{2, 3}, nil), on([]int{0, 2}, nil)}),
)

// shapes are created once: a shape in a sample's attributes would be a slice, which the call would convert.
var shapes = []tensor.Shape{tensor.ShapeOf(), tensor.ShapeOf(3), tensor.ShapeOf(3, 1)}

func cut(dim, start, end, step int) Attrs {
	return Attrs{"dim": dim, "start": start, "end": end, "step": step}
}

func piece(dim, start, length int) Attrs {
	return Attrs{"dim": dim, "start": start, "length": length}
}

// swap returns v with two elements exchanged.
func swap(v []int, i, j int) []int {
	out := append([]int{}, v...)
	if len(v) > 0 {
		i, j = axis(i, len(v)), axis(j, len(v))
		out[i], out[j] = out[j], out[i]
	}
	return out
}
