package main

// Kernels over the rows of x with the numbers in index, of n elements each. rows, the number of numbers, is positive.

// gatherSumKernel adds the rows, times their factors, to dst. factors may be nil.
func gatherSumKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "gatherSum", "dst *float32", "x *float32", "index *int64", "factors *float32", "n int", "rows int")
	dst, x, index, factors, n, rows := m.arg("dst"), m.arg("x"), m.arg("index"), m.arg("factors"), m.arg("n"), m.arg("rows")
	g := m.newGather(x, index, n, rows)
	columns := func(weighted bool) {
		g.columns(factors, weighted, func(vectors int, eachRow func(func(row reg, factor vec))) {
			var sums []vec
			for k := range vectors {
				sums = append(sums, m.variable(m.load(dst, k)))
			}
			eachRow(func(row reg, factor vec) {
				for k := range sums {
					if weighted {
						m.set(sums[k], opFMA, m.load(row, k), factor, sums[k])
					} else {
						m.set(sums[k], opAdd, sums[k], m.load(row, k))
					}
				}
			})
			for k := range sums {
				m.store(dst, k, sums[k])
			}
		})
	}
	m.ifMask(factors, func() { columns(true) }, func() { columns(false) })
	return m
}

// spreadAddKernel adds src, times their factors, to the rows. factors may be nil.
func spreadAddKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "spreadAdd", "x *float32", "src *float32", "index *int64", "factors *float32", "n int", "rows int")
	x, src, index, factors, n, rows := m.arg("x"), m.arg("src"), m.arg("index"), m.arg("factors"), m.arg("n"), m.arg("rows")
	g := m.newGather(x, index, n, rows)
	columns := func(weighted bool) {
		g.columns(factors, weighted, func(vectors int, eachRow func(func(row reg, factor vec))) {
			var s []vec
			for k := range vectors {
				s = append(s, m.variable(m.load(src, k)))
			}
			eachRow(func(row reg, factor vec) {
				for k := range s {
					if weighted {
						m.store(row, k, m.do(opFMA, factor, s[k], m.load(row, k)))
					} else {
						m.store(row, k, m.do(opAdd, m.load(row, k), s[k]))
					}
				}
			})
		})
	}
	m.ifMask(factors, func() { columns(true) }, func() { columns(false) })
	return m
}

// gatherMaxKernel sets dst to the largest elements of the rows, and chosen to the rows' numbers. A NaN is larger than
// all numbers; of equal elements the first one counts.
func gatherMaxKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "gatherMax", "dst *float32", "chosen *int32", "x *float32", "index *int64", "n int", "rows int")
	dst, chosen, x, index, n, rows := m.arg("dst"), m.arg("chosen"), m.arg("x"), m.arg("index"), m.arg("n"), m.arg("rows")
	g := m.newGather(x, index, n, rows)
	g.columns(-1, false, func(vectors int, eachRow func(func(row reg, number vec))) {
		var best, from []vec
		for range vectors {
			best, from = append(best, m.variable(m.bits(negInf))), append(from, m.variable(m.bits(1<<32-1)))
		}
		eachRow(func(row reg, number vec) {
			for k := range best {
				v := m.load(row, k)
				// The number of the first row replaces that of no row, even if v is not larger.
				old := m.do(opSelect, m.do(opEqualInt, from[k], m.bits(1<<32-1)), number, from[k])
				larger := m.do(opLess, best[k], v)
				newFrom, newBest := m.do(opSelect, larger, number, old), m.do(opSelect, larger, v, best[k])
				sane := m.do(opEqual, best[k], best[k])
				nanFrom, nanBest := m.do(opSelect, sane, number, old), m.do(opSelect, sane, v, best[k])
				isNaN := m.do(opNotEqual, v, v)
				m.set(from[k], opSelect, isNaN, nanFrom, newFrom)
				m.set(best[k], opSelect, isNaN, nanBest, newBest)
			}
		})
		for k := range best {
			m.store(dst, k, best[k])
			m.store(chosen, k, from[k])
		}
	})
	return m
}

// gather records loops over rows.
type gather struct {
	*machine
	x, numbers, n, rows    reg
	left, offset, i, start reg
}

func (m *machine) newGather(x, index, n, rows reg) *gather {
	return &gather{m, x, index, n, rows, m.reg(), m.reg(), m.reg(), m.reg()}
}

// columns records body for groups of a few vectors of the columns. body calls eachRow once, which records the loop over
// the rows. It gets the row's beginning and, if weighted, its factor, else its number in all lanes.
func (g *gather) columns(factors reg, weighted bool, body func(vectors int, eachRow func(func(row reg, factor vec)))) {
	g.each(g.n, g.left, g.offset, 4, func(vectors int) {
		body(vectors, func(do func(row reg, factor vec)) {
			g.move(g.i, g.rows)
			g.loop(g.i, func() {
				g.loadInt(g.start, g.numbers)
				g.mulReg(g.start, g.n)
				g.shl(g.start, 2)
				g.addReg(g.start, g.x)
				var factor vec
				if weighted {
					factor = g.broadcast(factors, 0)
					g.addInt(factors, 4)
				} else if factors < 0 {
					factor = g.broadcast(g.numbers, 0) // the lower half of the number
				}
				g.addInt(g.numbers, 8)
				do(g.start, factor)
			})
			g.move(g.i, g.rows)
			g.shl(g.i, 2)
			if weighted {
				g.subReg(factors, g.i)
			}
			g.subReg(g.numbers, g.i)
			g.subReg(g.numbers, g.i)
		})
	})
}

// loadInt loads the integer to which p points.
func (m *machine) loadInt(r, p reg) {
	m.text("%s (%s), %s", m.mnemonic("MOVQ", "MOVD"), m.r(p), m.r(r))
}
