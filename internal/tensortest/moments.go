package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// numbered adds an attribute to samples.
func numbered(list []Sample, key string, v any) (out []Sample) {
	for _, s := range list {
		a := Attrs{key: v}
		for k, w := range s.Attrs {
			a[k] = w
		}
		s.Attrs = a
		out = append(out, s)
	}
	return out
}

func variance(v []float64, correction int) float64 {
	mean := total(v) / float64(len(v))
	d := make([]float64, len(v))
	for i, x := range v {
		d[i] = (x - mean) * (x - mean)
	}
	return total(d) / float64(max(0, len(v)-correction))
}

// withAttrs is reduction for functions of attributes.
func withAttrs(f func(v []float64, a Attrs) float64) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) Array {
		return reduction(func(v []float64) float64 { return f(v, a) })(in, a)
	}
}

var (
	momentSamples = []Sample{
		{Shapes: [][]int{{7}}}, {Shapes: [][]int{{3, 4}}}, {Shapes: [][]int{{3, 4}}, Attrs: dims(0)},
		{Shapes: [][]int{{3, 4}}, Attrs: dims(-1)},
		{Shapes: [][]int{{2, 3, 4}}, Attrs: dims(0, 2)}, {Shapes: [][]int{{2, 0, 3}}, Attrs: dims(2)},
		{Shapes: [][]int{{2, 1300}}, Attrs: dims(1), Big: true},
	}
	moment = Tol{ULP: 32, Torch: 8, Grad: 16, Largest: true, Cancels: true, AnyZero: true,
		Why: "sums of up to 1,300 squares; the mean and each difference from it are rounded; PyTorch updates both as it goes"}
	floatsOnly = Mistake{Shapes: [][]int{{2}}, DTypes: []tensor.DType{tensor.Int64},
		Attrs: Attrs{"correction": 1, "ord": 2}, Text: "the tensor must be floating point, not int64: (2,)"}
	dimMistakes1 = []Mistake{floatsOnly, {Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": []int{2}, "correction": 1,
		"ord": 2}, Text: "dimension 2 does not exist: (2, 3)"}}
)

var _ = add(
	&Op{Name: "var", Go: []string{"Tensor.Var"}, DTypes: floats, Inputs: []Input{{}}, Tol: moment, Errors: dimMistakes1,
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Var(a.Int("correction"), a.Ints("dim")...) },
		Ref:     withAttrs(func(v []float64, a Attrs) float64 { return variance(v, a.Int("correction")) }),
		Samples: samples(numbered(momentSamples, "correction", 1), numbered(momentSamples, "correction", 0)),
	},
	&Op{Name: "std", Go: []string{"Tensor.Std"}, DTypes: floats, Inputs: []Input{{}}, Tol: moment, Errors: dimMistakes1,
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Std(a.Int("correction"), a.Ints("dim")...) },
		Ref:     withAttrs(func(v []float64, a Attrs) float64 { return math.Sqrt(variance(v, a.Int("correction"))) }),
		Samples: samples(numbered(momentSamples, "correction", 1), numbered(momentSamples, "correction", 0)),
	},
	&Op{Name: "logsumexp", Go: []string{"Tensor.LogSumExp"}, DTypes: allTypes, Inputs: []Input{{}}, Errors: dimMistakes[:2],
		Tol:  Tol{ULP: 4, Torch: 4, Grad: 8, Largest: true, Why: "an exponential, a sum, a logarithm and an addition, each rounded"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].LogSumExp(a.Ints("dim")...) },
		Samples: samples(momentSamples, []Sample{{Shapes: [][]int{{0}}}, {Shapes: [][]int{{}}}},
			hardSamples([]float64{1000, 1000}, []float64{-inf, 1}, []float64{inf, 1}, []float64{nan, 1}, []float64{-inf, -inf})),
		Ref: reduction(func(v []float64) float64 {
			m := largest(v)
			if math.IsInf(m, 0) {
				return m
			}
			e := make([]float64, len(v))
			for i, x := range v {
				e[i] = math.Exp(x - m)
			}
			return math.Log(total(e)) + m
		}),
	},
	&Op{Name: "norm", Go: []string{"Tensor.Norm"}, DTypes: floats, Inputs: []Input{away0}, Errors: dimMistakes1,
		Tol: Tol{ULP: 8, Torch: 8, Grad: 16, Largest: true, AnyZero: true,
			Why: "a power for each element, their sum, and its root, each rounded"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Norm(a.Float("ord"), a.Ints("dim")...) },
		Samples: samples(numbered(hardSamples([]float64{nan, 1}, []float64{inf, -1}, []float64{-inf, 0}), "ord", 2),
			numbered(hardSamples([]float64{nan, 1}, []float64{inf, -1}), "ord", inf), numbered(momentSamples, "ord", 2),
			numbered(momentSamples, "ord", 1), numbered(momentSamples[:4], "ord", 0), numbered(momentSamples[:4], "ord", 3),
			numbered(momentSamples[:4], "ord", 1.5), numbered(momentSamples[:4], "ord", 0.5),
			numbered(momentSamples[:4], "ord", inf), numbered(momentSamples[:4], "ord", -inf)),
		Ref: withAttrs(func(v []float64, a Attrs) float64 {
			p := a.Float("ord")
			abs := make([]float64, len(v))
			for i, x := range v {
				abs[i] = math.Abs(x)
			}
			switch {
			case p == 0:
				n := 0.0
				for _, x := range v {
					n += truth(x != 0)
				}
				return n
			case p == inf:
				return largest(abs)
			case p == -inf:
				return smallest(abs)
			}
			for i, x := range abs {
				abs[i] = math.Pow(x, p)
			}
			return math.Pow(total(abs), 1/p)
		}),
	},
)

var _ = add(withoutGradient(
	&Op{Name: "any", Go: []string{"Tensor.Any"}, DTypes: allTypes, Inputs: []Input{{}},
		Samples: samples(emptySamples, reduceSamples), Errors: dimMistakes,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Any(a.Ints("dim")...) },
		Ref: reduction(func(v []float64) float64 {
			for _, x := range v {
				if x != 0 {
					return 1
				}
			}
			return 0
		}),
	},
	&Op{Name: "all", Go: []string{"Tensor.All"}, DTypes: allTypes, Inputs: []Input{{}},
		Samples: samples(emptySamples, reduceSamples), Errors: dimMistakes,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].All(a.Ints("dim")...) },
		Ref: reduction(func(v []float64) float64 {
			for _, x := range v {
				if x == 0 {
					return 0
				}
			}
			return 1
		}),
	},
)...)
