package main

// Kernels over the rows of a contiguous matrix.

// rowLoop records a loop that runs body for each of rows rows and then advances the pointers by the row's length.
func (m *machine) rowLoop(rows, cols reg, pointers []reg, body func()) {
	bytes := m.reg()
	done := m.newLabel("rowsDone")
	m.branch(rows, "EQ", 0, done)
	m.move(bytes, cols)
	m.shl(bytes, 2)
	start := len(m.code)
	m.loop(rows, func() {
		body()
		for _, p := range pointers {
			m.addReg(p, bytes)
		}
	})
	m.hoist(start)
	m.label(done)
}

// largest returns the row's largest element in all lanes. It may lose a NaN.
func (m *machine) largest(x, cols, left, index reg) vec {
	m.comment("The row's largest element.")
	var best []vec
	for range 4 {
		best = append(best, m.variable(m.bits(negInf)))
	}
	m.each(cols, left, index, 4, func(vectors int) {
		for k := range vectors {
			v := m.load(x, k)
			if m.tail {
				v = m.do(opTailOnly, v, m.bits(negInf))
			}
			m.set(best[k], opMax, v, best[k])
		}
	})
	a, b := m.do(opMax, best[0], best[1]), m.do(opMax, best[2], best[3])
	return m.do(opMaxAll, m.do(opMax, a, b))
}

// expSum returns Σ e^(x - largest) of the row, and stores the terms in dst unless that is -1.
func (m *machine) expSum(dst, x, cols, left, index reg, largest vec) vec {
	m.comment("The sum of e^(x - largest).")
	sum := m.newSum()
	m.each(cols, left, index, 2, func(vectors int) {
		var y []vec
		for k := range vectors {
			y = append(y, m.do(opSub, m.load(x, k), largest))
		}
		m.interleave(vectors, func(k int) { y[k] = m.expNotAbove(y[k]) })
		for k := range y {
			if m.tail {
				y[k] = m.do(opTailOnly, y[k], m.c(0))
			}
			if dst >= 0 {
				m.store(dst, k, y[k])
			}
		}
		m.addGroupTo(sum, y)
	})
	return m.total(sum)
}

// statRows is the largest number of rows of one call, and the index in stats at which the sums begin.
const statRows = 64

// softmaxKernel sets dst = scale·softmax(x) and, for each row, stats to the largest element and, after those of all
// rows, to the sum of e^(x - largest).
func softmaxKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "softmax", "dst *float32", "x *float32", "stats *float32", "rows int", "cols int",
		"scale float32")
	dst, x, stats, rows, cols := m.arg("dst"), m.arg("x"), m.arg("stats"), m.arg("rows"), m.arg("cols")
	left, index := m.reg(), m.reg()
	scale := m.broadcastArg("scale")
	m.rowLoop(rows, cols, []reg{dst, x}, func() {
		largest := m.largest(x, cols, left, index)
		sum := m.expSum(dst, x, cols, left, index, largest)
		m.storeOne(stats, 0, largest)
		m.storeOne(stats, 4*statRows, sum)
		m.addInt(stats, 4)
		m.comment("dst = scale/sum times the terms.")
		factor := m.do(opDiv, scale, sum)
		m.each(cols, left, index, 4, func(vectors int) {
			for k := range vectors {
				m.store(dst, k, m.do(opMul, m.load(dst, k), factor))
			}
		})
	})
	return m
}

// logSumExpKernel stores the same two numbers for each row and nothing else.
func logSumExpKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "logSumExp", "stats *float32", "x *float32", "rows int", "cols int")
	stats, x, rows, cols := m.arg("stats"), m.arg("x"), m.arg("rows"), m.arg("cols")
	left, index := m.reg(), m.reg()
	m.rowLoop(rows, cols, []reg{x}, func() {
		largest := m.largest(x, cols, left, index)
		sum := m.expSum(-1, x, cols, left, index, largest)
		m.storeOne(stats, 0, largest)
		m.storeOne(stats, 4*statRows, sum)
		m.addInt(stats, 4)
	})
	return m
}

func softmaxGradKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "softmaxGrad", "dx *float32", "dy *float32", "y *float32", "rows int", "cols int")
	dx, dy, y, rows, cols := m.arg("dx"), m.arg("dy"), m.arg("y"), m.arg("rows"), m.arg("cols")
	left, index := m.reg(), m.reg()
	m.rowLoop(rows, cols, []reg{dx, dy, y}, func() {
		m.comment("s = the sum of dy·y.")
		sum := m.newSum()
		m.each(cols, left, index, 1, func(int) { m.addProductTo(sum, m.load(dy, 0), m.load(y, 0)) })
		s := m.total(sum)
		m.comment("dx = (dy - s)·y.")
		m.each(cols, left, index, 1, func(int) {
			m.store(dx, 0, m.do(opMul, m.do(opSub, m.load(dy, 0), s), m.load(y, 0)))
		})
	})
	return m
}

func logSoftmaxGradKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "logSoftmaxGrad", "dx *float32", "dy *float32", "y *float32", "rows int", "cols int")
	dx, dy, y, rows, cols := m.arg("dx"), m.arg("dy"), m.arg("y"), m.arg("rows"), m.arg("cols")
	left, index := m.reg(), m.reg()
	m.rowLoop(rows, cols, []reg{dx, dy, y}, func() {
		m.comment("s = the sum of dy.")
		sum := m.newSum()
		m.each(cols, left, index, 1, func(int) { m.addTo(sum, m.load(dy, 0)) })
		s := m.total(sum)
		m.comment("dx = dy - e^y·s.")
		m.each(cols, left, index, 2, func(vectors int) {
			var e []vec
			for k := range vectors {
				e = append(e, m.load(y, k))
			}
			m.interleave(vectors, func(k int) { e[k] = m.exp(e[k]) })
			for k := range e {
				m.store(dx, k, m.do(opSub, m.load(dy, k), m.do(opMul, e[k], s)))
			}
		})
	})
	return m
}
