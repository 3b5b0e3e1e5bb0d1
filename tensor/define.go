package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
)

// Elementwise defines an elementwise function y = f(x, p) of one tensor, with two constants p, such as a slope or a
// limit. For float32 and 16-bit tensors the constants are rounded to float32 first, as in PyTorch. Define each function
// once, in a package variable:
//
//	var hardshrink = tensor.NewElementwise(tensor.Elementwise{
//		Name:       "hardshrink",
//		F:          func(x float64, p [2]float64) float64 { … },
//		Derivative: func(x float64, p [2]float64) float64 { … },
//		Second:     tensor.PiecewiseLinear,
//	})
//	y := hardshrink.Of(x, 0.5)
//
// The function works on every device and for every floating-point type. It is computed in float64 and rounded once.
type Elementwise struct {
	Name string // for errors
	// F is f.
	F func(x float64, p [2]float64) float64
	// Derivative is f′(x). Where it is 0, the gradient is 0 even if dy is not finite. If it is nil, a gradient is an
	// error.
	Derivative func(x float64, p [2]float64) float64
	// Second returns f″(x), computed by ops, so that derivatives of all orders exist; [PiecewiseLinear] if f″ is zero
	// almost everywhere. If it is nil, a second derivative is an error.
	Second func(x Tensor, p [2]float64) Tensor

	row     *device.UnaryOp
	gradRow *device.BinaryOp
}

// PiecewiseLinear is the Second of an [Elementwise] whose second derivative is zero almost everywhere, such as ReLU. It
// returns no tensor.
func PiecewiseLinear(x Tensor, p [2]float64) Tensor { return Tensor{} }

// NewElementwise returns the function that e defines. It panics if F is nil, and if there are more functions than
// devices support (about 900).
func NewElementwise(e Elementwise) *Elementwise {
	if e.F == nil {
		fail("NewElementwise", "the function "+e.Name+" has no F")
	}
	if unary, _ := device.Rows(); len(unary) >= device.MaxRows {
		fail("NewElementwise", fmt.Sprintf("there are %d functions already; define each function once, in a package variable", len(unary)))
	}
	return e.build(true)
}

// newElementwise is NewElementwise for functions of this package: devices may have kernels for them, which they find by
// name.
func newElementwise(e Elementwise) *Elementwise { return e.build(false) }

func (e Elementwise) build(custom bool) *Elementwise {
	derivative := e.Derivative
	e.row = device.NewUnary(device.UnaryOp{Name: e.Name, F: e.F, Custom: custom, Formula: true})
	if derivative != nil {
		e.gradRow = device.NewBinary(device.BinaryOp{Name: e.Name + " gradient", Custom: custom, Formula: true,
			F: func(dy, x float64, p [2]float64) float64 {
				d := derivative(x, p)
				if d == 0 {
					return 0
				}
				return dy * d
			}})
	}
	return &e
}

// Of returns f(x) with up to two constants; missing ones are 0. Integers are cast to float32 first.
func (e *Elementwise) Of(x Tensor, p ...float64) Tensor {
	o := function{Elementwise: e}
	if len(p) > len(o.p) {
		fail(e.Name, fmt.Sprintf("an elementwise function has at most %d constants, not %d", len(o.p), len(p)),
			x.Shape())
	}
	copy(o.p[:], p)
	return Apply1(o, x.float())
}

// function is an elementwise function with its constants.
type function struct {
	*Elementwise
	p [2]float64
}

func (function) Saves() Saved { return SaveInputs }

func (o function) Forward(s *Scope, x Tensor) Tensor { return s.unary(o.row, x, o.p[0], o.p[1]) }
func (o function) Backward(x, y, dy Tensor) Tensor {
	if o.gradRow == nil {
		fail(o.Name, "the function has no Derivative", x.Shape())
	}
	return Apply2(functionGrad(o), dy, x)
}

// functionGrad computes dy·f′(x).
type functionGrad function

func (functionGrad) Saves() Saved { return SaveInputs }

func (o functionGrad) Forward(s *Scope, dy, x Tensor) Tensor {
	return s.binary(o.gradRow, dy, x, o.p[0], o.p[1])
}
func (o functionGrad) Backward(dy, x, y, d Tensor) (ddy, dx Tensor) {
	if dy.NeedsGrad() {
		ddy = Apply2(o, d, x)
	}
	if x.NeedsGrad() {
		if o.Second == nil {
			fail(o.Name, "the function has no Second derivative", x.Shape())
		}
		if second := o.Second(x, o.p); second.Defined() {
			dx = d.Mul(dy).Mul(second)
		}
	}
	return ddy, dx
}
