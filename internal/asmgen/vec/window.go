package main

// Kernels of pooling and resampling: rows of an image, and every second element of a row.

// weightedRowsKernel sets y[j] = Σ w[k]·x[k·step + j] for k below taps, which is positive. With stream it stores
// past the caches, and n is a multiple of the lanes.
func weightedRowsKernel(name string, stream bool) kernel {
	return func(isa *isa, p *pool) *machine { return weightedRows(isa, p, name, stream) }
}

func weightedRows(isa *isa, p *pool, name string, stream bool) *machine {
	m := newMachine(isa, p, name, "y *float32", "x *float32", "w *float32", "n int", "taps int", "step int")
	y, x, w := m.arg("y"), m.arg("x"), m.arg("w")
	n, taps, step := m.arg("n"), m.arg("taps"), m.arg("step")
	left, index, i, row := m.reg(), m.reg(), m.reg(), m.reg()
	m.shl(step, 2)
	body := func(vectors int) {
		weight := m.broadcast(w, 0)
		var sums []vec
		for k := range vectors {
			sums = append(sums, m.variable(m.do(opMul, m.load(x, k), weight)))
		}
		m.move(i, taps)
		m.move(row, x)
		m.addReg(row, step)
		m.addInt(w, 4)
		done, top := m.newLabel("tapsDone"), m.newLabel("taps")
		m.countDown(i, 1, "EQ", done)
		start := len(m.code)
		m.label(top)
		weight = m.broadcast(w, 0)
		for k := range sums {
			m.set(sums[k], opFMA, m.load(row, k), weight, sums[k])
		}
		m.addReg(row, step)
		m.addInt(w, 4)
		m.countDown(i, 1, "NE", top)
		m.loops = append(m.loops, [2]int{start, len(m.code) - 1})
		m.label(done)
		m.move(i, taps)
		m.shl(i, 2)
		m.subReg(w, i)
		for k := range sums {
			if stream && m.x86() {
				m.stream(y, k, sums[k])
			} else {
				m.store(y, k, sums[k])
			}
		}
	}
	if stream {
		m.eachFull(n, left, index, 1, func() { body(1) })
	} else {
		m.each(n, left, index, 4, body)
	}
	return m
}

// down2Kernel sets y[j] = Σ w[k]·x[2j + k] for k below taps, for n a multiple of the lanes. It takes the taps in pairs; the last of an odd
// number is the second of a pair that begins one element before it, so that no element beyond x's last one is read.
func down2Kernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "down2", "y *float32", "x *float32", "w *float32", "n int", "taps int")
	y, x, w, n, taps := m.arg("y"), m.arg("x"), m.arg("w"), m.arg("n"), m.arg("taps")
	left, index, i, at := m.reg(), m.reg(), m.reg(), m.reg()
	weight := m.reg()
	m.eachFull(n, left, index, 1, func() {
		sum := m.variable(m.c(0))
		m.move(i, taps)
		m.move(at, x)
		m.move(weight, w)
		pairs, odd, done := m.newLabel("pairs"), m.newLabel("odd"), m.newLabel("pairsDone")
		m.branch(i, "LT", 2, odd)
		start := len(m.code)
		m.label(pairs)
		a, b := m.next(at, 0), m.next(at, 1)
		m.set(sum, opFMA, m.do(opEven, a, b), m.broadcast(weight, 0), sum)
		m.set(sum, opFMA, m.do(opOdd, a, b), m.broadcast(weight, 4), sum)
		m.addInt(at, 8)
		m.addInt(weight, 8)
		m.countDown(i, 2, "EQ", done)
		m.branch(i, "GT", 1, pairs)
		m.loops = append(m.loops, [2]int{start, len(m.code) - 1})
		m.label(odd)
		m.addInt(at, -4)
		a, b = m.next(at, 0), m.next(at, 1)
		m.set(sum, opFMA, m.do(opOdd, a, b), m.broadcast(weight, 0), sum)
		m.label(done)
		m.store(y, 0, sum)
		m.addInt(x, 2*4*isa.lanes)
	})
	return m
}

// up2Kernel sets y[2j] = Σ a[k]·x[j + k] and y[2j+1] = Σ b[k]·z[j + k] for k below taps, which is 1 or 2, for n values of j, a multiple of
// the lanes. With stream it stores past the caches.
func up2Kernel(name string, stream bool) kernel {
	return func(isa *isa, p *pool) *machine { return up2(isa, p, name, stream) }
}

func up2(isa *isa, p *pool, name string, stream bool) *machine {
	m := newMachine(isa, p, name, "y *float32", "x *float32", "z *float32", "a *float32", "b *float32", "n int", "taps int")
	y, x, z, a, b := m.arg("y"), m.arg("x"), m.arg("z"), m.arg("a"), m.arg("b")
	n, taps := m.arg("n"), m.arg("taps")
	left, index := m.reg(), m.reg()
	a0, b0 := m.broadcast(a, 0), m.broadcast(b, 0)
	one := m.newLabel("oneTap")
	end := m.newLabel("end")
	a1, b1 := m.variable(m.c(0)), m.variable(m.c(0))
	m.branch(taps, "EQ", 1, one)
	m.set(a1, opMove, m.broadcast(a, 4))
	m.set(b1, opMove, m.broadcast(b, 4))
	put := func(even, odd vec) {
		for k, v := range []vec{m.do(opZipLow, even, odd), m.do(opZipHigh, even, odd)} {
			if stream && m.x86() {
				m.add(instr{op: opStream, src: [3]vec{v}, base: y, index: -1, offset: k * 4 * isa.lanes})
			} else {
				m.put(y, k, v)
			}
		}
		m.addInt(y, 2*4*isa.lanes)
	}
	m.eachFull(n, left, index, 1, func() {
		even, odd := m.variable(m.do(opMul, m.load(x, 0), a0)), m.variable(m.do(opMul, m.load(z, 0), b0))
		m.addInt(x, 4)
		m.addInt(z, 4)
		m.set(even, opFMA, m.load(x, 0), a1, even)
		m.set(odd, opFMA, m.load(z, 0), b1, odd)
		m.addInt(x, -4)
		m.addInt(z, -4)
		put(even, odd)
	})
	m.jump(end)
	m.label(one)
	m.eachFull(n, left, index, 1, func() {
		put(m.do(opMul, m.load(x, 0), a0), m.do(opMul, m.load(z, 0), b0))
	})
	m.label(end)
	return m
}

// windowMax2Kernel takes the largest elements of windows that are two elements apart, cols wide and rows high, for
// one vector of windows in each of lines lines: y[j] is the first of the largest x[2j + c + r·width], of several
// NaN the last, and index[j] its position: that of the window's first element, at + 2j, plus c + r·width. The lines
// of y and index are outStep elements apart, those of x inStep. places are the numbers 0, 2, 4, …, down is width,
// and next inStep. With edge, the window 2j = left lacks its first column and the window 2j = right its last one.
func windowMax2Kernel(name string, cols int, edge bool) kernel {
	return func(isa *isa, p *pool) *machine {
		params := []string{"y *float32", "index *int32", "x *float32", "places *int32", "lines int", "rows int", "width int",
			"outStep int", "inStep int", "down int32", "next int32", "at int32"}
		if edge {
			params = append(params, "left int32", "right int32")
		}
		m := newMachine(isa, p, name, params...)
		y, index, x, places := m.arg("y"), m.arg("index"), m.arg("x"), m.arg("places")
		lines, rows, width := m.arg("lines"), m.arg("rows"), m.arg("width")
		outStep, inStep := m.arg("outStep"), m.arg("inStep")
		i, row := m.reg(), places
		lane := m.next(places, 0)
		var left, right vec
		if edge {
			left, right = m.do(opEqualInt, lane, m.broadcastArg("left")), m.do(opEqualInt, lane, m.broadcastArg("right"))
		}
		first := m.variable(m.do(opAddInt, lane, m.broadcastArg("at")))
		m.shl(width, 2)
		m.shl(outStep, 2)
		m.shl(inStep, 2)
		m.loop(lines, func() {
			best, where := m.variable(m.next(x, 0)), m.variable(first)
			a, b := m.next(x, 0), m.next(x, 1)
			m.set(best, opEven, a, b)
			if edge {
				m.set(best, opSelect, left, m.do(opOdd, a, b), best)
				m.set(where, opSelect, left, m.do(opAddInt, first, m.bits(1)), where)
			}
			corner := m.variable(first)
			m.move(i, rows)
			m.move(row, x)
			m.loop(i, func() {
				take := func(v vec, c int) {
					place := func(c int) vec {
						if c == 0 {
							return corner
						}
						return m.do(opAddInt, corner, m.bits(uint32(c)))
					}
					at := place(c)
					if edge && c == 0 {
						at = m.do(opSelect, left, place(1), at)
					}
					if edge && c == cols-1 {
						at = m.do(opSelect, right, place(c-1), at)
					}
					larger := m.do(opLess, best, v)
					m.set(where, opSelect, larger, at, where)
					m.set(best, opSelect, larger, v, best)
					nan := m.do(opNotEqual, v, v)
					m.set(where, opSelect, nan, at, where)
					m.set(best, opSelect, nan, v, best)
				}
				a, b := m.next(row, 0), m.next(row, 1)
				first, second := m.do(opEven, a, b), m.do(opOdd, a, b)
				if edge { // take the neighbour of a missing element once more
					take(m.do(opSelect, left, second, first), 0)
				} else {
					take(first, 0)
				}
				if edge && cols == 2 {
					second = m.do(opSelect, right, first, second)
				}
				take(second, 1)
				if cols == 3 {
					third := m.do(opOdd, m.after(row, 1), m.after(row, 1+isa.lanes))
					if edge {
						third = m.do(opSelect, right, second, third)
					}
					take(third, 2)
				}
				m.set(corner, opAddInt, corner, m.broadcastArg("down"))
				m.addReg(row, width)
			})
			m.put(y, 0, best)
			m.put(index, 0, where)
			m.set(first, opAddInt, first, m.broadcastArg("next"))
			m.addReg(y, outStep)
			m.addReg(index, outStep)
			m.addReg(x, inStep)
		})
		return m
	}
}

// windowGrad2Kernel sets two rows of dx for each of lines lines of windows that overlap: the gradient of one vector of
// windows. The upper row has the line's elements of dy whose index names the element, the lower row also those of the
// next line. Element 2j of a row may be named by window j only, element 2j + 1 by the windows j and j + 1. The lines of
// dy and index are step elements apart, the rows of dx width. Position at is that of dx[0], across is width, and places
// are the numbers 0, 2, 4, ….
func windowGrad2Kernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "windowGrad3x2", "dx *float32", "dy *float32", "index *int32", "places *int32", "lines int",
		"step int", "width int", "at int32", "across int32")
	dx, dy, index, places := m.arg("dx"), m.arg("dy"), m.arg("index"), m.arg("places")
	lines, step, width := m.arg("lines"), m.arg("step"), m.arg("width")
	m.shl(step, 2)
	m.shl(width, 2)
	place := m.variable(m.do(opAddInt, m.next(places, 0), m.broadcastArg("at")))
	across := m.broadcastArg("across")
	m.loop(lines, func() {
		var even, odd [2]vec // of the upper and the lower row
		for r := range even {
			even[r], odd[r] = m.variable(m.c(0)), m.variable(m.c(0))
		}
		add := func(sum, dy, index, place vec) {
			m.set(sum, opAdd, sum, m.do(opSelect, m.do(opEqualInt, index, place), dy, m.c(0)))
		}
		below := m.do(opAddInt, place, across)
		places := [2][2]vec{{place, m.do(opAddInt, place, m.bits(1))}, {below, m.do(opAddInt, below, m.bits(1))}}
		window := func(rows []int, after int, evenToo bool) {
			d, at := m.after(dy, after), m.after(index, after)
			for _, r := range rows {
				if evenToo {
					add(even[r], d, at, places[r][0])
				}
				add(odd[r], d, at, places[r][1])
			}
		}
		window([]int{0, 1}, 0, true)
		window([]int{0, 1}, 1, false)
		m.addReg(dy, step)
		m.addReg(index, step)
		window([]int{1}, 0, true)
		window([]int{1}, 1, false)
		for r := range even {
			m.put(dx, 0, m.do(opZipLow, even[r], odd[r]))
			m.put(dx, 1, m.do(opZipHigh, even[r], odd[r]))
			m.addReg(dx, width)
		}
		m.set(place, opAddInt, below, across)
	})
	return m
}

// fenceKernel orders what was stored past the caches before what is stored after.
func fenceKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "storeFence", "unused int")
	if m.x86() {
		m.text("SFENCE")
	}
	return m
}
