package tensor

import "github.com/lamina-ml/lamina/internal/device"

// The inputs of these ops broadcast: shapes are aligned at the last dimension, and dimensions of size 1 expand. If the
// types differ, both inputs are cast to their common type first, as in PyTorch.

func apply2[O any, P interface {
	*O
	Op2
}](op O, a, b Tensor) Tensor {
	if a.header().DType != b.header().DType {
		a, b = toCommonType(a, b)
	}
	return Apply2[O, P](op, a, b)
}

// Add returns a + b.
func (a Tensor) Add(b Tensor) Tensor { return apply2(add{}, a, b) }

type add struct{ SavesNothing }

var addRow = device.NewBinary(device.BinaryOp{Name: "add",
	F:   func(x, y float64, _ device.Params) float64 { return x + y },
	Int: func(x, y int64, _ device.Params) int64 { return x + y }})

func (add) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(addRow, a, b) }
func (add) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.sumTo(b.Shape())
	}
	return da, db
}

// Sub returns a − b. It panics if b is boolean; use Xor for booleans.
func (a Tensor) Sub(b Tensor) Tensor {
	if b.DType() == Bool {
		a.notBool("sub")
	}
	return apply2(sub{}, a, b)
}

type sub struct{ SavesNothing }

var subRow = device.NewBinary(device.BinaryOp{Name: "sub",
	F:   func(x, y float64, _ device.Params) float64 { return x - y },
	Int: func(x, y int64, _ device.Params) int64 { return x - y }})

func (sub) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(subRow, a, b) }
func (sub) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.Neg().sumTo(b.Shape())
	}
	return da, db
}

// Mul returns a·b, elementwise.
func (a Tensor) Mul(b Tensor) Tensor { return apply2(mul{}, a, b) }

type mul struct{ SavesInputs }

var mulRow = device.NewBinary(device.BinaryOp{Name: "mul",
	F:   func(x, y float64, _ device.Params) float64 { return x * y },
	Int: func(x, y int64, _ device.Params) int64 { return x * y }})

func (mul) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(mulRow, a, b) }
func (mul) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.Mul(b).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.Mul(a).sumTo(b.Shape())
	}
	return da, db
}

// Div returns a/b. The result is floating point: integers are cast to float32 first.
func (a Tensor) Div(b Tensor) Tensor {
	a, b = toCommonFloat(a, b)
	return Apply2(div{}, a, b)
}

type div struct{}

var divRow = device.NewBinary(device.BinaryOp{Name: "div",
	F: func(x, y float64, _ device.Params) float64 { return x / y }})

func (div) Saves() Saved { return SaveInput(1) | SaveOutput }

func (div) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(divRow, a, b) }
func (div) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.Div(b).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.Neg().Mul(y.Div(b)).sumTo(b.Shape())
	}
	return da, db
}

// Maximum returns the larger of a and b, elementwise; NaN if either is NaN. Equal elements get half of the gradient
// each.
func (a Tensor) Maximum(b Tensor) Tensor { return apply2(maximum{}, a, b) }

type maximum struct{ SavesInputs }

var maximumRow = device.NewBinary(device.BinaryOp{Name: "maximum",
	F:   func(x, y float64, _ device.Params) float64 { return max(x, y) },
	Int: func(x, y int64, _ device.Params) int64 { return max(x, y) }})

func (maximum) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(maximumRow, a, b) }
func (maximum) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	return extremeGrad(a, b, dy, a.Less(b), a.Greater(b))
}

// Minimum returns the smaller of a and b, elementwise; NaN if either is NaN. Equal elements get half of the gradient
// each.
func (a Tensor) Minimum(b Tensor) Tensor { return apply2(minimum{}, a, b) }

type minimum struct{ SavesInputs }

var minimumRow = device.NewBinary(device.BinaryOp{Name: "minimum",
	F:   func(x, y float64, _ device.Params) float64 { return min(x, y) },
	Int: func(x, y int64, _ device.Params) int64 { return min(x, y) }})

func (minimum) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(minimumRow, a, b) }
func (minimum) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	return extremeGrad(a, b, dy, a.Greater(b), a.Less(b))
}

// extremeGrad passes dy to the input that was chosen, half of it to each if they are equal, and all of it to both if
// one is NaN.
func extremeGrad(a, b, dy, aLoses, bLoses Tensor) (da, db Tensor) {
	zero := dy.NewZeros()
	dy = Where(a.Equal(b), dy.MulScalar(0.5), dy)
	if a.NeedsGrad() {
		da = Where(aLoses, zero, dy).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = Where(bLoses, zero, dy).sumTo(b.Shape())
	}
	return da, db
}
