package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// Sin returns the sine; x is in radians.
func (x Tensor) Sin() Tensor { return Apply1(sin{}, x.float()) }

type sin struct{ SavesInputs }

var sinRow = floatRow("sin", math.Sin)

func (sin) Forward(s *Scope, x Tensor) Tensor { return s.unary(sinRow, x) }
func (sin) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(x.Cos()) }

// Cos returns the cosine; x is in radians.
func (x Tensor) Cos() Tensor { return Apply1(cos{}, x.float()) }

type cos struct{ SavesInputs }

var cosRow = floatRow("cos", math.Cos)

func (cos) Forward(s *Scope, x Tensor) Tensor { return s.unary(cosRow, x) }
func (cos) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(x.Sin().Neg()) }

// Tan returns the tangent; x is in radians.
func (x Tensor) Tan() Tensor { return Apply1(tan{}, x.float()) }

type tan struct{ SavesOutput }

var tanRow = floatRow("tan", cpu.Tan)

func (tan) Forward(s *Scope, x Tensor) Tensor { return s.unary(tanRow, x) }
func (tan) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(y.Square().AddScalar(1)) }

// Asin returns the arc sine in radians, NaN outside [−1, 1].
func (x Tensor) Asin() Tensor { return Apply1(asin{}, x.float()) }

type asin struct{ SavesInputs }

var asinRow = floatRow("asin", math.Asin)

func (asin) Forward(s *Scope, x Tensor) Tensor { return s.unary(asinRow, x) }
func (asin) Backward(x, y, dy Tensor) Tensor {
	return dy.Mul(x.Square().Neg().AddScalar(1).Rsqrt())
}

// Acos returns the arc cosine in radians, NaN outside [−1, 1].
func (x Tensor) Acos() Tensor { return Apply1(acos{}, x.float()) }

type acos struct{ SavesInputs }

var acosRow = floatRow("acos", math.Acos)

func (acos) Forward(s *Scope, x Tensor) Tensor { return s.unary(acosRow, x) }
func (acos) Backward(x, y, dy Tensor) Tensor {
	return dy.Neg().Mul(x.Square().Neg().AddScalar(1).Rsqrt())
}

// Atan returns the arc tangent in radians.
func (x Tensor) Atan() Tensor { return Apply1(atan{}, x.float()) }

type atan struct{ SavesInputs }

var atanRow = floatRow("atan", math.Atan)

func (atan) Forward(s *Scope, x Tensor) Tensor { return s.unary(atanRow, x) }
func (atan) Backward(x, y, dy Tensor) Tensor   { return dy.Div(x.Square().AddScalar(1)) }

// Sinh returns the hyperbolic sine.
func (x Tensor) Sinh() Tensor { return Apply1(sinh{}, x.float()) }

type sinh struct{ SavesInputs }

var sinhRow = floatRow("sinh", cpu.Sinh)

func (sinh) Forward(s *Scope, x Tensor) Tensor { return s.unary(sinhRow, x) }
func (sinh) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(x.Cosh()) }

// Cosh returns the hyperbolic cosine.
func (x Tensor) Cosh() Tensor { return Apply1(cosh{}, x.float()) }

type cosh struct{ SavesInputs }

var coshRow = floatRow("cosh", cpu.Cosh)

func (cosh) Forward(s *Scope, x Tensor) Tensor { return s.unary(coshRow, x) }
func (cosh) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(x.Sinh()) }

// Atan2 returns the angle of the point (b, a) in radians, between −π and π: the arc tangent of a/b in the quadrant of
// (b, a).
func (a Tensor) Atan2(b Tensor) Tensor {
	a, b = toCommonFloat(a, b)
	return Apply2(atan2{}, a, b)
}

type atan2 struct{ SavesInputs }

var atan2Row = device.NewBinary(device.BinaryOp{Name: "atan2",
	F: func(y, x float64, _ device.Params) float64 { return math.Atan2(y, x) }})

func (atan2) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(atan2Row, a, b) }
func (atan2) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	r := a.Square().Add(b.Square())
	scale := dy.Div(r).MaskedFill(r.EqualScalar(0), 0)
	if a.NeedsGrad() {
		da = scale.Mul(b).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = scale.Mul(a).Neg().sumTo(b.Shape())
	}
	return da, db
}
