// Package formula has the formulas of elementwise functions, each once. The definition of a function in package tensor, the plain loop of
// its kernel in internal/kernel/vec and the kernel's tests all call it. Kernels in assembly are written by hand, for speed, and are held
// to these.
//
// A formula takes x and two constants p. It is written in a part of Go that translates word by word into the
// languages of accelerators: float64 arithmetic, comparisons, if and switch, functions of package math, and other
// formulas. A test checks that.
package formula

import "math"

// P are a formula's constants.
type P = [2]float64

// Sigmoid returns σ(x) = 1/(1 + e⁻ˣ).
func Sigmoid(x float64, _ P) float64 { return sigmoid(x) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// GELU returns x·Φ(x).
func GELU(x float64, _ P) float64 { return x * normalCDF(x) }

// GELUDerivative returns Φ(x) + x·φ(x).
func GELUDerivative(x float64, _ P) float64 { return normalCDF(x) + x*normalPDF(x) }

// normalCDF is Φ; erfc keeps the left tail's digits, which 1 + erf would lose.
func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// normalPDF is φ, the derivative of Φ.
func normalPDF(x float64) float64 { return math.Exp(-0.5*x*x) / math.Sqrt(2*math.Pi) }

// The constants of GELUTanh: the argument of tanh is GELURate·(x + GELUCubic·x³).
const (
	GELURate  = 0.797884560802865355879892119868763737 // √(2/π)
	GELUCubic = 0.044715
)

// GELUTanh returns ½x·(1 + tanh z/2) = x·σ(z).
func GELUTanh(x float64, _ P) float64 { return x * sigmoid(geluArg(x)) }

// GELUTanhDerivative returns s + x·s·(1 − s)·z′ with s = σ(z).
func GELUTanhDerivative(x float64, _ P) float64 {
	s := sigmoid(geluArg(x))
	return s + x*s*(1-s)*2*GELURate*(1+3*GELUCubic*x*x)
}

// geluArg is z, twice the argument of tanh.
func geluArg(x float64) float64 { return 2 * GELURate * x * (1 + GELUCubic*x*x) }

// SiLU returns x·σ(x).
func SiLU(x float64, _ P) float64 { return x * sigmoid(x) }

// SiLUDerivative returns s·(1 + x·(1 − s)) with s = σ(x).
func SiLUDerivative(x float64, _ P) float64 {
	s := sigmoid(x)
	return s * (1 + x*(1-s))
}

// Mish returns x·tanh(log(1 + eˣ)).
func Mish(x float64, _ P) float64 { return x * math.Tanh(softplus(x)) }

// MishDerivative returns t + x·σ(x)·(1 − t²) with t = tanh(log(1 + eˣ)).
func MishDerivative(x float64, _ P) float64 {
	t := math.Tanh(softplus(x))
	return t + x*sigmoid(x)*(1-t*t)
}

// softplus is log(1 + eˣ).
func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// Softplus returns log(1 + e^(βx))/β, and x where βx is above a threshold. p is (β, threshold).
func Softplus(x float64, p P) float64 {
	if x*p[0] > p[1] {
		return x
	}
	return softplus(x*p[0]) / p[0]
}

// SoftplusDerivative returns σ(βx), and 1 where βx is above the threshold.
func SoftplusDerivative(x float64, p P) float64 {
	if x*p[0] > p[1] {
		return 1
	}
	return sigmoid(x * p[0])
}

// LogSigmoid returns log σ(x) = −log(1 + e⁻ˣ).
func LogSigmoid(x float64, _ P) float64 { return -softplus(-x) }

// LogSigmoidDerivative returns σ(−x).
func LogSigmoidDerivative(x float64, _ P) float64 { return sigmoid(-x) }

// ELU returns x where x > 0, and α(eˣ − 1) elsewhere. p is (α).
func ELU(x float64, p P) float64 {
	if x <= 0 {
		return p[0] * math.Expm1(x)
	}
	return x
}

// ELUDerivative returns 1 where x > 0, and α·eˣ elsewhere.
func ELUDerivative(x float64, p P) float64 {
	if x <= 0 {
		return p[0] * math.Exp(x)
	}
	return 1
}

// The constants of SELU, for which layers of normal inputs keep mean 0 and variance 1.
const (
	SELUAlpha = 1.6732632423543772848170429916717
	SELUScale = 1.0507009873554804934193349852946
)

// SELU returns λx where x > 0, and λα(eˣ − 1) elsewhere.
func SELU(x float64, _ P) float64 {
	if x <= 0 {
		return SELUScale * SELUAlpha * math.Expm1(x)
	}
	return SELUScale * x
}

// SELUDerivative returns λ where x > 0, and λα·eˣ elsewhere.
func SELUDerivative(x float64, _ P) float64 {
	if x <= 0 {
		return SELUScale * SELUAlpha * math.Exp(x)
	}
	return SELUScale
}

// CELU returns x where x > 0, and α(e^(x/α) − 1) elsewhere. p is (α).
func CELU(x float64, p P) float64 {
	if x <= 0 {
		return p[0] * math.Expm1(x/p[0])
	}
	return x
}

// CELUDerivative returns 1 where x > 0, and e^(x/α) elsewhere.
func CELUDerivative(x float64, p P) float64 {
	if x <= 0 {
		return math.Exp(x / p[0])
	}
	return 1
}

// Softsign returns x/(1 + |x|).
func Softsign(x float64, _ P) float64 { return x / (1 + math.Abs(x)) }

// SoftsignDerivative returns 1/(1 + |x|)².
func SoftsignDerivative(x float64, _ P) float64 { return 1 / (1 + math.Abs(x)) / (1 + math.Abs(x)) }

// LeakyReLU returns x where x > 0, and slope·x elsewhere. p is (slope).
func LeakyReLU(x float64, p P) float64 {
	if x > 0 {
		return x
	}
	return x * p[0]
}

// LeakyReLUDerivative returns 1 where x > 0, and the slope elsewhere.
func LeakyReLUDerivative(x float64, p P) float64 {
	if x > 0 {
		return 1
	}
	return p[0]
}

// Hardtanh returns x limited to p, (lo, hi).
func Hardtanh(x float64, p P) float64 {
	switch {
	case x < p[0]:
		return p[0]
	case x > p[1]:
		return p[1]
	}
	return x
}

// HardtanhDerivative returns 1 between the limits, and where x is NaN.
func HardtanhDerivative(x float64, p P) float64 {
	if x <= p[0] || x >= p[1] {
		return 0
	}
	return 1
}

// Hardshrink returns 0 where |x| ≤ λ, and x elsewhere. p is (λ).
func Hardshrink(x float64, p P) float64 {
	if x >= -p[0] && x <= p[0] {
		return 0
	}
	return x
}

// HardshrinkDerivative returns 0 where |x| ≤ λ, and 1 elsewhere.
func HardshrinkDerivative(x float64, p P) float64 {
	if x >= -p[0] && x <= p[0] {
		return 0
	}
	return 1
}

// Hardswish returns x·min(max(x + 3, 0), 6)/6.
func Hardswish(x float64, _ P) float64 {
	switch {
	case x < -3:
		return x * 0 // not 0: −∞ gives NaN, as in PyTorch
	case x > 3:
		return x
	}
	return x * (x + 3) / 6
}

// HardswishDerivative returns x/3 + ½ between −3 and 3.
func HardswishDerivative(x float64, _ P) float64 {
	switch {
	case x <= -3:
		return 0
	case x < 3:
		return x/3 + 0.5
	}
	return 1
}

// Hardsigmoid returns min(max(x + 3, 0), 6)/6.
func Hardsigmoid(x float64, _ P) float64 {
	switch {
	case x <= -3:
		return 0
	case x >= 3:
		return 1
	}
	return (x + 3) / 6
}

// HardsigmoidDerivative returns 1/6 between −3 and 3.
func HardsigmoidDerivative(x float64, _ P) float64 {
	if x > -3 && x < 3 {
		return 1. / 6
	}
	return 0
}

// SmoothL1 returns x²/2β where |x| < β, and |x| − β/2 elsewhere. p is (β).
func SmoothL1(x float64, p P) float64 {
	if math.Abs(x) < p[0] {
		return 0.5 * x * x / p[0]
	}
	return math.Abs(x) - 0.5*p[0]
}

// SmoothL1Derivative returns x/β limited to [−1, 1].
func SmoothL1Derivative(x float64, p P) float64 {
	switch {
	case x <= -p[0]:
		return -1
	case x >= p[0]:
		return 1
	}
	return x / p[0]
}

// Huber returns x²/2 where |x| ≤ δ, and δ(|x| − δ/2) elsewhere. p is (δ).
func Huber(x float64, p P) float64 {
	if math.Abs(x) > p[0] {
		return p[0] * (math.Abs(x) - 0.5*p[0])
	}
	return 0.5 * x * x
}

// HuberDerivative returns x limited to [−δ, δ].
func HuberDerivative(x float64, p P) float64 { return math.Max(-p[0], math.Min(x, p[0])) }
