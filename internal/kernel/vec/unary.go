package vec

import "math"

// apply is the plain loop behind every function of one value: f in float64, rounded once to T.
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
	apply(dst, x, sigmoid)
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
	apply(dst, x, func(x float64) float64 { return x * normalCDF(x) })
}

// GELUTanh sets dst = ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))), PyTorch's GELU with approximate="tanh".
func GELUTanh[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opGELUTanh, dst, x, 0, 0) {
		return
	}
	apply(dst, x, func(x float64) float64 { return x * sigmoid(geluArg(x)) })
}

// SiLU sets dst = x/(1 + e⁻ˣ). At -Inf it is NaN, as in PyTorch. (https://arxiv.org/abs/1702.03118)
func SiLU[T Float](dst, x []T) {
	same(len(dst), len(x))
	if map1(opSiLU, dst, x, 0, 0) {
		return
	}
	apply(dst, x, func(x float64) float64 { return x * sigmoid(x) })
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
	for i, v := range x {
		if z := beta * v; !(z > threshold) {
			v = T(softplus(float64(z)) / float64(beta))
		}
		dst[i] = v
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// normalCDF is Φ; erfc keeps the left tail's digits, which 1 + erf would lose.
func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// normalPDF is Φ's derivative.
func normalPDF(x float64) float64 { return math.Exp(-0.5*x*x) / math.Sqrt(2*math.Pi) }

// geluArg is twice the argument of tanh in GELUTanh: ½(1 + tanh(z/2)) is sigmoid(z).
func geluArg(x float64) float64 {
	return 2 * math.Sqrt(2/math.Pi) * x * (1 + 0.044715*x*x)
}
