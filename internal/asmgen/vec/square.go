package main

// Kernels of pooling and resampling for many rows in one call: with squares of 2 × 2 elements, and along rows. Let n
// be the squares of a row, at least the lanes. The first vector of a row begins at its start, the others follow from
// element head on, with head = n − (vectors − 1)·lanes, so that the last one ends with the row; the second may
// overlap the first.

// eachVector records body for each vector of a row, and moves small by a vector of elements and large by two each time.
func (m *machine) eachVector(vectors, i, head reg, small, large []reg, moved func(), body func()) {
	body()
	for _, r := range small {
		m.addReg(r, head)
	}
	for _, r := range large {
		m.addReg(r, head)
		m.addReg(r, head)
	}
	moved()
	done, top := m.newLabel("rowDone"), m.newLabel("row")
	m.move(i, vectors)
	m.countDown(i, 1, "EQ", done)
	start := len(m.code)
	m.label(top)
	body()
	for _, r := range small {
		m.addInt(r, 4*m.isa.lanes)
	}
	for _, r := range large {
		m.addInt(r, 2*4*m.isa.lanes)
	}
	m.countDown(i, 1, "NE", top)
	m.loops = append(m.loops, [2]int{start, len(m.code) - 1})
	m.label(done)
}

// squareSumKernel sets y[i, j] = Σ over c of w[2+c]·Σ over r of w[r]·x[2i + r, 2j + c], for rows rows of y. width is
// 2n.
func squareSumKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "squareSum", "y *float32", "x *float32", "w *float32", "rows int", "vectors int", "head int", "width int")
	y, x, w, rows := m.arg("y"), m.arg("x"), m.arg("w"), m.arg("rows")
	vectors, head, width := m.arg("vectors"), m.arg("head"), m.arg("width")
	i, below := m.reg(), m.reg()
	m.shl(head, 2)
	m.shl(width, 2)
	m.move(below, x)
	m.addReg(below, width)
	r0, r1, c0, c1 := m.broadcast(w, 0), m.broadcast(w, 4), m.broadcast(w, 8), m.broadcast(w, 12)
	m.loop(rows, func() {
		m.eachVector(vectors, i, head, []reg{y}, []reg{x, below}, func() {}, func() {
			m.ahead(x, below)
			var sums [2]vec
			for k := range sums {
				sums[k] = m.do(opFMA, m.next(below, k), r1, m.do(opMul, m.next(x, k), r0))
			}
			m.put(y, 0, m.do(opFMA, m.do(opOdd, sums[0], sums[1]), c1, m.do(opMul, m.do(opEven, sums[0], sums[1]), c0)))
		})
		m.addReg(x, width)
		m.addReg(below, width)
	})
	return m
}

// ahead asks for the lines that follow two vectors of each row at some distance: one pass over large arrays waits for
// memory.
func (m *machine) ahead(rows ...reg) {
	if !m.x86() {
		return
	}
	for _, p := range rows {
		for at := 0; at < 2*4*m.isa.lanes; at += 64 {
			m.text("PREFETCHT0 %d(%s)", 2048+at, m.r(p))
		}
	}
}

// putOr stores a vector, past the caches with stream.
func (m *machine) putOr(stream bool, p reg, k int, v vec) {
	if stream && m.x86() {
		m.add(instr{op: opStream, src: [3]vec{v}, base: p, index: -1, offset: k * 4 * m.isa.lanes})
		return
	}
	m.put(p, k, v)
}

// squareSpreadKernel sets y[2i + r, 2j + c] = w[2+c]·w[r]·x[i, j] for rows rows of x. width is 2n. With stream it
// stores past the caches.
func squareSpreadKernel(name string, stream bool) kernel {
	return func(isa *isa, p *pool) *machine {
		m := newMachine(isa, p, name, "y *float32", "x *float32", "w *float32", "rows int", "vectors int", "head int", "width int")
		y, x, w, rows := m.arg("y"), m.arg("x"), m.arg("w"), m.arg("rows")
		vectors, head, width := m.arg("vectors"), m.arg("head"), m.arg("width")
		i, below := m.reg(), m.reg()
		m.shl(head, 2)
		m.shl(width, 2)
		m.move(below, y)
		m.addReg(below, width)
		r := []vec{m.broadcast(w, 0), m.broadcast(w, 4)}
		c0, c1 := m.broadcast(w, 8), m.broadcast(w, 12)
		m.loop(rows, func() {
			m.eachVector(vectors, i, head, []reg{x}, []reg{y, below}, func() {}, func() {
				for k, to := range []reg{y, below} {
					v := m.do(opMul, m.next(x, 0), r[k])
					a, b := m.do(opMul, v, c0), m.do(opMul, v, c1)
					m.putOr(stream, to, 0, m.do(opZipLow, a, b))
					m.putOr(stream, to, 1, m.do(opZipHigh, a, b))
				}
			})
			m.addReg(y, width)
			m.addReg(below, width)
		})
		return m
	}
}

// squareChosenKernel sets dx[2i + r, 2j + c] to dy[i, j] if index[i, j] is that element's position, (2i + r)·width +
// 2j + c, and else to 0, for rows rows of dy. width and across are 2n, places the numbers 0, 2, 4, …; first is
// 2·head.
func squareChosenKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "squareChosen", "dx *float32", "dy *float32", "index *int32", "places *int32", "rows int", "vectors int", "head int",
		"width int", "across int32", "first int32")
	dx, dy, index, places, rows := m.arg("dx"), m.arg("dy"), m.arg("index"), m.arg("places"), m.arg("rows")
	vectors, head, width := m.arg("vectors"), m.arg("head"), m.arg("width")
	i, below := m.reg(), places
	line, across, first := m.variable(m.next(places, 0)), m.broadcastArg("across"), m.broadcastArg("first")
	place := m.variable(line)
	step := m.variable(first)
	m.shl(head, 2)
	m.shl(width, 2)
	m.move(below, dx)
	m.addReg(below, width)
	m.loop(rows, func() {
		m.set(place, opMove, line)
		m.set(step, opMove, first)
		m.eachVector(vectors, i, head, []reg{dy, index}, []reg{dx, below}, func() {
			m.set(step, opMove, m.bits(uint32(2*isa.lanes)))
		}, func() {
			d, at := m.next(dy, 0), m.next(index, 0)
			here := place
			for k, to := range []reg{dx, below} {
				if k > 0 {
					here = m.do(opAddInt, place, across)
				}
				a := m.do(opSelect, m.do(opEqualInt, at, here), d, m.c(0))
				b := m.do(opSelect, m.do(opEqualInt, at, m.do(opAddInt, here, m.bits(1))), d, m.c(0))
				m.put(to, 0, m.do(opZipLow, a, b))
				m.put(to, 1, m.do(opZipHigh, a, b))
			}
			m.set(place, opAddInt, place, step)
		})
		m.set(line, opAddInt, line, across)
		m.set(line, opAddInt, line, across)
		m.addReg(dx, width)
		m.addReg(below, width)
	})
	return m
}

// up2RowsKernel sets y[2j] = w[0]·x[j] + w[1]·x[j + 1] and y[2j + 1] = w[2]·z[j] + w[3]·z[j + 1] for n values of j in
// each of rows rows. yGap and xGap are the elements between the end of a row's 2n or n elements and the next row.
func up2RowsKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "up2Rows", "y *float32", "x *float32", "z *float32", "w *float32", "rows int", "vectors int", "head int",
		"yGap int", "xGap int")
	y, x, z, w, rows := m.arg("y"), m.arg("x"), m.arg("z"), m.arg("w"), m.arg("rows")
	vectors, head, yGap, xGap, i := m.arg("vectors"), m.arg("head"), m.arg("yGap"), m.arg("xGap"), m.reg()
	for _, r := range []reg{head, yGap, xGap} {
		m.shl(r, 2)
	}
	a0, a1, b0, b1 := m.broadcast(w, 0), m.broadcast(w, 4), m.broadcast(w, 8), m.broadcast(w, 12)
	m.loop(rows, func() {
		m.eachVector(vectors, i, head, []reg{x, z}, []reg{y}, func() {}, func() {
			even := m.do(opFMA, m.after(x, 1), a1, m.do(opMul, m.next(x, 0), a0))
			odd := m.do(opFMA, m.after(z, 1), b1, m.do(opMul, m.next(z, 0), b0))
			m.put(y, 0, m.do(opZipLow, even, odd))
			m.put(y, 1, m.do(opZipHigh, even, odd))
		})
		m.addReg(x, xGap)
		m.addReg(z, xGap)
		m.addReg(y, yGap)
	})
	return m
}

// down4RowsKernel sets y[j] = Σ w[k]·x[2j + k] for k below 4 and n values of j in each of rows rows, with gaps as in
// up2RowsKernel.
func down4RowsKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "down4Rows", "y *float32", "x *float32", "w *float32", "rows int", "vectors int", "head int", "yGap int", "xGap int")
	y, x, w, rows := m.arg("y"), m.arg("x"), m.arg("w"), m.arg("rows")
	vectors, head, yGap, xGap, i := m.arg("vectors"), m.arg("head"), m.arg("yGap"), m.arg("xGap"), m.reg()
	for _, r := range []reg{head, yGap, xGap} {
		m.shl(r, 2)
	}
	var weights [4]vec
	for k := range weights {
		weights[k] = m.broadcast(w, 4*k)
	}
	m.loop(rows, func() {
		m.eachVector(vectors, i, head, []reg{y}, []reg{x}, func() {}, func() {
			a, b := m.next(x, 0), m.next(x, 1)
			sum := m.do(opMul, m.do(opEven, a, b), weights[0])
			sum = m.do(opFMA, m.do(opOdd, a, b), weights[1], sum)
			a, b = m.after(x, 2), m.after(x, 2+isa.lanes)
			sum = m.do(opFMA, m.do(opEven, a, b), weights[2], sum)
			sum = m.do(opFMA, m.do(opOdd, a, b), weights[3], sum)
			m.put(y, 0, sum)
		})
		m.addReg(x, xGap)
		m.addReg(y, yGap)
	})
	return m
}

// after loads the vector that begins k elements after p.
func (m *machine) after(p reg, k int) vec {
	return m.add(instr{op: opLoad, base: p, index: -1, offset: 4 * k})
}
