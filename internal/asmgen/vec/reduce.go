package main

// Reductions of one chunk. Sums are computed in float64, in several accumulators for each half of a vector's lanes.

// A wideSum adds vectors of float32 in float64.
type wideSum struct{ low, high vec }

func (m *machine) newSum() wideSum { return wideSum{m.variable(m.c(0)), m.variable(m.c(0))} }

func (m *machine) addTo(s wideSum, x vec) {
	m.set(s.low, opAddWide, s.low, m.do(opWidenLow, x))
	m.set(s.high, opAddWide, s.high, m.do(opWidenHigh, x))
}

func (m *machine) addProductTo(s wideSum, x, y vec) {
	m.set(s.low, opFMAWide, m.do(opWidenLow, x), m.do(opWidenLow, y), s.low)
	m.set(s.high, opFMAWide, m.do(opWidenHigh, x), m.do(opWidenHigh, y), s.high)
}

// loadWide reads vector k of p as two halves in float64.
func (m *machine) loadWide(p reg, k int) (low, high vec) {
	if !m.x86() || m.tail {
		x := m.load(p, k)
		return m.do(opWidenLow, x), m.do(opWidenHigh, x)
	}
	half := func(h int) vec {
		return m.add(instr{op: opLoadWide, base: p, index: m.index, offset: (2*k + h) * 2 * m.isa.lanes})
	}
	return half(0), half(1)
}

// addGroupTo adds the sum of the vectors, computed in float32. It is for terms of the same sign or magnitude.
func (m *machine) addGroupTo(s wideSum, x []vec) {
	for len(x) > 1 {
		x = append(x[2:], m.do(opAdd, x[0], x[1]))
	}
	m.addTo(s, x[0])
}

// newSums returns enough sums for additions to be independent, if there are registers for them.
func (m *machine) newSums() []wideSum {
	sums := []wideSum{m.newSum(), m.newSum()}
	if m.isa.vectors >= 16 {
		sums = append(sums, m.newSum(), m.newSum())
	}
	return sums
}

// total returns the sum of all lanes of the sums, as float32 in all lanes.
func (m *machine) total(sums ...wideSum) vec { return m.do(opSumWide, m.merge(sums)) }

func (m *machine) merge(sums []wideSum) vec {
	var parts []vec
	for _, s := range sums {
		parts = append(parts, m.do(opAddWide, s.low, s.high))
	}
	for len(parts) > 1 {
		parts = append(parts[2:], m.do(opAddWide, parts[0], parts[1]))
	}
	return parts[0]
}

// sumKernel stores the sum of each of rows rows of n elements.
func sumKernel(isa *isa, p *pool) *machine {
	return rowsKernel(isa, p, "sum", func(m *machine, result, x, n, left, index reg) {
		done := m.newLabel("done")
		if isa == avx512 {
			m.scaledSum(result, x, n, left, index, done)
		}
		sums := m.newSums()
		m.each(n, left, index, 4, func(vectors int) {
			for k := range vectors {
				low, high := m.loadWide(x, k)
				m.set(sums[k%len(sums)].low, opAddWide, sums[k%len(sums)].low, low)
				m.set(sums[k%len(sums)].high, opAddWide, sums[k%len(sums)].high, high)
			}
		})
		m.storeSum(result, m.merge(sums))
		m.label(done)
		m.addInt(result, 8)
	})
}

// rowsKernel returns a kernel that reduces each of rows rows of n elements. The body reduces one row and advances
// result.
func rowsKernel(isa *isa, p *pool, name string, body func(m *machine, result, x, n, left, index reg)) *machine {
	m := newMachine(isa, p, name, "result *float64", "x *float32", "rows int", "n int")
	result, x, rows, n := m.arg("result"), m.arg("x"), m.arg("rows"), m.arg("n")
	left, index := m.reg(), m.reg()
	m.rowLoop(rows, n, []reg{x}, func() { body(m, result, x, n, left, index) })
	return m
}

// scaledSum stores the sum of x, added in float64, and jumps to done. It goes on if an element is infinite, NaN or so
// large that its square may overflow.
//
// It does not use the conversion instruction, for which AMD's processors have one unit: the bits of a float32 v,
// shifted to the position of the sign and the lower exponent bits of a float64, are those of v·2⁻⁸⁹⁶, even if v is
// subnormal.
func (m *machine) scaledSum(result, x, n, left, index reg, done string) {
	const fields = 0x8fffffffe0000000 // sign, eight bits of exponent, 23 of fraction
	mask, shift := m.variable(m.long(fields)), m.variable(m.long(1<<29))
	var sums, checks []vec
	for range 4 {
		sums = append(sums, m.variable(m.long(0)))
	}
	for range 2 {
		checks = append(checks, m.variable(m.c(0)))
	}
	m.each(n, left, index, 4, func(vectors int) {
		var v []vec
		for k := range vectors {
			v = append(v, m.load(x, k))
			even, odd := m.do(opMulLong, v[k], shift), m.shift(opSarLong, v[k], 3)
			i := 2 * (k % 2)
			m.set(sums[i], opAddWide, sums[i], m.do(opAnd, even, mask))
			m.set(sums[i+1], opAddWide, sums[i+1], m.do(opAnd, odd, mask))
		}
		for k := 0; k < vectors; k += 2 { // a product is infinite or NaN if a factor is
			m.set(checks[k/2], opFMA, v[k], v[min(k+1, vectors-1)], checks[k/2])
		}
	})
	m.comment("A finite number has an exponent below 2047.")
	check := m.do(opAdd, checks[0], checks[1])
	m.storeSum(result, m.do(opAddWide, m.do(opWidenLow, check), m.do(opWidenHigh, check)))
	far := m.newLabel("far")
	m.text("MOVQ (%s), AX", m.r(result))
	m.text("SHLQ $1, AX")
	m.text("SHRQ $53, AX")
	m.text("CMPQ AX, $2047")
	m.text("JEQ %s", far)
	a, b := m.do(opAddWide, sums[0], sums[1]), m.do(opAddWide, sums[2], sums[3])
	m.storeSum(result, m.do(opMulWide, m.do(opAddWide, a, b), m.wide(0x1p896)))
	m.jump(done)
	m.label(far)
}

// squaresKernel stores the sum of each row's squares.
func squaresKernel(isa *isa, p *pool) *machine {
	return rowsKernel(isa, p, "squares", func(m *machine, result, x, n, left, index reg) {
		sums := m.newSums()
		m.each(n, left, index, 4, func(vectors int) {
			for k := range vectors {
				low, high := m.loadWide(x, k)
				m.set(sums[k%len(sums)].low, opFMAWide, low, low, sums[k%len(sums)].low)
				m.set(sums[k%len(sums)].high, opFMAWide, high, high, sums[k%len(sums)].high)
			}
		})
		m.storeSum(result, m.merge(sums))
		m.addInt(result, 8)
	})
}

func dotKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "dot", "result *float64", "a *float32", "b *float32", "n int")
	result, a, b, n := m.arg("result"), m.arg("a"), m.arg("b"), m.arg("n")
	left, index := m.reg(), m.reg()
	sums := m.newSums()
	m.each(n, left, index, 4, func(vectors int) {
		for k := range vectors {
			aLow, aHigh := m.loadWide(a, k)
			bLow, bHigh := m.loadWide(b, k)
			m.set(sums[k%len(sums)].low, opFMAWide, aLow, bLow, sums[k%len(sums)].low)
			m.set(sums[k%len(sums)].high, opFMAWide, aHigh, bHigh, sums[k%len(sums)].high)
		}
	})
	m.storeSum(result, m.merge(sums))
	return m
}

// productKernel stores half a vector's lanes of float64s for each row; their product is the row's.
func productKernel(isa *isa, p *pool) *machine {
	return rowsKernel(isa, p, "product", func(m *machine, result, x, n, left, index reg) {
		var products []vec
		for range 4 {
			products = append(products, m.variable(m.wide(1)))
		}
		m.each(n, left, index, 4, func(vectors int) {
			for k := range vectors {
				var low, high vec
				if m.tail {
					v := m.do(opTailOnly, m.load(x, k), m.c(1))
					low, high = m.do(opWidenLow, v), m.do(opWidenHigh, v)
				} else {
					low, high = m.loadWide(x, k)
				}
				i := 2 * (k % 2)
				m.set(products[i], opMulWide, products[i], low)
				m.set(products[i+1], opMulWide, products[i+1], high)
			}
		})
		a, b := m.do(opMulWide, products[0], products[1]), m.do(opMulWide, products[2], products[3])
		m.store(result, 0, m.do(opMulWide, a, b))
		m.addInt(result, 4*isa.lanes)
	})
}

// extremeKernel writes the lanes of one vector: the largest (or smallest) element is the largest of them, NaN if one
// is.
func extremeKernel(name string, o op, fill uint32) kernel {
	return func(isa *isa, p *pool) *machine {
		m := newMachine(isa, p, name, "result *float32", "x *float32", "n int")
		result, x, n := m.arg("result"), m.arg("x"), m.arg("n")
		left, index := m.reg(), m.reg()
		var best []vec
		for range 4 {
			best = append(best, m.variable(m.bits(fill)))
		}
		// A NaN in best stays, since the operation keeps its second source; one in x is selected.
		join := func(into, x vec) {
			y := m.do(o, x, into)
			m.set(into, opSelect, m.do(opEqual, x, x), y, x)
		}
		m.each(n, left, index, 4, func(vectors int) {
			for k := range vectors {
				v := m.load(x, k)
				if m.tail {
					v = m.do(opTailOnly, v, m.bits(fill))
				}
				join(best[k], v)
			}
		})
		join(best[0], best[1])
		join(best[2], best[3])
		join(best[0], best[2])
		m.store(result, 0, best[0])
		return m
	}
}

// columnSumsKernel adds the rows of x, stride elements apart, for cols columns.
func columnSumsKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "columnSums", "dst *float32", "x *float32", "rows int", "cols int", "stride int")
	dst, x, rows, cols, stride := m.arg("dst"), m.arg("x"), m.arg("rows"), m.arg("cols"), m.arg("stride")
	m.shl(stride, 2)
	left, index := m.reg(), m.reg()
	row, i := m.reg(), m.reg()
	m.each(cols, left, index, 4, func(vectors int) {
		var sums []wideSum
		for range vectors {
			sums = append(sums, m.newSum())
		}
		m.move(row, x)
		m.move(i, rows)
		m.loop(i, func() {
			for k := range vectors {
				m.addTo(sums[k], m.load(row, k))
			}
			m.addReg(row, stride)
		})
		for k, s := range sums {
			m.store(dst, k, m.do(opNarrow, s.low, s.high))
		}
	})
	return m
}
