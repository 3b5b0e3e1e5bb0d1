package main

import "math"

// Kernels of random numbers, defined in internal/kernel/vec/random.go. All except uniform process a multiple of 16
// numbers; a Go loop does the rest.

func (m *machine) setInt(r reg, k int) {
	m.text("%s $%d, %s", m.mnemonic("MOVQ", "MOVD"), k, m.r(r))
}

// twistKernel computes the next block of the Mersenne Twister. The state has space for a copy of its first 16 words
// after the block, so that no vector wraps around.
func twistKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "twist", "state *uint32", "out *uint32")
	state, out := m.arg("state"), m.arg("out")
	following, other, n, left, index := m.reg(), m.reg(), m.reg(), m.reg(), m.reg()
	m.move(following, state)
	m.addInt(following, 4)
	m.move(other, state)
	m.addInt(other, 4*397)
	start := len(m.code)
	pass := func(words int, store func(k int, x vec)) {
		vectors := min(2, words/isa.lanes)
		m.setInt(n, words)
		m.eachFull(n, left, index, vectors, func() {
			u, v, far := make([]vec, vectors), make([]vec, vectors), make([]vec, vectors)
			for k := range vectors { // before the first store: the next words are still those of the old block
				u[k], v[k], far[k] = m.load(state, k), m.load(following, k), m.load(other, k)
			}
			m.interleave(vectors, func(k int) {
				y := m.do(opOr, m.do(opAnd, u[k], m.bits(signBit)), m.do(opAnd, v[k], m.bits(absMask)))
				odd := m.shift(opSar, m.shift(opShl, v[k], 31), 31)
				y = m.do(opXor, m.shift(opShr, y, 1), m.do(opAnd, odd, m.bits(0x9908b0df)))
				u[k] = m.do(opXor, far[k], y)
			})
			for k := range vectors {
				store(k, u[k])
			}
			m.interleave(vectors, func(k int) {
				y := u[k]
				y = m.do(opXor, y, m.shift(opShr, y, 11))
				y = m.do(opXor, y, m.do(opAnd, m.shift(opShl, y, 7), m.bits(0x9d2c5680)))
				y = m.do(opXor, y, m.do(opAnd, m.shift(opShl, y, 15), m.bits(0xefc60000)))
				u[k] = m.do(opXor, y, m.shift(opShr, y, 18))
			})
			for k := range vectors {
				m.store(out, k, u[k])
			}
		})
		for _, r := range []reg{state, following, other, out} {
			m.addInt(r, 4*words)
		}
	}
	pass(16, func(k int, x vec) {
		m.store(state, k, x)
		m.add(instr{op: opStore, src: [3]vec{x}, base: state, index: m.index, offset: 4*624 + k*4*isa.lanes})
	})
	pass(224, func(k int, x vec) { m.store(state, k, x) })
	m.addInt(other, -4*624)
	pass(384, func(k int, x vec) { m.store(state, k, x) })
	m.hoist(start)
	return m
}

// uniformKernel sets dst to the low 24 bits of words, as a fraction, times scale, plus from. If the result equals to,
// it is from.
func uniformKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "uniform", "dst *float32", "words *uint32", "n int", "from float32", "scale float32",
		"to float32")
	dst, words, n := m.arg("dst"), m.arg("words"), m.arg("n")
	left, index := m.reg(), m.reg()
	from, scale, to := m.broadcastArg("from"), m.broadcastArg("scale"), m.broadcastArg("to")
	start := len(m.code)
	m.each(n, left, index, 2, func(vectors int) {
		var y []vec
		for k := range vectors {
			y = append(y, m.load(words, k))
		}
		m.interleave(vectors, func(k int) {
			u := m.do(opMul, m.do(opToFloat, m.do(opAnd, y[k], m.bits(1<<24-1))), m.c(0x1p-24))
			x := m.fma(u, scale, from)
			y[k] = m.do(opSelect, m.do(opEqual, x, to), from, x)
		})
		for k := range vectors {
			m.store(dst, k, y[k])
		}
	})
	m.hoist(start)
	return m
}

// boxMullerKernel transforms the uniforms of x, in blocks of 16, into normals.
func boxMullerKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "boxMuller", "x *float32", "n int", "mean float32", "std float32")
	x, n := m.arg("x"), m.arg("n")
	left, index := m.reg(), m.reg()
	mean, std := m.broadcastArg("mean"), m.broadcastArg("std")
	start := len(m.code)
	if isa == avx512 { // one vector has the radii and another the angles of two blocks, or of one block twice
		pair := func(second int) {
			halves := func(offset int) instr {
				return instr{base: x, index: m.index, offset: offset, imm: offset + second}
			}
			load := func(offset int) vec { i := halves(offset); i.op = opLoadHalves; return m.add(i) }
			store := func(offset int, y vec) {
				i := halves(offset)
				i.op, i.src = opStoreHalves, [3]vec{y}
				m.add(i)
			}
			cos, sin := m.boxMuller(load(0), load(32), mean, std)
			store(0, cos)
			store(32, sin)
		}
		m.move(left, n)
		m.zero(index)
		m.index = index
		m.group(left, index, 2, func() { pair(64) })
		done := m.newLabel("single")
		m.branch(left, "EQ", 0, done)
		pair(0)
		m.label(done)
	} else {
		half := 8 / isa.lanes
		m.eachFull(n, left, index, 2*half, func() {
			var u []vec
			for k := range 2 * half {
				u = append(u, m.load(x, k))
			}
			m.interleave(half, func(k int) { u[k], u[k+half] = m.boxMuller(u[k], u[k+half], mean, std) })
			for k := range u {
				m.store(x, k, u[k])
			}
		})
	}
	m.hoist(start)
	return m
}

func (m *machine) boxMuller(u, v, mean, std vec) (a, b vec) {
	r := m.logUnit(m.do(opSub, m.c(1), u))
	r = m.do(opSqrt, m.do(opMul, r, m.c(-2)))
	sin, cos := m.sinCosTurn(m.do(opMul, v, m.bits(math.Float32bits(2*math.Pi))))
	return m.fma(m.do(opMul, r, cos), std, mean), m.fma(m.do(opMul, r, sin), std, mean)
}

// logUnit is log32 of internal/kernel/vec/random.go.
func (m *machine) logUnit(x vec) vec {
	t := m.do(opSubInt, x, m.bits(0x3f3504f3))
	e := m.do(opToFloat, m.shift(opSar, t, 23))
	f := m.do(opSub, m.do(opSubInt, x, m.do(opAnd, t, m.bits(0xff800000))), m.c(1))
	q := m.c(7.0376836292e-2)
	for _, c := range []float64{-1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
		2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1} {
		q = m.fma(q, f, m.c(c))
	}
	z := m.do(opMul, f, f)
	q = m.fma(m.do(opMul, q, f), z, m.do(opMul, e, m.c(-2.12194440e-4)))
	q = m.fnma(z, m.c(0.5), q)
	return m.fma(e, m.c(0.693359375), m.do(opAdd, f, q))
}

// sinCosTurn is sincos32 of internal/kernel/vec/random.go.
func (m *machine) sinCosTurn(y vec) (sin, cos vec) {
	j := m.do(opToInt, m.do(opMul, y, m.bits(math.Float32bits(1.27323954473516))))
	j = m.do(opAnd, m.do(opAddInt, j, m.bits(1)), m.bits(^uint32(1)))
	n := m.do(opToFloat, j)
	y = m.fnma(n, m.c(0.78515625), y)
	y = m.fnma(n, m.c(2.4187564849853515625e-4), y)
	y = m.fnma(n, m.c(3.77489497744594108e-8), y)
	z := m.do(opMul, y, y)
	s := m.fma(m.c(-1.9515295891e-4), z, m.c(8.3321608736e-3))
	s = m.fma(s, z, m.c(-1.6666654611e-1))
	s = m.fma(m.do(opMul, s, z), y, y)
	c := m.fma(m.c(2.443315711809948e-5), z, m.c(-1.388731625493765e-3))
	c = m.fma(c, z, m.c(4.166664568298827e-2))
	c = m.do(opAdd, m.fma(m.do(opMul, c, z), z, m.do(opMul, z, m.c(-0.5))), m.c(1))

	// Bit 1 of j swaps sine and cosine; bit 2 turns the sine's sign, bit 2 of j+2 the cosine's.
	swap := m.do(opAnd, m.do(opXor, s, c), m.shift(opSar, m.shift(opShl, j, 30), 31))
	sign := func(j vec) vec { return m.do(opAnd, m.shift(opShl, j, 29), m.bits(signBit)) }
	sin = m.do(opXor, m.do(opXor, s, swap), sign(j))
	cos = m.do(opXor, m.do(opXor, c, swap), sign(m.do(opAddInt, j, m.bits(2))))
	return sin, cos
}

// fraction53 returns the low 53 bits of the 64 bits of two words, the first one high, as a float64. It combines both
// halves with an exponent of their position.
func (m *machine) fraction53(pair vec) vec {
	const low, high = 0x433 << 52, 0x453 << 52 // 2⁵² and 2⁸⁴
	h := m.do(opOr, m.do(opAnd, pair, m.long(1<<21-1)), m.long(high))
	l := m.do(opOr, m.shift(opShrLong, pair, 32), m.long(low))
	return m.do(opAddWide, m.do(opSubWide, h, m.wide(0x1p84+0x1p52)), l)
}

// remaindersKernel sets x[i] = x[i] mod (n - i), by a division in float64. Everything except the quotient is exact, and
// the added half keeps the quotient farther from a whole number than its error.
func remaindersKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "remainders", "x *uint32", "count int", "n float64", "even *float64")
	x, count, even := m.arg("x"), m.arg("count"), m.arg("even")
	left, index := m.reg(), m.reg()
	divisor := m.variable(m.do(opSubWide, m.broadcastWide("n"), m.next(even, 0)))
	start := len(m.code)
	m.eachFull(count, left, index, 1, func() {
		const low = 0x433 << 52
		pair := m.load(x, 0)
		y := []vec{m.do(opOr, m.do(opAnd, pair, m.long(1<<32-1)), m.long(low)),
			m.do(opOr, m.shift(opShrLong, pair, 32), m.long(low))}
		d := []vec{divisor, m.do(opSubWide, divisor, m.wide(1))}
		m.interleave(2, func(k int) {
			half := m.do(opSubWide, y[k], m.wide(0x1p52-0.5)) // the word and a half
			q := m.do(opSubWide, m.do(opDivWide, half, d[k]), m.wide(0.5))
			q = m.do(opSubWide, m.do(opAddWide, q, m.wide(0x1.8p52)), m.wide(0x1.8p52)) // to a whole number
			y[k] = m.do(opAddWide, m.do(opSubWide, half, m.do(opMulWide, q, d[k])), m.wide(0x1p52-0.5))
		})
		m.store(x, 0, m.do(opOr, m.do(opAnd, y[0], m.long(1<<32-1)), m.shift(opShlLong, y[1], 32)))
		m.set(divisor, opSubWide, divisor, m.wide(float64(isa.lanes)))
	})
	m.hoist(start)
	return m
}

// pairs records the loop over n numbers, each from two words.
func (m *machine) pairs(body func(pair vec) vec, finish func(x vec) vec) {
	dst, words, n := m.arg("dst"), m.arg("words"), m.arg("n")
	left, index := m.reg(), m.reg()
	m.eachFull(n, left, index, 1, func() {
		a, b := m.next(words, 0), m.next(words, 1)
		y := []vec{a, b}
		m.interleave(2, func(k int) { y[k] = body(y[k]) })
		m.store(dst, 0, finish(m.do(opNarrow, y[0], y[1])))
		m.addInt(words, 8*m.isa.lanes)
	})
}

// bernoulliKernel sets dst to 1 where the fraction is below ones·2⁻⁵³, else to 0, by the sign of the difference.
func bernoulliKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "bernoulli", "dst *float32", "words *uint32", "n int", "ones float64")
	ones := m.broadcastWide("ones")
	start := len(m.code)
	m.pairs(func(pair vec) vec {
		return m.do(opSubWide, m.fraction53(pair), ones)
	}, func(x vec) vec { return m.do(opAnd, m.shift(opSar, x, 31), m.c(1)) })
	m.hoist(start)
	return m
}

// exponentialKernel sets dst to -ln(1-u)·mean.
func exponentialKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "exponential", "dst *float32", "words *uint32", "n int", "mean float64")
	mean := m.broadcastWide("mean")
	start := len(m.code)
	m.pairs(func(pair vec) vec {
		x := m.do(opSubWide, m.wide(1), m.do(opMulWide, m.fraction53(pair), m.wide(0x1p-53)))
		return m.do(opMulWide, m.minusLog(x), mean)
	}, func(x vec) vec { return x })
	m.hoist(start)
	return m
}

// minusLog is minusLog of internal/kernel/vec/random.go.
func (m *machine) minusLog(x vec) vec {
	const root, one = 0x3fe6a09e667f3bcd, 0x3ff << 52
	t := m.do(opAddLong, x, m.long(one-root))
	k := m.do(opSubWide, m.do(opOr, m.shift(opShrLong, t, 52), m.long(0x433<<52)), m.wide(0x1p52+1023))
	x = m.do(opAddLong, m.do(opAnd, t, m.long(1<<52-1)), m.long(root))
	s := m.do(opDivWide, m.do(opSubWide, m.wide(1), x), m.do(opAddWide, m.wide(1), x))
	z := m.do(opMulWide, s, s)
	q := m.wide(1. / 11)
	for _, c := range []float64{1. / 9, 1. / 7, 1. / 5, 1. / 3} {
		q = m.do(opAddWide, m.do(opMulWide, q, z), m.wide(c))
	}
	q = m.do(opMulWide, q, z)
	s = m.do(opAddWide, s, s)
	s = m.do(opAddWide, s, m.do(opMulWide, s, q))
	return m.do(opSubWide, s, m.do(opMulWide, k, m.wide(math.Ln2)))
}
