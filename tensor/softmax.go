package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Softmax returns e^xᵢ / Σⱼ e^xⱼ along dim: positive numbers that add up to 1. The largest element is taken off first, so that
// nothing overflows.
func (x Tensor) Softmax(dim int) Tensor {
	x = x.float()
	return onLast(x, "softmax", dim, func(x Tensor) Tensor {
		if _, ok := x.h.store.dev.(device.Softmaxer); ok {
			return Apply1(softmax{}, x)
		}
		if wide := x.Widen(); wide != x {
			return wide.Softmax(-1).Cast(x.DType())
		}
		e := x.Sub(x.largest()).Exp()
		return e.Div(e.Sum(-1).Unsqueeze(-1))
	})
}

// LogSoftmax returns the logarithm of Softmax, xᵢ − log Σⱼ e^xⱼ along dim, without the loss of digits of the two in turn.
func (x Tensor) LogSoftmax(dim int) Tensor {
	x = x.float()
	return onLast(x, "log_softmax", dim, func(x Tensor) Tensor {
		if _, ok := x.h.store.dev.(device.Softmaxer); ok {
			return Apply1(logSoftmax{}, x)
		}
		if wide := x.Widen(); wide != x {
			return wide.LogSoftmax(-1).Cast(x.DType())
		}
		x = x.Sub(x.largest())
		return x.Sub(x.Exp().Sum(-1).Log().Unsqueeze(-1))
	})
}

// largest returns the largest element of each row of the last dimension, as a constant; −∞ of none.
func (x Tensor) largest() Tensor {
	o := extreme{kind: device.Max}
	o.dims[x.h.Rank-1] = true
	return Apply1(o, x.Detach()).Unsqueeze(-1)
}

// onLast applies f, which works along the last dimension, along dim.
func onLast(x Tensor, op string, dim int, f func(Tensor) Tensor) Tensor {
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

// softmax is the kernel along the last dimension, where the device has it.
type softmax struct{ SavesOutput }

func (softmax) Forward(s *Scope, x Tensor) Tensor {
	y := s.Empty(x, x.DType(), x.Shape())
	x.h.store.dev.(device.Softmaxer).Softmax(&y.h.Array, &x.h.Array)
	return y
}
func (softmax) Backward(x, y, dy Tensor) Tensor {
	return y.Mul(dy.Sub(dy.Mul(y).Sum(-1).Unsqueeze(-1)))
}

// logSoftmax is the kernel along the last dimension, where the device has it.
type logSoftmax struct{ SavesOutput }

func (logSoftmax) Forward(s *Scope, x Tensor) Tensor {
	y := s.Empty(x, x.DType(), x.Shape())
	x.h.store.dev.(device.Softmaxer).LogSoftmax(&y.h.Array, &x.h.Array)
	return y
}
func (logSoftmax) Backward(x, y, dy Tensor) Tensor {
	return dy.Sub(y.Exp().Mul(dy.Sum(-1).Unsqueeze(-1)))
}
