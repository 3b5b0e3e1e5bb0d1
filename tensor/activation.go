package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// ReLU returns max(x, 0); NaN stays NaN. Its gradient at 0 is 0.
func (x Tensor) ReLU() Tensor { return Apply1(relu{}, x.notBool("relu")) }

type relu struct{}

var reluRow = device.NewUnary(device.UnaryOp{Name: "relu",
	F: func(x float64, _ device.Params) float64 {
		if x < 0 {
			return 0
		}
		return x
	},
	Int: func(x int64, _ device.Params) int64 { return max(x, 0) }})

func (relu) Forward(s *Scope, x Tensor) Tensor { return s.unary(reluRow, x) }
func (relu) Backward(x, y, dy Tensor) Tensor   { return ConsumeReLUGrad(dy, y) }

// reluGrad is dy where y > 0, else 0. Its gradient with respect to y is 0.
type reluGrad struct{}

var reluGradRow = device.NewBinary(device.BinaryOp{Name: "relu gradient",
	F: func(dy, y float64, _ device.Params) float64 {
		if y <= 0 {
			return 0
		}
		return dy
	}})

func (reluGrad) Forward(s *Scope, dy, y Tensor) Tensor { return s.binary(reluGradRow, dy, y) }
func (reluGrad) Backward(dy, y, _, d Tensor) (Tensor, Tensor) {
	return Apply2(reluGrad{}, d, y), Tensor{}
}

// Sigmoid returns σ(x) = 1/(1 + e⁻ˣ).
func (x Tensor) Sigmoid() Tensor { return Apply1(sigmoid{}, x.float()) }

type sigmoid struct{}

var sigmoidRow = device.NewUnary(device.UnaryOp{Name: "sigmoid",
	F: func(x float64, _ device.Params) float64 { return 1 / (1 + math.Exp(-x)) }})

func (sigmoid) Forward(s *Scope, x Tensor) Tensor { return s.unary(sigmoidRow, x) }
func (sigmoid) Backward(x, y, dy Tensor) Tensor   { return Apply2(sigmoidGrad{}, dy, y) }

// sigmoidGrad is dy·y·(1 − y).
type sigmoidGrad struct{}

var sigmoidGradRow = device.NewBinary(device.BinaryOp{Name: "sigmoid gradient",
	F: func(dy, y float64, _ device.Params) float64 { return dy * (1 - y) * y }})

func (sigmoidGrad) Forward(s *Scope, dy, y Tensor) Tensor { return s.binary(sigmoidGradRow, dy, y) }
func (sigmoidGrad) Backward(dy, y, _, d Tensor) (ddy, dyy Tensor) {
	if dy.NeedsGrad() {
		ddy = Apply2(sigmoidGrad{}, d, y)
	}
	if y.NeedsGrad() {
		dyy = d.Mul(dy).Mul(y.MulScalar(-2).AddScalar(1))
	}
	return ddy, dyy
}

// Tanh returns the hyperbolic tangent.
func (x Tensor) Tanh() Tensor { return Apply1(tanh{}, x.float()) }

type tanh struct{}

var tanhRow = device.NewUnary(device.UnaryOp{Name: "tanh", F: func(x float64, _ device.Params) float64 { return math.Tanh(x) }})

func (tanh) Forward(s *Scope, x Tensor) Tensor { return s.unary(tanhRow, x) }
func (tanh) Backward(x, y, dy Tensor) Tensor   { return Apply2(tanhGrad{}, dy, y) }

// tanhGrad is dy·(1 − y²).
type tanhGrad struct{}

var tanhGradRow = device.NewBinary(device.BinaryOp{Name: "tanh gradient",
	F: func(dy, y float64, _ device.Params) float64 { return dy * (1 - y*y) }})

func (tanhGrad) Forward(s *Scope, dy, y Tensor) Tensor { return s.binary(tanhGradRow, dy, y) }
func (tanhGrad) Backward(dy, y, _, d Tensor) (ddy, dyy Tensor) {
	if dy.NeedsGrad() {
		ddy = Apply2(tanhGrad{}, d, y)
	}
	if y.NeedsGrad() {
		dyy = d.Mul(dy).Mul(y).MulScalar(-2)
	}
	return ddy, dyy
}

// LeakyReLU returns x where x > 0, and slope·x elsewhere: max(slope·x, x) for a slope below 1. Its gradient at 0 is slope.
func (x Tensor) LeakyReLU(slope float64) Tensor { return leakyReLU.Of(x, slope, 0) }

var leakyReLU = NewCurve("leaky relu",
	func(x float64, p device.Params) float64 {
		if x > 0 {
			return x
		}
		return x * p[0]
	},
	func(dy, x float64, p device.Params) float64 {
		if x > 0 {
			return dy
		}
		return dy * p[0]
	}, nil)

// PReLU returns x where x > 0, and w·x elsewhere, with one w, or one for each place of dimension 1, the channels.
// (https://arxiv.org/abs/1502.01852)
func (x Tensor) PReLU(w Tensor) Tensor {
	channels := 1
	if x.Rank() > 1 {
		channels = x.Dim(1)
	}
	if w.Rank() > 1 || w.Len() != 1 && w.Len() != channels {
		fail("prelu", "there must be one weight, or one for each place of dimension 1", x.Shape(), w.Shape())
	}
	shape := Shape{rank: 1, dims: [MaxRank]int{w.Len()}}
	if x.Rank() > 1 { // the channels, with a dimension of size 1 for each that comes after
		shape.rank = x.Rank() - 1
		for i := 1; i < shape.rank; i++ {
			shape.dims[i] = 1
		}
	}
	if x.Rank() == 0 {
		shape.rank = 0
	}
	return apply2(prelu{}, x.float(), w.reshape(shape))
}

type prelu struct{}

var preluRow = device.NewBinary(device.BinaryOp{Name: "prelu",
	F: func(x, w float64, _ device.Params) float64 {
		if x > 0 {
			return x
		}
		return x * w
	}})

func (prelu) Forward(s *Scope, x, w Tensor) Tensor { return s.binary(preluRow, x, w) }
func (prelu) Backward(x, w, y, dy Tensor) (dx, dw Tensor) {
	right := x.GreaterScalar(0)
	if x.NeedsGrad() {
		dx = Where(right, dy, dy.Mul(w))
	}
	if w.NeedsGrad() {
		dw = Where(right, dy.NewZeros(), dy.Mul(x)).sumTo(w.Shape())
	}
	return dx, dw
}

// ELU returns x where x > 0, and alpha·(eˣ − 1) elsewhere. (https://arxiv.org/abs/1511.07289)
func (x Tensor) ELU(alpha float64) Tensor { return elu.Of(x, alpha, 0) }

var elu = NewCurve("elu",
	func(x float64, p device.Params) float64 {
		if x <= 0 {
			return p[0] * math.Expm1(x)
		}
		return x
	},
	func(dy, x float64, p device.Params) float64 {
		if x <= 0 {
			return dy * p[0] * math.Exp(x)
		}
		return dy
	},
	func(x Tensor, p device.Params) Tensor { return leftExp(x, p[0], 1) })

// leftExp returns scale·e^(x·rate) where x ≤ 0, and 0 elsewhere.
func leftExp(x Tensor, scale, rate float64) Tensor {
	left := x.GreaterScalar(0).Not()
	return Where(left, Where(left, x, x.NewZeros()).MulScalar(rate).Exp().MulScalar(scale), x.NewZeros())
}

// The constants of SELU, for which layers of normal inputs keep mean 0 and variance 1.
const (
	seluAlpha = 1.6732632423543772848170429916717
	seluScale = 1.0507009873554804934193349852946
)

// SELU returns λ·x where x > 0, and λ·α·(eˣ − 1) elsewhere, with λ ≈ 1.0507 and α ≈ 1.6733. (https://arxiv.org/abs/1706.02515)
func (x Tensor) SELU() Tensor { return selu.Of(x, 0, 0) }

var selu = NewCurve("selu",
	func(x float64, _ device.Params) float64 {
		if x <= 0 {
			return seluScale * seluAlpha * math.Expm1(x)
		}
		return seluScale * x
	},
	func(dy, x float64, _ device.Params) float64 {
		if x <= 0 {
			return dy * (seluScale * seluAlpha) * math.Exp(x)
		}
		return dy * seluScale
	},
	func(x Tensor, _ device.Params) Tensor { return leftExp(x, seluScale*seluAlpha, 1) })

// CELU returns x where x > 0, and alpha·(e^(x/alpha) − 1) elsewhere: an ELU whose slope has no jump whatever alpha is, which is
// not 0. (https://arxiv.org/abs/1704.07483)
func (x Tensor) CELU(alpha float64) Tensor {
	if alpha == 0 {
		fail("celu", "alpha must not be 0", x.Shape())
	}
	return celu.Of(x, alpha, 0)
}

var celu = NewCurve("celu",
	func(x float64, p device.Params) float64 {
		if x <= 0 {
			return p[0] * math.Expm1(x/p[0])
		}
		return x
	},
	func(dy, x float64, p device.Params) float64 {
		if x <= 0 {
			return dy * math.Exp(x/p[0])
		}
		return dy
	},
	func(x Tensor, p device.Params) Tensor { return leftExp(x, 1/p[0], 1/p[0]) })

// GELU returns x·Φ(x), where Φ is the normal distribution function, ½(1 + erf(x/√2)). At ±∞ its gradient is NaN, as in PyTorch.
// (https://arxiv.org/abs/1606.08415)
func (x Tensor) GELU() Tensor { return gelu.Of(x, 0, 0) }

var gelu = NewCurve("gelu",
	func(x float64, _ device.Params) float64 { return x * normalCDF(x) },
	func(dy, x float64, _ device.Params) float64 { return dy * (normalCDF(x) + x*normalPDF(x)) },
	func(x Tensor, _ device.Params) Tensor { // φ(x)·(2 − x²)
		q := x.Square()
		return q.MulScalar(-0.5).Exp().MulScalar(1 / math.Sqrt(2*math.Pi)).Mul(q.Neg().AddScalar(2))
	})

// normalCDF is Φ; erfc keeps the left tail's digits.
func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// normalPDF is Φ's derivative.
func normalPDF(x float64) float64 { return math.Exp(-0.5*x*x) / math.Sqrt(2*math.Pi) }

// GELUTanh returns ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))), an approximation of [Tensor.GELU] by which some models were trained:
// PyTorch's approximate="tanh".
func (x Tensor) GELUTanh() Tensor { return geluTanh.Of(x, 0, 0) }

// The constants of GELUTanh: the argument of tanh is geluRate·(x + geluCubic·x³).
const (
	geluRate  = 0.797884560802865355879892119868763737 // √(2/π)
	geluCubic = 0.044715
)

var geluTanh = NewCurve("gelu tanh",
	func(x float64, _ device.Params) float64 { return x * logistic(2*geluRate*x*(1+geluCubic*x*x)) },
	func(dy, x float64, _ device.Params) float64 {
		s := logistic(2 * geluRate * x * (1 + geluCubic*x*x))
		return dy * (s + x*s*(1-s)*2*geluRate*(1+3*geluCubic*x*x))
	},
	func(x Tensor, _ device.Params) Tensor {
		// With z = 2u, s = σ(z) and v = s·(1 − s): f″ = v·(2z′ + x·(z″ + (1 − 2s)·z′²)).
		q := x.Square()
		z := x.Mul(q.MulScalar(geluCubic).AddScalar(1)).MulScalar(2 * geluRate)
		z1 := q.MulScalar(3 * geluCubic).AddScalar(1).MulScalar(2 * geluRate)
		z2 := x.MulScalar(12 * geluCubic * geluRate)
		s := z.Sigmoid()
		inner := x.Mul(z2.Add(s.MulScalar(-2).AddScalar(1).Mul(z1.Square())))
		return s.Mul(s.Neg().AddScalar(1)).Mul(z1.MulScalar(2).Add(inner))
	})

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// SiLU returns x·σ(x), also known as swish. (https://arxiv.org/abs/1702.03118)
func (x Tensor) SiLU() Tensor { return silu.Of(x, 0, 0) }

var silu = NewCurve("silu",
	func(x float64, _ device.Params) float64 { return x * logistic(x) },
	func(dy, x float64, _ device.Params) float64 {
		s := logistic(x)
		return dy * s * (1 + x*(1-s))
	},
	func(x Tensor, _ device.Params) Tensor { // s·(1 − s)·(2 + x·(1 − 2s))
		s := x.Sigmoid()
		return s.Mul(s.Neg().AddScalar(1)).Mul(x.Mul(s.MulScalar(-2).AddScalar(1)).AddScalar(2))
	})

// Mish returns x·tanh(log(1 + eˣ)). (https://arxiv.org/abs/1908.08681)
func (x Tensor) Mish() Tensor { return mish.Of(x, 0, 0) }

var mish = NewCurve("mish",
	func(x float64, _ device.Params) float64 { return x * math.Tanh(softplusOf(x)) },
	func(dy, x float64, _ device.Params) float64 {
		t := math.Tanh(softplusOf(x))
		return dy * (t + x*logistic(x)*(1-t*t))
	},
	func(x Tensor, _ device.Params) Tensor { // s·(1 − t²)·(2 + x·(1 − s) − 2x·t·s), with t = tanh(softplus x)
		s, t := x.Sigmoid(), x.Softplus(1, 20).Tanh()
		inner := x.Mul(s.Neg().AddScalar(1).Sub(t.Mul(s).MulScalar(2))).AddScalar(2)
		return s.Mul(t.Square().Neg().AddScalar(1)).Mul(inner)
	})

// softplusOf is log(1 + eˣ).
func softplusOf(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// Softplus returns log(1 + e^(beta·x))/beta, a smooth ReLU, and x itself where beta·x > threshold. PyTorch's defaults are 1 and 20.
func (x Tensor) Softplus(beta, threshold float64) Tensor { return softplus.Of(x, beta, threshold) }

var softplus = NewCurve("softplus",
	func(x float64, p device.Params) float64 {
		if z := x * p[0]; !(z > p[1]) {
			return softplusOf(z) / p[0]
		}
		return x
	},
	func(dy, x float64, p device.Params) float64 {
		if z := x * p[0]; !(z > p[1]) {
			return dy * logistic(z)
		}
		return dy
	},
	func(x Tensor, p device.Params) Tensor { // beta·s·(1 − s)
		s := x.MulScalar(p[0]).Sigmoid()
		return Where(x.MulScalar(p[0]).GreaterScalar(p[1]), x.NewZeros(), s.Mul(s.Neg().AddScalar(1)).MulScalar(p[0]))
	})

// Softsign returns x/(1 + |x|).
func (x Tensor) Softsign() Tensor { return softsign.Of(x, 0, 0) }

var softsign = NewCurve("softsign",
	func(x float64, _ device.Params) float64 { return x / (1 + math.Abs(x)) },
	func(dy, x float64, _ device.Params) float64 {
		d := 1 + math.Abs(x)
		return dy / d / d
	},
	func(x Tensor, _ device.Params) Tensor { // −2·sign(x)/(1 + |x|)³
		d := x.Abs().AddScalar(1)
		return x.Sign().MulScalar(-2).Div(d.Mul(d).Mul(d))
	})

// Hardtanh returns x limited to [lo, hi]. Unlike [Tensor.Clamp]'s, its gradient is that of x where x is NaN, as in PyTorch.
func (x Tensor) Hardtanh(lo, hi float64) Tensor {
	if !(lo < hi) {
		fail("hardtanh", fmt.Sprintf("the lower limit %v is not below the upper one %v", lo, hi), x.Shape())
	}
	return hardtanh.Of(x, lo, hi)
}

var hardtanh = NewCurve("hardtanh",
	func(x float64, p device.Params) float64 {
		switch {
		case x < p[0]:
			return p[0]
		case x > p[1]:
			return p[1]
		}
		return x
	},
	func(dy, x float64, p device.Params) float64 {
		if x <= p[0] || x >= p[1] {
			return 0
		}
		return dy
	}, nil)

// Hardswish returns x·min(max(x + 3, 0), 6)/6, a SiLU of straight lines and a parabola. (https://arxiv.org/abs/1905.02244)
func (x Tensor) Hardswish() Tensor { return hardswish.Of(x, 0, 0) }

var hardswish = NewCurve("hardswish",
	func(x float64, _ device.Params) float64 {
		switch r := x + 3; {
		case r < 0:
			return x * 0 // not 0: −∞ gives NaN, as in PyTorch
		case r > 6:
			return x
		default:
			return x * r / 6
		}
	},
	func(dy, x float64, _ device.Params) float64 {
		switch {
		case x <= -3:
			return 0
		case x < 3:
			return dy * (x/3 + 0.5)
		}
		return dy
	},
	func(x Tensor, _ device.Params) Tensor { // ⅓ between −3 and 3
		return x.GreaterScalar(-3).And(x.LessScalar(3)).Cast(x.DType()).DivScalar(3)
	})

// LogSigmoid returns log σ(x) = −log(1 + e⁻ˣ) without overflow and without the loss of digits of the two in turn.
func (x Tensor) LogSigmoid() Tensor { return logSigmoid.Of(x, 0, 0) }

var logSigmoid = NewCurve("log sigmoid",
	func(x float64, _ device.Params) float64 { return -softplusOf(-x) },
	func(dy, x float64, _ device.Params) float64 { return dy * logistic(-x) },
	func(x Tensor, _ device.Params) Tensor { // −s·(1 − s)
		s := x.Sigmoid()
		return s.Mul(s.AddScalar(-1))
	})

// GLU halves x along dim, whose size is even, into a and b, and returns a·σ(b), the gated linear unit.
// (https://arxiv.org/abs/1612.08083)
func (x Tensor) GLU(dim int) Tensor {
	n := x.Dim(dim)
	if n%2 != 0 {
		fail("glu", fmt.Sprintf("dimension %d cannot be halved", dim), x.Shape())
	}
	x = x.float()
	return x.Narrow(dim, 0, n/2).Mul(x.Narrow(dim, n/2, n/2).Sigmoid())
}
