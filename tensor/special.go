package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// floatRow makes a row of the elementwise table that is for floats alone.
func floatRow(name string, f func(x float64) float64) *device.UnaryOp {
	return device.NewUnary(device.UnaryOp{Name: name, F: func(x float64, _ device.Params) float64 { return f(x) }})
}

// Expm1 returns eˣ − 1, exact also near 0.
func (x Tensor) Expm1() Tensor { return Apply1(expm1{}, x.float()) }

type expm1 struct{ SavesOutput }

var expm1Row = floatRow("expm1", math.Expm1)

func (expm1) Forward(s *Scope, x Tensor) Tensor { return s.unary(expm1Row, x) }
func (expm1) Backward(x, y, dy Tensor) Tensor   { return dy.Mul(y.AddScalar(1)) }

// Log1p returns ln(1 + x), exact also near 0.
func (x Tensor) Log1p() Tensor { return Apply1(log1p{}, x.float()) }

type log1p struct{ SavesInputs }

var log1pRow = floatRow("log1p", math.Log1p)

func (log1p) Forward(s *Scope, x Tensor) Tensor { return s.unary(log1pRow, x) }
func (log1p) Backward(x, y, dy Tensor) Tensor   { return dy.Div(x.AddScalar(1)) }

// Log2 returns the logarithm to base 2.
func (x Tensor) Log2() Tensor { return Apply1(log2{}, x.float()) }

type log2 struct{ SavesInputs }

var log2Row = floatRow("log2", func(x float64) float64 {
	if x > 0 && x < smallestNormal {
		return math.Log2(x*0x1p54) - 54
	}
	return math.Log2(x)
})

func (log2) Forward(s *Scope, x Tensor) Tensor { return s.unary(log2Row, x) }
func (log2) Backward(x, y, dy Tensor) Tensor   { return dy.Div(x.MulScalar(math.Ln2)) }

// Log10 returns the logarithm to base 10.
func (x Tensor) Log10() Tensor { return Apply1(log10{}, x.float()) }

type log10 struct{ SavesInputs }

var log10Row = floatRow("log10", func(x float64) float64 { return ln(x) * (1 / math.Ln10) })

func (log10) Forward(s *Scope, x Tensor) Tensor { return s.unary(log10Row, x) }
func (log10) Backward(x, y, dy Tensor) Tensor   { return dy.Div(x.MulScalar(math.Ln10)) }

// Rsqrt returns 1/√x.
func (x Tensor) Rsqrt() Tensor { return Apply1(rsqrt{}, x.float()) }

type rsqrt struct{ SavesOutput }

var rsqrtRow = floatRow("rsqrt", func(x float64) float64 { return 1 / math.Sqrt(x) })

func (rsqrt) Forward(s *Scope, x Tensor) Tensor { return s.unary(rsqrtRow, x) }
func (rsqrt) Backward(x, y, dy Tensor) Tensor {
	return dy.MulScalar(-0.5).Mul(y.Square().Mul(y))
}

// Reciprocal returns 1/x.
func (x Tensor) Reciprocal() Tensor { return Apply1(reciprocal{}, x.float()) }

type reciprocal struct{ SavesOutput }

var reciprocalRow = floatRow("reciprocal", func(x float64) float64 { return 1 / x })

func (reciprocal) Forward(s *Scope, x Tensor) Tensor { return s.unary(reciprocalRow, x) }
func (reciprocal) Backward(x, y, dy Tensor) Tensor   { return dy.Neg().Mul(y.Square()) }

// rounding is the op of all functions that are flat between jumps: a row, and a gradient of 0. Integers stay as they are.
type rounding struct {
	SavesNothing
	row *device.UnaryOp
}

func (o rounding) Forward(s *Scope, x Tensor) Tensor { return s.unary(o.row, x) }
func (rounding) Backward(x, y, dy Tensor) Tensor     { return dy.noGradient() }

func roundingRow(name string, f func(x float64) float64) *device.UnaryOp {
	return device.NewUnary(device.UnaryOp{Name: name,
		F:   func(x float64, _ device.Params) float64 { return f(x) },
		Int: func(x int64, _ device.Params) int64 { return x }})
}

var (
	floorRow = roundingRow("floor", math.Floor)
	ceilRow  = roundingRow("ceil", math.Ceil)
	roundRow = roundingRow("round", math.RoundToEven)
	truncRow = roundingRow("trunc", math.Trunc)
)

// Floor returns the largest whole number that is not above x. Its gradient is 0.
func (x Tensor) Floor() Tensor { return Apply1(rounding{row: floorRow}, x.notBool("floor")) }

// Ceil returns the smallest whole number that is not below x. Its gradient is 0.
func (x Tensor) Ceil() Tensor { return Apply1(rounding{row: ceilRow}, x.notBool("ceil")) }

// Round returns the nearest whole number, of two equally near the even one. Its gradient is 0.
func (x Tensor) Round() Tensor { return Apply1(rounding{row: roundRow}, x.notBool("round")) }

// Trunc returns x without its fraction. Its gradient is 0.
func (x Tensor) Trunc() Tensor { return Apply1(rounding{row: truncRow}, x.notBool("trunc")) }

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

// Erf returns the error function 2/√π·∫₀ˣ e^−t² dt.
func (x Tensor) Erf() Tensor { return Apply1(erf{}, x.float()) }

type erf struct{ SavesInputs }

var erfRow = floatRow("erf", math.Erf)

func (erf) Forward(s *Scope, x Tensor) Tensor { return s.unary(erfRow, x) }
func (erf) Backward(x, y, dy Tensor) Tensor {
	return dy.Mul(x.Square().Neg().Exp().MulScalar(2 / math.SqrtPi))
}

// Atan2 returns the angle of the point (b, a) in radians, between −π and π: the arc tangent of a/b, in the right quadrant.
func (a Tensor) Atan2(b Tensor) Tensor {
	a, b = matchFloats(a, b)
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

// Remainder returns a − b·⌊a/b⌋, which has b's sign. It panics where integers are divided by 0.
func (a Tensor) Remainder(b Tensor) Tensor {
	a, b = match(a, b)
	b.noZero("remainder")
	return Apply2(remainder{}, a, b)
}

// noZero panics where b holds integers and one of them is 0.
func (b Tensor) noZero(op string) {
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

// FloorDiv returns ⌊a/b⌋, computed such that it goes with Remainder. Its gradient is 0. It panics where integers are divided by 0.
func (a Tensor) FloorDiv(b Tensor) Tensor {
	a, b = match(a, b)
	b.noZero("floor_divide")
	return Apply2(floorDiv{}, a, b)
}

type floorDiv struct{ SavesNothing }

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

func (floorDiv) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(floorDivRow, a, b) }
func (floorDiv) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.noGradient().sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.noGradient().sumTo(b.Shape())
	}
	return da, db
}

// Lerp returns a + w·(b − a): the point that lies the part w of the way from a to b. Both are of one floating-point type.
func (a Tensor) Lerp(b Tensor, w float64) Tensor {
	if a.DType() != b.DType() || !a.DType().IsFloat() {
		fail("lerp", "the inputs are "+a.DType().String()+" and "+b.DType().String()+", not of one floating-point type", a.Shape(), b.Shape())
	}
	return Apply2(lerp{w: w}, a, b)
}

type lerp struct {
	SavesNothing
	w float64
}

func (o lerp) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(lerpRow, a, b, o.w) }
func (o lerp) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.MulScalar(1 - o.w).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.MulScalar(o.w).sumTo(b.Shape())
	}
	return da, db
}

// LerpTensor is Lerp with a weight for each element; all three are of one floating-point type, and broadcast.
func (a Tensor) LerpTensor(b, w Tensor) Tensor {
	if a.DType() != b.DType() || a.DType() != w.DType() || !a.DType().IsFloat() {
		fail("lerp", "the inputs are "+a.DType().String()+", "+b.DType().String()+" and "+w.DType().String()+", not of one floating-point type")
	}
	return Apply3(lerpTensor{}, a, b, w)
}

type lerpTensor struct{ SavesInputs }

func (lerpTensor) Forward(s *Scope, a, b, w Tensor) Tensor {
	// a + w·(b − a) in the half where w is small, b − (b − a)·(1 − w) in the other, so that both ends are met.
	d := s.binary(subRow, b, a)
	low := s.binary(addRow, a, s.binary(mulRow, w, d))
	high := s.binary(subRow, b, s.binary(mulRow, d, s.unary(addScalarRow, s.unary(negRow, w), 1)))
	small := s.unary(lessScalarRow, s.unary(absRow, w), 0.5)
	y := s.Empty(a, a.DType(), low.Shape())
	a.h.store.dev.Where(&y.h.Array, &small.h.Array, &low.h.Array, &high.h.Array)
	return y
}

func (lerpTensor) Backward(a, b, w, y, dy Tensor) (da, db, dw Tensor) {
	if a.NeedsGrad() {
		da = dy.Mul(w.Neg().AddScalar(1)).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.Mul(w).sumTo(b.Shape())
	}
	if w.NeedsGrad() {
		dw = dy.Mul(b.Sub(a)).sumTo(w.Shape())
	}
	return da, db, dw
}

// ClampTensor returns x limited to [lo, hi], elementwise: min(max(x, lo), hi). All three are of one type and broadcast. The
// gradient goes to x between the limits, beyond one to the limit, and on one half to each.
func (x Tensor) ClampTensor(lo, hi Tensor) Tensor {
	if x.DType() != lo.DType() || x.DType() != hi.DType() {
		fail("clamp", "the inputs are "+x.DType().String()+", "+lo.DType().String()+" and "+hi.DType().String()+", not of one type")
	}
	return Apply3(clampTensor{}, x, lo, hi)
}

type clampTensor struct{ SavesInputs }

func (clampTensor) Forward(s *Scope, x, lo, hi Tensor) Tensor {
	return s.binary(minimumRow, s.binary(maximumRow, x, lo), hi)
}

func (clampTensor) Backward(x, lo, hi, y, dy Tensor) (dx, dlo, dhi Tensor) {
	open := lo.Less(hi) // where the limits are equal, x keeps all of the gradient
	onLo, onHi := x.Equal(lo).And(open), x.Equal(hi).And(open)
	dy = Where(onLo.Or(onHi), dy.MulScalar(0.5), dy)
	if x.NeedsGrad() {
		dx = dy.MaskedFill(x.Less(lo).Or(x.Greater(hi)), 0).sumTo(x.Shape())
	}
	if lo.NeedsGrad() {
		dlo = dy.MaskedFill(onLo.Or(x.Less(lo).And(lo.LessEqual(hi))).Not(), 0).sumTo(lo.Shape())
	}
	if hi.NeedsGrad() {
		dhi = dy.MaskedFill(onHi.Or(x.Greater(hi)).Or(hi.Less(lo)).Not(), 0).sumTo(hi.Shape())
	}
	return dx, dlo, dhi
}
