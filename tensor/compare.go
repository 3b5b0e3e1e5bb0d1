package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Comparisons have boolean results and no gradient. Every comparison with NaN is false, except NotEqual.

// compare is the op of all comparisons and logical operations of two tensors. It has no gradient.
type compare struct {
	SavesNothing
	row *device.BinaryOp
}

func (compare) Saves() Saved { return SaveNothing }

func (o compare) Forward(s *Scope, a, b Tensor) Tensor {
	y := s.binary(o.row, a, b)
	return y
}
func (compare) Backward(a, b, y, dy Tensor) (da, db Tensor) { return Tensor{}, Tensor{} }

// compareWith returns the result of the comparison row.
func compareWith(row *device.BinaryOp, a, b Tensor) Tensor {
	commonScope2(row, a, b) // here the error can name the comparison
	return apply2(compare{row: row}, a, b)
}

func comparison(name string, f func(x, y float64) bool, i func(x, y int64) bool) *device.BinaryOp {
	return device.NewBinary(device.BinaryOp{Name: name, Predicate: true,
		F:   func(x, y float64, _ device.Params) float64 { return float64(bit(f(x, y))) },
		Int: func(x, y int64, _ device.Params) int64 { return bit(i(x, y)) }})
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

var (
	equalRow     = comparison("eq", func(x, y float64) bool { return x == y }, func(x, y int64) bool { return x == y })
	notEqualRow  = comparison("ne", func(x, y float64) bool { return x != y }, func(x, y int64) bool { return x != y })
	greaterRow   = comparison("gt", func(x, y float64) bool { return x > y }, func(x, y int64) bool { return x > y })
	greaterEqRow = comparison("ge", func(x, y float64) bool { return x >= y }, func(x, y int64) bool { return x >= y })
	lessRow      = comparison("lt", func(x, y float64) bool { return x < y }, func(x, y int64) bool { return x < y })
	lessEqRow    = comparison("le", func(x, y float64) bool { return x <= y }, func(x, y int64) bool { return x <= y })
	andRow       = comparison("logical_and", func(x, y float64) bool { return x != 0 && y != 0 },
		func(x, y int64) bool { return x != 0 && y != 0 })
	orRow = comparison("logical_or", func(x, y float64) bool { return x != 0 || y != 0 },
		func(x, y int64) bool { return x != 0 || y != 0 })
)

// Equal returns a = b, elementwise.
func (a Tensor) Equal(b Tensor) Tensor { return compareWith(equalRow, a, b) }

// NotEqual returns a ≠ b, elementwise.
func (a Tensor) NotEqual(b Tensor) Tensor { return compareWith(notEqualRow, a, b) }

// Greater returns a > b, elementwise.
func (a Tensor) Greater(b Tensor) Tensor { return compareWith(greaterRow, a, b) }

// GreaterEqual returns a ≥ b, elementwise.
func (a Tensor) GreaterEqual(b Tensor) Tensor { return compareWith(greaterEqRow, a, b) }

// Less returns a < b, elementwise.
func (a Tensor) Less(b Tensor) Tensor { return compareWith(lessRow, a, b) }

// LessEqual returns a ≤ b, elementwise.
func (a Tensor) LessEqual(b Tensor) Tensor { return compareWith(lessEqRow, a, b) }

// EqualScalar returns x = c, elementwise.
func (x Tensor) EqualScalar(c float64) Tensor {
	return Apply1(compareScalar{row: equalScalarRow, c: x.roundScalar(c)}, x)
}

// GreaterScalar returns x > c, elementwise.
func (x Tensor) GreaterScalar(c float64) Tensor {
	return Apply1(compareScalar{row: greaterScalarRow, c: x.roundScalar(c)}, x)
}

// LessScalar returns x < c, elementwise.
func (x Tensor) LessScalar(c float64) Tensor {
	return Apply1(compareScalar{row: lessScalarRow, c: x.roundScalar(c)}, x)
}

// NotEqualScalar returns x ≠ c, elementwise.
func (x Tensor) NotEqualScalar(c float64) Tensor { return x.EqualScalar(c).Not() }

// GreaterEqualScalar returns x ≥ c, elementwise.
func (x Tensor) GreaterEqualScalar(c float64) Tensor { return x.GreaterScalar(c).Or(x.EqualScalar(c)) }

// LessEqualScalar returns x ≤ c, elementwise.
func (x Tensor) LessEqualScalar(c float64) Tensor { return x.LessScalar(c).Or(x.EqualScalar(c)) }

type compareScalar struct {
	SavesNothing
	row *device.UnaryOp
	c   float64
}

// scalarComparison makes the row of a comparison with a number. Integers are compared with whole numbers as integers,
// because float64 does not represent every integer beyond 2⁵³.
func scalarComparison(name string, f func(x, c float64) bool, i func(x, c int64) bool) *device.UnaryOp {
	return device.NewUnary(device.UnaryOp{Name: name, Predicate: true,
		F: func(x float64, p device.Params) float64 { return float64(bit(f(x, p[0]))) },
		Int: func(x int64, p device.Params) int64 {
			if c := int64(p[0]); float64(c) == p[0] {
				return bit(i(x, c))
			}
			return bit(f(float64(x), p[0]))
		}})
}

var (
	equalScalarRow = scalarComparison("eq scalar", func(x, c float64) bool { return x == c },
		func(x, c int64) bool { return x == c })
	greaterScalarRow = scalarComparison("gt scalar", func(x, c float64) bool { return x > c },
		func(x, c int64) bool { return x > c })
	lessScalarRow = scalarComparison("lt scalar", func(x, c float64) bool { return x < c },
		func(x, c int64) bool { return x < c })
)

func (o compareScalar) Forward(s *Scope, x Tensor) Tensor { return s.unary(o.row, x, o.c) }
func (compareScalar) Backward(x, y, dy Tensor) Tensor     { return Tensor{} }
