package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/formula"
)

// ReLU returns max(x, 0); NaN stays NaN. Its gradient at 0 is 0.
func (x Tensor) ReLU() Tensor { return Apply1(relu{}, x.notBool("relu")) }

type relu struct{ SavesOutput }

var reluRow = device.NewUnary(device.UnaryOp{Name: "relu",
	F: func(x float64, _ device.Params) float64 {
		if x < 0 {
			return 0
		}
		return x
	},
	Int: func(x int64, _ device.Params) int64 { return max(x, 0) }})

func (relu) Forward(s *Scope, x Tensor) Tensor { return s.unary(reluRow, x) }
func (relu) Backward(x, y, dy Tensor) Tensor   { return consumeReLUGrad(dy, y) }

// reluGrad computes dy where y > 0, and 0 elsewhere. Its gradient with respect to y is 0.
type reluGrad struct{}

var reluGradRow = device.NewBinary(device.BinaryOp{Name: "relu gradient",
	F: func(dy, y float64, _ device.Params) float64 {
		if y <= 0 {
			return 0
		}
		return dy
	}})

func (reluGrad) Saves() Saved { return SaveInput(1) }

func (reluGrad) Forward(s *Scope, dy, y Tensor) Tensor { return s.binary(reluGradRow, dy, y) }
func (reluGrad) Backward(dy, y, _, d Tensor) (Tensor, Tensor) {
	return Apply2(reluGrad{}, d, y), Tensor{}
}

// consumeReLUGrad returns the gradient of ReLU's argument: dy where y > 0, else 0. It overwrites dy if nothing else
// reads it, so dy must not be used afterwards.
func consumeReLUGrad(dy, y Tensor) Tensor {
	if h := dy.header(); h.consumable {
		h.store.dev.Binary(reluGradRow, &h.Array, &h.Array, &y.header().Array, device.Params{})
		return dy
	}
	return Apply2(reluGrad{}, dy, y)
}

// Sigmoid returns σ(x) = 1/(1 + e⁻ˣ).
func (x Tensor) Sigmoid() Tensor { return Apply1(sigmoid{}, x.float()) }

type sigmoid struct{ SavesOutput }

var sigmoidRow = device.NewUnary(device.UnaryOp{Name: "sigmoid",
	F: formula.Sigmoid})

func (sigmoid) Forward(s *Scope, x Tensor) Tensor { return s.unary(sigmoidRow, x) }
func (sigmoid) Backward(x, y, dy Tensor) Tensor   { return Apply2(sigmoidGrad{}, dy, y) }

// sigmoidGrad computes dy·y·(1 − y).
type sigmoidGrad struct{ SavesInputs }

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

type tanh struct{ SavesOutput }

var tanhRow = device.NewUnary(device.UnaryOp{Name: "tanh",
	F: func(x float64, _ device.Params) float64 { return math.Tanh(x) }})

func (tanh) Forward(s *Scope, x Tensor) Tensor { return s.unary(tanhRow, x) }
func (tanh) Backward(x, y, dy Tensor) Tensor   { return Apply2(tanhGrad{}, dy, y) }

// tanhGrad computes dy·(1 − y²).
type tanhGrad struct{ SavesInputs }

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

// LeakyReLU returns x where x > 0, and slope·x elsewhere: max(slope·x, x) for a slope below 1. Its gradient at 0 is
// slope.
func (x Tensor) LeakyReLU(slope float64) Tensor { return leakyReLU.Of(x, slope) }

var leakyReLU = newElementwise(Elementwise{Name: "leaky relu", F: formula.LeakyReLU,
	Derivative: formula.LeakyReLUDerivative, Second: PiecewiseLinear})

// PReLU returns x where x > 0, and w·x elsewhere. w has one element, or one for each index of dimension 1, the
// channels. (https://arxiv.org/abs/1502.01852)
func (x Tensor) PReLU(w Tensor) Tensor {
	channels := 1
	if x.Rank() > 1 {
		channels = x.Dim(1)
	}
	if w.Rank() > 1 || w.Len() != 1 && w.Len() != channels {
		fail("prelu", "the weight must have 1 element, or one per channel (dimension 1)", x.Shape(), w.Shape())
	}
	shape := Shape{rank: 1, dims: [MaxRank]int{w.Len()}}
	if x.Rank() > 1 { // (channels, 1, …, 1), which broadcasts against x
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

type prelu struct{ SavesInputs }

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
func (x Tensor) ELU(alpha float64) Tensor { return elu.Of(x, alpha) }

var elu = newElementwise(Elementwise{Name: "elu", F: formula.ELU, Derivative: formula.ELUDerivative,
	Second: func(x Tensor, p [2]float64) Tensor { return expBelowZero(x, p[0], 1) }})

// expBelowZero returns scale·e^(x·rate) where x ≤ 0, and 0 elsewhere.
func expBelowZero(x Tensor, scale, rate float64) Tensor {
	left := x.GreaterScalar(0).Not()
	return Where(left, Where(left, x, x.NewZeros()).MulScalar(rate).Exp().MulScalar(scale), x.NewZeros())
}

// SELU returns λ·x where x > 0, and λ·α·(eˣ − 1) elsewhere, with λ ≈ 1.0507 and α ≈ 1.6733.
// (https://arxiv.org/abs/1706.02515)
func (x Tensor) SELU() Tensor { return selu.Of(x) }

var selu = newElementwise(Elementwise{Name: "selu", F: formula.SELU, Derivative: formula.SELUDerivative,
	Second: func(x Tensor, _ [2]float64) Tensor { return expBelowZero(x, formula.SELUScale*formula.SELUAlpha, 1) }})

// CELU returns x where x > 0, and alpha·(e^(x/alpha) − 1) elsewhere: an ELU whose derivative is continuous for every
// alpha. It panics if alpha is 0. (https://arxiv.org/abs/1704.07483)
func (x Tensor) CELU(alpha float64) Tensor {
	if alpha == 0 {
		fail("celu", "alpha must not be 0", x.Shape())
	}
	return celu.Of(x, alpha)
}

var celu = newElementwise(Elementwise{Name: "celu", F: formula.CELU, Derivative: formula.CELUDerivative,
	Second: func(x Tensor, p [2]float64) Tensor { return expBelowZero(x, 1/p[0], 1/p[0]) }})

// GELU returns x·Φ(x) with the normal distribution function Φ, ½(1 + erf(x/√2)). At ±∞ its gradient is NaN, as in
// PyTorch. (https://arxiv.org/abs/1606.08415)
func (x Tensor) GELU() Tensor { return gelu.Of(x) }

var gelu = newElementwise(Elementwise{Name: "gelu", F: formula.GELU, Derivative: formula.GELUDerivative,
	Second: func(x Tensor, _ [2]float64) Tensor { // φ(x)·(2 − x²)
		q := x.Square()
		return q.MulScalar(-0.5).Exp().MulScalar(1 / math.Sqrt(2*math.Pi)).Mul(q.Neg().AddScalar(2))
	}})

// GELUTanh returns ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))), an approximation of [Tensor.GELU] that some models were
// trained with: PyTorch's approximate="tanh".
func (x Tensor) GELUTanh() Tensor { return geluTanh.Of(x) }

var geluTanh = newElementwise(Elementwise{Name: "gelu tanh", F: formula.GELUTanh,
	Derivative: formula.GELUTanhDerivative, Second: func(x Tensor, _ [2]float64) Tensor {
		// With z = 2u, s = σ(z) and v = s·(1 − s): f″ = v·(2z′ + x·(z″ + (1 − 2s)·z′²)).
		q := x.Square()
		z := x.Mul(q.MulScalar(formula.GELUCubic).AddScalar(1)).MulScalar(2 * formula.GELURate)
		z1 := q.MulScalar(3 * formula.GELUCubic).AddScalar(1).MulScalar(2 * formula.GELURate)
		z2 := x.MulScalar(12 * formula.GELUCubic * formula.GELURate)
		s := z.Sigmoid()
		inner := x.Mul(z2.Add(s.MulScalar(-2).AddScalar(1).Mul(z1.Square())))
		return s.Mul(s.Neg().AddScalar(1)).Mul(z1.MulScalar(2).Add(inner))
	}})

// SiLU returns x·σ(x), also known as swish. (https://arxiv.org/abs/1702.03118)
func (x Tensor) SiLU() Tensor { return silu.Of(x) }

var silu = newElementwise(Elementwise{Name: "silu", F: formula.SiLU, Derivative: formula.SiLUDerivative,
	Second: func(x Tensor, _ [2]float64) Tensor { // s·(1 − s)·(2 + x·(1 − 2s))
		s := x.Sigmoid()
		return s.Mul(s.Neg().AddScalar(1)).Mul(x.Mul(s.MulScalar(-2).AddScalar(1)).AddScalar(2))
	}})

// Mish returns x·tanh(log(1 + eˣ)). (https://arxiv.org/abs/1908.08681)
func (x Tensor) Mish() Tensor { return mish.Of(x) }

var mish = newElementwise(Elementwise{Name: "mish", F: formula.Mish, Derivative: formula.MishDerivative,
	Second: func(x Tensor, _ [2]float64) Tensor { // s·(1 − t²)·(2 + x·(1 − s) − 2x·t·s), with t = tanh(softplus x)
		s, t := x.Sigmoid(), x.Softplus(1, 20).Tanh()
		inner := x.Mul(s.Neg().AddScalar(1).Sub(t.Mul(s).MulScalar(2))).AddScalar(2)
		return s.Mul(t.Square().Neg().AddScalar(1)).Mul(inner)
	}})

// Softplus returns log(1 + e^(beta·x))/beta, a smooth ReLU, and x itself where beta·x > threshold. PyTorch's defaults
// are 1 and 20.
func (x Tensor) Softplus(beta, threshold float64) Tensor { return softplus.Of(x, beta, threshold) }

var softplus = newElementwise(Elementwise{Name: "softplus", F: formula.Softplus, Derivative: formula.SoftplusDerivative,
	Second: func(x Tensor, p [2]float64) Tensor { // beta·s·(1 − s)
		s := x.MulScalar(p[0]).Sigmoid()
		return Where(x.MulScalar(p[0]).GreaterScalar(p[1]), x.NewZeros(), s.Mul(s.Neg().AddScalar(1)).MulScalar(p[0]))
	}})

// Softsign returns x/(1 + |x|).
func (x Tensor) Softsign() Tensor { return softsign.Of(x) }

var softsign = newElementwise(Elementwise{Name: "softsign", F: formula.Softsign, Derivative: formula.SoftsignDerivative,
	Second: func(x Tensor, _ [2]float64) Tensor { // −2·sign(x)/(1 + |x|)³
		d := x.Abs().AddScalar(1)
		return x.Sign().MulScalar(-2).Div(d.Mul(d).Mul(d))
	}})

// Hardtanh returns x limited to [lo, hi]. Unlike [Tensor.Clamp]'s, its gradient at NaN is 1, as in PyTorch.
func (x Tensor) Hardtanh(lo, hi float64) Tensor {
	if !(lo < hi) {
		fail("hardtanh", fmt.Sprintf("the lower limit %v is not below the upper one %v", lo, hi), x.Shape())
	}
	return hardtanh.Of(x, lo, hi)
}

var hardtanh = newElementwise(Elementwise{Name: "hardtanh", F: formula.Hardtanh, Derivative: formula.HardtanhDerivative,
	Second: PiecewiseLinear})

// Hardshrink returns 0 where |x| ≤ lambda, and x elsewhere; NaN stays NaN. Its gradient is 0 where |x| ≤ lambda, and
// 1 elsewhere. PyTorch's default is 0.5.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html)
func (x Tensor) Hardshrink(lambda float64) Tensor { return hardshrink.Of(x, lambda) }

var hardshrink = newElementwise(Elementwise{Name: "hardshrink", F: formula.Hardshrink,
	Derivative: formula.HardshrinkDerivative, Second: PiecewiseLinear})

// Hardswish returns x·min(max(x + 3, 0), 6)/6, a piecewise approximation of SiLU. (https://arxiv.org/abs/1905.02244)
func (x Tensor) Hardswish() Tensor { return hardswish.Of(x) }

var hardswish = newElementwise(Elementwise{Name: "hardswish", F: formula.Hardswish,
	Derivative: formula.HardswishDerivative, Second: func(x Tensor, _ [2]float64) Tensor { // ⅓ between −3 and 3
		return x.GreaterScalar(-3).And(x.LessScalar(3)).Cast(x.DType()).DivScalar(3)
	}})

// Hardsigmoid returns min(max(x + 3, 0), 6)/6, a piecewise linear approximation of Sigmoid.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html)
func (x Tensor) Hardsigmoid() Tensor { return hardsigmoid.Of(x) }

var hardsigmoid = newElementwise(Elementwise{Name: "hardsigmoid", F: formula.Hardsigmoid,
	Derivative: formula.HardsigmoidDerivative, Second: PiecewiseLinear})

// LogSigmoid returns log σ(x) = −log(1 + e⁻ˣ) without the overflow and the loss of digits of Sigmoid followed by Log.
func (x Tensor) LogSigmoid() Tensor { return logSigmoid.Of(x) }

var logSigmoid = newElementwise(Elementwise{Name: "log sigmoid", F: formula.LogSigmoid,
	Derivative: formula.LogSigmoidDerivative, Second: func(x Tensor, _ [2]float64) Tensor { // −s·(1 − s)
		s := x.Sigmoid()
		return s.Mul(s.AddScalar(-1))
	}})

// SmoothL1 returns x²/2β where |x| < β, and |x| − β/2 elsewhere: the elements of PyTorch's smooth_l1_loss of a
// difference x. β must be positive. (https://arxiv.org/abs/1504.08083)
func (x Tensor) SmoothL1(beta float64) Tensor {
	if !(beta > 0) {
		fail("smooth_l1_loss", fmt.Sprintf("beta must be positive, not %v", beta), x.Shape())
	}
	return smoothL1.Of(x, beta)
}

var smoothL1 = newElementwise(Elementwise{Name: "smooth l1", F: formula.SmoothL1,
	Derivative: formula.SmoothL1Derivative, Second: func(x Tensor, p [2]float64) Tensor { // 1/β within β of 0
		return x.Abs().LessScalar(p[0]).Cast(x.DType()).DivScalar(p[0])
	}})

// Huber returns x²/2 where |x| ≤ δ, and δ(|x| − δ/2) elsewhere: the elements of PyTorch's huber_loss of a difference
// x. δ must be positive. (https://doi.org/10.1214/aoms/1177703732)
func (x Tensor) Huber(delta float64) Tensor {
	if !(delta > 0) {
		fail("huber_loss", fmt.Sprintf("delta must be positive, not %v", delta), x.Shape())
	}
	return huber.Of(x, delta)
}

var huber = newElementwise(Elementwise{Name: "huber", F: formula.Huber, Derivative: formula.HuberDerivative,
	Second: func(x Tensor, p [2]float64) Tensor { // 1 within δ of 0
		return x.Abs().GreaterScalar(p[0]).Not().Cast(x.DType())
	}})

// GLU splits x along dim, whose size must be even, into halves a and b, and returns a·σ(b), the gated linear unit.
// (https://arxiv.org/abs/1612.08083)
func (x Tensor) GLU(dim int) Tensor {
	n := x.Dim(dim)
	if n%2 != 0 {
		fail("glu", fmt.Sprintf("dimension %d cannot be halved", dim), x.Shape())
	}
	x = x.float()
	return x.Narrow(dim, 0, n/2).Mul(x.Narrow(dim, n/2, n/2).Sigmoid())
}
