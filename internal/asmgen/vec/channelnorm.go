package main

// Norms of channels: the rows of one call start stride elements apart (which may be negative). Their mean and rstd are stat elements apart,
// their gamma and beta affine elements; a step of 0 repeats a number for all rows. gamma and beta may be nil.

// setMomentsKernel stores, for each row, the sum, the sum of squared deviations from a number near the mean, and that number.
func setMomentsKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "setMoments", "sums *float64", "centers *float32", "x *float32", "rows int", "cols int",
		"stride int", "perCol float32")
	sums, centers, x, rows, cols, stride := m.arg("sums"), m.arg("centers"), m.arg("x"), m.arg("rows"), m.arg("cols"), m.arg("stride")
	left, index := m.reg(), m.reg()
	m.shl(stride, 2)
	perCol := m.broadcastArg("perCol")
	start := len(m.code)
	m.loop(rows, func() {
		m.comment("The sum.")
		sum, squares := m.newSum(), m.newSum()
		m.each(cols, left, index, 4, func(vectors int) {
			var terms []vec
			for k := range vectors {
				terms = append(terms, m.load(x, k))
			}
			m.addGroupTo(sum, terms)
		})
		m.storeSum(sums, m.merge([]wideSum{sum}))
		center := m.do(opMul, m.total(sum), perCol)
		m.storeOne(centers, 0, center)
		m.comment("The sum of squares about the row's rounded mean.")
		m.each(cols, left, index, 4, func(vectors int) {
			m.prefetchRow(vectors, x)
			var terms []vec
			for k := range vectors {
				d := m.do(opSub, m.load(x, k), center)
				if m.tail {
					d = m.do(opTailOnly, d, m.c(0))
				}
				terms = append(terms, m.do(opMul, d, d))
			}
			m.addGroupTo(squares, terms)
		})
		m.addInt(sums, 8)
		m.storeSum(sums, m.merge([]wideSum{squares}))
		m.addInt(sums, 8)
		m.addInt(centers, 4)
		m.addReg(x, stride)
	})
	m.hoist(start)
	return m
}

// A rowNorm holds the numbers of one row: y = (x − mean)·rstd·gamma + beta.
type rowNorm struct {
	m                       *machine
	mean, rstd, gamma, beta vec
}

// rowNorm reads the numbers of the current row.
func (m *machine) rowNorm(mean, rstd, gamma, beta reg) rowNorm {
	r := rowNorm{m, m.broadcast(mean, 0), m.broadcast(rstd, 0), m.variable(m.c(1)), m.variable(m.c(0))}
	m.ifPointer(gamma, func() { m.set(r.gamma, opMove, m.broadcast(gamma, 0)) })
	m.ifPointer(beta, func() { m.set(r.beta, opMove, m.broadcast(beta, 0)) })
	return r
}

// normalized returns n = (x − mean)·rstd, and affine y = n·gamma + beta.
func (r rowNorm) normalized(x vec) vec { return r.m.do(opMul, r.m.do(opSub, x, r.mean), r.rstd) }
func (r rowNorm) affine(n vec) vec     { return r.m.do(opAdd, r.m.do(opMul, n, r.gamma), r.beta) }

// unlessZeroed returns dy where y is positive, else 0: the gradient of ReLU.
func (r rowNorm) unlessZeroed(dy, n vec) vec {
	return r.m.do(opSelect, r.m.do(opLessEq, r.affine(n), r.m.c(0)), r.m.c(0), dy)
}

// nextRow advances the pointers to the next row; nil ones stay nil.
func (m *machine) nextRow(mean, rstd, gamma, beta reg) {
	m.addArg(mean, "stat")
	m.addArg(rstd, "stat")
	m.ifPointer(gamma, func() { m.addArg(gamma, "affine") })
	m.ifPointer(beta, func() { m.addArg(beta, "affine") })
}

// prefetchRow asks for the vectors of the next row at the place of the iteration under way: rows lie far apart, and the processor does not
// foresee their starts.
func (m *machine) prefetchRow(vectors int, rows ...reg) {
	if !m.x86() || m.tail {
		return
	}
	m.text("MOVQ %s, AX", m.argRef("stride"))
	m.text("LEAQ (%s)(AX*4), AX", m.r(m.index))
	for _, p := range rows {
		for at := 0; at < vectors*4*m.isa.lanes; at += 64 {
			m.text("PREFETCHT1 %d(%s)(AX*1)", at, m.r(p))
		}
	}
}

// storeRow stores the vectors y of the iteration under way; a whole group goes past the caches if the argument stream is not 0.
func (m *machine) storeRow(dst reg, y []vec) {
	normal, done := m.newLabel("cached"), m.newLabel("stored")
	grouped := m.x86() && len(y) > 1
	if grouped {
		m.text("CMPQ %s, $0", m.argRef("stream"))
		m.text("JEQ %s", normal)
		for k := range y {
			m.stream(dst, k, y[k])
		}
		m.jump(done)
		m.label(normal)
	}
	for k := range y {
		m.store(dst, k, y[k])
	}
	if grouped {
		m.label(done)
	}
}

// fenceRows orders what was streamed before what is stored after.
func (m *machine) fenceRows() {
	if m.x86() {
		m.text("SFENCE")
	}
}

// setNormKernel sets dst = the larger of floor and (x − mean)·rstd·gamma + beta. A floor of −∞ changes nothing.
// stat and affine are in bytes.
func setNormKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "setNorm", "dst *float32", "x *float32", "mean *float32", "rstd *float32", "gamma *float32", "beta *float32",
		"rows int", "cols int", "stride int", "stat int", "affine int", "stream int", "floor float32")
	dst, x, mean, rstd, gamma, beta := m.arg("dst"), m.arg("x"), m.arg("mean"), m.arg("rstd"), m.arg("gamma"), m.arg("beta")
	rows, cols, stride := m.arg("rows"), m.arg("cols"), m.arg("stride")
	left, index := m.reg(), m.reg()
	m.shl(stride, 2)
	floor := m.broadcastArg("floor")
	m.loop(rows, func() {
		r := m.rowNorm(mean, rstd, gamma, beta)
		m.each(cols, left, index, 4, func(vectors int) {
			var y []vec
			for k := range vectors {
				y = append(y, m.do(opMax, floor, r.affine(r.normalized(m.load(x, k)))))
			}
			m.storeRow(dst, y)
		})
		m.nextRow(mean, rstd, gamma, beta)
		m.addReg(dst, stride)
		m.addReg(x, stride)
	})
	m.fenceRows()
	return m
}

// setGradSumsKernel stores, for each row, Σ dy and Σ dy·(x − mean). With relu, dy is 0 where y is not positive.
func setGradSumsKernel(name string, relu bool) kernel {
	return func(isa *isa, p *pool) *machine {
		m := newMachine(isa, p, name, "sums *float64", "dy *float32", "x *float32", "mean *float32", "rstd *float32",
			"gamma *float32", "beta *float32",
			"rows int", "cols int", "stride int", "stat int", "affine int")
		sums, dy, x := m.arg("sums"), m.arg("dy"), m.arg("x")
		mean, rstd, gamma, beta := m.arg("mean"), m.arg("rstd"), m.arg("gamma"), m.arg("beta")
		rows, index, left := m.arg("rows"), m.reg(), m.reg()
		cols := m.reg() // loaded in each row: there are not enough registers for all arguments
		m.loop(rows, func() {
			m.loadArg(cols, "cols")
			r := m.rowNorm(mean, rstd, gamma, beta)
			sum, products := m.newSum(), m.newSum()
			unroll := 4
			if relu && isa.vectors < 16 { // too few for two vectors at a time
				unroll = 2
			}
			m.each(cols, left, index, unroll, func(vectors int) {
				m.prefetchRow(vectors, x, dy)
				var d, dx []vec
				for k := range vectors {
					c, g := m.do(opSub, m.load(x, k), r.mean), m.load(dy, k)
					if relu {
						g = r.unlessZeroed(g, m.do(opMul, c, r.rstd))
					}
					d = append(d, g) // 0 beyond the end of a partial vector
					dx = append(dx, m.do(opMul, g, c))
				}
				m.addGroupTo(sum, d)
				m.addGroupTo(products, dx)
			})
			m.storeSum(sums, m.merge([]wideSum{sum}))
			m.addInt(sums, 8)
			m.storeSum(sums, m.merge([]wideSum{products}))
			m.addInt(sums, 8)
			m.nextRow(mean, rstd, gamma, beta)
			m.loadArg(left, "stride")
			m.shl(left, 2)
			m.addReg(dy, left)
			m.addReg(x, left)
		})
		return m
	}
}

// setGradKernel sets dx = rstd·(d − meanD − n·meanDN) for d = dy·gamma and n = (x − mean)·rstd. With relu, dy is 0 where y is not positive.
func setGradKernel(name string, relu bool) kernel {
	return func(isa *isa, p *pool) *machine {
		m := newMachine(isa, p, name, "dx *float32", "dy *float32", "x *float32", "mean *float32", "rstd *float32",
			"gamma *float32", "beta *float32",
			"rows int", "cols int", "stride int", "stat int", "affine int", "stream int", "meanD float32", "meanDN float32")
		dx, dy, x := m.arg("dx"), m.arg("dy"), m.arg("x")
		mean, rstd, gamma, beta := m.arg("mean"), m.arg("rstd"), m.arg("gamma"), m.arg("beta")
		rows, index, left := m.arg("rows"), m.reg(), m.reg()
		cols := m.reg()
		meanD, meanDN := m.broadcastArg("meanD"), m.broadcastArg("meanDN")
		m.loop(rows, func() {
			m.loadArg(cols, "cols")
			r := m.rowNorm(mean, rstd, gamma, beta)
			m.each(cols, left, index, 4, func(vectors int) {
				var y []vec
				for k := range vectors {
					n, d := r.normalized(m.load(x, k)), m.load(dy, k)
					if relu {
						d = r.unlessZeroed(d, n)
					}
					t := m.do(opSub, m.do(opSub, m.do(opMul, d, r.gamma), meanD), m.do(opMul, n, meanDN))
					y = append(y, m.do(opMul, r.rstd, t))
				}
				m.storeRow(dx, y)
			})
			m.nextRow(mean, rstd, gamma, beta)
			m.loadArg(left, "stride")
			m.shl(left, 2)
			m.addReg(dx, left)
			m.addReg(dy, left)
			m.addReg(x, left)
		})
		m.fenceRows()
		return m
	}
}

// setAffineGradKernel sets dx = dy·gamma·rstd, and 0 where (x − mean)·rstd·gamma + beta is not above floor. A floor of NaN changes nothing.
func setAffineGradKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "setAffineGrad", "dx *float32", "dy *float32", "x *float32", "mean *float32", "rstd *float32", "gamma *float32",
		"beta *float32", "rows int", "cols int", "stride int", "stat int", "affine int", "stream int", "floor float32")
	dx, dy, x := m.arg("dx"), m.arg("dy"), m.arg("x")
	mean, rstd, gamma, beta := m.arg("mean"), m.arg("rstd"), m.arg("gamma"), m.arg("beta")
	rows, index, left := m.arg("rows"), m.reg(), m.reg()
	cols := m.reg()
	floor := m.broadcastArg("floor")
	m.loop(rows, func() {
		m.loadArg(cols, "cols")
		r := m.rowNorm(mean, rstd, gamma, beta)
		m.each(cols, left, index, 4, func(vectors int) {
			var g []vec
			for k := range vectors {
				y := r.affine(r.normalized(m.load(x, k)))
				d := m.do(opMul, m.do(opMul, m.load(dy, k), r.gamma), r.rstd)
				g = append(g, m.do(opSelect, m.do(opLessEq, y, floor), m.c(0), d))
			}
			m.storeRow(dx, g)
		})
		m.nextRow(mean, rstd, gamma, beta)
		m.loadArg(left, "stride")
		m.shl(left, 2)
		m.addReg(dx, left)
		m.addReg(dy, left)
		m.addReg(x, left)
	})
	m.fenceRows()
	return m
}
