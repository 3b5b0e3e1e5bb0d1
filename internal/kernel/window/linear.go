package window

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// A Matrix is a sparse matrix (Out, In) by rows: row i has the elements Weight[First[i]:First[i+1]] in the columns At[…]. The zero Matrix
// stands for the identity.
type Matrix[T Float] struct {
	In, Out int
	First   []int32
	At      []int32
	Weight  []T
}

// Identity reports whether m stands for the identity.
func (m *Matrix[T]) Identity() bool { return m.First == nil }

// TransposeTo makes t the transpose of m, in t's memory. The elements of a row are in the order of m's rows.
func (m *Matrix[T]) TransposeTo(t *Matrix[T]) {
	t.In, t.Out = m.Out, m.In
	t.First = append(t.First[:0], make([]int32, m.In+1)...)
	t.At = append(t.At[:0], m.At...)
	t.Weight = append(t.Weight[:0], m.Weight...)
	for _, at := range m.At {
		t.First[at+1]++
	}
	for i := range m.In {
		t.First[i+1] += t.First[i]
	}
	for i := range m.Out {
		for k := m.First[i]; k < m.First[i+1]; k++ {
			to := &t.First[m.At[k]]
			t.At[*to], t.Weight[*to] = int32(i), m.Weight[k]
			*to++
		}
	}
	copy(t.First[1:], t.First) // each is now where the next begins
	t.First[0] = 0
}

// Linear multiplies each dimension of x by a matrix: dst (matrices' Out) from x (matrices' In). Sizes of identities are those of in. room
// holds results between the products, and is returned for the next call.
func Linear[T Float](dst, x []T, in [3]int, matrices *[3]Matrix[T], room [2][]T) [2][]T {
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
		for o := range outer {
			y, x := y[o*m.Out*inner:][:m.Out*inner], x[o*m.In*inner:][:m.In*inner]
			if inner == 1 {
				m.elements(y, x)
			} else {
				m.rows(y, x, inner)
			}
		}
		x = y
	}
	return room
}

// rows sets row i of y to the sum of rows of x that row i of the matrix asks for; a row has n elements.
func (m *Matrix[T]) rows(y, x []T, n int) {
	for i := range m.Out {
		row := y[i*n:][:n]
		at, weight := m.At[m.First[i]:m.First[i+1]], m.Weight[m.First[i]:m.First[i+1]]
		switch {
		case len(at) == 0:
			clear(row)
			continue
		case weight[0] == 1:
			copy(row, x[int(at[0])*n:][:n])
		default:
			vec.Scale(row, x[int(at[0])*n:][:n], weight[0])
		}
		for k := 1; k < len(at); k++ {
			vec.AXPY(row, weight[k], x[int(at[k])*n:][:n], row)
		}
	}
}

// elements is rows for rows of one element.
func (m *Matrix[T]) elements(y, x []T) {
	for i := range y {
		var sum T
		lo, hi := m.First[i], m.First[i+1]
		weight := m.Weight[lo:hi]
		for k, at := range m.At[lo:hi] {
			sum += T(weight[k] * x[at])
		}
		y[i] = sum
	}
}
