package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Pow returns aᵇ, elementwise. A negative power of an integer other than 1 and −1 is 0, as in PyTorch.
func (a Tensor) Pow(b Tensor) Tensor {
	if b.DType() == Bool {
		a.notBool("pow")
	}
	return apply2(pow{}, a, b)
}

type pow struct{}

var powRow = device.NewBinary(device.BinaryOp{Name: "pow",
	F:   func(x, y float64, _ device.Params) float64 { return power(x, y) },
	Int: func(x, y int64, _ device.Params) int64 { return intPower(x, y) }})

func (pow) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(powRow, a, b) }
func (pow) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = Where(b.EqualScalar(0), dy.NewZeros(), dy.Mul(b.Mul(a.Pow(b.AddScalar(-1))))).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		flat := a.EqualScalar(0).And(b.GreaterEqual(b.NewZeros())) // 0ᵇ does not depend on b ≥ 0
		db = dy.Mul(Where(flat, dy.NewZeros(), y.Mul(a.Log()))).sumTo(b.Shape())
	}
	return da, db
}

// PowScalar returns xᶜ. An integer tensor is cast to float32 unless c is a whole number. It panics for an integer
// tensor and a negative whole c.
func (x Tensor) PowScalar(c float64) Tensor {
	x = x.toScalarType(c)
	if c < 0 && !x.DType().IsFloat() {
		fail("pow", "integers have no negative powers; Cast to a floating-point type first", x.Shape())
	}
	return Apply1(powScalar{c: x.roundScalar(c)}, x)
}

type powScalar struct{ c float64 }

var powScalarRow = device.NewUnary(device.UnaryOp{Name: "pow scalar",
	F: func(x float64, p device.Params) float64 {
		switch c := p[0] + p[1]; c {
		case 0.5: // PyTorch's roots differ from powers at −∞ and −0
			return math.Sqrt(x)
		case -0.5:
			return 1 / math.Sqrt(x)
		default:
			return power(x, c)
		}
	},
	Int: func(x int64, p device.Params) int64 { return intPower(x, int64(p[0]+p[1])) }})

func (powScalar) Saves() Saved { return SaveInputs }

// Forward passes the exponent as a sum of two float32 numbers. The device rounds parameters to the array's type, but
// PyTorch does not round this one, and the power magnifies the rounding.
func (o powScalar) Forward(s *Scope, x Tensor) Tensor {
	c, rest := float64(float32(o.c)), 0.0
	if !math.IsInf(c, 0) {
		rest = o.c - c
	}
	return s.unary(powScalarRow, x, c, rest)
}
func (o powScalar) Backward(x, y, dy Tensor) Tensor {
	if o.c == 0 {
		return dy.zeroGradient()
	}
	return dy.Mul(x.PowScalar(o.c - 1).MulScalar(o.c))
}

// power returns xʸ. The error of math.Pow is dozens of units in the last place if the result is far from 1; the error
// of power is about one, as in PyTorch. It keeps y·ln x as a sum of two numbers, so that exp does not magnify the
// rounding of a large product.
func power(x, y float64) float64 {
	a := math.Abs(x)
	whole := math.Trunc(y) == y
	if !(a > 0 && a <= math.MaxFloat64) || a == 1 || !(math.Abs(y) <= math.MaxFloat64) || y == 0 || x < 0 && !whole {
		return math.Pow(x, y) // the special cases
	}
	hi, lo := log2words(a)
	z := y * hi
	if math.Abs(z) > 800 {
		z = math.Copysign(800, z) // e^±800 overflows or underflows; the limit avoids ∞ − ∞
		hi, lo = z/y, 0
	}
	rest := math.FMA(y, hi, -z) + y*lo
	k := math.Round(z / math.Ln2)
	z, rest = add2(z-k*ln2, rest-k*ln2Low)
	r := math.Exp(z)
	r = math.Ldexp(r+r*rest, int(k))
	if x < 0 && math.Mod(y, 2) != 0 {
		return -r
	}
	return r
}

// ln 2 in two words. The first has 32 bits, so that its product with an exponent is exact.
const ln2, ln2Low = 0x1.62e42fefp-1, 0x1.473de6af278edp-34

// log2words returns ln x as a sum of two numbers, for 0 < x < ∞:
//
//	ln x = e·ln 2 + 2·atanh s,  x = m·2ᵉ, √½ ≤ m < √2, s = (m − 1)/(m + 1)
func log2words(x float64) (hi, lo float64) {
	m, exponent := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		exponent--
	}
	e := float64(exponent)
	// s and its cube's third, in two words each.
	n, d := m-1, m+1
	s := n / d
	sl := (math.FMA(-s, d, n) - s*(m-(d-1))) / d
	q := s * s
	ql := math.FMA(s, s, -q) + 2*s*sl
	c := q * s
	cl := math.FMA(q, s, -c) + ql*s + q*sl
	t := c / 3
	tl := (math.FMA(-t, 3, c) + cl) / 3
	// The rest of the series s⁵/5 + s⁷/7 + … to s²⁵, small enough for one word.
	rest := 0.0
	for k := 25.0; k >= 5; k -= 2 {
		rest = rest*q + 1/k
	}
	rest *= c * q
	hi, lo = add2(e*ln2, 2*s)
	h, l := add2(hi, 2*t)
	return add2(h, l+lo+2*(sl+tl+rest)+e*ln2Low)
}

// add2 returns the rounded sum a + b and its rounding error (Knuth's TwoSum).
func add2(a, b float64) (sum, rest float64) {
	sum = a + b
	bb := sum - a
	return sum, (a - (sum - bb)) + (b - bb)
}

// intPower returns xʸ modulo 2⁶⁴.
func intPower(x, y int64) int64 {
	if y < 0 {
		switch x {
		case 1:
			return 1
		case -1:
			return 1 - 2*(y&1)
		}
		return 0
	}
	r := int64(1)
	for ; y > 0; y >>= 1 {
		if y&1 != 0 {
			r *= x
		}
		x *= x
	}
	return r
}
