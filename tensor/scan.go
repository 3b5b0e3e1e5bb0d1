package tensor

import "github.com/lamina-ml/lamina/internal/device"

// CumSum returns yᵢ = x₀ + … + xᵢ along dim. Integers and booleans are summed in int64.
func (x Tensor) CumSum(dim int) Tensor {
	dim = x.Shape().axisOrNumber("cumsum", dim)
	return Apply1(cumSum{dim: dim}, x.wideInt())
}

// CumProd returns yᵢ = x₀·…·xᵢ along dim. Integers and booleans are multiplied in int64.
func (x Tensor) CumProd(dim int) Tensor {
	dim = x.Shape().axisOrNumber("cumprod", dim)
	return Apply1(cumProd{dim: dim}, x.wideInt())
}

// wideInt returns x, cast to int64 if it is not floating point.
func (x Tensor) wideInt() Tensor {
	if x.DType().IsFloat() {
		return x
	}
	return x.Cast(Int64)
}

type cumSum struct {
	SavesNothing
	dim     int
	reverse bool
}

func (o cumSum) Forward(s *Scope, x Tensor) Tensor {
	y := s.emptyLike(x.h, x.DType())
	x.h.store.dev.Scan(device.Sum, &y.h.Array, &x.h.Array, o.dim, o.reverse)
	return y
}

func (o cumSum) Backward(x, y, dy Tensor) Tensor {
	o.reverse = !o.reverse
	return Apply1(o, dy)
}

type cumProd struct{ dim int }

func (o cumProd) Forward(s *Scope, x Tensor) Tensor {
	y := s.emptyLike(x.h, x.DType())
	x.h.store.dev.Scan(device.Prod, &y.h.Array, &x.h.Array, o.dim, false)
	return y
}

// Backward needs no division, so zeros need no special case:
//
//	dxᵢ = x₀·…·xᵢ₋₁ · rᵢ,  rᵢ = dyᵢ + xᵢ₊₁·rᵢ₊₁
func (o cumProd) Backward(x, y, dy Tensor) Tensor {
	if x.h.Rank == 0 || x.h.Dims[o.dim] < 2 {
		return dy
	}
	n := x.h.Dims[o.dim]
	before := Cat(o.dim, dy.NewOnes().expand(x.Shape().With(o.dim, 1)), y.Narrow(o.dim, 0, n-1))
	return before.Widen().Mul(Apply2(recurrence{o.dim, true}, x.shiftZeros(o.dim, -1).Widen(),
		dy.Widen())).Cast(dy.DType())
}

// recurrence computes yᵢ = bᵢ + aᵢ·yᵢ₋₁, or in reverse yᵢ = bᵢ + aᵢ·yᵢ₊₁.
type recurrence struct {
	dim     int
	reverse bool
}

func (o recurrence) Forward(s *Scope, a, b Tensor) Tensor {
	y := s.emptyLike(b.h, b.DType())
	b.h.store.dev.Recur(&y.h.Array, &a.h.Array, &b.h.Array, o.dim, o.reverse)
	return y
}

func (o recurrence) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	back := 1
	if o.reverse {
		back = -1
	}
	db = Apply2(recurrence{o.dim, !o.reverse}, a.shiftZeros(o.dim, -back), dy)
	if a.NeedsGrad() {
		da = db.Mul(y.shiftZeros(o.dim, back))
	}
	return da, db
}

// shiftZeros moves the elements along dim by one forwards or, for −1, backwards, and fills the gap with 0.
func (x Tensor) shiftZeros(dim, by int) Tensor {
	n := x.Dim(dim)
	from, to := 0, 1
	if by < 0 {
		from, to = 1, 0
	}
	return Apply1(unslice{from: slice{dim: dim, start: to, step: 1, n: n - 1, whole: n}}, x.Narrow(dim, from, n-1))
}
