package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// An elementwise op is a row of the device's table (a name and the scalar function that defines the op) and a method
// with its gradient. Devices compute the rows.

// unary computes the elementwise op row of x with the constants c.
func (s *Scope) unary(row *device.UnaryOp, x Tensor, c ...float64) Tensor {
	var p device.Params
	copy(p[:], c)
	dt := x.DType()
	if row.Predicate {
		dt = Bool
	}
	y := s.emptyLike(x.h, dt)
	x.h.store.dev.Unary(row, &y.h.Array, &x.h.Array, p)
	return y
}

// binary computes the elementwise op row of a and b, which have one type and broadcast, with the constants c.
func (s *Scope) binary(row *device.BinaryOp, a, b Tensor, c ...float64) Tensor {
	var p device.Params
	copy(p[:], c)
	dt := a.DType()
	if row.Predicate {
		dt = Bool
	}
	var y Tensor
	if a.h.sameDims(b.h) {
		y = s.emptyLike(a.h, dt)
	} else {
		y = s.NewEmpty(a, dt, broadcast(row.Name, a.Shape(), b.Shape()))
	}
	a.h.store.dev.Binary(row, &y.h.Array, &a.h.Array, &b.h.Array, p)
	return y
}

// float returns x, cast to float32 if it is not floating point.
func (x Tensor) float() Tensor {
	if x.DType().IsFloat() {
		return x
	}
	return x.Cast(Float32)
}

// toCommonType casts two tensors to their promoted type. A tensor without dimensions does not widen the type of an
// array of the same kind, as in PyTorch.
func toCommonType(a, b Tensor) (Tensor, Tensor) {
	da, db := a.DType(), b.DType()
	if da == db {
		return a, b
	}
	dt := promote(da, db)
	if a.h.Rank > 0 && b.h.Rank == 0 && outranks(da, db) {
		dt = da
	} else if b.h.Rank > 0 && a.h.Rank == 0 && outranks(db, da) {
		dt = db
	}
	return a.Cast(dt), b.Cast(dt)
}

// toCommonFloat is toCommonType for functions with a floating-point result. Two integer tensors are cast to float32
// directly, so that a number keeps its sign next to an unsigned array.
func toCommonFloat(a, b Tensor) (Tensor, Tensor) {
	if !a.DType().IsFloat() && !b.DType().IsFloat() {
		return a.Cast(Float32), b.Cast(Float32)
	}
	return toCommonType(a, b)
}

// Neg returns −x.
func (x Tensor) Neg() Tensor { return Apply1(neg{}, x.notBool("neg")) }

type neg struct{ SavesNothing }

var negRow = device.NewUnary(device.UnaryOp{Name: "neg",
	F:   func(x float64, _ device.Params) float64 { return -x },
	Int: func(x int64, _ device.Params) int64 { return -x }})

func (neg) Forward(s *Scope, x Tensor) Tensor { return s.unary(negRow, x) }
func (neg) Backward(x, y, dy Tensor) Tensor   { return dy.Neg() }

// Exp returns eˣ.
func (x Tensor) Exp() Tensor { return Apply1(exp{}, x.float()) }

type exp struct{ SavesOutput }

var expRow = device.NewUnary(device.UnaryOp{Name: "exp",
	F: func(x float64, _ device.Params) float64 { return math.Exp(x) }})

func (exp) Forward(s *Scope, x Tensor) Tensor { return s.unary(expRow, x) }
func (exp) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(y) }

// Log returns the natural logarithm: −∞ at 0, NaN for negative x.
func (x Tensor) Log() Tensor { return Apply1(log{}, x.float()) }

type log struct{ SavesInputs }

var logRow = device.NewUnary(device.UnaryOp{Name: "log", F: func(x float64, _ device.Params) float64 { return ln(x) }})

// ln is math.Log, but right for subnormal numbers, which math.Log's assembly on amd64 gets wrong.
func ln(x float64) float64 {
	if x > 0 && x < smallestNormal {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

const smallestNormal = 0x1p-1022

func (log) Forward(s *Scope, x Tensor) Tensor { return s.unary(logRow, x) }
func (log) Backward(x, y, dy Tensor) Tensor   { return dy.Div(x) }

// Sqrt returns the square root, NaN for negative x.
func (x Tensor) Sqrt() Tensor { return Apply1(sqrt{}, x.float()) }

type sqrt struct{ SavesOutput }

var sqrtRow = device.NewUnary(device.UnaryOp{Name: "sqrt",
	F: func(x float64, _ device.Params) float64 { return math.Sqrt(x) }})

func (sqrt) Forward(s *Scope, x Tensor) Tensor { return s.unary(sqrtRow, x) }
func (sqrt) Backward(x, y, dy Tensor) Tensor   { return dy.Div(y.MulScalar(2)) }

// Abs returns |x|. Its gradient at 0 is 0.
func (x Tensor) Abs() Tensor { return Apply1(abs{}, x.notBool("abs")) }

type abs struct{ SavesInputs }

var absRow = device.NewUnary(device.UnaryOp{Name: "abs",
	F:   func(x float64, _ device.Params) float64 { return math.Abs(x) },
	Int: func(x int64, _ device.Params) int64 { return max(x, -x) }})

func (abs) Forward(s *Scope, x Tensor) Tensor { return s.unary(absRow, x) }
func (abs) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(x.Sign()) }

// Sign returns −1, 0 or 1; NaN gives 0, as in PyTorch. Its gradient is 0 everywhere.
func (x Tensor) Sign() Tensor { return Apply1(sign{}, x) }

type sign struct{ SavesNothing }

var signRow = device.NewUnary(device.UnaryOp{Name: "sign",
	F: func(x float64, _ device.Params) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return 0
	},
	Int: func(x int64, _ device.Params) int64 { return max(-1, min(1, x)) }})

func (sign) Forward(s *Scope, x Tensor) Tensor { return s.unary(signRow, x) }
func (sign) Backward(x, y, dy Tensor) Tensor   { return dy.zeroGradient() }

// zeroGradient returns zeros of dy's shape. (0·dy would be NaN for an infinite dy.)
func (dy Tensor) zeroGradient() Tensor { return dy.NewZeros().expand(dy.Shape()) }

// Square returns x².
func (x Tensor) Square() Tensor { return Apply1(square{}, x.toScalarType(2)) }

type square struct{ SavesInputs }

var squareRow = device.NewUnary(device.UnaryOp{Name: "square",
	F:   func(x float64, _ device.Params) float64 { return x * x },
	Int: func(x int64, _ device.Params) int64 { return x * x }})

func (square) Forward(s *Scope, x Tensor) Tensor { return s.unary(squareRow, x) }
func (square) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(x.MulScalar(2)) }

// AddScalar returns x + c. An integer tensor is cast to float32 unless c is a whole number.
func (x Tensor) AddScalar(c float64) Tensor {
	return Apply1(addScalar{c: x.roundScalar(c)}, x.toScalarType(c))
}

type addScalar struct {
	SavesNothing
	c float64
}

var addScalarRow = device.NewUnary(device.UnaryOp{Name: "add scalar",
	F:   func(x float64, p device.Params) float64 { return x + p[0] },
	Int: func(x int64, p device.Params) int64 { return x + int64(p[0]) }})

func (o addScalar) Forward(s *Scope, x Tensor) Tensor { return s.unary(addScalarRow, x, o.c) }
func (addScalar) Backward(x, y, dy Tensor) Tensor     { return dy }

// MulScalar returns c·x. An integer tensor is cast to float32 unless c is a whole number.
func (x Tensor) MulScalar(c float64) Tensor { return Apply1(mulScalar{c: c}, x.toScalarType(c)) }

type mulScalar struct {
	SavesNothing
	c float64
}

var mulScalarRow = device.NewUnary(device.UnaryOp{Name: "mul scalar",
	F:   func(x float64, p device.Params) float64 { return x * p[0] },
	Int: func(x int64, p device.Params) int64 { return x * int64(p[0]) }})

func (o mulScalar) Forward(s *Scope, x Tensor) Tensor { return s.unary(mulScalarRow, x, o.c) }
func (o mulScalar) Backward(x, y, dy Tensor) Tensor   { return dy.MulScalar(o.c) }

// DivScalar returns x/c. The result is always floating point: an integer tensor becomes float32.
func (x Tensor) DivScalar(c float64) Tensor { return Apply1(divScalar{c: c}, x.float()) }

type divScalar struct {
	SavesNothing
	c float64
}

var divScalarRow = device.NewUnary(device.UnaryOp{Name: "div scalar",
	F: func(x float64, p device.Params) float64 { return x / p[0] }})

func (o divScalar) Forward(s *Scope, x Tensor) Tensor { return s.unary(divScalarRow, x, o.c) }
func (o divScalar) Backward(x, y, dy Tensor) Tensor   { return dy.DivScalar(o.c) }

// notBool returns x, and panics if it is boolean: PyTorch refuses this arithmetic too.
func (x Tensor) notBool(op string) Tensor {
	if x.DType() == Bool {
		fail(op, "booleans are not supported; Cast them to numbers first", x.Shape())
	}
	return x
}

// toScalarType returns x in the type that it and the number c are computed in.
func (x Tensor) toScalarType(c float64) Tensor {
	switch {
	case c != math.Trunc(c) || c < -1<<63 || c >= 1<<63:
		return x.float()
	case x.DType() == Bool:
		return x.Cast(Int64)
	}
	return x
}
