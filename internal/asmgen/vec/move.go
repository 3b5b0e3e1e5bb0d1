package main

// reverseKernel sets dst to x in reverse, for n a multiple of the lanes.
func reverseKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "reverse", "dst *float32", "x *float32", "n int")
	dst, x, n := m.arg("dst"), m.arg("x"), m.arg("n")
	left, index := m.reg(), m.reg()
	m.move(left, n)
	m.shl(left, 2)
	m.addReg(x, left) // the end
	m.eachFull(n, left, index, 1, func() {
		m.addInt(x, -4*isa.lanes)
		m.store(dst, 0, m.do(opReverse, m.next(x, 0)))
	})
	return m
}

// withinKernel writes half a vector's lanes of 64 bits, one of which is negative if an x, of n words that fill vectors,
// is below lo or above hi.
func withinKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "within", "outside *int64", "x *int64", "n int", "lo int64", "hi int64")
	outside, x, n := m.arg("outside"), m.arg("x"), m.arg("n")
	left, index := m.reg(), m.reg()
	lo, hi := m.broadcastWide("lo"), m.broadcastWide("hi")
	bad := []vec{m.variable(m.long(0)), m.variable(m.long(0))}
	m.eachFull(n, left, index, 2, func() {
		for k := range bad {
			v := m.load(x, k)
			m.set(bad[k], opOr, bad[k], m.do(opSubLong, v, lo))
			m.set(bad[k], opOr, bad[k], m.do(opSubLong, hi, v))
		}
	})
	m.store(outside, 0, m.do(opOr, bad[0], bad[1]))
	return m
}
