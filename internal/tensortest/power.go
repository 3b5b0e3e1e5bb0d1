package tensortest

import (
	"math"
	"math/big"
	"sync"
)

// power is math.Pow for its special cases, else e^(y·ln |x|) in 128 bits: the error of math.Pow is up to 40 ulp.
func power(x, y float64) float64 {
	key := [2]uint64{math.Float64bits(x), math.Float64bits(y)}
	if r, known := powers.Load(key); known {
		return r.(float64)
	}
	r := slowPower(x, y)
	powers.Store(key, r)
	return r
}

// powers caches results: samples are the same for every device.
var powers sync.Map

func slowPower(x, y float64) float64 {
	finite := math.Abs(x) <= math.MaxFloat64 && math.Abs(y) <= math.MaxFloat64
	if !finite || x == 0 || math.Abs(x) == 1 || x < 0 && y != math.Trunc(y) {
		return math.Pow(x, y)
	}
	z := new(big.Float).Mul(wide(y), logarithm(math.Abs(x)))
	r := math.Inf(1)
	switch near, _ := z.Float64(); {
	case near < -746:
		r = 0
	case near < 710:
		r = exponential(z)
	}
	if x < 0 && math.Mod(y, 2) != 0 {
		return -r
	}
	return r
}

func wide(x float64) *big.Float { return new(big.Float).SetPrec(128).SetFloat64(x) }

// logarithm is e·ln 2 + 2·atanh((m − 1)/(m + 1)) for x = m·2ᵉ.
func logarithm(x float64) *big.Float {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	l := twiceAtanh(wide(0).Quo(wide(m-1), wide(0).Add(wide(m), wide(1))))
	return l.Add(l, wide(0).Mul(wide(float64(e)), ln2))
}

var ln2 = twiceAtanh(wide(0).Quo(wide(1), wide(3)))

// twiceAtanh is 2(s + s³/3 + s⁵/5 + …).
func twiceAtanh(s *big.Float) *big.Float {
	q, term, sum := wide(0).Mul(s, s), wide(0).Set(s), wide(0)
	for k := 1.0; term.Sign() != 0 && (sum.Sign() == 0 || term.MantExp(nil) > sum.MantExp(nil)-128); k += 2 {
		sum.Add(sum, wide(0).Quo(term, wide(k)))
		term.Mul(term, q)
	}
	return sum.Mul(sum, wide(2))
}

// exponential is (e^(z/2³⁰))^(2³⁰), the inner one by its series.
func exponential(z *big.Float) float64 {
	const halvings = 30
	z = wide(0).SetMantExp(z, -halvings)
	term, sum := wide(1), wide(1)
	for k := 1.0; k < 10; k++ {
		term.Quo(term.Mul(term, z), wide(k))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	r, _ := sum.Float64()
	return r
}
