package vec

import (
	"math"

	"github.com/lamina-ml/lamina/internal/formula"
)

// apply is the plain loop of every function of one value: f in float64, rounded once to T.
func apply[T Float](dst, x []T, f func(float64) float64) {
	for i, v := range x {
		dst[i] = T(f(float64(v)))
	}
}

// Neg sets dst = -x.
func Neg[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opNeg, dst, x, 0, 0) {
		return
	}
	for i := range dst {
		dst[i] = -x[i]
	}
}

// Abs sets dst = |x|.
func Abs[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opAbs, dst, x, 0, 0) {
		return
	}
	apply(dst, x, math.Abs)
}

// Square sets dst = x².
func Square[T Float](dst, x []T) { Mul(dst, x, x) }

// Sqrt sets dst = √x, correctly rounded; NaN below zero.
func Sqrt[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opSqrt, dst, x, 0, 0) {
		return
	}
	apply(dst, x, math.Sqrt)
}

// Rsqrt sets dst = 1/√x, each of the two steps rounded to T, as PyTorch does.
func Rsqrt[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opRsqrt, dst, x, 0, 0) {
		return
	}
	for i := range dst {
		dst[i] = 1 / sqrt(x[i])
	}
}

// Reciprocal sets dst = 1/x.
func Reciprocal[T Float](dst, x []T) { RDivScalar(dst, x, 1) }

// Exp sets dst = eˣ.
func Exp[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opExp, dst, x, 0, 0) {
		return
	}
	apply(dst, x, math.Exp)
}

// Log sets dst = ln x: -Inf at zero, NaN below.
func Log[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opLog, dst, x, 0, 0) {
		return
	}
	apply(dst, x, ln)
}

// ln is math.Log, whose assembly on amd64 loses subnormal numbers.
func ln(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// Log2 sets dst = log₂ x, Log10 dst = log₁₀ x: -Inf at zero, NaN below.
func Log2[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opLog2, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(log2(float64(v)))
	}
}

func Log10[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opLog10, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(ln(float64(v)) * (1 / math.Ln10))
	}
}

// log2 is math.Log2, which is wrong for subnormal numbers on amd64.
func log2(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log2(x*0x1p54) - 54
	}
	return math.Log2(x)
}

// Log1p sets dst = ln(1 + x), accurate near zero.
func Log1p[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opLog1p, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Log1p(float64(v)))
	}
}

// Expm1 sets dst = eˣ - 1, accurate near zero.
func Expm1[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opExpm1, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Expm1(float64(v)))
	}
}

// angle is the largest |x| for which the kernels of Sin and Cos are accurate.
const angle = 1 << 17

// Sin sets dst = sin x, for x in radians.
func Sin[T Float](dst, x []T) {
	same(len(dst), len(x))
	if limited(opSin, dst, x, angle) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Sin(float64(v)))
	}
}

// Tan sets dst = tan x, for x in radians.
func Tan[T Float](dst, x []T) {
	same(len(dst), len(x))
	if limited(opTan, dst, x, angle) {
		return
	}
	for i, v := range x {
		dst[i] = T(TanOf(float64(v)))
	}
}

// TanOf is a more accurate math.Tan, which is off by a dozen units in the last place for small numbers.
func TanOf(x float64) float64 { return math.Sin(x) / math.Cos(x) }

// Sinh sets dst = (eˣ - e⁻ˣ)/2.
func Sinh[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opSinh, dst, x, 0, 0) {
		return
	}
	apply(dst, x, SinhOf)
}

// SinhOf is math.Sinh without its early overflow.
func SinhOf(x float64) float64 {
	if math.Abs(x) > 700 {
		h := math.Exp(math.Abs(x) / 2)
		return math.Copysign(h/2*h, x)
	}
	return math.Sinh(x)
}

// Cosh sets dst = (eˣ + e⁻ˣ)/2.
func Cosh[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opCosh, dst, x, 0, 0) {
		return
	}
	apply(dst, x, CoshOf)
}

// CoshOf is math.Cosh without its early overflow.
func CoshOf(x float64) float64 {
	if math.Abs(x) > 700 {
		h := math.Exp(math.Abs(x) / 2)
		return h / 2 * h
	}
	return math.Cosh(x)
}

// Cos sets dst = cos x, for x in radians.
func Cos[T Float](dst, x []T) {
	same(len(dst), len(x))
	if limited(opCos, dst, x, angle) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Cos(float64(v)))
	}
}

// Asin sets dst to the arc sine of x in radians, NaN outside [-1, 1]; Acos to the arc cosine; Atan to the arc tangent.
func Asin[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opAsin, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Asin(float64(v)))
	}
}

func Acos[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opAcos, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Acos(float64(v)))
	}
}

func Atan[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opAtan, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Atan(float64(v)))
	}
}

// Erf sets dst to the error function of x, 2/√π·∫₀ˣ e^-t² dt.
func Erf[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opErf, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Erf(float64(v)))
	}
}

// Round sets dst to the whole number nearest to x, ties to even; Floor to the largest that is not above x, Ceil to the
// smallest that is not below x, Trunc to x without its fraction.
func Round[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opRound, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.RoundToEven(float64(v)))
	}
}

func Floor[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opFloor, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Floor(float64(v)))
	}
}

func Ceil[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opCeil, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Ceil(float64(v)))
	}
}

func Trunc[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opTrunc, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = T(math.Trunc(float64(v)))
	}
}

// Sign sets dst to 1, -1 or 0; NaN gives 0.
func Sign[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opSign, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		var s T
		if v > 0 {
			s = 1
		} else if v < 0 {
			s = -1
		}
		dst[i] = s
	}
}

// Clamp limits x to [lo, hi]. The result is hi if lo > hi, and NaN if x, lo or hi is NaN.
func Clamp[T Float](dst, x []T, lo, hi T) {
	same(len(dst), len(x))
	if lo != lo || hi != hi {
		for i := range dst {
			dst[i] = lo + hi
		}
		return
	}
	if map1(opClamp, dst, x, lo, hi) {
		return
	}
	for i, v := range x {
		if v < lo {
			v = lo
		}
		if v > hi {
			v = hi
		}
		dst[i] = v
	}
}

// LeakyReLU sets dst = x where x > 0, slope·x elsewhere.
func LeakyReLU[T Float](dst, x []T, slope T) {
	same(len(dst), len(x))
	if map1(opLeakyReLU, dst, x, slope, 0) {
		return
	}
	for i, v := range x {
		if !(v > 0) {
			v *= slope
		}
		dst[i] = v
	}
}

// Hardswish sets dst = x·min(max(x + 3, 0), 6)/6. (https://arxiv.org/abs/1905.02244)
func Hardswish[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opHardswish, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		r := v + 3
		if r < 0 {
			r = 0
		}
		if r > 6 {
			r = 6
		}
		dst[i] = v * (r / 6)
	}
}

// SmoothL1 sets dst = x²/(2·beta) where |x| < beta, |x| - beta/2 elsewhere.
func SmoothL1[T Float](dst, x []T, beta T) {
	same(len(dst), len(x))
	half := T(0.5 / float64(beta))
	if map1(opSmoothL1, dst, x, beta, half) {
		return
	}
	for i, v := range x {
		y := T(math.Abs(float64(v)))
		if y < beta {
			y = v * v * half
		} else {
			y -= T(beta * 0.5)
		}
		dst[i] = y
	}
}

// Huber sets dst = x²/2 where |x| ≤ delta, delta·(|x| - delta/2) elsewhere.
func Huber[T Float](dst, x []T, delta T) {
	same(len(dst), len(x))
	if map1(opHuber, dst, x, delta, 0) {
		return
	}
	for i, v := range x {
		y := T(math.Abs(float64(v)))
		if y > delta {
			y = delta * (y - T(delta*0.5))
		} else {
			y = v * v * 0.5
		}
		dst[i] = y
	}
}

// Tanh sets dst = tanh x.
func Tanh[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opTanh, dst, x, 0, 0) {
		return
	}
	apply(dst, x, math.Tanh)
}

// Sigmoid sets dst = 1/(1 + e⁻ˣ).
func Sigmoid[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opSigmoid, dst, x, 0, 0) {
		return
	}
	applyFormula(dst, x, formula.Sigmoid, 0, 0)
}

// ReLU sets dst = max(x, 0); NaN stays NaN, and -0 stays -0.
func ReLU[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opReLU, dst, x, 0, 0) {
		return
	}
	for i, v := range x {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

// GELU sets dst = x·Φ(x), where Φ is the normal distribution function: ½(1 + erf(x/√2)).
// At -Inf it is NaN, as in PyTorch. (https://arxiv.org/abs/1606.08415)
func GELU[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opGELU, dst, x, 0, 0) {
		return
	}
	applyFormula(dst, x, formula.GELU, 0, 0)
}

// GELUTanh sets dst = ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))), PyTorch's GELU with approximate="tanh".
func GELUTanh[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opGELUTanh, dst, x, 0, 0) {
		return
	}
	applyFormula(dst, x, formula.GELUTanh, 0, 0)
}

// SiLU sets dst = x/(1 + e⁻ˣ). At -Inf it is NaN, as in PyTorch. (https://arxiv.org/abs/1702.03118)
func SiLU[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opSiLU, dst, x, 0, 0) {
		return
	}
	applyFormula(dst, x, formula.SiLU, 0, 0)
}

// ELU sets dst = x where x > 0, alpha·(eˣ - 1) elsewhere. (https://arxiv.org/abs/1511.07289)
func ELU[T Float](dst, x []T, alpha T) {
	same(len(dst), len(x))
	if map1(opELU, dst, x, alpha, 0) {
		return
	}
	for i, v := range x {
		if v <= 0 {
			v = T(float64(alpha) * math.Expm1(float64(v)))
		}
		dst[i] = v
	}
}

// Softplus sets dst = ln(1 + e^(beta·x))/beta, and x itself where beta·x > threshold. PyTorch's defaults are 1 and 20.
func Softplus[T Float](dst, x []T, beta, threshold T) {
	same(len(dst), len(x))
	if map1(opSoftplus, dst, x, beta, threshold) {
		return
	}
	for i, v := range x { // beta·x is rounded, as in the vector kernel and in PyTorch
		if z := beta * v; !(z > threshold) {
			v = T(formula.Softplus(float64(z), formula.P{1, math.Inf(1)}) / float64(beta))
		}
		dst[i] = v
	}
}

// applyFormula sets dst = f(x) with the constants s and t, rounded once.
func applyFormula[T Float](dst, x []T, f func(x float64, p formula.P) float64, s, t T) {
	p := formula.P{float64(s), float64(t)}
	for i, v := range x {
		dst[i] = T(f(float64(v), p))
	}
}
