package vec

// Linear interpolation of an array to twice its rows and columns, and the transposed sum, its gradient.

// BlendUp interpolates the rows of x, n elements each, and their elements, with the rows' weights r and the elements'
// c:
//
//	t[i, j] = r[0]·x[i − 1, j] + r[1]·x[i, j]     y[2i, 2j] = c[0]·t[i, j − 1] + c[1]·t[i, j]
//	b[i, j] = r[2]·x[i, j] + r[3]·x[i + 1, j]     y[2i, 2j + 1] = c[2]·t[i, j] + c[3]·t[i, j + 1]     y[2i + 1, …] likewise from b
//
// The first and the last row and element are repeated beyond the ends. To the one repeated before the first, 0 times
// the second is added, so that an infinity makes a NaN, as in PyTorch. room is returned for the next call. With
// stream BlendUp stores y past the caches if every vector fills whole cache lines. It reports whether it has done its
// work: false without vectors of at most n elements.
func BlendUp[T Float](y, x []T, r, c [4]T, n int, room []T, stream bool) (_ []T, done bool) {
	isa, vectors, head := squares[T](n)
	if vectors == 0 {
		return room, false
	}
	same(len(y), 4*len(x))
	stream = stream && n%8 == 0 && onLine(y)
	room = grown(room, 2*(n+2*roomEnd))
	w := [8]T{r[0], r[1], r[2], r[3], c[0], c[1], c[2], c[3]}
	top, bottom := first(room[roomEnd:]), first(room[n+3*roomEnd:])
	h := len(x) / n
	for i, lines := 0, 0; i < h; i += lines {
		lines = block(i, h)
		above, w := first(x[max(i-1, 0)*n:]), w
		if i == 0 {
			above, w[0], w[1] = first(x[min(1, h-1)*n:]), 0, w[0]+w[1]
		}
		at, below := first(x[i*n:]), first(x[min(i+1, h-1)*n:])
		if stream {
			blendUpStreamAt(isa, first(y[4*i*n:]), above, at, below, first(w[:]), top, bottom, lines, vectors, head, n)
		} else {
			blendUpAt(isa, first(y[4*i*n:]), above, at, below, first(w[:]), top, bottom, lines, vectors, head, n)
		}
	}
	return room, true
}

// BlendDown sets each element of y, which has rows of n elements, to a sum of 4×4 elements of x: with x's first and
// last row and element repeated beyond the ends,
//
//	y[i, j] = Σ r[k]·c[l]·x[2i − 1 + k, 2j − 1 + l]     k, l below 4
//
// It returns and reports the same as BlendUp.
func BlendDown[T Float](y, x []T, r, c [4]T, n int, room []T) (_ []T, done bool) {
	isa, vectors, head := squares[T](n)
	if vectors == 0 {
		return room, false
	}
	same(len(x), 4*len(y))
	room = grown(room, 2*n+2*roomEnd)
	w := [8]T{r[0], r[1], r[2], r[3], c[0], c[1], c[2], c[3]}
	h := len(y) / n
	for i, lines := 0, 0; i < h; i += lines {
		lines = block(i, h)
		var rows [4]*float32
		for k := range rows {
			rows[k] = first(x[min(max(2*i-1+k, 0), 2*h-1)*2*n:])
		}
		blendDownAt(isa, first(y[i*n:]), rows[0], rows[1], rows[2], rows[3], first(w[:]), first(room[roomEnd:]), lines, vectors, head, 2*n)
	}
	return room, true
}

// roomEnd is the room before and behind a row, a vector's at least.
const roomEnd = 16

// block returns the number of rows from row i on, of h, that one call does: the first and the last row are calls of
// their own.
func block(i, h int) int {
	if i == 0 {
		return 1
	}
	return max(h-1-i, 1)
}
