package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Var returns the variance over dims, Σ(x − mean)²/(n − correction): correction 1 (Bessel's) gives the unbiased
// estimate, 0 the variance of x itself. It is NaN if n ≤ correction.
func (x Tensor) Var(correction int, dims ...int) Tensor {
	if wide := x.Widen(); wide != x {
		return wide.Var(correction, dims...).Cast(x.DType())
	}
	x.needsFloat("var")
	return Apply1(variance{x.Shape().axes("var", dims), correction, len(dims) == 0}, x)
}

// Std returns the standard deviation over dims, √Var. Its gradient is 0 where the result is 0.
func (x Tensor) Std(correction int, dims ...int) Tensor {
	if wide := x.Widen(); wide != x {
		return wide.Std(correction, dims...).Cast(x.DType())
	}
	x.needsFloat("std")
	return Apply1(deviation{variance{x.Shape().axes("std", dims), correction, len(dims) == 0}}, x)
}

func (x Tensor) needsFloat(op string) {
	if !x.DType().IsFloat() {
		fail(op, "the tensor must be floating point, not "+x.DType().String(), x.Shape())
	}
}

type variance struct {
	dims       [MaxRank]bool
	correction int
	all        bool
}

func (o variance) divisor(x Shape) float64 { return float64(max(0, x.count(o.dims)-o.correction)) }

// root returns the standard deviation, computed as a scaled norm: plain sums of squares could overflow even if the
// result does not.
func (o variance) root(s *Scope, x Tensor) Tensor {
	shape, dev := x.Shape(), x.h.store.dev
	mean := s.reduce(device.Mean, x, o.dims, x.DType())
	d := s.binary(subRow, x, s.keepDims(mean, shape, o.dims))
	y := s.reduce(device.Norm, d, o.dims, x.DType())
	dev.Unary(divScalarRow, &y.h.Array, &y.h.Array, device.Params{math.Sqrt(o.divisor(shape))})
	s.freeTemporary(d)
	s.freeTemporary(mean)
	return y
}

func (o variance) Forward(s *Scope, x Tensor) Tensor {
	y := o.root(s, x)
	x.h.store.dev.Unary(squareRow, &y.h.Array, &y.h.Array, device.Params{})
	return y
}

func (o variance) Backward(x, y, dy Tensor) Tensor { return o.centered(x, dy.MulScalar(2)) }

// centered returns (x − mean)·factor/(n − correction).
func (o variance) centered(x, factor Tensor) Tensor {
	s := x.Shape()
	n := float64(s.count(o.dims) - o.correction)
	if o.all { // PyTorch keeps a negative divisor only if dimensions are given
		n = max(0, n)
	}
	return x.Sub(Apply1(mean{dims: o.dims}, x).expandReduced(s, o.dims)).Mul(factor.MulScalar(1/n).expandReduced(s,
		o.dims))
}

func (variance) Saves() Saved { return SaveInputs }

// deviation computes √variance. Its gradient is 0 where the result is 0.
type deviation struct{ variance }

func (deviation) Saves() Saved { return SaveInputs | SaveOutput }

func (o deviation) Forward(s *Scope, x Tensor) Tensor { return o.root(s, x) }
func (o deviation) Backward(x, y, dy Tensor) Tensor {
	return o.centered(x, dy.Div(y).MaskedFill(y.EqualScalar(0), 0))
}
