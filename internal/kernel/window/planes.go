package window

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// planes is Linear for two dimensions that have the same pattern, of halves, doubles or linear interpolation to twice
// the size, if there are vector instructions for that. It reports whether it has computed dst.
func planes[T Float](dst, x []T, matrices *[3]Matrix[T], room [2][]T, stream bool) (_ [2][]T, done bool) {
	h, w := &matrices[1], &matrices[2]
	if !matrices[0].Identity() || h.Identity() || w.Identity() {
		return room, false
	}
	switch {
	case h.blend.up && w.blend.up:
		room[0], done = vec.BlendUp(dst, x, h.blend.weight, w.blend.weight, w.In, room[0], stream)
	case h.blend.down && w.blend.down:
		room[0], done = vec.BlendDown(dst, x, h.blend.weight, w.blend.weight, w.Out, room[0])
	case !h.isFlat() || !w.isFlat():
	case h.inside.down && w.inside.down:
		done = vec.SquareSum(dst, x, [2]T(h.Weight), [2]T(w.Weight), w.Out)
	case h.inside.up && w.inside.up:
		done = vec.SquareSpread(dst, x, [2]T(h.Weight), [2]T(w.Weight), w.In, stream)
	}
	return room, done
}

// A blend is a matrix that interpolates linearly to twice the size (up): with x's first and last element repeated
// beyond the ends,
//
//	y[2i] = weight[0]·x[i − 1] + weight[1]·x[i]     y[2i + 1] = weight[2]·x[i] + weight[3]·x[i + 1]
//
// or one that has the form of its gradient (down): y[i] = Σ weight[k]·x[2i − 1 + k], for k below 4.
type blend[T Float] struct {
	weight   [4]T
	up, down bool
}

// findBlend returns m as a blend, the zero blend if it is none.
func (m *Matrix[T]) findBlend() blend[T] {
	b := blend[T]{up: m.Out == 2*m.In, down: m.In == 2*m.Out}
	i := m.Out / 2 // a row far from the ends
	if b.up {
		i &^= 1
	}
	switch {
	case b.up && m.In > 2 && m.taps(0) == 2 && m.taps(i) == 2 && m.taps(i+1) == 2: // row 0 has a weight of 0
		copy(b.weight[:], m.Weight[m.First[i]:][:4])
	case b.down && m.Out > 2 && m.taps(i) == 4:
		copy(b.weight[:], m.Weight[m.First[i]:][:4])
	default:
		return blend[T]{}
	}
	for i := range m.Out {
		first, w := 2*i-1, b.weight[:]
		if b.up {
			first, w = (i+1)/2-1, b.weight[i%2*2:][:2]
		}
		if !m.repeatsEnds(i, first, w) {
			return blend[T]{}
		}
	}
	return b
}

// taps returns the number of elements of row i.
func (m *Matrix[T]) taps(i int) int { return int(m.First[i+1] - m.First[i]) }

// repeatsEnds reports whether row i has the weights w in the columns from first on, where those beyond the ends stand
// in the end's column.
func (m *Matrix[T]) repeatsEnds(i, first int, w []T) bool {
	var sums [4]T // wanted minus found, by the distance from the first column
	from := min(max(first, 0), m.In-1)
	for k, v := range w {
		sums[min(max(first+k, 0), m.In-1)-from] += v
	}
	at, weight := m.row(i)
	for k, v := range weight {
		c := int(at[k]) - from
		if c < 0 || c >= len(sums) {
			return false
		}
		sums[c] -= v
	}
	return sums == [4]T{}
}
