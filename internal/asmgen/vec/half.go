package main

// Conversions between float32 and 16 bits, of as many elements as fill vectors.

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

// Adding a half of the last place, less one where it is even, rounds to the nearest.
func narrowBF16Kernel(isa *isa, p *pool) *machine {
	return halfKernel(isa, p, "narrowBF16", true, func(m *machine, dst, x reg) {
		v := m.load(x, 0)
		odd := m.do(opAnd, m.shift(opShr, v, 16), m.bits(1))
		r := m.shift(opShr, m.do(opAddInt, m.do(opAddInt, v, m.bits(0x7fff)), odd), 16)
		m.putHalf(opStore16, dst, m.do(opSelect, m.do(opEqual, v, v), r, m.bits(0x7fc0)))
	})
}

func widenF16Kernel(isa *isa, p *pool) *machine {
	return halfKernel(isa, p, "widenF16", false, func(m *machine, dst, x reg) { m.store(dst, 0, m.half(opLoadF16, x)) })
}

func narrowF16Kernel(isa *isa, p *pool) *machine {
	return halfKernel(isa, p, "narrowF16", true, func(m *machine, dst, x reg) { m.putHalf(opStoreF16, dst, m.load(x, 0)) })
}
