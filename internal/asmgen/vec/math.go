package main

// Functions of one vector. Constants come from fit.py.

const (
	signBit = 0x80000000
	absMask = 0x7fffffff
	magic   = 0x4B400000 // 1.5·2²³: added to a small number, it leaves that number's integer part in the low bits
	log2e   = 0x3fb8aa3b
	ln2     = 0x3f317200 // ln 2 in two parts; n·ln2 is exact for |n| < 512
	ln2Low  = 0x35bfbe8e
	lg2     = 0x3e9a2000 // log₁₀2 in two parts, in the same way
	lg2Low  = 0x369a84fc

	log2eLow  = 0x32a57060
	log10e    = 0x3ede5bd9
	log10eLow = 0xb22d91af

	inf    = 0x7f800000
	negInf = 0xff800000
	nan    = 0x7fc00000
)

// Classes of numbers and their replacements in opFix (VFIXUPIMMPS in Intel's manual); fixQuiet keeps NaN.
const (
	fixZero       = 2
	fixMinusInf   = 4
	fixPlusInf    = 5
	fixNegative   = 6
	fixQuiet      = 0x22
	fixIndefinite = 3
	fixToMinusInf = 4
	fixToInf      = 5
)

func (m *machine) fma(a, b, c vec) vec  { return m.do(opFMA, a, b, c) }
func (m *machine) fnma(a, b, c vec) vec { return m.do(opFNMA, a, b, c) }
func (m *machine) neg(x vec) vec        { return m.do(opXor, x, m.bits(signBit)) }
func (m *machine) abs(x vec) vec        { return m.do(opAnd, x, m.bits(absMask)) }

// atMost and atLeast clamp x; NaN stays.
func (m *machine) atMost(x vec, k float64) vec  { return m.do(opMin, m.c(k), x) }
func (m *machine) atLeast(x vec, k float64) vec { return m.do(opMax, m.c(k), x) }

// absAtMost returns min(|x|, k). The result for NaN is unspecified.
func (m *machine) absAtMost(x vec, k float64) vec {
	if m.isa == avx512 {
		return m.do(opMinAbs, x, m.c(k))
	}
	return m.atMost(m.abs(x), k)
}

// positive returns max(x, 0); NaN and -0 stay.
func (m *machine) positive(x vec) vec {
	if m.x86() {
		return m.do(opMax, m.c(0), x)
	}
	return m.do(opSelect, m.do(opLess, x, m.c(0)), m.c(0), x)
}

// horner returns c₀ + c₁x + c₂x² + … for coefficients given as bits, lowest first.
func (m *machine) horner(x vec, coefficients ...uint32) vec {
	p := m.bits(coefficients[len(coefficients)-1])
	for i := len(coefficients) - 2; i >= 0; i-- {
		p = m.fma(p, x, m.bits(coefficients[i]))
	}
	return p
}

// A power is 2ⁿ for an integer n, stored as n and as magic + n.
type power struct{ n, shifted vec }

// reduce returns x - n·ln 2 and 2ⁿ for n = round(x/ln 2).
func (m *machine) reduce(x vec) (vec, power) {
	r, n := m.reduceHigh(x)
	return m.fnma(n.n, m.bits(ln2Low), r), n
}

// reduceHigh is reduce without the lower part of ln 2, n times which the caller must subtract. Its result is exact.
func (m *machine) reduceHigh(x vec) (vec, power) {
	shifted := m.fma(x, m.bits(log2e), m.bits(magic))
	n := power{m.do(opSub, shifted, m.bits(magic)), shifted}
	return m.fnma(n.n, m.bits(ln2), x), n
}

// scale returns x·2ⁿ, rounded once, for |n| < 250.
func (m *machine) scale(x vec, e power) vec {
	if m.isa == avx512 {
		return m.do(opScale, x, e.n)
	}
	// Multiply by two powers, each of which is a normal number. The first product is exact unless the second underflows
	// to 0 or overflows.
	n := m.do(opSubInt, e.shifted, m.bits(magic))
	half := m.shift(opSar, n, 1)
	rest := m.do(opSubInt, n, half)
	one := m.bits(0x3f800000)
	x = m.do(opMul, x, m.do(opAddInt, m.shift(opShl, half, 23), one))
	return m.do(opMul, x, m.do(opAddInt, m.shift(opShl, rest, 23), one))
}

// expPoly returns eʳ for |r| ≤ ½ ln 2.
func (m *machine) expPoly(r vec) vec { return m.fma(m.expSlope(r), r, m.c(1)) }

// expSlope returns (eʳ - 1)/r.
func (m *machine) expSlope(r vec) vec {
	q := m.horner(r, 0x3efffffe, 0x3e2aaa49, 0x3d2aac5a, 0x3c091cd0, 0x3ab524b0)
	return m.fma(q, r, m.c(1))
}

// exp returns eˣ.
func (m *machine) exp(x vec) vec {
	return m.expNotAbove(m.atMost(x, 89))
}

// expNotAbove returns eˣ for x ≤ 89.
func (m *machine) expNotAbove(x vec) vec {
	r, e := m.reduce(m.atLeast(x, -104))
	return m.scale(m.expPoly(r), e)
}

// expm1 returns 2ⁿ and p with eˣ = 2ⁿ(1 + p), for |x| ≤ 80. p is accurate to its last place.
func (m *machine) expm1(x vec) (two, p vec) {
	r, n := m.reduce(x)
	return m.do(opAddInt, m.shift(opShl, n.shifted, 23), m.c(1)), m.expm1Rest(r)
}

// expm1Rest returns eʳ - 1 for |r| ≤ ½ ln 2.
func (m *machine) expm1Rest(r vec) vec {
	q := m.horner(r, 0x3effffff, 0x3e2aaa5a, 0x3d2aab79, 0x3c0912b0, 0x3ab5ce55)
	return m.fma(m.do(opMul, r, r), q, r)
}

// logReduce returns n and f with x = 2ⁿ(1 + f) and √½ ≤ 1 + f < √2, for normal x.
func (m *machine) logReduce(x vec) (n, f vec) {
	const sqrtHalf = 0x3f3504f3
	d := m.do(opSubInt, x, m.bits(sqrtHalf))
	n = m.do(opToFloat, m.shift(opSar, d, 23))
	return n, m.do(opSub, m.do(opAddInt, m.do(opAnd, d, m.bits(0x007fffff)), m.bits(sqrtHalf)), m.c(1))
}

// logReduceAll is logReduce for all positive x, subnormal ones too.
func (m *machine) logReduceAll(x vec) (n, f vec) {
	small := m.do(opLess, x, m.bits(0x00800000))
	n, f = m.logReduce(m.do(opSelect, small, m.do(opMul, x, m.c(1<<23)), x))
	return m.do(opSub, n, m.do(opSelect, small, m.c(23), m.c(0))), f
}

// logRest returns ln(1 + f) - f + rest.
func (m *machine) logRest(f, rest vec) vec {
	p := m.horner(f, 0x3eaaaaa4, 0xbe800003, 0x3e4cd23b, 0xbe2aae22, 0x3e119dd2, 0xbdfe146d, 0x3df35ff6, 0xbdef008a,
		0x3d8a3931)
	ff := m.do(opMul, f, f)
	return m.fma(ff, m.c(-0.5), m.fma(m.do(opMul, p, f), ff, rest))
}

// logSpecial returns the logarithm of special x: -Inf for zero, NaN for negative numbers, x for infinity and NaN; l for
// others.
func (m *machine) logSpecial(l, x vec) vec {
	if m.isa == avx512 {
		return m.do(opFix, l, x, m.bits(fixQuiet|fixToMinusInf<<(4*fixZero)|fixIndefinite<<(4*fixMinusInf)|
			fixToInf<<(4*fixPlusInf)|fixIndefinite<<(4*fixNegative)))
	}
	// The logarithms of infinity and NaN are x; zero and negative numbers have other constants.
	l = m.do(opSelect, m.do(opLess, x, m.bits(inf)), l, x)
	l = m.do(opSelect, m.do(opLess, x, m.c(0)), m.bits(nan), l)
	return m.do(opSelect, m.do(opEqual, x, m.c(0)), m.bits(negInf), l)
}

func (m *machine) log(x vec) vec {
	n, f := m.logReduceAll(x)
	s := m.logRest(f, m.do(opMul, n, m.bits(ln2Low)))
	return m.logSpecial(m.fma(n, m.bits(ln2), m.do(opAdd, s, f)), x)
}

// log2 and log10 multiply by log₂e and log₁₀e in two parts, since those are rounded too.
func (m *machine) log2(x vec) vec {
	n, f := m.logReduceAll(x)
	s := m.logRest(f, m.c(0))
	l := m.fma(f, m.bits(log2e), m.fma(s, m.bits(log2e), m.do(opMul, f, m.bits(log2eLow))))
	return m.logSpecial(m.do(opAdd, n, l), x)
}

func (m *machine) log10(x vec) vec {
	n, f := m.logReduceAll(x)
	s := m.logRest(f, m.c(0))
	l := m.fma(f, m.bits(log10eLow), m.do(opMul, n, m.bits(lg2Low)))
	l = m.fma(f, m.bits(log10e), m.fma(s, m.bits(log10e), l))
	return m.logSpecial(m.fma(n, m.bits(lg2), l), x)
}

// log1pAll is ln(u + c) for u = 1 + x and its rounding error c.
func (m *machine) log1pAll(x vec) vec {
	u := m.do(opAdd, x, m.c(1))
	// The larger of 1 and x is subtracted first, so that the difference is exact.
	large := m.do(opLess, m.c(1), x)
	a, b := m.do(opSelect, large, x, m.c(1)), m.do(opSelect, large, m.c(1), x)
	c := m.do(opSub, b, m.do(opSub, u, a))
	n, f := m.logReduce(u)
	down := m.do(opSubInt, m.c(1), m.do(opAnd, m.do(opSubInt, u, m.bits(0x3f3504f3)), m.bits(0xff800000)))
	// beyond, c is negligible and 2⁻ⁿ may underflow
	c = m.do(opSelect, m.do(opLess, x, m.c(1<<30)), m.do(opMul, c, down), m.c(0))
	s := m.logRest(f, m.fma(n, m.bits(ln2Low), c))
	l := m.logSpecial(m.fma(n, m.bits(ln2), m.do(opAdd, s, f)), u)
	return m.do(opOr, m.do(opAnd, l, m.bits(absMask)), m.do(opAnd, x, m.bits(signBit)))
}

// log1p returns ln(1 + u) for 0 ≤ u ≤ 1.
func (m *machine) log1p(u vec) vec {
	q := m.horner(u, 0xbefffffc, 0x3eaaa9db, 0xbe7fe2cf, 0x3e4bc5ab, 0xbe253962, 0x3dff94ad, 0xbdaa792f, 0x3d2c8098,
		0xbc605308, 0x3b089cda)
	return m.fma(m.do(opMul, u, u), q, u)
}

// expm1All is eˣ - 1: 2(2ⁿ⁻¹p + (2ⁿ⁻¹ - ½)), which overflows only at the end, or p if n is 0, which may be very small.
func (m *machine) expm1All(x vec) vec {
	r, n := m.reduce(m.atLeast(m.atMost(x, 89), -20)) // e⁻²⁰ is less than half a unit in the last place of 1
	p := m.expm1Rest(r)
	half := m.do(opAddInt, m.shift(opShl, n.shifted, 23), m.c(0.5))
	y := m.fma(half, p, m.do(opSub, half, m.c(0.5)))
	y = m.do(opSelect, m.do(opEqual, n.n, m.c(0)), p, m.do(opAdd, y, y))
	return m.do(opOr, y, m.do(opAnd, x, m.bits(signBit))) // the result for -0 is -0
}

// sinCos reduces the argument of sine and cosine to x - n·π/2, with n's low bits in quadrant, for |x| ≤ 2¹⁷.
func (m *machine) sinCos(x vec) (r, quadrant vec) {
	shifted := m.fma(x, m.bits(0x3f22f983), m.bits(magic))
	n := m.do(opSub, shifted, m.bits(magic))
	r = m.fnma(n, m.bits(0x3fc90fdb), x) // exact; the next steps are nearly exact
	r = m.fnma(n, m.bits(0xb33bbd2e), r)
	return m.fnma(n, m.bits(0xa6f72ced), r), shifted
}

// sin returns the sine of the angle r in a quadrant; that of the next quadrant is the cosine.
func (m *machine) sin(r, quadrant vec) vec {
	q := m.do(opMul, r, r)
	s := m.fma(m.do(opMul, m.horner(q, 0xbe2aaaab, 0x3c0888b7, 0xb9502898, 0x363cd70e), q), r, r)
	c := m.fma(m.horner(q, 0xbf000000, 0x3d2aaaa4, 0xbab60576, 0x37ccc6b3), q, m.c(1))
	even := m.do(opEqual, m.do(opAnd, quadrant, m.bits(1)), m.c(0)) // as a float, 1 is a denormal
	return m.do(opXor, m.do(opSelect, even, s, c), m.do(opAnd, m.shift(opShl, quadrant, 30), m.bits(signBit)))
}

const (
	halfPi    = 0x3fc90fdb // π/2 in two parts, and π
	halfPiLow = 0xb33bbd2e
	pi        = 0x40490fdb
	piLow     = 0xb3bbbd2e
)

// atanRest returns atan z - z for |z| ≤ 1, asinRest z·(asin(√q)/√q - 1) for 0 ≤ q ≤ ¼.
func (m *machine) atanRest(z vec) vec {
	q := m.do(opMul, z, z)
	p := m.horner(q, 0xbeaaaa9f, 0x3e4cc8f2, 0xbe121042, 0x3de0460d, 0xbdac040b, 0x3d6d1271, 0xbcfeb812, 0x3c3208d4,
		0xbae997e7)
	return m.do(opMul, m.do(opMul, p, q), z)
}

func (m *machine) asinRest(z, q vec) vec {
	p := m.horner(q, 0x3e2aaae4, 0x3d998102, 0x3d3a3ddc, 0x3cc61f28, 0x3d2cae30)
	return m.do(opMul, m.do(opMul, p, q), z)
}

// turned returns z + rest, plus π/2 where mask, with the rounding error of π/2 + z.
func (m *machine) turned(mask, z, rest vec) vec {
	head := m.do(opAdd, z, m.bits(halfPi))
	lost := m.do(opSub, z, m.do(opSub, head, m.bits(halfPi)))
	tail := m.do(opAdd, m.do(opAdd, rest, m.bits(halfPiLow)), lost)
	return m.do(opAdd, m.do(opSelect, mask, head, z), m.do(opSelect, mask, tail, rest))
}

func (m *machine) withSign(y, x vec) vec { return m.do(opOr, y, m.do(opAnd, x, m.bits(signBit))) }

// atan is π/2 - atan(1/t) for t = |x| > 1.
func (m *machine) atan(x vec) vec {
	t := m.abs(x)
	large := m.do(opLess, m.c(1), t)
	z := m.do(opDiv, m.do(opSelect, large, m.c(-1), t), m.do(opSelect, large, t, m.c(1)))
	return m.withSign(m.turned(large, z, m.atanRest(z)), x)
}

// atan2 is atan(|y|/|x|), or π minus that where x is below zero.
func (m *machine) atan2(y, x vec) vec {
	a, b := m.abs(y), m.abs(x)
	steep := m.do(opLess, b, a)
	den := m.do(opSelect, steep, a, b)
	z := m.do(opDiv, m.do(opSelect, steep, m.neg(b), a), den)
	z = m.do(opSelect, m.do(opEqual, a, b), m.c(1), z) // infinities too
	z = m.do(opSelect, m.do(opEqual, den, m.c(0)), m.c(0), z)
	r := m.turned(steep, z, m.atanRest(z))
	left := m.do(opLess, m.withSign(m.c(1), x), m.c(0)) // -0 too
	r = m.do(opSelect, left, m.do(opAdd, m.do(opSub, m.bits(piLow), r), m.bits(pi)), r)
	return m.do(opSelect, m.do(opEqual, y, y), m.withSign(r, y), y)
}

// asin is π/2 - 2·asin(√q) for q = (1 - t)/2 and t = |x| > ½; acos is 2·asin(√q) for x > ½, and π less than that for x
// < -½.
func (m *machine) asin(x vec) vec {
	t := m.abs(x)
	large := m.do(opLess, m.c(0.5), t)
	q := m.do(opSelect, large, m.fnma(t, m.c(0.5), m.c(0.5)), m.do(opMul, t, t))
	z := m.do(opSelect, large, m.do(opMul, m.do(opSqrt, q), m.c(-2)), t)
	return m.withSign(m.turned(large, z, m.asinRest(z, q)), x)
}

func (m *machine) acos(x vec) vec {
	t := m.abs(x)
	small := m.do(opLessEq, t, m.c(0.5))
	q := m.do(opSelect, small, m.do(opMul, t, t), m.fnma(t, m.c(0.5), m.c(0.5)))
	s := m.do(opSqrt, q)
	z := m.do(opSelect, small, m.neg(x), m.withSign(m.do(opAdd, s, s), x))
	r := m.turned(small, z, m.asinRest(z, q))
	far := m.do(opAdd, m.do(opAdd, r, m.bits(piLow)), m.bits(pi))
	return m.do(opSelect, m.do(opLess, x, m.c(-0.5)), far, r)
}

// divide returns ⌊a/b⌋ and a - b⌊a/b⌋, or NaN if the quotient is too large for both to be exact or b is infinite.
func (m *machine) divide(a, b vec) (quotient, rest vec) {
	q := m.shift(opRound, m.do(opDiv, a, b), 3)
	r := m.fnma(q, b, a) // exact, even if a/b was rounded up to a whole number
	r = m.do(opSelect, m.do(opLess, m.abs(q), m.c(1<<23)), r, m.bits(nan))
	// A remainder with the opposite sign of b means that the quotient was rounded up.
	crossed := m.do(opLess, m.do(opXor, r, m.do(opAnd, b, m.bits(signBit))), m.c(0))
	rest = m.do(opSelect, crossed, m.do(opAdd, r, b), r)
	rest = m.do(opSelect, m.do(opEqual, rest, m.c(0)), m.do(opAnd, a, m.bits(signBit)), rest)
	quotient = m.do(opSelect, crossed, m.do(opSub, q, m.c(1)), q)
	return m.do(opSelect, m.do(opEqual, r, r), quotient, r), rest
}

// erf uses a polynomial for each quarter of t = |x|, and is 1 from 3.92 on.
func (m *machine) erf(x vec) vec {
	t := m.absAtMost(x, 3.99)
	index := m.do(opAdd, m.do(opSub, t, m.c(0.125)), m.c(3<<20)) // its last place is a quarter
	start := m.do(opLookup, m.table(&erfStart), index)
	u := m.do(opSub, t, start)
	q := m.do(opLookup, m.table(&erfTable[6]), index)
	for i := 5; i >= 1; i-- {
		q = m.fma(q, u, m.do(opLookup, m.table(&erfTable[i]), index))
	}
	// Near zero t + q·t, which has one rounding less than a polynomial alone.
	near := m.do(opEqual, start, m.c(0))
	q = m.fma(q, u, m.do(opSelect, near, t, m.do(opLookup, m.table(&erfTable[0]), index)))
	y := m.do(opOr, q, m.do(opAnd, x, m.bits(signBit)))
	return m.do(opSelect, m.do(opEqual, x, x), y, x)
}

func (m *machine) tanh(x vec) vec {
	t := m.atLeast(m.do(opOr, x, m.bits(signBit)), -10) // -|x|; beyond 10 the result is 1
	two, p := m.expm1(m.do(opAdd, t, t))
	e := m.fma(two, p, two)
	// Near zero tanh is h(1 + s) for h = (1 - e^-2|x|)/2 and s = 2h/(1 + e^-2|x|), which is tanh itself and corrects h.
	// Elsewhere it is 1 - s for s = 2e^-2|x|/(1 + e^-2|x|).
	near := m.do(opLess, m.c(-0.55), t)
	h := m.do(opMul, m.fma(two, p, m.do(opSub, two, m.c(1))), m.c(-0.5))
	num := m.do(opSelect, near, h, e)
	s := m.do(opDiv, m.do(opAdd, num, num), m.do(opAdd, e, m.c(1)))
	y := m.do(opSelect, near, m.fma(h, s, h), m.do(opSub, m.c(1), s))
	return m.do(opOr, y, m.do(opAnd, x, m.bits(signBit)))
}

func (m *machine) sigmoid(x vec) vec {
	// With s = e/(1 + e) for e = e^-|x|, the result is e(1 - s) below zero and 1 - s above.
	e := m.expNotAbove(m.do(opOr, x, m.bits(signBit)))
	s := m.do(opDiv, e, m.do(opAdd, e, m.c(1)))
	num := m.do(opSelect, m.do(opLess, x, m.c(0)), e, m.c(1))
	return m.fnma(num, s, num)
}

// logistic returns x·sigmoid(y) for e^-y = 2ⁿ(1 + z) and a y of x's sign. y is so large that 2ⁿx underflows at x =
// least. If e^-y is large, its scale is taken out of the quotient.
func (m *machine) logistic(x vec, least float64, z vec, n power) vec {
	low := m.do(opMin, m.c(0), n.n)
	minusHigh := m.do(opSub, low, n.n)
	// 1 + e^-y or, with its scale taken out, e^y + 1: the smaller powers first.
	// Where both powers are 1 their sum is exact.
	flat := m.do(opEqual, n.n, m.c(0))
	small := m.do(opSelect, flat, m.c(2), m.pow2(m.do(opAdd, low, minusHigh)))
	d := m.do(opAdd, m.fma(m.pow2(low), z, small), m.do(opSelect, flat, m.c(0), m.c(1)))
	y := m.do(opDiv, m.atLeast(x, least), d)
	y = m.scale(y, power{minusHigh, m.do(opAdd, minusHigh, m.bits(magic))})
	return m.nanBelow(x, y)
}

// pow2 returns 2ⁿ for integral n ≤ 0, or a number that gives the same sum with 1.
func (m *machine) pow2(n vec) vec {
	if m.isa == avx512 {
		return m.do(opScale, m.c(1), n)
	}
	shifted := m.do(opAdd, m.atLeast(n, -126), m.bits(magic))
	return m.do(opAddInt, m.shift(opShl, shifted, 23), m.c(1))
}

// nanBelow returns NaN where x is -Inf and y elsewhere.
func (m *machine) nanBelow(x, y vec) vec {
	if m.isa == avx512 {
		return m.do(opFix, y, x, m.bits(fixQuiet|fixIndefinite<<(4*fixMinusInf)))
	}
	return m.do(opSelect, m.do(opEqual, x, m.bits(negInf)), m.bits(nan), y)
}

func (m *machine) silu(x vec) vec {
	r, n := m.reduce(m.neg(m.atMost(m.atLeast(x, -110), 110)))
	return m.logistic(x, -110, m.do(opMul, m.expSlope(r), r), n)
}

// siluGrad is s(1 + x(1 - s)), s = sigmoid(x), in e^-|x|, which cannot overflow.
func (m *machine) siluGrad(x vec) vec {
	t := m.abs(x)
	e := m.expNotAbove(m.neg(t))
	return m.logisticGrad(x, e, t)
}

// logisticGrad is s(1 + x·z′(1 - s)) for s = sigmoid(z), e = e^-|z| and tz = |x|·z′.
func (m *machine) logisticGrad(x, e, tz vec) vec {
	d := m.do(opDiv, m.c(1), m.do(opAdd, e, m.c(1)))
	ed := m.do(opMul, e, d)
	below := m.do(opLess, x, m.c(0))
	// x ≥ 0: d(1 + tz·ed); x < 0: ed(1 - tz·d)
	first := m.do(opSelect, below, ed, d)
	second := m.do(opSelect, below, m.neg(d), ed)
	return m.do(opMul, first, m.fma(tz, second, m.c(1)))
}

const (
	geluScale = 2 * 0.79788456080286535588 // 2√(2/π)
	geluCubic = 0.044715
)

// geluTanhArg returns 2√(2/π)·(t + 0.044715t³) in two parts: e^z needs z more accurately than float32.
func (m *machine) geluTanhArg(t vec) (high, low vec) {
	k1, k0 := m.c(geluScale*geluCubic), m.c(geluScale)
	k1Low := m.c(geluScale*geluCubic - float64(float32(geluScale*geluCubic)))
	k0Low := m.c(geluScale - float64(float32(geluScale)))
	tt := m.do(opMul, t, t)
	ttLost := m.fnma(t, t, tt) // tt - t²
	a := m.do(opMul, tt, k1)
	aLost := m.fma(ttLost, k1, m.fnma(tt, k1, a))
	aLost = m.fnma(tt, k1Low, aLost)
	// w = a + k0, and the rounding error of the sum.
	w := m.do(opAdd, a, k0)
	b := m.do(opSub, w, a)
	wLost := m.do(opSub, m.do(opSub, m.do(opSub, w, b), a), m.do(opSub, k0, b))
	lost := m.do(opAdd, wLost, m.do(opSub, aLost, k0Low))
	high = m.do(opMul, t, w)
	low = m.fnma(t, lost, m.neg(m.fnma(t, w, high)))
	return high, low
}

// expNeg2 returns z and 2ⁿ with 2ⁿ(1 + z) = e^-(high + low).
func (m *machine) expNeg2(high, low vec) (z vec, n power) {
	r, n := m.reduceHigh(m.neg(high))
	r = m.do(opSub, r, m.fma(n.n, m.bits(ln2Low), low))
	return m.do(opMul, m.expSlope(r), r), n
}

func (m *machine) geluTanh(x vec) vec {
	high, low := m.geluTanhArg(m.atMost(m.atLeast(x, -11), 11))
	z, n := m.expNeg2(high, low)
	return m.logistic(x, -11, z, n)
}

func (m *machine) geluTanhGrad(x vec) vec {
	limited := m.atMost(m.abs(x), 11)
	high, low := m.geluTanhArg(limited)
	z, n := m.expNeg2(high, low)
	e := m.scale(m.do(opAdd, z, m.c(1)), n)
	slope := m.fma(m.do(opMul, limited, limited), m.c(3*geluScale*geluCubic), m.c(geluScale))
	y := m.logisticGrad(x, e, m.do(opMul, limited, slope))
	return m.fma(x, m.c(0), y) // NaN at ±Inf
}

// normal returns z and 2ⁿ with 2ⁿ(1 + z) = e^-t²/2, and c, Q and u, whose c + uQ is the table's function of t, for 0 ≤
// t < 15.
func (m *machine) normal(t vec, table *[7][16]uint32) (z vec, n power, c, Q, u vec) {
	// e^-t²/2: the square in two parts, since the exponential magnifies its error.
	tt := m.do(opMul, t, t)
	lost := m.fnma(t, t, tt) // tt - t²
	shifted := m.fma(tt, m.c(-0.5/0.69314718055994530942), m.bits(magic))
	n = power{m.do(opSub, shifted, m.bits(magic)), shifted}
	r := m.fma(n.n, m.bits(ln2+1<<23), tt) // -2(-t²/2 - n·ln 2)
	r = m.do(opSub, r, m.fnma(n.n, m.bits(ln2Low+1<<23), lost))
	// expSlope(-r/2)·(-r/2)
	p := m.horner(r, 0xbf000000, 0x3dfffffe, 0xbcaaaa49, 0x3b2aac5a, 0xb9891cd0, 0x37b524b0)
	z = m.do(opMul, p, r)

	s := m.do(opAdd, t, m.c(1))
	index := m.shift(opShr, s, 21)
	u = m.do(opSub, t, m.do(opLookup, m.table(&segmentStart), index))
	Q = m.do(opLookup, m.table(&table[6]), index)
	for i := 5; i >= 1; i-- {
		Q = m.fma(Q, u, m.do(opLookup, m.table(&table[i]), index))
	}
	return z, n, m.do(opLookup, m.table(&table[0]), index), Q, u
}

// gelu is x·Φ(x) = max(x, 0) - t·Φ(-t) for t = |x|.
func (m *machine) gelu(x vec) vec {
	z, n, c, Q, u := m.normal(m.absAtMost(x, 14.6), &geluTable)
	// (c + uQ)(1 + z) as two separate products: near zero c is 0, and one rounding less keeps the error below two
	// units.
	c = m.scale(c, n)
	below := m.fma(m.scale(u, n), m.fma(Q, z, Q), m.fma(c, z, c))
	return m.nanBelow(x, m.do(opSub, m.positive(x), below))
}

// geluGrad is Φ(x) + xφ(x): D below zero and 1 - D above, for D = Φ(-t) - t·φ(t) and t = |x|. At ±Inf it is NaN.
func (m *machine) geluGrad(x vec) vec {
	z, n, c, Q, u := m.normal(m.absAtMost(x, 14.6), &geluGradTable)
	a := m.scale(m.fma(Q, u, c), n)
	d := m.fma(a, z, a)
	y := m.do(opSelect, m.do(opLess, x, m.c(0)), d, m.do(opSub, m.c(1), d))
	return m.fma(x, m.c(0), y)
}

func (m *machine) elu(x, alpha vec) vec {
	two, p := m.expm1(m.atLeast(m.do(opMin, m.c(0), x), -20)) // e⁻²⁰ is less than half a unit in the last place of 1
	y := m.fma(two, p, m.do(opSub, two, m.c(1)))
	return m.do(opSelect, m.do(opLess, x, m.c(0)), m.do(opMul, y, alpha), x)
}

func (m *machine) eluGrad(x, alpha vec) vec {
	e := m.expNotAbove(m.do(opMin, m.c(0), x))
	return m.do(opSelect, m.do(opLessEq, x, m.c(0)), m.do(opMul, e, alpha), m.c(1))
}

func (m *machine) softplus(x, beta, threshold vec) vec {
	z := m.do(opMul, x, beta)
	u := m.expNotAbove(m.do(opOr, z, m.bits(signBit)))
	y := m.do(opDiv, m.do(opAdd, m.log1p(u), m.positive(z)), beta)
	return m.do(opSelect, m.do(opLess, threshold, z), x, y)
}

func (m *machine) softplusGrad(x, beta, threshold vec) vec {
	z := m.do(opMul, x, beta)
	return m.do(opSelect, m.do(opLess, threshold, z), m.c(1), m.sigmoid(z))
}

// larger is a if a > b or a is NaN, else b; smaller is a if a < b or a is NaN, else b.
func (m *machine) larger(a, b vec) vec  { return m.extreme(opMax, b, a, a, b) }
func (m *machine) smaller(a, b vec) vec { return m.extreme(opMin, a, b, a, b) }

func (m *machine) extreme(o op, low, high, a, b vec) vec {
	var y vec
	if m.x86() {
		y = m.do(o, a, b)
	} else {
		y = m.do(opSelect, m.do(opLess, low, high), a, b)
	}
	return m.do(opSelect, m.do(opEqual, a, a), y, a)
}

// within limits x to [lo, hi]; NaN stays, and so does a zero that equals a limit.
func (m *machine) within(x, lo, hi vec) vec {
	if m.x86() {
		return m.do(opMin, hi, m.do(opMax, lo, x))
	}
	x = m.do(opSelect, m.do(opLess, x, lo), lo, x)
	return m.do(opSelect, m.do(opLess, hi, x), hi, x)
}

func (m *machine) sign(x vec) vec {
	y := m.do(opSelect, m.do(opLess, x, m.c(0)), m.c(-1), m.c(0))
	return m.do(opSelect, m.do(opLess, m.c(0), x), m.c(1), y)
}

func (m *machine) hardswish(x vec) vec {
	return m.do(opMul, x, m.do(opDiv, m.within(m.do(opAdd, x, m.c(3)), m.c(0), m.c(6)), m.c(6)))
}

func (m *machine) hardswishGrad(dy, x vec) vec {
	slope := m.do(opAdd, m.do(opDiv, x, m.c(3)), m.c(0.5))
	y := m.do(opSelect, m.do(opLess, x, m.c(3)), m.do(opMul, dy, slope), dy)
	return m.do(opSelect, m.do(opLessEq, x, m.c(-3)), m.c(0), y)
}

// smoothL1 is half·x² where |x| < beta, and |x| - beta/2 elsewhere.
func (m *machine) smoothL1(x, beta, half vec) vec {
	z := m.abs(x)
	line := m.do(opSub, z, m.do(opMul, beta, m.c(0.5)))
	return m.do(opSelect, m.do(opLess, z, beta), m.do(opMul, m.do(opMul, x, x), half), line)
}

// huber is delta·(|x| - delta/2) where |x| > delta, and ½x² elsewhere.
func (m *machine) huber(x, delta vec) vec {
	z := m.abs(x)
	line := m.do(opMul, delta, m.do(opSub, z, m.do(opMul, delta, m.c(0.5))))
	return m.do(opSelect, m.do(opLess, delta, z), line, m.do(opMul, m.do(opMul, x, x), m.c(0.5)))
}
