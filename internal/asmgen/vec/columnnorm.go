package main

// Batch norm of an array (rows, channels): columns are normalized. A call does cols columns, at most 64, of rows rows
// that start stride elements apart. numbers has planes of 64 elements, one for each column.
const (
	planeMean = iota
	planeRstd
	planeGamma
	planeBeta
	planeA // Σ (x − mean), or Σ dy and then its mean over the rows, times gamma
	planeB // Σ (x − mean)², or Σ dy·(x − mean) and then the mean of dy·n, times gamma
)

// plane returns vector k of a plane, for the columns of the iteration under way.
func (m *machine) plane(numbers reg, plane, k int) vec {
	return m.add(instr{op: opLoad, base: numbers, index: m.index, offset: plane*256 + k*4*m.isa.lanes})
}

func (m *machine) storePlane(numbers reg, plane, k int, x vec) {
	m.add(instr{op: opStore, src: [3]vec{x}, base: numbers, index: m.index, offset: plane*256 + k*4*m.isa.lanes})
}

// storeSums stores the sums of each vector of columns to planeA and planeB.
func (m *machine) storeSums(numbers reg, sums []wideSum) {
	for k, s := range sums {
		m.storePlane(numbers, planeA+k%2, k/2, m.do(opNarrow, s.low, s.high))
	}
}

// eachColumn records body for each group of columns. It gets the number of vectors.
func (m *machine) eachColumn(unroll int, body func(vectors int)) {
	cols, left, index := m.arg("cols"), m.reg(), m.reg()
	m.each(cols, left, index, unroll, body)
}

// down records body for each row: pointers holds the arguments' names, regs their pointers at the row.
func (m *machine) down(names []string, regs []reg, i, stride reg, body func()) {
	for k, name := range names {
		m.loadArg(regs[k], name)
	}
	m.loadArg(i, "rows")
	m.loop(i, func() {
		body()
		m.nextRows(regs, stride)
	})
}

// nextRows moves pointers to the next row.
func (m *machine) nextRows(regs []reg, stride reg) {
	for _, r := range regs {
		m.addReg(r, stride)
	}
}

// downSums is down for sums in float64: terms returns a row's terms of each sum. Those of four rows are added up in
// float32 first.
func (m *machine) downSums(names []string, regs []reg, i, stride reg, sums []wideSum, terms func() []vec) {
	for k, name := range names {
		m.loadArg(regs[k], name)
	}
	if m.isa.vectors < 16 { // too few for four rows
		m.loadArg(i, "rows")
		m.loop(i, func() {
			for k, v := range terms() {
				m.addTo(sums[k], v)
			}
			m.nextRows(regs, stride)
		})
		return
	}
	few, done := m.newLabel("fewRows"), m.newLabel("rowsDone")
	m.loadArg(i, "rows")
	m.countDown(i, 4, "LT", few)
	top := m.newLabel("fourRows")
	start := len(m.code)
	m.label(top)
	total := terms()
	for range 3 {
		m.nextRows(regs, stride)
		for k, v := range terms() {
			total[k] = m.do(opAdd, total[k], v)
		}
	}
	m.nextRows(regs, stride)
	for k, s := range sums {
		m.addTo(s, total[k])
	}
	m.countDown(i, 4, "GE", top)
	m.loops = append(m.loops, [2]int{start, len(m.code) - 1})
	m.label(few)
	m.addInt(i, 4)
	m.branch(i, "EQ", 0, done)
	m.loop(i, func() {
		for k, v := range terms() {
			m.addTo(sums[k], v)
		}
		m.nextRows(regs, stride)
	})
	m.label(done)
}

// rowsAhead asks for the vectors of a later row at the place of the iteration under way.
func (m *machine) rowsAhead(vectors int, stride reg, rows ...reg) {
	if !m.x86() || m.tail {
		return
	}
	for _, p := range rows {
		m.text("LEAQ (%s)(%s*1), AX", m.r(p), m.r(m.index))
		for at := 0; at < vectors*4*m.isa.lanes; at += 64 {
			m.text("PREFETCHT0 %d(AX)(%s*8)", at, m.r(stride))
		}
	}
}

// columnMomentsKernel sets planeA to Σ (x − mean) and planeB to Σ (x − mean)².
func columnMomentsKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "columnMoments", "numbers *float32", "x *float32", "rows int", "cols int", "stride int")
	numbers, stride := m.arg("numbers"), m.arg("stride")
	m.shl(stride, 2)
	row, i := m.reg(), m.reg()
	m.eachColumn(2, func(vectors int) {
		var center []vec
		var sums []wideSum
		for k := range vectors {
			center = append(center, m.plane(numbers, planeMean, k))
			sums = append(sums, m.newSum(), m.newSum())
		}
		m.downSums([]string{"x"}, []reg{row}, i, stride, sums, func() (terms []vec) {
			for k := range vectors {
				d := m.do(opSub, m.load(row, k), center[k])
				terms = append(terms, d, m.do(opMul, d, d))
			}
			return terms
		})
		m.storeSums(numbers, sums)
	})
	return m
}

// columnOf returns the numbers of vector k of the columns.
func (m *machine) columnOf(numbers reg, k int) rowNorm {
	return rowNorm{m, m.plane(numbers, planeMean, k), m.plane(numbers, planeRstd, k), m.plane(numbers, planeGamma, k),
		m.plane(numbers, planeBeta, k)}
}

// columnNormKernel sets dst = the larger of floor and (x − mean)·rstd·gamma + beta.
func columnNormKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "columnNorm", "dst *float32", "numbers *float32", "x *float32", "rows int", "cols int",
		"stride int", "floor float32")
	numbers, stride := m.arg("numbers"), m.arg("stride")
	m.shl(stride, 2)
	dst, x, i := m.reg(), m.reg(), m.reg()
	floor := m.broadcastArg("floor")
	m.eachColumn(4, func(vectors int) {
		var columns []rowNorm
		for k := range vectors {
			columns = append(columns, m.columnOf(numbers, k))
		}
		m.down([]string{"dst", "x"}, []reg{dst, x}, i, stride, func() {
			for k, c := range columns {
				m.store(dst, k, m.do(opMax, floor, c.affine(c.normalized(m.load(x, k)))))
			}
		})
	})
	return m
}

// columnGradSumsKernel sets planeA to Σ dy and planeB to Σ dy·(x − mean). With relu, dy is 0 where y is not positive.
func columnGradSumsKernel(name string, relu bool) kernel {
	return func(isa *isa, p *pool) *machine {
		m := newMachine(isa, p, name, "numbers *float32", "dy *float32", "x *float32", "rows int", "cols int", "stride int")
		numbers, stride := m.arg("numbers"), m.arg("stride")
		m.shl(stride, 2)
		dy, x, i := m.reg(), m.reg(), m.reg()
		m.eachColumn(2, func(vectors int) {
			var columns []rowNorm
			var sums []wideSum
			for k := range vectors {
				c := rowNorm{m: m, mean: m.plane(numbers, planeMean, k)}
				if relu {
					c = m.columnOf(numbers, k)
				}
				columns = append(columns, c)
				sums = append(sums, m.newSum(), m.newSum())
			}
			m.downSums([]string{"dy", "x"}, []reg{dy, x}, i, stride, sums, func() (terms []vec) {
				m.rowsAhead(vectors, stride, dy, x)
				for k, r := range columns {
					c, g := m.do(opSub, m.load(x, k), r.mean), m.load(dy, k)
					if relu {
						g = r.unlessZeroed(g, m.do(opMul, c, r.rstd))
					}
					terms = append(terms, g, m.do(opMul, g, c))
				}
				return terms
			})
			m.storeSums(numbers, sums)
		})
		return m
	}
}

// columnGradKernel sets dx = rstd·(dy·gamma − planeA − n·planeB) for n = (x − mean)·rstd. With relu, dy is 0 where y
// is not positive.
func columnGradKernel(name string, relu bool) kernel {
	return func(isa *isa, p *pool) *machine {
		m := newMachine(isa, p, name, "dx *float32", "numbers *float32", "dy *float32", "x *float32", "rows int", "cols int", "stride int")
		numbers, stride := m.arg("numbers"), m.arg("stride")
		m.shl(stride, 2)
		dx, dy, x, i := m.reg(), m.reg(), m.reg(), m.reg()
		unroll := 4
		if relu {
			unroll = 2
		}
		m.eachColumn(unroll, func(vectors int) {
			var columns []rowNorm
			var a, b []vec
			for k := range vectors {
				columns = append(columns, m.columnOf(numbers, k))
				a, b = append(a, m.plane(numbers, planeA, k)), append(b, m.plane(numbers, planeB, k))
			}
			m.down([]string{"dx", "dy", "x"}, []reg{dx, dy, x}, i, stride, func() {
				for k, c := range columns {
					n, d := c.normalized(m.load(x, k)), m.load(dy, k)
					if relu {
						d = c.unlessZeroed(d, n)
					}
					t := m.do(opSub, m.do(opSub, m.do(opMul, d, c.gamma), a[k]), m.do(opMul, n, b[k]))
					m.store(dx, k, m.do(opMul, c.rstd, t))
				}
			})
		})
		return m
	}
}
