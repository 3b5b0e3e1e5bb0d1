package main

// Kernels over the rows of a block of attention scores. Rows are ld elements apart. Weights are 2^(factor·(s - top)):
// the difference of two scores is exact if they are close, however large they are. A mask is divided by the scale of
// the scores, which inverse is the reciprocal of, before it is added to them.

// exp2NotAbove returns 2^x for x ≤ 127, within two units in the last place; 2⁰ is 1.
func (m *machine) exp2NotAbove(x vec) vec {
	x = m.atLeast(x, -150)
	shifted := m.do(opAdd, x, m.bits(magic))
	n := m.do(opSub, shifted, m.bits(magic))
	r := m.do(opSub, x, n) // exact
	q := m.horner(r, 0x3f317215, 0x3e75fce1, 0x3d635b6c, 0x3c1e7456, 0x3aaded1e)
	return m.scale(m.fma(q, r, m.c(1)), power{n, shifted})
}

// ifMask records masked to run if the register is not nil, else plain.
func (m *machine) ifMask(mask reg, masked, plain func()) {
	with, done := m.newLabel("masked"), m.newLabel("maskDone")
	m.branch(mask, "NE", 0, with)
	plain()
	m.jump(done)
	m.label(with)
	masked()
	m.label(done)
}

// strideLoop records a loop over rows; the pointers advance by their strides, in bytes.
func (m *machine) strideLoop(rows reg, pointers, strides []reg, body func()) {
	done := m.newLabel("rowsDone")
	m.branch(rows, "EQ", 0, done)
	start := len(m.code)
	m.loop(rows, func() {
		body()
		for i, p := range pointers {
			m.addReg(p, strides[i])
		}
	})
	m.hoist(start)
	m.label(done)
}

// attendKernel replaces the scores s by weights 2^(factor·(s + inverse·mask - top)). top is the row's largest score, of
// this block and of those before, or that of the blocks before if the largest one of this block is at most slack more:
// weights of 2⁸ are exact, too. stats has for each row top, the sum of the weights until now and, after the call, the
// factor that the sum of the blocks before was multiplied by.
func attendKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "attend", "s *float32", "mask *float32", "stats *float32", "rows int", "cols int", "ld int", "ldm int",
		"factor float32", "inverse float32", "slack float32", "lowest float32")
	m.flush = true
	s, mask, stats, rows, cols := m.arg("s"), m.arg("mask"), m.arg("stats"), m.arg("rows"), m.arg("cols")
	ld, ldm := m.arg("ld"), m.arg("ldm")
	left, index := m.reg(), m.reg()
	m.shl(ld, 2)
	m.shl(ldm, 2)
	factor := m.broadcastArg("factor")
	m.comment("First the rows' tops, then the weights: the rows of a loop are independent of each other.")
	m.strideLoop(rows, []reg{s, mask}, []reg{ld, ldm}, func() {
		var best []vec
		for range m.accumulators() {
			best = append(best, m.variable(m.bits(negInf)))
		}
		largest := func(k int, v vec) {
			if m.tail {
				v = m.do(opTailOnly, v, m.bits(negInf))
			}
			m.set(best[k], opMax, v, best[k])
		}
		m.ifMask(mask, func() {
			inverse, lowest := m.broadcastArg("inverse"), m.broadcastArg("lowest")
			m.each(cols, left, index, m.accumulators(), func(vectors int) {
				for k := range vectors {
					v := m.masked(m.load(mask, k), m.load(s, k), inverse, lowest)
					m.store(s, k, v)
					largest(k, v)
				}
			})
		}, func() {
			m.each(cols, left, index, m.accumulators(), func(vectors int) {
				for k := range vectors {
					largest(k, m.load(s, k))
				}
			})
		})
		for len(best) > 1 {
			best = append(best[2:], m.do(opMax, best[0], best[1]))
		}
		before := m.broadcast(stats, 0)
		top := m.do(opMaxAll, best[0])
		top = m.do(opSelect, m.do(opLess, m.do(opAdd, before, m.broadcastArg("slack")), top), top, before)
		m.storeOne(stats, 0, top)
		m.comment("A row that sees no key has weights 2^(-inf - 0).")
		decay := m.exp2NotAbove(m.do(opMul, m.do(opSub, before, m.finiteTop(top)), factor))
		m.storeOne(stats, 8*statRows, decay)
		m.storeOne(stats, 4*statRows, m.do(opMul, m.broadcast(stats, 4*statRows), decay))
		m.addInt(stats, 4)
	})
	m.loadArg(s, "s")
	m.loadArg(stats, "stats")
	m.loadArg(rows, "rows")
	m.strideLoop(rows, []reg{s}, []reg{ld}, func() {
		top := m.finiteTop(m.broadcast(stats, 0))
		var sums []vec
		for range m.accumulators() {
			sums = append(sums, m.variable(m.c(0)))
		}
		m.each(cols, left, index, m.accumulators(), func(vectors int) {
			var y []vec
			for k := range vectors {
				y = append(y, m.do(opMul, m.do(opSub, m.load(s, k), top), factor))
			}
			m.interleave(vectors, func(k int) { y[k] = m.exp2NotAbove(y[k]) })
			for k := range y {
				if m.tail {
					y[k] = m.do(opTailOnly, y[k], m.c(0))
				}
				m.store(s, k, y[k])
				m.set(sums[k], opAdd, sums[k], y[k])
			}
		})
		m.storeOne(stats, 4*statRows, m.do(opAdd, m.broadcast(stats, 4*statRows), m.laneSum(sums)))
		m.addInt(stats, 4)
	})
	return m
}

// masked returns x + inverse·max(mask, lowest), -inf where mask is -inf, even if x is NaN.
func (m *machine) masked(mask, x, inverse, lowest vec) vec {
	return m.do(opSelect, m.do(opEqual, mask, m.bits(negInf)), m.bits(negInf), m.fma(m.do(opMax, lowest, mask), inverse, x))
}

// finiteTop returns 0 for -inf, else top.
func (m *machine) finiteTop(top vec) vec {
	return m.do(opSelect, m.do(opLess, m.bits(negInf), top), top, m.c(0))
}

// accumulators returns the number of sums of a row that are computed side by side.
func (m *machine) accumulators() int {
	if m.isa.vectors < 16 {
		return 2
	}
	return 4
}

// laneSum returns the sum of all lanes of some vectors.
func (m *machine) laneSum(x []vec) vec {
	sum := m.newSum()
	m.addGroupTo(sum, x)
	return m.total(sum)
}

// attendGradKernel replaces the scores s by weights p = 2^(factor·(s + inverse·mask - top))·norm, and their gradient dp
// by p·(dp - d)·slope. stats has top and norm of each row.
func attendGradKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "attendGrad", "s *float32", "dp *float32", "mask *float32", "stats *float32", "d *float32",
		"rows int", "cols int", "ld int",
		"ldm int", "factor float32", "inverse float32", "lowest float32", "slope float32")
	m.flush = true
	s, dp, mask, stats, d, rows, cols := m.arg("s"), m.arg("dp"), m.arg("mask"), m.arg("stats"), m.arg("d"), m.arg("rows"), m.arg("cols")
	ld, ldm := m.arg("ld"), m.arg("ldm")
	left, index := m.reg(), m.reg()
	factor, slope := m.broadcastArg("factor"), m.broadcastArg("slope")
	m.shl(ld, 2)
	m.shl(ldm, 2)
	m.strideLoop(rows, []reg{s, dp, mask}, []reg{ld, ld, ldm}, func() {
		top, norm, mean := m.broadcast(stats, 0), m.broadcast(stats, 4), m.broadcast(d, 0)
		m.addInt(stats, 8)
		m.addInt(d, 4)
		weights := func(masked bool) {
			var inverse, lowest vec
			if masked {
				inverse, lowest = m.broadcastArg("inverse"), m.broadcastArg("lowest")
			}
			m.each(cols, left, index, m.accumulators(), func(vectors int) {
				var y []vec
				for k := range vectors {
					x := m.load(s, k)
					if masked {
						x = m.masked(m.load(mask, k), x, inverse, lowest)
					}
					y = append(y, m.do(opMul, m.do(opSub, x, top), factor))
				}
				m.interleave(vectors, func(k int) { y[k] = m.exp2NotAbove(y[k]) })
				for k := range y {
					y[k] = m.do(opMul, y[k], norm)
					m.store(s, k, y[k])
					m.store(dp, k, m.do(opMul, m.do(opMul, y[k], m.do(opSub, m.load(dp, k), mean)), slope))
				}
			})
		}
		m.ifMask(mask, func() { weights(true) }, func() { weights(false) })
	})
	return m
}

// scaleRowsKernel sets dst = src·factor, with a factor for each row.
func scaleRowsKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "scaleRows", "dst *float32", "src *float32", "factors *float32", "rows int", "cols int", "ldd int", "lds int")
	dst, src, factors, rows := m.arg("dst"), m.arg("src"), m.arg("factors"), m.arg("rows")
	cols, ldd, lds := m.arg("cols"), m.arg("ldd"), m.arg("lds")
	left, index := m.reg(), m.reg()
	m.shl(ldd, 2)
	m.shl(lds, 2)
	m.strideLoop(rows, []reg{dst, src}, []reg{ldd, lds}, func() {
		f := m.broadcast(factors, 0)
		m.addInt(factors, 4)
		m.each(cols, left, index, 4, func(vectors int) {
			for k := range vectors {
				m.store(dst, k, m.do(opMul, m.load(src, k), f))
			}
		})
	})
	return m
}

// rowDotsKernel sets dst to the sums of a·b along the rows.
func rowDotsKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "rowDots", "dst *float32", "a *float32", "b *float32", "rows int", "cols int", "lda int", "ldb int")
	dst, a, b, rows, cols, lda, ldb := m.arg("dst"), m.arg("a"), m.arg("b"), m.arg("rows"), m.arg("cols"), m.arg("lda"), m.arg("ldb")
	left, index := m.reg(), m.reg()
	m.shl(lda, 2)
	m.shl(ldb, 2)
	m.strideLoop(rows, []reg{a, b}, []reg{lda, ldb}, func() {
		var sums []vec
		for range m.accumulators() {
			sums = append(sums, m.variable(m.c(0)))
		}
		m.each(cols, left, index, 4, func(vectors int) {
			for k := range vectors {
				m.set(sums[k], opFMA, m.load(a, k), m.load(b, k), sums[k])
			}
		})
		m.storeOne(dst, 0, m.laneSum(sums))
		m.addInt(dst, 4)
	})
	return m
}

// keepRowsKernel multiplies x by factor where the bit is 1, else by 0. A row has words of 32 bits; laneBits has bit i in
// lane i.
func keepRowsKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "keepRows", "x *float32", "bits *uint8", "laneBits *uint32", "rows int", "words int",
		"ld int", "ldb int", "factor float32")
	x, bits, lanes, rows := m.arg("x"), m.arg("bits"), m.arg("laneBits"), m.arg("rows")
	words, ld, ldb := m.arg("words"), m.arg("ld"), m.arg("ldb")
	left, at, word := m.reg(), m.reg(), m.reg()
	m.shl(ld, 2)
	lane, factor := m.next(lanes, 0), m.broadcastArg("factor")
	m.strideLoop(rows, []reg{x, bits}, []reg{ld, ldb}, func() {
		m.move(at, x)
		m.move(word, bits)
		m.move(left, words)
		m.loop(left, func() {
			w := m.broadcast(word, 0)
			for k := range 32 / isa.lanes {
				v := w
				if k > 0 {
					v = m.shift(opShr, w, k*isa.lanes)
				}
				dropped := m.do(opEqualInt, m.do(opAnd, v, lane), m.c(0))
				m.put(at, k, m.do(opMul, m.next(at, k), m.do(opSelect, dropped, m.c(0), factor)))
			}
			m.addInt(at, 128)
			m.addInt(word, 4)
		})
	})
	return m
}
