package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Remainder returns a − b·⌊a/b⌋, which has b's sign. It panics if an integer is divided by 0.
func (a Tensor) Remainder(b Tensor) Tensor {
	a, b = toCommonType(a, b)
	b.rejectIntegerZero("remainder")
	return Apply2(remainder{}, a, b)
}

// rejectIntegerZero panics if b is an integer tensor and has an element 0.
func (b Tensor) rejectIntegerZero(op string) {
	b.notBool(op)
	if !b.DType().IsFloat() && b.Len() > 0 && b.Detach().EqualScalar(0).Sum().Item() != 0 {
		fail(op, "an integer is divided by 0", b.Shape())
	}
}

type remainder struct{ SavesInputs }

var remainderRow = device.NewBinary(device.BinaryOp{Name: "remainder",
	F: func(x, y float64, _ device.Params) float64 {
		r := math.Mod(x, y)
		if r != 0 && (y < 0) != (r < 0) {
			r += y
		}
		return r
	},
	Int: func(x, y int64, _ device.Params) int64 {
		r := x % y
		if r != 0 && (y < 0) != (r < 0) {
			r += y
		}
		return r
	}})

func (remainder) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(remainderRow, a, b) }
func (remainder) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.Neg().Mul(a.FloorDiv(b)).sumTo(b.Shape())
	}
	return da, db
}

// FloorDiv returns ⌊a/b⌋, so that a = FloorDiv(b)·b + Remainder(b). Its gradient is 0. It panics if an integer is
// divided by 0.
func (a Tensor) FloorDiv(b Tensor) Tensor {
	a, b = toCommonType(a, b)
	b.rejectIntegerZero("floor_divide")
	return Apply2(floorDivide{}, a, b)
}

type floorDivide struct{ SavesNothing }

var floorDivRow = device.NewBinary(device.BinaryOp{Name: "floor_divide",
	F: func(x, y float64, _ device.Params) float64 {
		if y == 0 {
			return x / y
		}
		r := math.Mod(x, y)
		q := (x - r) / y
		if r != 0 && (y < 0) != (r < 0) {
			q--
		}
		if q == 0 {
			return math.Copysign(0, x/y)
		}
		f := math.Floor(q)
		if q-f > 0.5 {
			f++
		}
		return f
	},
	Int: func(x, y int64, _ device.Params) int64 {
		q := x / y
		if x%y != 0 && (x < 0) != (y < 0) {
			q--
		}
		return q
	}})

func (floorDivide) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(floorDivRow, a, b) }
func (floorDivide) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.zeroGradient().sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.zeroGradient().sumTo(b.Shape())
	}
	return da, db
}
