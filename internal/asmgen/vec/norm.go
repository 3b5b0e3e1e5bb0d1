package main

// Layer norm. gamma and beta may be nil.

func layerNormKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "layerNorm", "dst *float32", "mean *float32", "rstd *float32", "x *float32",
		"gamma *float32", "beta *float32",
		"rows int", "cols int", "perCol float32", "eps float32")
	dst, mean, rstd, x := m.arg("dst"), m.arg("mean"), m.arg("rstd"), m.arg("x")
	gamma, beta, rows, cols := m.arg("gamma"), m.arg("beta"), m.arg("rows"), m.arg("cols")
	left, index := m.reg(), m.reg()
	perCol, eps := m.broadcastArg("perCol"), m.broadcastArg("eps")
	m.rowLoop(rows, cols, []reg{dst, x}, func() {
		m.comment("The mean.")
		sum, squares := m.newSum(), m.newSum()
		m.each(cols, left, index, 4, func(vectors int) {
			var terms []vec
			for k := range vectors {
				terms = append(terms, m.load(x, k))
			}
			m.addGroupTo(sum, terms)
		})
		average := m.do(opMul, m.total(sum), perCol)
		m.comment("The variance, and rstd = 1/√(variance + eps).")
		m.each(cols, left, index, 4, func(vectors int) {
			var terms []vec
			for k := range vectors {
				d := m.do(opSub, m.load(x, k), average)
				if m.tail {
					d = m.do(opTailOnly, d, m.c(0))
				}
				terms = append(terms, m.do(opMul, d, d))
			}
			m.addGroupTo(squares, terms)
		})
		variance := m.do(opMul, m.total(squares), perCol)
		scale := m.do(opDiv, m.c(1), m.do(opSqrt, m.do(opAdd, variance, eps)))
		m.storeOne(mean, 0, average)
		m.storeOne(rstd, 0, scale)
		m.addInt(mean, 4)
		m.addInt(rstd, 4)
		m.comment("dst = (x - mean)·rstd·gamma + beta.")
		m.each(cols, left, index, 4, func(vectors int) {
			var y []vec
			for k := range vectors {
				y = append(y, m.variable(m.do(opMul, m.do(opSub, m.load(x, k), average), scale)))
			}
			m.ifPointer(gamma, func() {
				for k := range y {
					m.set(y[k], opMul, y[k], m.load(gamma, k))
				}
			})
			m.ifPointer(beta, func() {
				for k := range y {
					m.set(y[k], opAdd, y[k], m.load(beta, k))
				}
			})
			for k := range y {
				m.store(dst, k, y[k])
			}
		})
	})
	return m
}

// layerNormGradKernel computes dx; a nil gamma is 1.
func layerNormGradKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "layerNormGrad", "dx *float32", "dy *float32", "x *float32", "mean *float32",
		"rstd *float32", "gamma *float32",
		"rows int", "cols int", "perCol float32")
	dx, dy, x, mean, rstd := m.arg("dx"), m.arg("dy"), m.arg("x"), m.arg("mean"), m.arg("rstd")
	gamma, rows, cols := m.arg("gamma"), m.arg("rows"), m.arg("cols")
	left, index := m.reg(), m.reg()
	perCol := m.broadcastArg("perCol")
	m.rowLoop(rows, cols, []reg{dx, dy, x}, func() {
		average, scale := m.broadcast(mean, 0), m.broadcast(rstd, 0)
		m.addInt(mean, 4)
		m.addInt(rstd, 4)
		terms := func(vectors int) (d, n []vec) {
			for k := range vectors {
				d = append(d, m.variable(m.load(dy, k)))
			}
			m.ifPointer(gamma, func() {
				for k := range d {
					m.set(d[k], opMul, d[k], m.load(gamma, k))
				}
			})
			for k := range vectors {
				n = append(n, m.do(opMul, m.do(opSub, m.load(x, k), average), scale))
			}
			return d, n
		}
		m.comment("The means of d = dy·gamma and of d·n, for n = (x - mean)·rstd.")
		sumD, sumDN := m.newSum(), m.newSum()
		m.each(cols, left, index, 4, func(vectors int) {
			d, n := terms(vectors) // in a partial vector d is 0 beyond the end
			for k := range d {
				n[k] = m.do(opMul, d[k], n[k])
			}
			m.addGroupTo(sumD, d)
			m.addGroupTo(sumDN, n)
		})
		meanD := m.do(opMul, m.total(sumD), perCol)
		meanDN := m.do(opMul, m.total(sumDN), perCol)
		m.comment("dx = rstd·(d - mean(d) - n·mean(d·n)).")
		m.each(cols, left, index, 4, func(vectors int) {
			d, n := terms(vectors)
			for k := range d {
				t := m.do(opSub, m.do(opSub, d[k], meanD), m.do(opMul, n[k], meanDN))
				m.store(dx, k, m.do(opMul, scale, t))
			}
		})
	})
	return m
}

// gammaGradKernel sets dgamma = Σ dy·(x - mean)·rstd over the rows, for cols columns of rows that start stride elements
// apart.
func gammaGradKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "gammaGrad", "dgamma *float32", "dy *float32", "x *float32", "mean *float32",
		"rstd *float32", "rows int", "cols int",
		"stride int")
	dgamma, dy, x, mean, rstd := m.arg("dgamma"), m.arg("dy"), m.arg("x"), m.arg("mean"), m.arg("rstd")
	rows, cols := m.arg("rows"), m.arg("cols")
	left, index := m.reg(), m.reg()
	i, bytes := m.reg(), m.arg("stride")
	m.shl(bytes, 2)
	m.each(cols, left, index, 4, func(vectors int) {
		var sums []wideSum
		for range vectors {
			sums = append(sums, m.newSum())
		}
		m.move(i, rows)
		m.loop(i, func() {
			average, scale := m.broadcast(mean, 0), m.broadcast(rstd, 0)
			for k := range vectors {
				n := m.do(opMul, m.do(opSub, m.load(x, k), average), scale)
				m.addProductTo(sums[k], m.load(dy, k), n)
			}
			m.addInt(mean, 4)
			m.addInt(rstd, 4)
			m.addReg(x, bytes)
			m.addReg(dy, bytes)
		})
		for k, s := range sums {
			m.store(dgamma, k, m.do(opNarrow, s.low, s.high))
		}
		// Back to the first row.
		m.move(i, rows)
		m.shl(i, 2)
		m.subReg(mean, i)
		m.subReg(rstd, i)
		m.move(i, rows)
		m.mulReg(i, bytes)
		m.subReg(x, i)
		m.subReg(dy, i)
	})
	return m
}
