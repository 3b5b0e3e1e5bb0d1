package main

// Conversions between float32 and 16-bit floats, for the elements that fill whole vectors.

func halfKernel(isa *isa, p *pool, name string, narrow bool, body func(m *machine, dst, x reg)) *machine {
	types := []string{"dst *float32", "x *uint16", "n int"}
	if narrow {
		types = []string{"dst *uint16", "x *float32", "n int"}
	}
	m := newMachine(isa, p, name, types...)
	dst, x, n := m.arg("dst"), m.arg("x"), m.arg("n")
	left, index := m.reg(), m.reg()
	start := len(m.code)
	m.eachFull(n, left, index, 1, func() {
		body(m, dst, x)
		if narrow {
			m.addInt(dst, 2*isa.lanes)
		} else {
			m.addInt(x, 2*isa.lanes)
		}
	})
	m.hoist(start)
	return m
}

// A bfloat16 is the upper half of a float32.
func widenBF16Kernel(isa *isa, p *pool) *machine {
	return halfKernel(isa, p, "widenBF16", false, func(m *machine, dst, x reg) {
		m.store(dst, 0, m.shift(opShl, m.half(opLoad16, x), 16))
	})
}

func narrowBF16Kernel(isa *isa, p *pool) *machine {
	return halfKernel(isa, p, "narrowBF16", true, func(m *machine, dst, x reg) { m.putBF16(dst, m.load(x, 0)) })
}

// putBF16 stores v rounded to nearest, ties to even: it adds half a unit of the last place, less one bit if the last
// place is even.
func (m *machine) putBF16(dst reg, v vec) {
	odd := m.do(opAnd, m.shift(opShr, v, 16), m.bits(1))
	r := m.shift(opShr, m.do(opAddInt, m.do(opAddInt, v, m.bits(0x7fff)), odd), 16)
	m.putHalf(opStore16, dst, m.do(opSelect, m.do(opEqual, v, v), r, m.bits(0x7fc0)))
}

// gridBF16Kernel and gridF16Kernel set dst = x op y for 16-bit floats, computed in float32 and rounded.
func gridBF16Kernel(isa *isa, p *pool) *machine {
	load := func(m *machine, x reg) vec { return m.shift(opShl, m.half(opLoad16, x), 16) }
	return halfGrid(isa, p, "gridBF16", load, (*machine).putBF16)
}

func gridF16Kernel(isa *isa, p *pool) *machine {
	load := func(m *machine, x reg) vec { return m.half(opLoadF16, x) }
	return halfGrid(isa, p, "gridF16", load, func(m *machine, dst reg, v vec) { m.putHalf(opStoreF16, dst, v) })
}

func halfGrid(isa *isa, p *pool, name string, load func(m *machine, x reg) vec,
	store func(m *machine, dst reg, v vec)) *machine {
	m := newMachine(isa, p, name, "op int", "dst *uint16", "x *uint16", "y *uint16", "n int")
	op, dst, x, y, n := m.arg("op"), m.arg("dst"), m.arg("x"), m.arg("y"), m.arg("n")
	left, index := op, m.reg()
	done := m.newLabel("done")
	m.choose(op, gridNames()[:gridCommon], func(i int) {
		start := len(m.code)
		m.eachFull(n, left, index, 1, func() {
			store(m, dst, m.do(gridOps[i].op, load(m, x), load(m, y)))
			for _, p := range []reg{dst, x, y} {
				m.addInt(p, 2*isa.lanes)
			}
		})
		m.hoist(start)
		m.jump(done)
	})
	m.label(done)
	return m
}

func widenF16Kernel(isa *isa, p *pool) *machine {
	return halfKernel(isa, p, "widenF16", false, func(m *machine, dst, x reg) { m.store(dst, 0, m.half(opLoadF16, x)) })
}

func narrowF16Kernel(isa *isa, p *pool) *machine {
	return halfKernel(isa, p, "narrowF16", true,
		func(m *machine, dst, x reg) { m.putHalf(opStoreF16, dst, m.load(x, 0)) })
}
