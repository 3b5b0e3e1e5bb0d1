package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// keepDims returns y, a reduction of x over dims, as a view with size 1 there.
func (s *Scope) keepDims(y Tensor, x Shape, dims [MaxRank]bool) Tensor {
	keep, _ := reduced(x, dims)
	h := s.view(y.h)
	h.SetDense(keep.dims[:keep.rank])
	return h.handle()
}

// drop gives back the memory of a step on the way to a result, which nothing else refers to.
func (s *Scope) drop(t Tensor) {
	if s != nil {
		s.free(t.h.store)
	}
}

// count returns how many elements of x are joined over dims.
func (s Shape) count(dims [MaxRank]bool) int {
	n := 1
	for i := range s.rank {
		if dims[i] {
			n *= s.dims[i]
		}
	}
	return n
}

// Var returns the variance over dims, Σ(x − mean)²/(n − correction): correction 1 (Bessel's) estimates that of the numbers that
// x was drawn from, 0 gives that of x itself. It is NaN where n is not above correction.
func (x Tensor) Var(correction int, dims ...int) Tensor {
	if wide := x.Widen(); wide != x {
		return wide.Var(correction, dims...).Cast(x.DType())
	}
	x.needsFloat("var")
	return Apply1(variance{x.Shape().axes("var", dims), correction, len(dims) == 0}, x)
}

// Std returns the standard deviation over dims, the root of Var. Its gradient is 0 where it is 0.
func (x Tensor) Std(correction int, dims ...int) Tensor {
	if wide := x.Widen(); wide != x {
		return wide.Std(correction, dims...).Cast(x.DType())
	}
	x.needsFloat("std")
	return Apply1(deviation{variance{x.Shape().axes("std", dims), correction, len(dims) == 0}}, x)
}

func (x Tensor) needsFloat(op string) {
	if !x.DType().IsFloat() {
		fail(op, "only for floating-point types, not "+x.DType().String(), x.Shape())
	}
}

type variance struct {
	dims       [MaxRank]bool
	correction int
	all        bool
}

func (o variance) divisor(x Shape) float64 { return float64(max(0, x.count(o.dims)-o.correction)) }

// root returns the standard deviation: squares of the deviations, and their sum, could overflow where the variance does not.
func (o variance) root(s *Scope, x Tensor) Tensor {
	shape, dev := x.Shape(), x.h.store.dev
	mean := s.reduce(device.Mean, x, o.dims, x.DType())
	d := s.binary(subRow, x, s.keepDims(mean, shape, o.dims))
	y := s.reduce(device.Norm, d, o.dims, x.DType())
	dev.Unary(divScalarRow, &y.h.Array, &y.h.Array, device.Params{math.Sqrt(o.divisor(shape))})
	s.drop(d)
	s.drop(mean)
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
	if o.all { // PyTorch lets a negative number stand where dimensions are named
		n = max(0, n)
	}
	return x.Sub(Apply1(mean{dims: o.dims}, x).spread(s, o.dims)).Mul(factor.MulScalar(1/n).spread(s, o.dims))
}

func (variance) Saves() Saved { return SaveInputs }

// deviation is the root of variance, with the gradient 0 at 0.
type deviation struct{ variance }

func (deviation) Saves() Saved { return SaveInputs | SaveOutput }

func (o deviation) Forward(s *Scope, x Tensor) Tensor { return o.root(s, x) }
func (o deviation) Backward(x, y, dy Tensor) Tensor {
	return o.centered(x, dy.Div(y).MaskedFill(y.EqualScalar(0), 0))
}

// LogSumExp returns log Σ eˣ over dims. The largest element is taken off first, so that nothing overflows.
func (x Tensor) LogSumExp(dims ...int) Tensor {
	x = x.float()
	if wide := x.Widen(); wide != x {
		return wide.LogSumExp(dims...).Cast(x.DType())
	}
	return Apply1(logSumExp{x.Shape().axes("logsumexp", dims)}, x)
}

type logSumExp struct{ dims [MaxRank]bool }

// finiteRow lets an infinite largest element alone: x − ∞ would be NaN.
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
	s.drop(d)
	s.drop(largest)
	return y
}

func (o logSumExp) Backward(x, y, dy Tensor) Tensor {
	s := x.Shape()
	return x.Sub(y.spread(s, o.dims)).Exp().Mul(dy.spread(s, o.dims))
}

// Norm returns the p-norm over dims, (Σ|x|ᵖ)^(1/p): the length of x for p = 2, the largest |x| for p = ∞, the smallest for −∞, and the
// number of nonzero elements for p = 0. Its gradient is 0 where it is 0; that of the largest is shared among equals.
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

// scaleRow gives the power of two of a number's size, 1 for 0 and for what is not finite: divided by it, powers do not overflow.
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
	s.drop(d)
	s.drop(scale)
	return y
}

// Backward is dy·sign(x)·(|x|/y)ᵖ⁻¹, arranged so that nothing is 0/0.
func (o norm) Backward(x, y, dy Tensor) Tensor {
	s := x.Shape()
	zero := y.EqualScalar(0)
	y, dy = y.MaskedFill(zero, 1), dy.MaskedFill(zero, 0)
	if o.p == 2 {
		return x.Div(y.spread(s, o.dims)).Mul(dy.spread(s, o.dims))
	}
	size := x.Abs()
	parts := x.Sign().Mul(size.Div(y.spread(s, o.dims)).PowScalar(o.p - 1))
	if o.p < 1 {
		parts = parts.MaskedFill(size.EqualScalar(0), 0)
	}
	return parts.Mul(dy.spread(s, o.dims))
}
