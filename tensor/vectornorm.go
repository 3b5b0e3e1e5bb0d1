package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Norm returns the p-norm over dims, (Σ|x|ᵖ)^(1/p): the Euclidean norm for p = 2, the largest |x| for p = ∞, the
// smallest for −∞, and the number of nonzero elements for p = 0. Its gradient is 0 where the result is 0. For p = ±∞
// equal elements share the gradient.
func (x Tensor) Norm(p float64, dims ...int) Tensor {
	x.needsFloat("norm")
	if wide := x.Widen(); wide != x {
		return wide.Norm(p, dims...).Cast(x.DType())
	}
	switch {
	case p == 0:
		return x.Detach().nonzero().Sum(dims...).Cast(x.DType())
	case p == 1:
		return x.Abs().Sum(dims...)
	case math.IsInf(p, 1):
		return x.Abs().Max(dims...)
	case math.IsInf(p, -1):
		return x.Abs().Min(dims...)
	}
	return Apply1(norm{x.Shape().axes("norm", dims), p}, x)
}

type norm struct {
	dims [MaxRank]bool
	p    float64
}

// scaleRow returns the largest power of two that is not above x > 0, and 1 for 0, ∞ and NaN. Elements divided by it do
// not overflow when raised to a power.
var scaleRow = floatRow("scale", func(x float64) float64 {
	if x == 0 || x-x != 0 {
		return 1
	}
	_, e := math.Frexp(x)
	return math.Ldexp(1, e-1)
})

func (o norm) Forward(s *Scope, x Tensor) Tensor {
	if o.p == 2 {
		return s.reduce(device.Norm, x, o.dims, x.DType())
	}
	dev := x.h.store.dev
	d := s.unary(absRow, x)
	scale := s.reduce(device.Max, d, o.dims, x.DType())
	dev.Unary(scaleRow, &scale.h.Array, &scale.h.Array, device.Params{})
	dev.Binary(divRow, &d.h.Array, &d.h.Array, &s.keepDims(scale, x.Shape(), o.dims).h.Array, device.Params{})
	dev.Unary(powScalarRow, &d.h.Array, &d.h.Array, device.Params{o.p})
	y := s.reduce(device.Sum, d, o.dims, x.DType())
	dev.Unary(powScalarRow, &y.h.Array, &y.h.Array, device.Params{1 / o.p})
	dev.Binary(mulRow, &y.h.Array, &y.h.Array, &scale.h.Array, device.Params{})
	s.freeTemporary(d)
	s.freeTemporary(scale)
	return y
}

// Backward returns dy·sign(x)·(|x|/y)ᵖ⁻¹. Where y is 0 it divides by 1, to avoid 0/0.
func (o norm) Backward(x, y, dy Tensor) Tensor {
	s := x.Shape()
	zero := y.EqualScalar(0)
	y, dy = y.MaskedFill(zero, 1), dy.MaskedFill(zero, 0)
	if o.p == 2 {
		return x.Div(y.expandReduced(s, o.dims)).Mul(dy.expandReduced(s, o.dims))
	}
	size := x.Abs()
	parts := x.Sign().Mul(size.Div(y.expandReduced(s, o.dims)).PowScalar(o.p - 1))
	if o.p < 1 {
		parts = parts.MaskedFill(size.EqualScalar(0), 0)
	}
	return parts.Mul(dy.expandReduced(s, o.dims))
}
