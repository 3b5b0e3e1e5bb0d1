package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// Tolerances of activations.
var (
	linear = Tol{Torch: 1, Grad: 2, AnyZero: true, Why: "one product; PyTorch's kernels round it with the rest at once, or not"}
	smooth = Tol{ULP: 4, Torch: 4, Grad: 10, Cancels: true, Largest: true, AnyZero: true,
		Why: "kernels and PyTorch's are built of functions good to 2 ulp; near 0 and in the tails terms of the gradient cancel"}
)

// logistic is σ, and softplus log(1 + eˣ).
func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

func positiveOr(x, otherwise float64) float64 {
	if x > 0 || x != x {
		return x
	}
	return otherwise
}

var _ = add(
	withNumber("leaky_relu", "LeakyReLU", "negative_slope", allTypes, tensor.Tensor.LeakyReLU,
		func(x, c float64) float64 { return positiveOr(x, x*c) },
		linear, away0, 0.25, 0, 1, 1.5, -0.5),
	withNumber("elu", "ELU", "alpha", allTypes, tensor.Tensor.ELU,
		func(x, c float64) float64 { return positiveOr(x, c*math.Expm1(x)) }, smooth, away0, 1, 0.5),
	oneInput("selu", "SELU", allTypes, tensor.Tensor.SELU, func(x float64) float64 {
		return 1.0507009873554805 * positiveOr(x, 1.6732632423543772*math.Expm1(x))
	}, smooth, away0),
	withNumber("celu", "CELU", "alpha", allTypes, tensor.Tensor.CELU,
		func(x, c float64) float64 { return positiveOr(x, c*math.Expm1(x/c)) },
		smooth, away0, 1, 0.5, -2),
	oneInput("gelu", "GELU", allTypes, tensor.Tensor.GELU,
		func(x float64) float64 { return x * 0.5 * math.Erfc(-x/math.Sqrt2) }, smooth, Input{}),
	oneInput("gelu_tanh", "GELUTanh", allTypes, tensor.Tensor.GELUTanh, func(x float64) float64 {
		return x * logistic(2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))
	}, smooth, Input{}),
	oneInput("silu", "SiLU", allTypes, tensor.Tensor.SiLU, func(x float64) float64 { return x * logistic(x) }, smooth, Input{}),
	oneInput("mish", "Mish", allTypes, tensor.Tensor.Mish, func(x float64) float64 { return x * math.Tanh(softplus(x)) }, smooth, Input{}),
	&Op{Name: "softplus", Go: []string{"Tensor.Softplus"}, Elementwise: true, DTypes: allTypes,
		Inputs: []Input{{Avoid: []float64{2}}}, Tol: smooth,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return x[0].Softplus(a.Float("beta"), a.Float("threshold"))
		},
		Ref: elementwise(func(x []float64, a Attrs) float64 {
			if z := x[0] * a.Float("beta"); !(z > a.Float("threshold")) {
				return softplus(z) / a.Float("beta")
			}
			return x[0]
		}),
		Samples: []Sample{{Attrs: Attrs{"beta": 1, "threshold": 20}}, {Attrs: Attrs{"beta": 2, "threshold": 20}},
			{Attrs: Attrs{"beta": 0.5, "threshold": 1}}},
	},
	oneInput("softsign", "Softsign", allTypes, tensor.Tensor.Softsign, func(x float64) float64 { return x / (1 + math.Abs(x)) },
		Tol{ULP: 1, Torch: 1, Grad: 8, Cancels: true, AnyZero: true,
			Why: "a sum and a quotient, each rounded; PyTorch's gradient is a difference of two quotients, whose zeros have either sign"}, away0),
	&Op{Name: "hardtanh", Go: []string{"Tensor.Hardtanh"}, Elementwise: true, DTypes: allTypes,
		Inputs: []Input{{Avoid: []float64{-1, 0, 1}}}, Tol: linear,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return x[0].Hardtanh(a.Float("min_val"), a.Float("max_val"))
		},
		Ref: elementwise(func(x []float64, a Attrs) float64 {
			return min(max(x[0], a.Float("min_val")), a.Float("max_val"))
		}),
		Samples: []Sample{{Attrs: Attrs{"min_val": -1, "max_val": 1}}, {Attrs: Attrs{"min_val": 0, "max_val": 6}}},
		Errors: []Mistake{{Shapes: [][]int{{2}}, Attrs: Attrs{"min_val": 1, "max_val": 1},
			Text: "hardtanh: the lower limit 1 is not below the upper one 1: (2,)"}},
	},
	withNumber("hardshrink", "Hardshrink", "lambd", allTypes, tensor.Tensor.Hardshrink, func(x, lambda float64) float64 {
		if math.Abs(x) <= lambda {
			return 0
		}
		return x
	}, Tol{Why: "a choice between x and 0"}, Input{Avoid: []float64{-1, -0.5, -0.25, 0, 0.25, 0.5, 1}}, 0.5, 0.25, 1, 0, -1),
	oneInput("hardswish", "Hardswish", allTypes, tensor.Tensor.Hardswish, func(x float64) float64 { return x * (min(max(x+3, 0), 6) / 6) },
		Tol{ULP: 2, Torch: 2, Grad: 4, Largest: true, Cancels: true, Why: "x + 3 is rounded, and cancels near −3"},
		Input{Avoid: []float64{-3, 3}}),
	oneInput("hardsigmoid", "Hardsigmoid", allTypes, tensor.Tensor.Hardsigmoid, func(x float64) float64 { return min(max(x+3, 0), 6) / 6 },
		Tol{ULP: 1, Torch: 1, Grad: 1, Cancels: true, Why: "x + 3 is rounded, and cancels near −3"}, Input{Avoid: []float64{-3, 3}}),
	withNumber("smooth_l1", "SmoothL1", "beta", allTypes, tensor.Tensor.SmoothL1, func(x, beta float64) float64 {
		if x = math.Abs(x); x < beta {
			return x * x / (2 * beta)
		}
		return x - beta/2
	}, smooth, Input{Avoid: []float64{-1, 1, -0.5, 0.5}}, 1, 0.5),
	withNumber("huber", "Huber", "delta", allTypes, tensor.Tensor.Huber, func(x, delta float64) float64 {
		if x = math.Abs(x); x <= delta {
			return x * x / 2
		}
		return delta * (x - delta/2)
	}, smooth, Input{Avoid: []float64{-1, 1, -0.5, 0.5}}, 1, 0.5),
	oneInput("logsigmoid", "LogSigmoid", allTypes, tensor.Tensor.LogSigmoid,
		func(x float64) float64 { return -softplus(-x) }, smooth, Input{}),
	&Op{Name: "prelu", Go: []string{"Tensor.PReLU"}, DTypes: allTypes, Inputs: []Input{away0, {}}, Tol: linear,
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].PReLU(x[1]) },
		Ref: func(in []Array, _ Attrs) Array {
			x, w := in[0], in[1]
			out := Array{Shape: x.Shape}
			each(x.Shape, func(at []int) {
				slope := w.V[0]
				if len(w.V) > 1 {
					slope = w.V[at[1]]
				}
				v := x.at(at)
				out.V = append(out.V, positiveOr(v, v*slope))
			})
			return out
		},
		Samples: []Sample{
			{Shapes: [][]int{{}, {}}}, {Shapes: [][]int{{5}, {1}}}, {Shapes: [][]int{{5}, {}}},
			{Shapes: [][]int{{3, 4}, {4}}}, {Shapes: [][]int{{3, 4}, {1}}},
			{Shapes: [][]int{{2, 3, 2}, {3}}}, {Shapes: [][]int{{2, 0}, {1}}}, {Shapes: [][]int{{2, 3, 700}, {3}},
				Big: true}, {Shapes: [][]int{{2, 700}, {700}}, Big: true},
		},
		Errors: []Mistake{
			{Shapes: [][]int{{2, 3}, {2}}, Text: "prelu: the weight must have 1 element, or one per channel (dimension 1): (2, 3) × (2,)"},
			{Shapes: [][]int{{2, 3}, {1, 3}}, Text: "prelu: the weight must have 1 element"},
			{Shapes: [][]int{{3}, {3}}, Text: "prelu: the weight must have 1 element"},
		},
	},
	&Op{Name: "glu", Go: []string{"Tensor.GLU"}, DTypes: allTypes, Inputs: []Input{{}}, Tol: smooth,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].GLU(a.Int("dim")) },
		Ref: func(in []Array, a Attrs) Array {
			x, dim := in[0], a.Int("dim")
			if dim < 0 {
				dim += len(x.Shape)
			}
			out := Array{Shape: append([]int{}, x.Shape...)}
			out.Shape[dim] /= 2
			each(out.Shape, func(at []int) {
				v := x.at(at)
				at[dim] += out.Shape[dim]
				out.V = append(out.V, v*logistic(x.at(at)))
				at[dim] -= out.Shape[dim]
			})
			return out
		},
		Samples: []Sample{
			{Shapes: [][]int{{4}}, Attrs: Attrs{"dim": 0}}, {Shapes: [][]int{{3, 4}}, Attrs: Attrs{"dim": -1}},
			{Shapes: [][]int{{4, 3}}, Attrs: Attrs{"dim": 0}},
			{Shapes: [][]int{{2, 6, 2}}, Attrs: Attrs{"dim": 1}}, {Shapes: [][]int{{3, 0}}, Attrs: Attrs{"dim": 1}},
			{Shapes: [][]int{{6}}, Values: [][]float64{{nan, inf, 1, 2, -inf, nan}}, Attrs: Attrs{"dim": 0}, Big: true, Floats: true},
		},
		Errors: []Mistake{
			{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": 1}, Text: "glu: dimension 1 cannot be halved: (2, 3)"},
			{Shapes: [][]int{{2, 3}}, Attrs: Attrs{"dim": 2}, Text: "dimension 2 does not exist"},
			{Shapes: [][]int{{}}, Attrs: Attrs{"dim": 0}, Text: "dimension 0 does not exist"},
		},
	},
)
