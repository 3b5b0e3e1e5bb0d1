package window

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// A Matrix is a sparse matrix (Out, In) by rows: row i has the elements Weight[First[i]:First[i+1]] in the columns
// At[…]. The zero Matrix stands for the identity.
type Matrix[T Float] struct {
	In, Out int
	First   []int32
	At      []int32
	Weight  []T
	inside  pattern
	blend   blend[T]
}

// A pattern is a range of rows with the same weights in columns that move on by two a row (down), or with the same
// weights as the last row but one in columns that move on by one (up).
type pattern struct {
	lo, hi   int
	down, up bool
}

// Identity reports whether m stands for the identity.
func (m *Matrix[T]) Identity() bool { return m.First == nil }

// row returns the columns and weights of row i.
func (m *Matrix[T]) row(i int) (at []int32, weight []T) {
	lo, hi := m.First[i], m.First[i+1]
	return m.At[lo:hi], m.Weight[lo:hi]
}

// follows reports whether row j, behind row i, has i's weights in the columns that follow i's by the given distance,
// one beside the other.
func (m *Matrix[T]) follows(i, j, distance int) bool {
	a, v := m.row(i)
	b, w := m.row(j)
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	for k := range a {
		if b[k] != a[k]+int32(distance) || b[k] != b[0]+int32(k) || v[k] != w[k] {
			return false
		}
	}
	return true
}

// FindPattern looks for a pattern among the rows, which the products then use. It is called once the matrix is
// complete.
func (m *Matrix[T]) FindPattern() {
	m.inside = pattern{}
	m.blend = m.findBlend()
	middle := m.Out / 2 &^ 1
	if m.Out < 4 {
		return
	}
	p := pattern{lo: middle, hi: middle + 1}
	for p.lo > 0 && m.follows(p.lo-1, p.lo, 2) {
		p.lo--
	}
	for p.hi < m.Out && m.follows(p.hi-1, p.hi, 2) {
		p.hi++
	}
	if at, _ := m.row(middle); p.hi-p.lo > 1 && len(at) > 1 {
		p.down = true
		m.inside = p
		return
	}
	a, _ := m.row(middle)
	b, _ := m.row(middle + 1)
	p = pattern{lo: middle, hi: middle + 2, up: true}
	for p.lo > 0 && m.follows(p.lo-1, p.lo+1, 1) {
		p.lo--
	}
	for p.hi < m.Out && m.follows(p.hi-2, p.hi, 1) {
		p.hi++
	}
	p.hi -= (p.hi - p.lo) % 2
	if p.hi-p.lo > 2 && len(a) == len(b) && len(a) <= 2 {
		m.inside = p
	}
}

// TransposeTo makes t the transpose of m, in t's memory. The elements of a row are in the order of m's rows. Elements
// of weight 0 are left out.
func (m *Matrix[T]) TransposeTo(t *Matrix[T]) {
	t.In, t.Out = m.Out, m.In
	t.First = append(t.First[:0], make([]int32, m.In+1)...)
	for k, at := range m.At {
		if m.Weight[k] != 0 {
			t.First[at+1]++
		}
	}
	for i := range m.In {
		t.First[i+1] += t.First[i]
	}
	n := int(t.First[m.In])
	t.At, t.Weight = append(t.At[:0], make([]int32, n)...), append(t.Weight[:0], make([]T, n)...)
	for i := range m.Out {
		for k := m.First[i]; k < m.First[i+1]; k++ {
			if m.Weight[k] == 0 {
				continue
			}
			to := &t.First[m.At[k]]
			t.At[*to], t.Weight[*to] = int32(i), m.Weight[k]
			*to++
		}
	}
	copy(t.First[1:], t.First) // each is now where the next begins
	t.First[0] = 0
}

// Linear multiplies each dimension of x by a matrix: dst (matrices' Out) from x (matrices' In). Sizes of identities
// are those of in. room holds results between the products, and is returned for the next call. With stream it stores
// dst past the caches where that is possible.
func Linear[T Float](dst, x []T, in [3]int, matrices *[3]Matrix[T], room [2][]T, stream bool) [2][]T {
	if room, done := planes(dst, x, matrices, room, stream); done {
		return room
	}
	// Products that shrink the array come first; of these, rows are added up before elements within rows.
	var order [3]int
	n := 0
	for i := range matrices {
		if m := &matrices[i]; !m.Identity() && m.Out < m.In {
			order[n] = i
			n++
		}
	}
	for i := 2; i >= 0; i-- {
		if m := &matrices[i]; !m.Identity() && m.Out >= m.In {
			order[n] = i
			n++
		}
	}
	if last := &matrices[2]; n > 1 && order[n-1] == 1 && order[n-2] == 2 && last.isFlat() {
		order[n-2], order[n-1] = 1, 2 // all rows at once, at the end
	}
	if n == 0 {
		copy(dst, x)
		return room
	}
	for k, i := range order[:n] {
		m := &matrices[i]
		outer, inner := 1, 1
		for j, size := range in {
			if j < i {
				outer *= size
			} else if j > i {
				inner *= size
			}
		}
		in[i] = m.Out
		y := dst
		if k < n-1 {
			if size := outer * m.Out * inner; cap(room[k]) < size {
				room[k] = make([]T, size)
			}
			y = room[k][:outer*m.Out*inner]
		}
		stream := stream && k == n-1
		switch {
		case inner > 1:
		case m.isFlat():
			m.elements(y, x, stream)
			outer = 0
		case m.lines(y, x, outer):
			outer = 0
		}
		for o := range outer {
			y, x := y[o*m.Out*inner:][:m.Out*inner], x[o*m.In*inner:][:m.In*inner]
			if inner == 1 {
				m.elements(y, x, false)
			} else {
				m.rows(y, x, inner, stream)
			}
		}
		x = y
	}
	return room
}

// rows sets row i of y to the sum of rows of x that row i of the matrix asks for; a row has n elements.
func (m *Matrix[T]) rows(y, x []T, n int, stream bool) {
	for i := range m.Out {
		row := y[i*n:][:n]
		at, weight := m.row(i)
		switch {
		case len(at) == 0:
			clear(row)
		case len(at) == 1 && weight[0] == 1:
			copy(row, x[int(at[0])*n:][:n])
		case adjacent(at):
			vec.WeightedRows(row, x[int(at[0])*n:], weight, n, stream)
		default:
			vec.Scale(row, x[int(at[0])*n:][:n], weight[0])
			for k := 1; k < len(at); k++ {
				vec.AXPY(row, weight[k], x[int(at[k])*n:][:n], row)
			}
		}
	}
}

// adjacent reports whether the columns stand one beside the other.
func adjacent(at []int32) bool {
	for k := range at {
		if at[k] != at[0]+int32(k) {
			return false
		}
	}
	return true
}

// isFlat reports whether the rows follow one pattern that also continues from one product to the next: pairs of
// elements are added up, or elements doubled.
func (m *Matrix[T]) isFlat() bool {
	p := m.inside
	if p.lo != 0 || p.hi != m.Out || m.At[0] != 0 {
		return false
	}
	taps := int(m.First[1])
	return p.down && m.In == 2*m.Out && taps == 2 || p.up && m.Out == 2*m.In && taps == 1 && m.At[1] == 0
}

// elements is rows for rows of one element. If the matrix is flat, y and x may be several vectors, one behind the
// other.
func (m *Matrix[T]) elements(y, x []T, stream bool) {
	p := m.inside
	if m.isFlat() {
		p.hi = len(y)
	}
	switch {
	case p.down:
		at, weight := m.row(p.lo)
		vec.Down2(y[p.lo:p.hi], x[at[0]:], weight)
	case p.up:
		at, a := m.row(p.lo)
		to, b := m.row(p.lo + 1)
		vec.Up2(y[p.lo:p.hi], x[at[0]:], x[to[0]:], a, b, stream)
	}
	m.products(y, x, 0, p.lo)
	m.products(y, x, p.hi, m.Out)
}

// lines is elements for n vectors, one behind the other, if there are vector instructions for the pattern. It reports
// whether it has done that.
func (m *Matrix[T]) lines(y, x []T, n int) bool {
	p := m.inside
	done := false
	switch at, a := m.row(p.lo); {
	case p.up && len(a) == 2:
		to, b := m.row(p.lo + 1)
		done = vec.Up2Rows(y[p.lo:], x[at[0]:], x[to[0]:], [2]T(a), [2]T(b), (p.hi-p.lo)/2, n, m.Out, m.In)
	case p.down && len(a) == 4:
		done = vec.Down4Rows(y[p.lo:], x[at[0]:], [4]T(a), p.hi-p.lo, n, m.Out, m.In)
	}
	if done {
		m.edges(y, x, 0, p.lo, n)
		m.edges(y, x, p.hi, m.Out, n)
	}
	return done
}

// products computes the rows i0 to i1 element by element.
func (m *Matrix[T]) products(y, x []T, i0, i1 int) {
	for i := i0; i < i1; i++ {
		var sum T
		at, weight := m.row(i)
		for k, v := range weight {
			sum += T(v * x[at[k]])
		}
		y[i] = sum
	}
}

// edges is products for n vectors, one behind the other: few rows, each of which it looks up once.
func (m *Matrix[T]) edges(y, x []T, i0, i1, n int) {
	for i := i0; i < i1; i++ {
		at, weight := m.row(i)
		for j := range n {
			var sum T
			for k, v := range weight {
				sum += T(v * x[j*m.In+int(at[k])])
			}
			y[j*m.Out+i] = sum
		}
	}
}
