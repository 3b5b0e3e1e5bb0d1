package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Softmax returns e^xᵢ / Σⱼ e^xⱼ along dim: positive numbers that add up to 1. The largest element is taken off first,
// so that nothing overflows.
func (x Tensor) Softmax(dim int) Tensor {
	x = x.float()
	return alongLastDim(x, "softmax", dim, func(x Tensor) Tensor {
		if _, ok := x.h.store.dev.(device.Softmaxer); ok {
			return Apply1(softmax{}, x)
		}
		if wide := x.Widen(); wide != x {
			return wide.Softmax(-1).Cast(x.DType())
		}
		e := x.Sub(x.rowMax()).Exp()
		return e.Div(e.Sum(-1).Unsqueeze(-1))
	})
}

// LogSoftmax returns the logarithm of Softmax, xᵢ − log Σⱼ e^xⱼ along dim, without the loss of digits of Softmax
// followed by Log.
func (x Tensor) LogSoftmax(dim int) Tensor {
	x = x.float()
	return alongLastDim(x, "log_softmax", dim, func(x Tensor) Tensor {
		if _, ok := x.h.store.dev.(device.Softmaxer); ok {
			return Apply1(logSoftmax{}, x)
		}
		if wide := x.Widen(); wide != x {
			return wide.LogSoftmax(-1).Cast(x.DType())
		}
		x = x.Sub(x.rowMax())
		return x.Sub(x.Exp().Sum(-1).Log().Unsqueeze(-1))
	})
}

// rowMax returns the largest element along the last dimension, detached and with that dimension kept; −∞ for no
// elements.
func (x Tensor) rowMax() Tensor {
	o := extreme{kind: device.Max}
	o.dims[x.h.Rank-1] = true
	return Apply1(o, x.Detach()).Unsqueeze(-1)
}

// alongLastDim applies f, which works along the last dimension, along dim.
func alongLastDim(x Tensor, op string, dim int, f func(Tensor) Tensor) Tensor {
	if x.Rank() == 0 {
		x.Shape().axisOrNumber(op, dim)
		return f(x.reshape(ShapeOf(1))).reshape(Shape{})
	}
	dim = x.Shape().axis(op, dim)
	if dim == x.h.Rank-1 {
		return f(x)
	}
	return f(x.Transpose(dim, -1)).Transpose(dim, -1)
}

// softmax is the device's kernel along the last dimension.
type softmax struct{ SavesOutput }

func (softmax) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	x.h.store.dev.(device.Softmaxer).Softmax(&y.h.Array, &x.h.Array)
	return y
}
func (softmax) Backward(x, y, dy Tensor) Tensor {
	if dy.DType().Size() == 2 {
		return y.Mul(dy.Sub(dy.Mul(y).Sum(-1).Unsqueeze(-1)))
	}
	return Apply2(softmaxGradient{}, dy, y)
}

// softmaxGradient computes dx = y·(dy − s) for s = Σ dy·y along the last dimension.
type softmaxGradient struct{ SavesInputs }

func (softmaxGradient) Forward(s *Scope, dy, y Tensor) Tensor {
	dx, y := s.NewEmpty(dy, dy.DType(), y.Shape()), y.Contiguous()
	dx.h.store.dev.(device.Softmaxer).SoftmaxGradient(&dx.h.Array, &dy.h.Array, &y.h.Array)
	return dx
}
func (softmaxGradient) Backward(dy, y, _, g Tensor) (ddy, dyy Tensor) {
	if dy.NeedsGrad() {
		ddy = Apply2(softmaxGradient{}, g, y)
	}
	if y.NeedsGrad() {
		s, t := dy.Mul(y).Sum(-1).Unsqueeze(-1), g.Mul(y).Sum(-1).Unsqueeze(-1)
		dyy = g.Mul(dy.Sub(s)).Sub(dy.Mul(t))
	}
	return ddy, dyy
}

// logSoftmax is the device's kernel along the last dimension.
type logSoftmax struct{ SavesOutput }

func (logSoftmax) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	x.h.store.dev.(device.Softmaxer).LogSoftmax(&y.h.Array, &x.h.Array)
	return y
}
func (logSoftmax) Backward(x, y, dy Tensor) Tensor {
	if dy.DType().Size() == 2 {
		return dy.Sub(y.Exp().Mul(dy.Sum(-1).Unsqueeze(-1)))
	}
	return Apply2(logSoftmaxGradient{}, dy, y)
}

// logSoftmaxGradient computes dx = dy − eʸ·Σ dy, the sum along the last dimension.
type logSoftmaxGradient struct{ SavesInputs }

func (logSoftmaxGradient) Forward(s *Scope, dy, y Tensor) Tensor {
	dx, y := s.NewEmpty(dy, dy.DType(), y.Shape()), y.Contiguous()
	dx.h.store.dev.(device.Softmaxer).LogSoftmaxGradient(&dx.h.Array, &dy.h.Array, &y.h.Array)
	return dx
}
func (logSoftmaxGradient) Backward(dy, y, _, g Tensor) (ddy, dyy Tensor) {
	e := y.Exp()
	if dy.NeedsGrad() {
		ddy = g.Sub(g.Mul(e).Sum(-1).Unsqueeze(-1))
	}
	if y.NeedsGrad() {
		dyy = g.Mul(e).Mul(dy.Sum(-1).Unsqueeze(-1)).Neg()
	}
	return ddy, dyy
}

// LogSumExp returns log Σ eˣ over dims. The largest element is subtracted first, so that nothing overflows.
func (x Tensor) LogSumExp(dims ...int) Tensor {
	x = x.float()
	if wide := x.Widen(); wide != x {
		return wide.LogSumExp(dims...).Cast(x.DType())
	}
	return Apply1(logSumExp{dims: x.Shape().axes("logsumexp", dims)}, x)
}

type logSumExp struct {
	SavesInputs
	dims [MaxRank]bool
}

// finiteRow replaces an infinite maximum by 0: ∞ − ∞ would be NaN.
var finiteRow = floatRow("finite or 0", func(x float64) float64 {
	if math.IsInf(x, 0) {
		return 0
	}
	return x
})

func (o logSumExp) Forward(s *Scope, x Tensor) Tensor {
	dev := x.h.store.dev
	largest := s.reduce(device.Max, x, o.dims, x.DType())
	dev.Unary(finiteRow, &largest.h.Array, &largest.h.Array, device.Params{})
	d := s.binary(subRow, x, s.keepDims(largest, x.Shape(), o.dims))
	dev.Unary(expRow, &d.h.Array, &d.h.Array, device.Params{})
	y := s.reduce(device.Sum, d, o.dims, x.DType())
	dev.Unary(logRow, &y.h.Array, &y.h.Array, device.Params{})
	dev.Binary(addRow, &y.h.Array, &y.h.Array, &largest.h.Array, device.Params{})
	s.freeTemporary(d)
	s.freeTemporary(largest)
	return y
}

// Backward returns dy times the softmax of x, which it does not compute as exp(x − y): a large y is rounded by more
// than 1.
func (o logSumExp) Backward(x, _, dy Tensor) Tensor {
	s := x.Shape()
	largest := Apply1(extreme{device.Max, o.dims}, x.Detach())
	e := x.Sub(largest.MaskedFill(largest.IsInf(), 0).expandReduced(s, o.dims)).Exp()
	return e.Div(Apply1(sum{dims: o.dims}, e).expandReduced(s, o.dims)).Mul(dy.expandReduced(s, o.dims))
}
