package main

// Conversions between float32 and other types, for a multiple of 16 elements.

// convertKernel returns a kernel whose body converts a vector from or to float32. The loop's index counts the float32s; the pointer to the
// other type advances by size bytes for each element.
func convertKernel(isa *isa, p *pool, name string, params []string, other string, size int,
	body func(m *machine, dst, x reg)) *machine {
	m := newMachine(isa, p, name, params...)
	dst, x, n := m.arg("dst"), m.arg("x"), m.arg("n")
	left, index := m.reg(), m.reg()
	moving := map[string]reg{"dst": dst, "x": x}[other]
	start := len(m.code)
	m.eachFull(n, left, index, 1, func() {
		body(m, dst, x)
		m.addInt(moving, size*isa.lanes)
	})
	m.hoist(start)
	return m
}

func widenF64Kernel(isa *isa, p *pool) *machine {
	return convertKernel(isa, p, "widenF64", []string{"dst *float64", "x *float32", "n int"}, "dst", 8,
		func(m *machine, dst, x reg) {
			v := m.load(x, 0)
			m.put(dst, 0, m.do(opWidenLow, v))
			m.put(dst, 1, m.do(opWidenHigh, v))
		})
}

func narrowF64Kernel(isa *isa, p *pool) *machine {
	return convertKernel(isa, p, "narrowF64", []string{"dst *float32", "x *float64", "n int"}, "x", 8,
		func(m *machine, dst, x reg) {
			m.store(dst, 0, m.do(opNarrow, m.next(x, 0), m.next(x, 1)))
		})
}

func fromInt32Kernel(isa *isa, p *pool) *machine {
	return convertKernel(isa, p, "fromInt32", []string{"dst *float32", "x *int32", "n int"}, "x", 4,
		func(m *machine, dst, x reg) {
			m.store(dst, 0, m.do(opToFloat, m.next(x, 0)))
		})
}

func fromUint8Kernel(isa *isa, p *pool) *machine {
	return convertKernel(isa, p, "fromUint8", []string{"dst *float32", "x *uint8", "n int"}, "x", 1,
		func(m *machine, dst, x reg) {
			m.store(dst, 0, m.do(opToFloat, m.half(opLoad8, x)))
		})
}

// Integers of 64 bits and float64s have the same low 52 bits, after 1.5·2⁵² is added to the float: so both conversions are correct below
// 2⁵¹. For a larger number, bad, which has the size of a vector, gets a nonzero word, and the results are invalid.
const (
	wideMagic    = 0x1.8p52
	wideMagicInt = 0x4338000000000000
)

func fromInt64Kernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "fromInt64", "dst *float32", "x *int64", "n int", "bad *uint64")
	dst, x, n, bad := m.arg("dst"), m.arg("x"), m.arg("n"), m.arg("bad")
	left, index := m.reg(), m.reg()
	far := m.variable(m.long(0))
	start := len(m.code)
	m.eachFull(n, left, index, 1, func() {
		var half [2]vec
		for k := range half {
			v := m.next(x, k)
			m.set(far, opOr, far, m.shift(opShrLong, m.do(opAddLong, v, m.long(1<<51)), 52))
			half[k] = m.do(opSubWide, m.do(opAddLong, v, m.long(wideMagicInt)), m.wide(wideMagic))
		}
		m.store(dst, 0, m.do(opNarrow, half[0], half[1]))
		m.addInt(x, 8*isa.lanes)
	})
	m.hoist(start)
	m.put(bad, 0, far)
	return m
}

func toInt64Kernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "toInt64", "dst *int64", "x *float32", "n int", "bad *uint64")
	dst, x, n, bad := m.arg("dst"), m.arg("x"), m.arg("n"), m.arg("bad")
	left, index := m.reg(), m.reg()
	far := m.variable(m.c(0))
	start := len(m.code)
	m.eachFull(n, left, index, 1, func() {
		v := m.load(x, 0)
		m.set(far, opOr, far, m.do(opSelect, m.do(opLess, m.abs(v), m.c(1<<51)), m.c(0), m.c(1)))
		v = m.shift(opRound, v, 3)
		for k, widen := range []op{opWidenLow, opWidenHigh} {
			m.put(dst, k, m.do(opSubLong, m.do(opAddWide, m.do(widen, v), m.wide(wideMagic)), m.long(wideMagicInt)))
		}
		m.addInt(dst, 8*isa.lanes)
	})
	m.hoist(start)
	m.put(bad, 0, far)
	return m
}
