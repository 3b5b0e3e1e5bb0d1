package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// And returns whether a and b are both nonzero, elementwise.
func (a Tensor) And(b Tensor) Tensor { return compareWith(andRow, a, b) }

// Or returns whether a or b is nonzero, elementwise.
func (a Tensor) Or(b Tensor) Tensor { return compareWith(orRow, a, b) }

// Not returns whether x is zero, elementwise.
func (x Tensor) Not() Tensor { return x.EqualScalar(0) }

// Xor returns whether exactly one of a and b is nonzero, elementwise.
func (a Tensor) Xor(b Tensor) Tensor { return compareWith(xorRow, a, b) }

var xorRow = comparison("logical_xor", func(x, y float64) bool { return (x != 0) != (y != 0) },
	func(x, y int64) bool { return (x != 0) != (y != 0) })

// classify is the op of IsNaN, IsInf and IsFinite.
type classify struct {
	SavesNothing
	row *device.UnaryOp
}

func (o classify) Forward(s *Scope, x Tensor) Tensor { return s.unary(o.row, x) }
func (classify) Backward(x, y, dy Tensor) Tensor     { return Tensor{} }

func predicate(name string, f func(x float64) bool, ofInt int64) *device.UnaryOp {
	return device.NewUnary(device.UnaryOp{Name: name, Predicate: true,
		F:   func(x float64, _ device.Params) float64 { return float64(bit(f(x))) },
		Int: func(int64, device.Params) int64 { return ofInt }})
}

var (
	isNaNRow    = predicate("isnan", func(x float64) bool { return x != x }, 0)
	isInfRow    = predicate("isinf", func(x float64) bool { return math.IsInf(x, 0) }, 0)
	isFiniteRow = predicate("isfinite", func(x float64) bool { return x-x == 0 }, 1)
)

// IsNaN returns whether x is not a number, elementwise.
func (x Tensor) IsNaN() Tensor { return Apply1(classify{row: isNaNRow}, x) }

// IsInf returns whether x is ∞ or −∞, elementwise.
func (x Tensor) IsInf() Tensor { return Apply1(classify{row: isInfRow}, x) }

// IsFinite returns whether x is neither infinite nor NaN, elementwise.
func (x Tensor) IsFinite() Tensor { return Apply1(classify{row: isFiniteRow}, x) }

// Any returns whether some element over dims is nonzero; false for no elements. The result is boolean, or uint8 for a
// uint8 tensor.
func (x Tensor) Any(dims ...int) Tensor {
	return x.reduceBool("any", device.Max, dims)
}

// All returns whether all elements over dims are nonzero; true for no elements. The result is boolean, or uint8 for a
// uint8 tensor.
func (x Tensor) All(dims ...int) Tensor {
	return x.reduceBool("all", device.Min, dims)
}

func (x Tensor) reduceBool(op string, kind device.Reduction, dims []int) Tensor {
	y := Apply1(boolReduction{kind: kind, dims: x.Shape().axes(op, dims)}, x.Detach().nonzero())
	if x.DType() == Uint8 {
		return y.Cast(Uint8)
	}
	return y
}

// boolReduction computes any (the maximum) or all (the minimum) of booleans.
type boolReduction struct {
	SavesNothing
	kind device.Reduction
	dims [MaxRank]bool
}

func (o boolReduction) Forward(s *Scope, x Tensor) Tensor { return s.reduce(o.kind, x, o.dims, Bool) }
func (boolReduction) Backward(x, y, dy Tensor) Tensor     { return Tensor{} }
