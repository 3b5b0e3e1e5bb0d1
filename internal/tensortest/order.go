package tensortest

import (
	"math"
	"sort"

	"github.com/lamina-ml/lamina/tensor"
)

// along makes a reference from a function of the elements along the dimension dim.
func along(f func(v []float64, a Attrs) []float64) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		x := in[0]
		if len(x.Shape) == 0 {
			return Array{x.Shape, f(x.V, a)}
		}
		d := axis(a.Int("dim"), len(x.Shape))
		out := Array{Shape: x.Shape}
		if sizeOf(x.Shape) == 0 {
			return out
		}
		var lines = map[int][]float64{}
		line := func(at []int) int { return offset(withDim(at, d, 0), x.Shape) }
		each(x.Shape, func(at []int) { lines[line(at)] = append(lines[line(at)], x.at(at)) })
		for k, v := range lines {
			lines[k] = f(v, a)
		}
		n := 0
		for _, v := range lines {
			n = len(v)
		}
		out.Shape = withDim(x.Shape, d, n)
		each(out.Shape, func(at []int) { out.V = append(out.V, lines[line(at)][at[d]]) })
		return out
	}
}

// ranked returns the stable order of elements; NaN is the largest.
func ranked(v []float64, descending bool) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	less := func(x, y float64) bool { return x < y || y != y && x == x }
	sort.SliceStable(order, func(i, j int) bool {
		if descending {
			i, j = j, i
		}
		return less(v[order[i]], v[order[j]])
	})
	out := make([]float64, len(v))
	for i, o := range order {
		out[i] = float64(o)
	}
	return out
}

func picked(v, places []float64) []float64 {
	out := make([]float64, len(places))
	for i, p := range places {
		out[i] = v[int(p)]
	}
	return out
}

func sorted(a Attrs) bool { return a["descending"].(bool) }

// lineSamples vary the dimension.
func lineSamples(a ...any) (out []Sample) {
	for _, s := range []Sample{
		on([]int{}, dim(0)), on([]int{7}, dim(0)), on([]int{3, 4}, dim(0)), on([]int{3, 4}, dim(-1)),
		on([]int{2, 3, 2}, dim(1)), on([]int{0}, dim(0)), on([]int{2, 0}, dim(0)),
		{Shapes: [][]int{{300, 2}}, Attrs: dim(0), Big: true}, {Shapes: [][]int{{2, 1300}}, Attrs: dim(1), Big: true},
	} {
		for i := 0; i < len(a); i += 2 {
			s.Attrs[a[i].(string)] = a[i+1]
		}
		out = append(out, s)
	}
	return out
}

var (
	hardLines = []Sample{
		{Shapes: [][]int{{6}}, Values: [][]float64{{nan, 1, -inf, nan, inf, 0}},
			Attrs: Attrs{"dim": 0, "descending": false}, Big: true, Floats: true},
		{Shapes: [][]int{{4}}, Values: [][]float64{{0, math.Copysign(0, -1), 0, math.Copysign(0, -1)}},
			Attrs: Attrs{"dim": 0, "descending": true}, Big: true, Floats: true},
	}
	orderSamples = samples(lineSamples("descending", false), lineSamples("descending", true), hardLines)
	lineMistake  = []Mistake{{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": 2, "descending": false},
		Text: "dimension 2 does not exist: (2, 3)"}}
	topSamples = []Sample{
		on([]int{}, Attrs{"k": 1, "dim": 0, "largest": true}), on([]int{7}, Attrs{"k": 3, "dim": 0, "largest": true}),
		on([]int{7}, Attrs{"k": 7, "dim": 0, "largest": false}),
		on([]int{3, 4}, Attrs{"k": 2, "dim": 0, "largest": false}),
		on([]int{3, 4}, Attrs{"k": 2, "dim": -1, "largest": true}), on([]int{3, 4}, Attrs{"k": 0, "dim": -1, "largest": true}),
		// A few of many, with ties and NaN.
		on([]int{2, 0}, Attrs{"k": 0, "dim": 1, "largest": false}),
		{Shapes: [][]int{{200}}, Attrs: Attrs{"k": 9, "dim": 0, "largest": true}, Big: true},
		{Shapes: [][]int{{200, 2}}, Attrs: Attrs{"k": 25, "dim": 0, "largest": false}, Big: true},
		{Shapes: [][]int{{2, 90}}, Attrs: Attrs{"k": 1, "dim": 1, "largest": false}, Big: true},
		{Shapes: [][]int{{24}}, Values: [][]float64{{nan, 3, 1, nan, 2, 3, -inf, inf, 3, 0, math.Copysign(0, -1), nan,
			1, 2, 3, 0, 1, 2, -inf, inf, 4, 5, 5, 4}}, Attrs: Attrs{"k": 3, "dim": 0, "largest": true}, Big: true, Floats: true},
		{Shapes: [][]int{{24}}, Values: [][]float64{{nan, 3, 1, nan, 2, 3, 0, inf, 3, 0, math.Copysign(0, -1), nan, 1,
			2, 3, 0, 1, 2, 5, inf, 4, 5, 5, 4}}, Attrs: Attrs{"k": 3, "dim": 0, "largest": false}, Big: true, Floats: true},
	}
	topMistakes = []Mistake{{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"k": 4, "dim": 1, "largest": true},
		Text: "topk: there are not 4 elements along dimension 1: (2, 3)"}}
)

func top(v []float64, a Attrs) []float64 { return ranked(v, a["largest"].(bool))[:a.Int("k")] }

// extremeRows makes the rows of the two results of MaxDim or MinDim.
func extremeRows(name, method string, call func(x tensor.Tensor, dim int) (v, i tensor.Tensor), better func(a, b float64) bool) []*Op {
	at := func(v []float64, _ Attrs) []float64 { return []float64{firstOf(better)(v)} }
	drop := func(f func([]Array, Attrs) Array) func([]Array, Attrs) Array {
		return func(in []Array, a Attrs) Array {
			out := f(in, a)
			if rank := len(in[0].Shape); rank > 0 {
				out.Shape = without(in[0].Shape, axis(a.Int("dim"), rank))
			}
			return out
		}
	}
	return []*Op{
		{Name: name, Go: []string{method}, DTypes: allTypes, Inputs: []Input{{}},
			Samples: samples(argSamples()[:len(argSamples())-3], ungraded(argSamples()[len(argSamples())-3:])), Errors: argMistakes,
			Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { v, _ := call(x[0], a.Int("dim")); return v },
			Ref:  drop(along(func(v []float64, a Attrs) []float64 { return picked(v, at(v, a)) }))},
		{Name: name + "_indices", DTypes: allTypes, Inputs: []Input{{}}, Samples: argSamples(), NoGradient: true,
			Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { _, i := call(x[0], a.Int("dim")); return i },
			Ref:  drop(along(at))},
	}
}

// running is the reference of scans.
func running(f func(acc, x float64) float64, start float64) func([]Array, Attrs) Array {
	return along(func(v []float64, _ Attrs) []float64 {
		out := make([]float64, len(v))
		acc := start
		for i, x := range v {
			acc = f(acc, x)
			out[i] = acc
		}
		return out
	})
}

var _ = add(
	&Op{Name: "sort", Go: []string{"Tensor.Sort"}, DTypes: allTypes, Inputs: []Input{{}}, Samples: orderSamples, Errors: lineMistake,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { v, _ := x[0].Sort(a.Int("dim"), sorted(a)); return v },
		Ref:  along(func(v []float64, a Attrs) []float64 { return picked(v, ranked(v, sorted(a))) }),
	},
	&Op{Name: "argsort", Go: []string{"Tensor.ArgSort"}, DTypes: allTypes, Inputs: []Input{{}}, Samples: orderSamples,
		Errors: lineMistake, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].ArgSort(a.Int("dim"), sorted(a)) },
		Ref:  along(func(v []float64, a Attrs) []float64 { return ranked(v, sorted(a)) }),
	},
	&Op{Name: "topk", Go: []string{"Tensor.TopK"}, DTypes: allTypes, Inputs: []Input{{}}, Samples: topSamples, Errors: topMistakes,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			v, _ := x[0].TopK(a.Int("k"), a.Int("dim"), a["largest"].(bool))
			return v
		},
		Ref: along(func(v []float64, a Attrs) []float64 { return picked(v, top(v, a)) }),
	},
	&Op{Name: "topk_indices", DTypes: allTypes, Inputs: []Input{{}}, Samples: topSamples, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			_, i := x[0].TopK(a.Int("k"), a.Int("dim"), a["largest"].(bool))
			return i
		},
		Ref: along(top),
	},
	&Op{Name: "argmax_all", Errors: []Mistake{wrong([]int{0}, nil, "the dimension has size 0: (0,)")},
		Go: []string{"Tensor.ArgMaxAll"}, DTypes: allTypes, Inputs: []Input{{}}, NoGradient: true,
		Samples: []Sample{on([]int{}, nil), on([]int{3, 4}, nil), on([]int{2, 3, 2}, nil)},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].ArgMaxAll() },
		Ref:     reduction(firstOf(func(a, b float64) bool { return a > b })),
	},
	&Op{Name: "argmin_all", Errors: []Mistake{wrong([]int{0}, nil, "the dimension has size 0: (0,)")},
		Go: []string{"Tensor.ArgMinAll"}, DTypes: allTypes, Inputs: []Input{{}}, NoGradient: true,
		Samples: []Sample{on([]int{}, nil), on([]int{3, 4}, nil), on([]int{2, 3, 2}, nil)},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].ArgMinAll() },
		Ref:     reduction(firstOf(func(a, b float64) bool { return a < b })),
	},
	&Op{Name: "cumsum", Go: []string{"Tensor.CumSum"}, DTypes: allTypes, Inputs: []Input{{}}, Samples: lineSamples(), Errors: lineMistake,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].CumSum(a.Int("dim")) },
		Ref:  running(func(acc, x float64) float64 { return acc + x }, 0),
		Tol: Tol{Grad: 1, Torch: 1, ULP: 1,
			Why: "sums are in float64, rounded once, but may cancel; PyTorch's gradient is summed in another order"},
	},
	&Op{Name: "cumprod", Go: []string{"Tensor.CumProd"}, DTypes: allTypes, Inputs: []Input{{Lo: -1.5, Hi: 1.5}}, Errors: lineMistake,
		Samples: samples(lineSamples()[:7], []Sample{
			{Shapes: [][]int{{5}}, Values: [][]float64{{2, 0, 3, 0, 4}}, Attrs: dim(0)},
			{Shapes: [][]int{{3}}, Values: [][]float64{{0, 2, 3}}, Attrs: dim(0)},
		}),
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].CumProd(a.Int("dim")) },
		Ref:  running(func(acc, x float64) float64 { return acc * x }, 1),
		Tol: Tol{ULP: 1, Torch: 1, Grad: 8, Cancels: true, AnyZero: true,
			Why: "products are in float64, rounded once; the gradient is a sum of products"},
	},
)

var _ = add(extremeRows("max_dim", "Tensor.MaxDim", tensor.Tensor.MaxDim, func(a, b float64) bool { return a > b })...)
var _ = add(extremeRows("min_dim", "Tensor.MinDim", tensor.Tensor.MinDim, func(a, b float64) bool { return a < b })...)
