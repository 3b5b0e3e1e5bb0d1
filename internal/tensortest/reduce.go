package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

func dims(d ...int) Attrs { return Attrs{"dim": d} }

var reduceSamples = []Sample{
	{Shapes: [][]int{{}}},
	{Shapes: [][]int{{}}, Attrs: dims(-1)},
	{Shapes: [][]int{{7}}},
	{Shapes: [][]int{{3, 4}}},
	{Shapes: [][]int{{3, 4}}, Attrs: dims(0)},
	{Shapes: [][]int{{3, 4}}, Attrs: dims(-1)},
	{Shapes: [][]int{{3, 1, 2}}, Attrs: dims(1)},
	{Shapes: [][]int{{2, 3, 4}}, Attrs: dims(1)},
	{Shapes: [][]int{{2, 3, 4}}, Attrs: dims(0, 2)},
	{Shapes: [][]int{{2, 3, 4}}, Attrs: dims(2, 1, 0)},
	{Shapes: [][]int{{2, 0, 3}}, Attrs: dims(2)},
	{Shapes: [][]int{{2, 1, 1300}}, Attrs: dims(2), Big: true},
	{Shapes: [][]int{{1300, 3}}, Attrs: dims(0), Big: true},
	{Shapes: [][]int{{2, 700, 3}}, Attrs: dims(1), Big: true},
}

// emptySamples reduce dimensions of size 0.
var emptySamples = []Sample{
	{Shapes: [][]int{{0}}},
	{Shapes: [][]int{{2, 0, 3}}, Attrs: dims(1)},
	{Shapes: [][]int{{0, 3}}, Attrs: dims(0)},
}

// hardSamples are vectors of extreme values.
func hardSamples(rows ...[]float64) (out []Sample) {
	for _, v := range rows {
		out = append(out, Sample{Shapes: [][]int{{len(v)}}, Values: [][]float64{v}, Big: true, Floats: true})
	}
	return out
}

var (
	nan, inf       = math.NaN(), math.Inf(1)
	extremeSamples = hardSamples([]float64{nan, 1, 2}, []float64{1, 2, nan}, []float64{inf, -inf, 1},
		[]float64{inf, 1, 2}, []float64{-inf, 1, 2},
		[]float64{-inf, -inf}, []float64{0, math.Copysign(0, -1)}, []float64{math.SmallestNonzeroFloat32, 1})
)

// reduction makes a reference from a function of the elements that are reduced.
func reduction(f func(v []float64) float64) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		x := in[0]
		rank := len(x.Shape)
		reduced := make([]bool, rank)
		for _, d := range a.Ints("dim") {
			if rank > 0 {
				reduced[(d+rank)%rank] = true
			}
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

// oneDim is for operations that take a single dimension.
func oneDim(f func([]Array, Attrs) Array) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array { return f(in, dims(a.Int("dim"))) }
}

// total is Neumaier's compensated sum: the rounding errors are summed separately.
func total(v []float64) float64 {
	sum, rest := 0.0, 0.0
	for _, x := range v {
		s := sum + x
		if math.Abs(sum) >= math.Abs(x) {
			rest += sum - s + x
		} else {
			rest += x - s + sum
		}
		sum = s
	}
	if math.IsNaN(rest) { // the elements or their sum are not finite
		return sum
	}
	return sum + rest
}

func product(v []float64) float64 {
	p := 1.0
	for _, x := range v {
		p *= x
	}
	return p
}

func largest(v []float64) float64 {
	m := -inf
	for _, x := range v {
		m = max(m, x) // NaN if an element is NaN
	}
	return m
}

func smallest(v []float64) float64 {
	m := inf
	for _, x := range v {
		m = min(m, x)
	}
	return m
}

// firstOf returns the index of the first NaN, else of the first best element.
func firstOf(better func(a, b float64) bool) func(v []float64) float64 {
	return func(v []float64) float64 {
		best := 0
		for i, x := range v {
			if x != x {
				return float64(i)
			}
			if better(x, v[best]) {
				best = i
			}
		}
		return float64(best)
	}
}

// argSamples are reduceSamples of one dimension.
func argSamples() (out []Sample) {
	for _, s := range reduceSamples {
		if d := s.Attrs.Ints("dim"); len(d) == 1 {
			s.Attrs = Attrs{"dim": d[0]}
			out = append(out, s)
		}
	}
	for _, s := range extremeSamples {
		s.Attrs = Attrs{"dim": 0}
		out = append(out, s)
	}
	// Ties, and a dimension of size 1.
	return append(out,
		Sample{Shapes: [][]int{{2, 3}}, Values: [][]float64{{1, 2, 2, 3, 3, 3}}, Attrs: Attrs{"dim": 1}},
		Sample{Shapes: [][]int{{2, 3}}, Values: [][]float64{{1, 2, 2, 1, 3, 2}}, Attrs: Attrs{"dim": 0}},
		Sample{Shapes: [][]int{{3, 1}}, Values: [][]float64{{1, 3, 2}}, Attrs: Attrs{"dim": 1}})
}

var (
	dimMistakes = []Mistake{
		{Shapes: [][]int{{2, 3}}, Attrs: dims(2), Text: "dimension 2 does not exist: (2, 3)"},
		{Shapes: [][]int{{2, 3}}, Attrs: dims(-3), Text: "dimension -3 does not exist: (2, 3)"},
		{Shapes: [][]int{{}}, Attrs: dims(1), Text: "dimension 1 does not exist: ()"},
		{Shapes: [][]int{{2, 3}}, Attrs: dims(1, -1), Text: "dimension -1 is given twice: (2, 3)"},
	}
	extremeMistakes = append([]Mistake{
		{Shapes: [][]int{{0}}, Text: "a reduced dimension has size 0: (0,)"},
		{Shapes: [][]int{{2, 0}}, Attrs: dims(1), Text: "a reduced dimension has size 0: (2, 0)"},
	}, dimMistakes...)
	argMistakes = []Mistake{
		{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": 2}, Text: "dimension 2 does not exist: (2, 3)"},
		{Shapes: [][]int{{2, 0}}, Attrs: Attrs{"dim": 1}, Text: "the dimension has size 0: (2, 0)"},
	}
)

// ungraded returns samples whose gradients are not checked.
func ungraded(list []Sample) []Sample {
	out := append([]Sample{}, list...)
	for i := range out {
		out[i].Big = true
	}
	return out
}

func samples(lists ...[]Sample) (out []Sample) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

var _ = add(
	&Op{Name: "sum", Go: []string{"Tensor.Sum"}, DTypes: allTypes, Inputs: []Input{{}},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Sum(a.Ints("dim")...) },
		Ref:     reduction(total),
		Samples: samples(emptySamples, extremeSamples, reduceSamples),
		Tol:     Tol{ULP: 1, Torch: 4, Sum: true, Why: "one rounding of a float64 sum; PyTorch sums in float32, in four cascades"},
		Errors:  dimMistakes,
		Bench:   Sample{Shapes: [][]int{{256, 256}}, Attrs: dims(1)},
	},
	// The gradient of the mean of no elements is 0/0.
	&Op{Name: "mean", Go: []string{"Tensor.Mean"}, DTypes: floats, Inputs: []Input{{}},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Mean(a.Ints("dim")...) },
		Ref:     reduction(func(v []float64) float64 { return total(v) / float64(len(v)) }),
		Samples: samples(ungraded(emptySamples), extremeSamples, reduceSamples),
		Tol: Tol{ULP: 2, Torch: 4, Grad: 1, Sum: true,
			Why: "one rounding of a float64 sum and one of the quotient; PyTorch sums in float32, in four cascades"},
		Errors: dimMistakes,
		Bench:  Sample{Shapes: [][]int{{256, 256}}, Attrs: dims(1)},
	},
	&Op{Name: "prod", Go: []string{"Tensor.Prod"}, DTypes: []tensor.DType{tensor.Float32, tensor.Float64, tensor.Int64,
		tensor.Bool}, Inputs: []Input{{Lo: 0.5, Hi: 1.5}},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Prod(a.Ints("dim")...) },
		Ref:  reduction(product),
		Samples: samples(emptySamples, extremeSamples, reduceSamples[:11], []Sample{
			{Shapes: [][]int{{4}}, Values: [][]float64{{0, 2, 3, 4}}},
			{Shapes: [][]int{{4}}, Values: [][]float64{{0, 2, 0, 4}}},
			{Shapes: [][]int{{3}}, Values: [][]float64{{0, 0, 0}}},
			{Shapes: [][]int{{2, 3}}, Values: [][]float64{{0, 2, 3, 4, 0, 0}}, Attrs: dims(1)},
		}),
		Tol: Tol{ULP: 8, Torch: 8, Grad: 16, AnyZero: true, Why: "a rounding for each factor: PyTorch's are in float32"},
		Half: &Tol{ULP: 1, Torch: 4, Grad: 8, AnyZero: true,
			Why: "PyTorch rounds to 16 bits after each factor; the gradient is a product of rounded products"},
		Errors: dimMistakes,
		Bench:  Sample{Shapes: [][]int{{256, 256}}, Attrs: dims(1)},
	},
	&Op{Name: "amax", Go: []string{"Tensor.Max"}, DTypes: allTypes, Inputs: []Input{{}},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Max(a.Ints("dim")...) },
		Ref:     reduction(largest),
		Samples: samples(extremeSamples, reduceSamples),
		Tol:     Tol{Grad: 1, AnyZero: true, Why: "the operation is exact except for the sign of zero; equal elements share the gradient"},
		Errors:  extremeMistakes,
		Bench:   Sample{Shapes: [][]int{{256, 256}}, Attrs: dims(1)},
	},
	&Op{Name: "amin", Go: []string{"Tensor.Min"}, DTypes: allTypes, Inputs: []Input{{}},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Min(a.Ints("dim")...) },
		Ref:     reduction(smallest),
		Samples: samples(extremeSamples, reduceSamples),
		Tol:     Tol{Grad: 1, AnyZero: true, Why: "the operation is exact except for the sign of zero; equal elements share the gradient"},
		Errors:  extremeMistakes,
		Bench:   Sample{Shapes: [][]int{{256, 256}}, Attrs: dims(1)},
	},
	&Op{Name: "argmax", Go: []string{"Tensor.ArgMax"}, DTypes: allTypes, Inputs: []Input{{}}, NoGradient: true,
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].ArgMax(a.Int("dim")) },
		Ref:     oneDim(reduction(firstOf(func(a, b float64) bool { return a > b }))),
		Samples: argSamples(),
		Errors:  argMistakes,
		Bench:   Sample{Shapes: [][]int{{256, 256}}, Attrs: Attrs{"dim": 1}},
	},
	&Op{Name: "argmin", Go: []string{"Tensor.ArgMin"}, DTypes: allTypes, Inputs: []Input{{}}, NoGradient: true,
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].ArgMin(a.Int("dim")) },
		Ref:     oneDim(reduction(firstOf(func(a, b float64) bool { return a < b }))),
		Samples: argSamples(),
		Errors:  argMistakes,
		Bench:   Sample{Shapes: [][]int{{256, 256}}, Attrs: Attrs{"dim": 1}},
	},
)
