package vec

import "math"

// Sums run in float64 whatever T is, so that a float32 sum is exact to its last place or two; the elements of one chunk
// are added in order and the chunks pairwise.

// chunk is the length of the pieces that a sum is cut into.
const chunk = 1 << 14

// Sum returns the sum of x; 0 if x is empty.
func Sum[T Float](x []T) T { return T(pairwise(x, sumChunk[T])) }

// SumSquares returns Σ x².
func SumSquares[T Float](x []T) T {
	return T(pairwise(x, func(x []T) float64 { return dotChunk(x, x) }))
}

// Dot returns Σ a·b.
func Dot[T Float](a, b []T) T {
	same(len(a), len(b))
	return T(dot(a, b))
}

func dot[T Float](a, b []T) float64 {
	if len(a) <= chunk {
		return dotChunk(a, b)
	}
	half := split(len(a))
	return dot(a[:half], b[:half]) + dot(a[half:], b[half:])
}

// pairwise joins the chunks' sums as the leaves of a binary tree.
func pairwise[T Float](x []T, leaf func([]T) float64) float64 {
	if len(x) <= chunk {
		return leaf(x)
	}
	half := split(len(x))
	return pairwise(x[:half], leaf) + pairwise(x[half:], leaf)
}

// split returns where n elements part: at the chunk nearest above the middle.
func split(n int) int { return (n/2 + chunk - 1) / chunk * chunk }

func sumChunk[T Float](x []T) float64 {
	var s float64
	for _, v := range x {
		s += float64(v)
	}
	return s
}

func dotChunk[T Float](a, b []T) float64 {
	var s float64
	for i, v := range a {
		s += float64(v) * float64(b[i])
	}
	return s
}

// MaxOf returns the largest element of x, NaN if there is a NaN, -Inf if x is empty.
func MaxOf[T Float](x []T) T {
	m := T(math.Inf(-1))
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

// MinOf returns the smallest element of x, NaN if there is a NaN, +Inf if x is empty.
func MinOf[T Float](x []T) T {
	m := T(math.Inf(1))
	for _, v := range x {
		m = min(m, v)
	}
	return m
}

// ArgMax returns the index of x's first largest element; the first NaN counts as larger than anything. It is -1 if x is
// empty.
func ArgMax[T Float](x []T) int {
	best := -1
	for i, v := range x {
		if best < 0 || v > x[best] || v != v {
			best = i
			if v != v {
				break
			}
		}
	}
	return best
}

// ColumnSums sets dst[j] = Σᵢ x[i,j] for x (rows, len(dst)): the gradient of a bias.
func ColumnSums[T Float](dst, x []T) {
	cols := len(dst)
	rows := rowsOf(len(x), cols)
	const strip = 64 // columns whose sums are kept at once, so that x is read along its rows
	for lo := 0; lo < cols; lo += strip {
		var sums [strip]float64
		dst := dst[lo:min(lo+strip, cols)]
		for i := range rows {
			for j, v := range x[i*cols+lo:][:len(dst)] {
				sums[j] += float64(v)
			}
		}
		for j := range dst {
			dst[j] = T(sums[j])
		}
	}
}
