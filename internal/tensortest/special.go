package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// turning is for functions whose gradients are differences of nearly equal numbers.
var (
	turning = Tol{ULP: 1, Torch: 2, Grad: 6, Cancels: true,
		Why: "computed in float64 and rounded once, PyTorch to 1 or 2 ulp; the gradient is a product with such a number"}
	waves = Tol{ULP: 1, Torch: 2, Grad: 6, Largest: true, Cancels: true,
		Why: "computed in float64 and rounded once; the angle's digits are lost for arguments beyond 2⁵³"}
	steep   = Tol{ULP: 4, Torch: 4, Grad: 16, Cancels: true, Why: "the gradient is a quotient by a difference of squares"}
	inside1 = Input{Lo: -0.9, Hi: 0.9}
	nonzero = Input{Lo: 0.5, Hi: 3}
	steps   = Input{Lo: 1.1, Hi: 1.4}
)

// huge is a hyperbolic function; Go's library overflows too early.
func huge(f func(float64) float64, x float64) float64 {
	if x > 700 {
		return math.Exp(x/2) / 2 * math.Exp(x/2)
	}
	return f(x)
}

// between is the linear interpolation, exact at both ends.
func between(a, b, w float64) float64 {
	if math.Abs(w) < 0.5 {
		return math.FMA(w, b-a, a)
	}
	return math.FMA(b-a, w-1, b)
}

func remainder(a, b float64) float64 {
	r := math.Mod(a, b)
	if r != 0 && (b < 0) != (r < 0) {
		r += b
	}
	return r
}

func divided(a, b float64) float64 {
	if b == 0 {
		return a / b
	}
	q := (a - math.Mod(a, b)) / b
	if r := math.Mod(a, b); r != 0 && (b < 0) != (r < 0) {
		q--
	}
	if q == 0 {
		return math.Copysign(0, a/b)
	}
	if f := math.Floor(q); q-f <= 0.5 {
		return f
	} else {
		return f + 1
	}
}

// floatsRow makes a row whose integer inputs are cast to float32 first.
func floatsRow(name, method string, call func(x tensor.Tensor) tensor.Tensor, f func(x float64) float64, tol Tol, in Input) *Op {
	return oneInput(name, method, allTypes, call, f, tol, in)
}

// inHalves gives a row its tolerance for 16-bit floats.
func inHalves(tol Tol, op *Op) *Op {
	op.Half = &tol
	return op
}

var noIntegerZero = append([]Mistake{{Shapes: [][]int{{2}, {2}}, DTypes: []tensor.DType{tensor.Bool, tensor.Bool},
	Text: "booleans are not supported; Cast them to numbers first: (2,)"}}, noBroadcast...)

// stepped is twoInputs with the second input away from 0 and without extreme values: integers divided by 0 panic.
func stepped(name, method string, call func(a, b tensor.Tensor) tensor.Tensor, f func(a, b float64) float64) *Op {
	op := twoInputs(name, method, floats, call, f, Tol{ULP: 1, Torch: 4, Grad: 8, Largest: true, Cancels: true, AnyZero: true,
		Why: "the quotient is rounded before it is truncated; the sign of zero depends on that"},
		Input{Lo: 3.1, Hi: 3.9}, Input{Lo: 1.1, Hi: 1.5})
	op.Errors = noIntegerZero
	return op
}

var _ = add(
	floatsRow("expm1", "Expm1", tensor.Tensor.Expm1, math.Expm1, turning, Input{}),
	floatsRow("log1p", "Log1p", tensor.Tensor.Log1p, math.Log1p, turning, Input{Lo: -0.8, Hi: 3}),
	floatsRow("log2", "Log2", tensor.Tensor.Log2, func(x float64) float64 {
		if x > 0 && x < 0x1p-1022 {
			return math.Log2(x*0x1p60) - 60
		}
		return math.Log2(x)
	}, turning, positive),
	floatsRow("log10", "Log10", tensor.Tensor.Log10, func(x float64) float64 { return ln(x) / math.Ln10 }, transcendental, positive),
	inHalves(Tol{ULP: 1, Grad: 8, Why: "rounded once; the gradient is a product of four such numbers"},
		floatsRow("rsqrt", "Rsqrt", tensor.Tensor.Rsqrt, func(x float64) float64 { return 1 / math.Sqrt(x) }, transcendental, positive)),
	floatsRow("reciprocal", "Reciprocal", tensor.Tensor.Reciprocal, func(x float64) float64 { return 1 / x }, arithmetic, nonzero),
	floatsRow("sin", "Sin", tensor.Tensor.Sin, math.Sin, waves, Input{}),
	floatsRow("cos", "Cos", tensor.Tensor.Cos, math.Cos, waves, Input{}),
	floatsRow("tan", "Tan", tensor.Tensor.Tan, func(x float64) float64 { return math.Sin(x) / math.Cos(x) }, waves, Input{Lo: -1, Hi: 1}),
	floatsRow("asin", "Asin", tensor.Tensor.Asin, math.Asin, steep, inside1),
	floatsRow("acos", "Acos", tensor.Tensor.Acos, math.Acos, steep, inside1),
	floatsRow("atan", "Atan", tensor.Tensor.Atan, math.Atan, turning, Input{}),
	floatsRow("sinh", "Sinh", tensor.Tensor.Sinh,
		func(x float64) float64 { return math.Copysign(huge(math.Sinh, math.Abs(x)), x) }, turning, Input{}),
	floatsRow("cosh", "Cosh", tensor.Tensor.Cosh, func(x float64) float64 { return huge(math.Cosh, math.Abs(x)) }, turning, Input{}),
	floatsRow("erf", "Erf", tensor.Tensor.Erf, math.Erf, turning, Input{}),
	noBool(oneInput("floor", "Floor", numbers, tensor.Tensor.Floor, math.Floor, Tol{}, steps)),
	noBool(oneInput("ceil", "Ceil", numbers, tensor.Tensor.Ceil, math.Ceil, Tol{}, steps)),
	noBool(oneInput("round", "Round", numbers, tensor.Tensor.Round, math.RoundToEven, Tol{}, steps)),
	noBool(oneInput("trunc", "Trunc", numbers, tensor.Tensor.Trunc, math.Trunc, Tol{}, steps)),
	twoInputs("atan2", "Atan2", allTypes, tensor.Tensor.Atan2, math.Atan2, steep, away0, nonzero),
	stepped("remainder", "Remainder", tensor.Tensor.Remainder, remainder),
	stepped("floor_divide", "FloorDiv", tensor.Tensor.FloorDiv, divided),
	&Op{Name: "lerp", Go: []string{"Tensor.Lerp"}, Elementwise: true, DTypes: floats, Inputs: []Input{{}, {}},
		Errors:  []Mistake{wrong2([]int{2}, []int{3}, Attrs{"weight": 0.5}, "shapes do not broadcast: (2,) × (3,)")},
		Tol:     Tol{ULP: 1, Torch: 4, Grad: 2, Largest: true, Overflows: true, Why: "the difference is rounded, and the sum"},
		Samples: []Sample{{Attrs: Attrs{"weight": 0.25}}, {Attrs: Attrs{"weight": 0.75}}, {Attrs: Attrs{"weight": 1.5}}},
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Lerp(x[1], a.Float("weight")) },
		Ref:     elementwise(func(x []float64, a Attrs) float64 { return between(x[0], x[1], a.Float("weight")) }),
	},
	&Op{Name: "lerp_tensor", Go: []string{"Tensor.LerpTensor"}, DTypes: floats, Inputs: []Input{{}, {}, {Lo: -0.5, Hi: 1.5}},
		Tol: Tol{ULP: 4, Torch: 4, Grad: 8, Largest: true, Cancels: true, Why: "each of three steps is rounded"},
		Samples: []Sample{{Shapes: [][]int{{}, {}, {}}}, {Shapes: [][]int{{5}, {5}, {5}}},
			{Shapes: [][]int{{3, 4}, {4}, {3, 1}}}, {Shapes: [][]int{{0}, {1}, {0}}},
			{Shapes: [][]int{{4}, {4}, {4}}, Values: [][]float64{{nan, 1, inf, 1}, {1, nan, 1, inf}, {0.25, 0.75, 0.25, 0.75}}, Big: true}},
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].LerpTensor(x[1], x[2]) },
		Ref:  elementwise(func(x []float64, _ Attrs) float64 { return between(x[0], x[1], x[2]) }),
		Errors: []Mistake{
			{Shapes: [][]int{{2}, {2}, {2}}, DTypes: withInts,
				Text: "lerp: the inputs are float32, int64 and float32, not of one floating-point type"},
			{Shapes: [][]int{{2}, {3}, {2}}, Text: "shapes do not broadcast"},
		},
	},
	&Op{Name: "clamp_tensor", Go: []string{"Tensor.ClampTensor"}, DTypes: allTypes, Inputs: []Input{{}, {}, {}}, Tol: extreme,
		Samples: []Sample{{Shapes: [][]int{{}, {}, {}}}, {Shapes: [][]int{{5}, {5}, {5}}},
			{Shapes: [][]int{{3, 4}, {4}, {3, 1}}}, {Shapes: [][]int{{0}, {1}, {0}}}},
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].ClampTensor(x[1], x[2]) },
		Ref:  elementwise(func(x []float64, _ Attrs) float64 { return min(max(x[0], x[1]), x[2]) }),
		Errors: []Mistake{
			{Shapes: [][]int{{2}, {2}, {2}}, DTypes: withInts, Text: "clamp: the inputs are float32, int64 and float32, not of one type"},
			{Shapes: [][]int{{2}, {3}, {2}}, Text: "shapes do not broadcast"},
		},
	},
)

var _ = add(withoutGradient(
	oneInput("isnan", "IsNaN", allTypes, tensor.Tensor.IsNaN, func(x float64) float64 { return truth(x != x) }, Tol{}, Input{}),
	oneInput("isinf", "IsInf", allTypes, tensor.Tensor.IsInf, func(x float64) float64 { return truth(math.IsInf(x, 0)) }, Tol{}, Input{}),
	oneInput("isfinite", "IsFinite", allTypes, tensor.Tensor.IsFinite, func(x float64) float64 { return truth(x-x == 0) }, Tol{}, Input{}),
	twoInputs("logical_xor", "Xor", allTypes, tensor.Tensor.Xor,
		func(a, b float64) float64 { return truth((a != 0) != (b != 0)) }, Tol{}, Input{}, Input{}),
)...)
