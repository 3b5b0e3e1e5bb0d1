package main

// Kernels of linear interpolation to twice the size, and of its gradient, in two dimensions at once. A row is first
// added up from the rows above and below it to room, where its first and last element are repeated beyond its ends;
// then its elements are, from room. room has space for a vector before and behind each row. Vectors and head are
// those of squares.

// repeatEnds stores the first and the last element of a row of width bytes, which ends at p, in the vectors before
// and behind it. It moves p to the row's beginning. With touch it adds 0 times the second element to the first, as an
// interpolation does whose weight there is 0: an infinity makes a NaN.
func (m *machine) repeatEnds(p, width reg, touch bool) {
	m.put(p, 0, m.broadcast(p, -4))
	m.subReg(p, width)
	first := m.broadcast(p, 0)
	if touch {
		first = m.do(opFMA, m.broadcast(p, 4), m.c(0), first)
	}
	m.addInt(p, -4*m.isa.lanes)
	m.put(p, 0, first)
	m.addInt(p, 4*m.isa.lanes)
}

// blendUpKernel sets two rows of y for each of rows rows of x, of n = width elements, with the rows above and below it:
//
//	t[j] = w[0]·above[j] + w[1]·x[j]     y[2i, 2j] = w[4]·t[j − 1] + w[5]·t[j]
//	b[j] = w[2]·x[j] + w[3]·below[j]     y[2i, 2j + 1] = w[6]·t[j] + w[7]·t[j + 1]     y[2i + 1] likewise from b
//
// With stream it stores past the caches.
func blendUpKernel(name string, stream bool) kernel {
	return func(isa *isa, p *pool) *machine {
		m := newMachine(isa, p, name, "y *float32", "above *float32", "x *float32", "below *float32", "w *float32",
			"top *float32", "bottom *float32",
			"rows int", "vectors int", "head int", "width int")
		y, above, x, below, w := m.arg("y"), m.arg("above"), m.arg("x"), m.arg("below"), m.arg("w")
		top, bottom := m.arg("top"), m.arg("bottom")
		vectors, head, width := m.arg("vectors"), m.arg("head"), m.arg("width")
		var weights [8]vec
		for k := range weights {
			weights[k] = m.broadcast(w, 4*k)
		}
		i := w // which is not needed any more
		rows := m.arg("rows")
		m.shl(head, 2)
		m.shl(width, 2)
		m.loop(rows, func() {
			m.eachVector(vectors, i, head, []reg{above, x, below, top, bottom}, nil, func() {}, func() {
				c := m.next(x, 0)
				m.put(top, 0, m.do(opFMA, c, weights[1], m.do(opMul, m.next(above, 0), weights[0])))
				m.put(bottom, 0, m.do(opFMA, m.next(below, 0), weights[3], m.do(opMul, c, weights[2])))
			})
			m.repeatEnds(top, width, true)
			m.repeatEnds(bottom, width, true)
			for _, from := range []reg{top, bottom} {
				m.eachVector(vectors, i, head, []reg{from}, []reg{y}, func() {}, func() {
					c := m.next(from, 0)
					even := m.do(opFMA, c, weights[5], m.do(opMul, m.after(from, -1), weights[4]))
					odd := m.do(opFMA, m.after(from, 1), weights[7], m.do(opMul, c, weights[6]))
					m.putOr(stream, y, 0, m.do(opZipLow, even, odd))
					m.putOr(stream, y, 1, m.do(opZipHigh, even, odd))
				})
				m.subReg(from, width)
			}
		})
		return m
	}
}

// blendDownKernel sets each of rows rows of y from the rows x0 to x3 of x, of 2n = width elements, and moves two rows
// on in x for the next:
//
//	v[j] = Σ w[k]·xk[j]     y[i, j] = Σ w[4 + k]·v[2j − 1 + k]     k below 4
func blendDownKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "blendDown", "y *float32", "x0 *float32", "x1 *float32", "x2 *float32", "x3 *float32",
		"w *float32", "room *float32",
		"rows int", "vectors int", "head int", "width int")
	y, room, w := m.arg("y"), m.arg("room"), m.arg("w")
	x := []reg{m.arg("x0"), m.arg("x1"), m.arg("x2"), m.arg("x3")}
	vectors, head, width, rows := m.arg("vectors"), m.arg("head"), m.arg("width"), m.arg("rows")
	var weights [8]vec
	for k := range weights {
		weights[k] = m.broadcast(w, 4*k)
	}
	i := w // which is not needed any more
	m.shl(head, 2)
	m.shl(width, 2)
	m.loop(rows, func() {
		m.eachVector(vectors, i, head, nil, append([]reg{room}, x...), func() {}, func() {
			m.ahead(x[2], x[3])
			for k := range 2 {
				v := m.do(opMul, m.next(x[0], k), weights[0])
				for r := 1; r < 4; r++ {
					v = m.do(opFMA, m.next(x[r], k), weights[r], v)
				}
				m.put(room, k, v)
			}
		})
		m.repeatEnds(room, width, false)
		m.eachVector(vectors, i, head, []reg{y}, []reg{room}, func() {}, func() {
			a, b := m.after(room, -1), m.after(room, isa.lanes-1)
			v := m.do(opMul, m.do(opEven, a, b), weights[4])
			v = m.do(opFMA, m.do(opOdd, a, b), weights[5], v)
			a, b = m.after(room, 1), m.after(room, isa.lanes+1)
			v = m.do(opFMA, m.do(opEven, a, b), weights[6], v)
			m.put(y, 0, m.do(opFMA, m.do(opOdd, a, b), weights[7], v))
		})
		m.subReg(room, width)
		for _, r := range x {
			m.addReg(r, width)
		}
	})
	return m
}
