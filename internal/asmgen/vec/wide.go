package main

import "math"

// Functions that are computed in float64 and rounded once.

// tan is sin r/cos r, or -cos r/sin r, for r = x - n·π/2, in float64 and rounded once.
func (m *machine) tan(x vec) vec {
	return m.do(opNarrow, m.tanWide(m.do(opWidenLow, x)), m.tanWide(m.do(opWidenHigh, x)))
}

func (m *machine) tanWide(x vec) vec {
	// π/2 in two parts; n times the first is exact.
	shifted := m.do(opAddWide, m.do(opMulWide, x, m.wide(2/math.Pi)), m.wide(0x1.8p52))
	n := m.do(opSubWide, shifted, m.wide(0x1.8p52))
	r := m.do(opSubWide, x, m.do(opMulWide, n, m.wide(0x1.921fb54400000p+0)))
	r = m.do(opSubWide, r, m.do(opMulWide, n, m.wide(0x1.0b4611a626331p-34)))
	q := m.do(opMulWide, r, r)
	s := m.do(opMulWide, r, m.hornerWide(q, -1./39916800, 1./362880, -1./5040, 1./120, -1./6, 1))
	c := m.hornerWide(q, -1./3628800, 1./40320, -1./720, 1./24, -1./2, 1)
	odd := m.do(opSubLong, m.long(0), m.do(opAnd, shifted, m.long(1)))
	swap := m.do(opAnd, m.do(opXor, s, c), odd)
	t := m.do(opDivWide, m.do(opXor, s, swap), m.do(opXor, c, swap))
	return m.do(opXor, t, m.shift(opShlLong, shifted, 63))
}

// cosh is (eᵗ + e⁻ᵗ)/2 for t = |x|, in float64 and rounded once; sinh is (eᵗ - e⁻ᵗ)/2, or a series if t < 1.
func (m *machine) cosh(x vec) vec {
	low, high := m.halfExps(x)
	return m.do(opNarrow, m.do(opAddWide, low[0], low[1]), m.do(opAddWide, high[0], high[1]))
}

func (m *machine) sinh(x vec) vec {
	low, high := m.halfExps(x)
	far := m.do(opNarrow, m.do(opSubWide, low[0], low[1]), m.do(opSubWide, high[0], high[1]))
	series := func(x vec) vec {
		q := m.do(opMulWide, x, x)
		return m.do(opMulWide, x, m.hornerWide(q, 1./39916800, 1./362880, 1./5040, 1./120, 1./6, 1))
	}
	near := m.do(opNarrow, series(m.do(opWidenLow, x)), series(m.do(opWidenHigh, x)))
	y := m.do(opSelect, m.do(opLessEq, m.c(1), m.abs(x)), far, near)
	return m.do(opOr, y, m.do(opAnd, x, m.bits(signBit)))
}

// halfExps returns eᵗ/2 and e⁻ᵗ/2 for t = |x|, in float64, of both halves of x.
func (m *machine) halfExps(x vec) (low, high [2]vec) {
	t := m.atMost(m.abs(x), 200)
	exps := func(t vec) [2]vec {
		e := m.do(opMulWide, m.exp2Wide(m.do(opMulWide, t, m.wide(math.Log2E))), m.wide(0.5))
		return [2]vec{e, m.do(opDivWide, m.wide(0.25), e)}
	}
	return exps(m.do(opWidenLow, t)), exps(m.do(opWidenHigh, t))
}
