package vec

// Reverse sets dst to x in reverse order. The two must not overlap. It copies bits, so the elements may be of any
// 32-bit type.
func Reverse(dst, x []float32) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		reverseAt(isa, &dst[0], &x[len(x)-done], done)
	}
	last := len(x) - 1
	for i := done; i < len(dst); i++ {
		dst[i] = x[last-i]
	}
}

// Within reports whether lo ≤ v ≤ hi for all v of x; lo is at least -1<<62, and hi below 1<<62.
func Within(x []int64, lo, hi int64) bool {
	var outside [8]int64 // negative if some v - lo < 0 or hi - v < 0
	isa, done := fullVectors(len(x))
	if done > 0 {
		withinAt(isa, &outside[0], &x[0], 2*done, lo, hi)
	}
	bad := int64(0)
	for _, v := range outside {
		bad |= v
	}
	for _, v := range x[done:] {
		bad |= (v - lo) | (hi - v)
	}
	return bad >= 0
}
