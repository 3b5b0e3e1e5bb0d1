package main

// Kernels that write or read booleans, stored as bytes 1 or 0. They process the elements that fill whole vectors; a Go
// loop does the rest.

// comparisons are the ops of both kernels that compare, in order; those from lone on test one operand.
var comparisons = []string{"Equal", "NotEqual", "Less", "LessEq", "Greater", "GreaterEq", "Finite", "Infinite"}

const lone = 6

func (m *machine) compare(how int, a, b vec) vec {
	switch comparisons[how] {
	case "Equal":
		return m.do(opEqual, a, b)
	case "NotEqual":
		return m.do(opNotEqual, a, b)
	case "Less":
		return m.do(opLess, a, b)
	case "LessEq":
		return m.do(opLessEq, a, b)
	case "Greater":
		return m.do(opLess, b, a)
	case "GreaterEq":
		return m.do(opLessEq, b, a)
	case "Finite":
		return m.do(opLess, m.abs(a), m.bits(inf))
	}
	return m.do(opEqual, m.abs(a), m.bits(inf))
}

// compareKernel sets dst = a op b, compareScalarKernel dst = x op s.
func compareKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "compare", "op int", "dst *bool", "a *float32", "b *float32", "n int")
	op, dst, a, b, n := m.arg("op"), m.arg("dst"), m.arg("a"), m.arg("b"), m.arg("n")
	left, index := op, m.reg()
	done := m.newLabel("done")
	m.choose(op, comparisons[:lone], func(i int) {
		m.eachFull(n, left, index, 1, func() {
			m.storeBools(dst, 0, m.compare(i, m.load(a, 0), m.load(b, 0)))
			m.addInt(dst, isa.lanes)
		})
		m.jump(done)
	})
	m.label(done)
	return m
}

func compareScalarKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "compareScalar", "op int", "dst *bool", "x *float32", "n int", "s float32")
	op, dst, x, n := m.arg("op"), m.arg("dst"), m.arg("x"), m.arg("n")
	left, index := op, m.reg()
	done := m.newLabel("done")
	s := m.broadcastArg("s")
	start := len(m.code)
	m.choose(op, comparisons, func(i int) {
		m.eachFull(n, left, index, 1, func() {
			m.storeBools(dst, 0, m.compare(i, m.load(x, 0), s))
			m.addInt(dst, isa.lanes)
		})
		m.jump(done)
	})
	m.hoist(start)
	m.label(done)
	return m
}

// chooseKernel sets dst = cond ? a : b.
func chooseKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "choose", "dst *float32", "cond *bool", "a *float32", "b *float32", "n int")
	dst, cond, a, b, n := m.arg("dst"), m.arg("cond"), m.arg("a"), m.arg("b"), m.arg("n")
	left, index := m.reg(), m.reg()
	m.eachFull(n, left, index, 1, func() {
		m.store(dst, 0, m.do(opSelect, m.bytes(cond, 0), m.load(a, 0), m.load(b, 0)))
		m.addInt(cond, isa.lanes)
	})
	return m
}
