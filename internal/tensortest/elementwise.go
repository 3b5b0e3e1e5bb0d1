package tensortest

import (
	"math"
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// Tolerances of families.
var (
	arithmetic = Tol{Grad: 2,
		Why: "the operation is exact; its gradient is a product or a quotient rounded more than once, or for a stretched input a sum"}
	extreme = Tol{Grad: 2, AnyZero: true,
		Why: "which of two zeros wins depends on the kernel, in PyTorch too; gradients of stretched inputs are sums"}
	saturating = Tol{ULP: 2, Torch: 2, Grad: 6, Cancels: true,
		Why: "kernels are good to 2 ulp, PyTorch's to 1 or 2; the gradient takes the result from 1"}
	root           = Tol{Torch: 1, Grad: 4, Why: "the root is exact, PyTorch's not always; the gradient is a quotient by it"}
	transcendental = Tol{ULP: 2, Torch: 2, Grad: 6,
		Why: "kernels are good to 2 ulp, PyTorch's to 1 or 2; the gradient is a product with such a number"}
)

var noBroadcast = []Mistake{
	{Shapes: [][]int{{2, 3}, {2, 4}}, Text: "shapes do not broadcast: (2, 3) × (2, 4)"},
	{Shapes: [][]int{{0}, {2}}, Text: "shapes do not broadcast: (0,) × (2,)"},
}

// oneInput makes a row of one input from a method and its definition.
func oneInput(name, method string, dtypes []tensor.DType, call func(x tensor.Tensor) tensor.Tensor,
	f func(x float64) float64, tol Tol, in Input) *Op {
	return &Op{Name: name, Go: []string{"Tensor." + method}, Elementwise: true, DTypes: dtypes, Inputs: []Input{in}, Tol: tol,
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return call(x[0]) },
		Ref:  elementwise(func(x []float64, _ Attrs) float64 { return f(x[0]) }),
	}
}

// twoInputs makes a row of two inputs.
func twoInputs(name, method string, dtypes []tensor.DType, call func(a, b tensor.Tensor) tensor.Tensor,
	f func(a, b float64) float64, tol Tol, a, b Input) *Op {
	return &Op{Name: name, Go: []string{"Tensor." + method}, Elementwise: true, DTypes: dtypes, Inputs: []Input{a, b},
		Tol: tol, Errors: noBroadcast,
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return call(x[0], x[1]) },
		Ref:  elementwise(func(x []float64, _ Attrs) float64 { return f(x[0], x[1]) }),
	}
}

// withNumber makes a row of one input and one number, the attribute key, with a sample for each value.
func withNumber(name, method, key string, dtypes []tensor.DType, call func(x tensor.Tensor, c float64) tensor.Tensor,
	f func(x, c float64) float64, tol Tol, in Input, values ...float64) *Op {
	op := &Op{Name: name, Go: []string{"Tensor." + method}, Elementwise: true, DTypes: dtypes, Inputs: []Input{in}, Tol: tol,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return call(x[0], a.Float(key)) },
		Ref:  elementwise(func(x []float64, a Attrs) float64 { return f(x[0], a.Float(key)) }),
	}
	for _, v := range values {
		op.Samples = append(op.Samples, Sample{Attrs: Attrs{key: v}})
	}
	return op
}

// noBool adds to a row the error for boolean inputs.
func noBool(op *Op) *Op {
	m := Mistake{Text: "booleans are not supported; Cast them to numbers first: (2,)", Attrs: attrsOf(op.Samples)[0]}
	for range op.Inputs {
		m.Shapes, m.DTypes = append(m.Shapes, []int{2}), append(m.DTypes, tensor.Bool)
	}
	op.Errors = append(slices.Clone(op.Errors), m)
	return op
}

// withoutGradient marks rows without gradients.
func withoutGradient(rows ...*Op) []*Op {
	for _, op := range rows {
		op.NoGradient = true
	}
	return rows
}

var (
	away0    = Input{Avoid: []float64{0}}
	positive = Input{Lo: 0.2, Hi: 4}
	boolean  = tensor.Bool
)

// clamped keeps −0 and NaN.
func clamped(x []float64, a Attrs) float64 {
	v := x[0]
	if lo := a.Float("min"); v < lo {
		v = lo
	}
	if hi := a.Float("max"); v > hi {
		v = hi
	}
	return v
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// ln is math.Log, which is wrong for subnormal numbers on amd64.
func ln(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p60) - math.Log(0x1p60)
	}
	return math.Log(x)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

var _ = add(
	noBool(oneInput("neg", "Neg", numbers, tensor.Tensor.Neg, func(x float64) float64 { return -x }, Tol{}, Input{})),
	noBool(oneInput("abs", "Abs", numbers, tensor.Tensor.Abs, math.Abs, Tol{}, away0)),
	oneInput("sign", "Sign", allTypes, tensor.Tensor.Sign, sign, Tol{}, away0),
	oneInput("square", "Square", allTypes, tensor.Tensor.Square, func(x float64) float64 { return x * x }, arithmetic, Input{}),
	oneInput("sqrt", "Sqrt", allTypes, tensor.Tensor.Sqrt, math.Sqrt, root, positive),
	oneInput("exp", "Exp", allTypes, tensor.Tensor.Exp, math.Exp, transcendental, Input{}),
	oneInput("log", "Log", allTypes, tensor.Tensor.Log, ln, transcendental, positive),
	oneInput("sigmoid", "Sigmoid", allTypes, tensor.Tensor.Sigmoid,
		func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, saturating, Input{}),
	oneInput("tanh", "Tanh", allTypes, tensor.Tensor.Tanh, math.Tanh, saturating, Input{}),
	noBool(oneInput("relu", "ReLU", numbers, tensor.Tensor.ReLU, func(x float64) float64 {
		if x < 0 {
			return 0
		}
		return x
	}, Tol{}, away0)),
)

var _ = add(
	withNumber("add_scalar", "AddScalar", "other", numbers, tensor.Tensor.AddScalar,
		func(x, c float64) float64 { return x + c }, Tol{}, Input{}, 2, -1),
	withNumber("mul_scalar", "MulScalar", "other", numbers, tensor.Tensor.MulScalar,
		func(x, c float64) float64 { return x * c }, Tol{}, Input{}, 2, -1, 0),
	withNumber("div_scalar", "DivScalar", "other", allTypes, tensor.Tensor.DivScalar,
		func(x, c float64) float64 { return x / c }, Tol{}, Input{}, 4, -3),
	withNumber("pow_scalar", "PowScalar", "exponent", floats, tensor.Tensor.PowScalar, func(x, c float64) float64 {
		if c == 0.5 {
			return math.Sqrt(x)
		}
		return power(x, c)
	}, transcendental, positive, 0, 1, 2, 3, -1, 0.5, -1.5),
	&Op{Name: "clamp", Go: []string{"Tensor.Clamp"}, Elementwise: true, DTypes: floats, Inputs: []Input{{Avoid: []float64{-1, 0, 0.5, 1}}},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Clamp(a.Float("min"), a.Float("max")) },
		Ref:  elementwise(clamped),
		Samples: []Sample{{Attrs: Attrs{"min": -1, "max": 1}}, {Attrs: Attrs{"min": 0, "max": math.Inf(1)}},
			{Attrs: Attrs{"min": 0.5, "max": -1}}},
	},
	&Op{Name: "to", Go: []string{"Tensor.Cast"}, Elementwise: true, DTypes: floats, Inputs: []Input{{}},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Cast(a.DType("dtype")) },
		Ref: elementwise(func(x []float64, a Attrs) float64 {
			return valueOf(a.DType("dtype"), nil, x).float(0)
		}),
		Samples: []Sample{{Attrs: Attrs{"dtype": "float32"}}, {Attrs: Attrs{"dtype": "float64"}}, {Attrs: Attrs{"dtype": "bool"}}},
	},
)

var _ = add(
	twoInputs("add", "Add", numbers, tensor.Tensor.Add, func(a, b float64) float64 { return a + b }, arithmetic, Input{}, Input{}),
	noBool(twoInputs("sub", "Sub", numbers, tensor.Tensor.Sub, func(a, b float64) float64 { return a - b }, arithmetic, Input{}, Input{})),
	twoInputs("mul", "Mul", allTypes, tensor.Tensor.Mul, func(a, b float64) float64 { return a * b }, arithmetic, Input{}, Input{}),
	twoInputs("div", "Div", allTypes, tensor.Tensor.Div, func(a, b float64) float64 { return a / b }, arithmetic,
		Input{}, Input{Lo: 0.5, Hi: 3}),
	twoInputs("maximum", "Maximum", allTypes, tensor.Tensor.Maximum, func(a, b float64) float64 { return max(a, b) },
		extreme, Input{}, Input{}),
	twoInputs("minimum", "Minimum", allTypes, tensor.Tensor.Minimum, func(a, b float64) float64 { return min(a, b) },
		extreme, Input{}, Input{}),
	noBool(twoInputs("pow", "Pow", floats, tensor.Tensor.Pow, power, transcendental, positive, Input{})),
	&Op{Name: "where", Go: []string{"Where"}, Elementwise: true, DTypes: allTypes, Inputs: []Input{{DType: &boolean},
		{}, {}}, Tol: arithmetic,
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return tensor.Where(x[0], x[1], x[2]) },
		Ref: elementwise(func(x []float64, _ Attrs) float64 {
			if x[0] != 0 {
				return x[1]
			}
			return x[2]
		}),
		Errors: []Mistake{
			{Shapes: [][]int{{2}, {2}, {2}}, Text: "where: the condition must be boolean, not float32: (2,)"},
			{Shapes: [][]int{{2}, {3}, {3}}, DTypes: []tensor.DType{tensor.Bool}, Text: "where: shapes do not broadcast: (2,) × (3,)"},
			{Shapes: [][]int{{2}, {2}, {3}}, DTypes: []tensor.DType{tensor.Bool}, Text: "where: shapes do not broadcast: (2,) × (3,)"},
		},
	},
)

var _ = add(withoutGradient(
	twoInputs("eq", "Equal", allTypes, tensor.Tensor.Equal, func(a, b float64) float64 { return truth(a == b) }, Tol{}, Input{}, Input{}),
	twoInputs("ne", "NotEqual", allTypes, tensor.Tensor.NotEqual, func(a, b float64) float64 { return truth(a != b) },
		Tol{}, Input{}, Input{}),
	twoInputs("gt", "Greater", allTypes, tensor.Tensor.Greater, func(a, b float64) float64 { return truth(a > b) },
		Tol{}, Input{}, Input{}),
	twoInputs("ge", "GreaterEqual", allTypes, tensor.Tensor.GreaterEqual,
		func(a, b float64) float64 { return truth(a >= b) }, Tol{}, Input{}, Input{}),
	twoInputs("lt", "Less", allTypes, tensor.Tensor.Less, func(a, b float64) float64 { return truth(a < b) }, Tol{}, Input{}, Input{}),
	twoInputs("le", "LessEqual", allTypes, tensor.Tensor.LessEqual, func(a, b float64) float64 { return truth(a <= b) },
		Tol{}, Input{}, Input{}),
	twoInputs("logical_and", "And", allTypes, tensor.Tensor.And,
		func(a, b float64) float64 { return truth(a != 0 && b != 0) }, Tol{}, Input{}, Input{}),
	twoInputs("logical_or", "Or", allTypes, tensor.Tensor.Or,
		func(a, b float64) float64 { return truth(a != 0 || b != 0) }, Tol{}, Input{}, Input{}),
	oneInput("logical_not", "Not", allTypes, tensor.Tensor.Not, func(x float64) float64 { return truth(x == 0) }, Tol{}, Input{}),
	withNumber("eq_scalar", "EqualScalar", "other", allTypes, tensor.Tensor.EqualScalar,
		func(x, c float64) float64 { return truth(x == c) }, Tol{}, Input{}, 0, 1, 0.5),
	withNumber("ne_scalar", "NotEqualScalar", "other", allTypes, tensor.Tensor.NotEqualScalar,
		func(x, c float64) float64 { return truth(x != c) }, Tol{}, Input{}, 0, 1, 0.5),
	withNumber("ge_scalar", "GreaterEqualScalar", "other", allTypes, tensor.Tensor.GreaterEqualScalar,
		func(x, c float64) float64 { return truth(x >= c) }, Tol{}, Input{}, 0, 1, 0.5),
	withNumber("le_scalar", "LessEqualScalar", "other", allTypes, tensor.Tensor.LessEqualScalar,
		func(x, c float64) float64 { return truth(x <= c) }, Tol{}, Input{}, 0, 1, 0.5),
	withNumber("gt_scalar", "GreaterScalar", "other", allTypes, tensor.Tensor.GreaterScalar,
		func(x, c float64) float64 { return truth(x > c) }, Tol{}, Input{}, 0, 1, 0.5),
	withNumber("lt_scalar", "LessScalar", "other", allTypes, tensor.Tensor.LessScalar,
		func(x, c float64) float64 { return truth(x < c) }, Tol{}, Input{}, 0, 1, 0.5),
)...)
