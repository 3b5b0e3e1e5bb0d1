package main

// pow is 2^(y·log₂|x|), in float64 and rounded once, with C's special cases. The rest, the rounding error of y, is
// added unless it is 0; y is not whole then.
func (m *machine) pow(x, y, rest vec) vec {
	size := m.abs(x)
	t := make([]vec, 2)
	for k, widen := range []op{opWidenLow, opWidenHigh} {
		wide := m.do(widen, y)
		if rest != 0 {
			wide = m.do(opAddWide, wide, m.do(widen, rest))
		}
		t[k] = m.powWide(m.do(widen, size), wide)
	}
	e := m.do(opNarrow, t[0], t[1])
	r := m.do(opNarrow, m.exp2Wide(t[0]), m.exp2Wide(t[1]))

	// Zero and infinity have no finite logarithm: their powers result from the same limits as those that overflow or
	// underflow.
	e = m.do(opSelect, m.do(opEqual, x, m.c(0)), m.do(opMul, y, m.bits(negInf)), e)
	e = m.do(opSelect, m.do(opEqual, size, m.bits(inf)), m.do(opMul, y, m.bits(inf)), e)
	r = m.do(opSelect, m.do(opLess, m.c(128.5), e), m.bits(inf), r)
	r = m.do(opSelect, m.do(opLess, e, m.c(-151)), m.c(0), r)
	r = m.do(opSelect, m.do(opEqual, size, m.c(1)), m.c(1), r)

	// An odd power has x's sign. A negative x to a power that is not whole is NaN.
	half := m.do(opMul, y, m.c(0.5))
	even := m.do(opEqual, m.shift(opRound, half, 3), half)
	signed := m.do(opXor, r, m.do(opAnd, x, m.bits(signBit)))
	signed = m.do(opSelect, even, r, signed)
	below := m.do(opSelect, m.do(opLess, m.bits(negInf), x), m.do(opMin, x, m.c(0)), m.c(0))
	fraction := m.do(opSelect, m.do(opLess, below, m.c(0)), m.bits(nan), r)
	r = m.do(opSelect, m.do(opEqual, m.shift(opRound, y, 3), y), signed, fraction)

	r = m.do(opSelect, m.do(opEqual, x, x), r, x)
	r = m.do(opSelect, m.do(opEqual, y, y), r, y)
	r = m.do(opSelect, m.do(opEqual, x, m.c(1)), m.c(1), r)
	return m.do(opSelect, m.do(opEqual, y, m.c(0)), m.c(1), r)
}

// powWide returns y·log₂x in float64: n + 2·artanh(s)/ln 2 for x = 2ⁿ(1 + s)/(1 - s). The result for zero and infinity
// is unspecified.
func (m *machine) powWide(x, y vec) vec {
	const root, one = 0x3fe6a09e667f3bcd, 0x3ff << 52
	t := m.do(opAddLong, x, m.long(one-root))
	n := m.do(opSubWide, m.do(opOr, m.shift(opShrLong, t, 52), m.long(0x433<<52)), m.wide(0x1p52+1023))
	x = m.do(opAddLong, m.do(opAnd, t, m.long(1<<52-1)), m.long(root))
	s := m.do(opDivWide, m.do(opSubWide, x, m.wide(1)), m.do(opAddWide, x, m.wide(1)))
	q := m.hornerWide(m.do(opMulWide, s, s), 0.2828943745722496, 0.31990618475526433, 0.41220923822502314,
		0.5770779425301307, 0.9617966941126749, 2.8853900817778504)
	return m.do(opMulWide, m.do(opAddWide, m.do(opMulWide, q, s), n), y)
}

// exp2Wide returns 2ˣ in float64 for |x| < 1000. Other results are unspecified.
func (m *machine) exp2Wide(x vec) vec {
	shifted := m.do(opAddWide, x, m.wide(0x1.8p52))
	r := m.do(opSubWide, x, m.do(opSubWide, shifted, m.wide(0x1.8p52)))
	p := m.hornerWide(r, 1.3255224878668817e-06, 1.5310079402249296e-05, 0.00015403455852453838, 0.0013333450568000645,
		0.009618129159402558, 0.05550410941205933, 0.2402265069581299, 0.6931471805459335, 1)
	return m.do(opAddLong, p, m.shift(opShlLong, shifted, 52))
}

// hornerWide is a polynomial in float64; its coefficients, highest first, are those of Chebyshev's interpolation.
func (m *machine) hornerWide(x vec, coefficients ...float64) vec {
	p := m.wide(coefficients[0])
	for _, c := range coefficients[1:] {
		p = m.do(opAddWide, m.do(opMulWide, x, p), m.wide(c))
	}
	return p
}
