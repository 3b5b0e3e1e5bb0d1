package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

// Squares of 2 × 2 elements, for all rows of an array or of several, one behind the other. n is the number of squares
// in a row. Each function reports whether it has done its work: false without vectors of at most n elements.

// squares returns how a row of n squares is divided into vectors: their number, 0 if none fits, and where the second
// begins.
func squares[T Float](n int) (isa cpu.Level, vectors, head int) {
	isa, lanes := lanesFor[T](n)
	if lanes == 0 {
		return isa, 0, 0
	}
	vectors = (n + lanes - 1) / lanes
	return isa, vectors, n - (vectors-1)*lanes
}

// SquareSum sets y[i, j] to the sum over r and c of rows[r]·cols[c]·x[2i + r, 2j + c]. len(y) is a multiple of n.
func SquareSum[T Float](y, x []T, rows, cols [2]T, n int) bool {
	isa, vectors, head := squares[T](n)
	if vectors == 0 {
		return false
	}
	same(4*len(y), len(x))
	if lines := len(y) / n; lines > 0 {
		w := [4]T{rows[0], rows[1], cols[0], cols[1]}
		squareSumAt(isa, first(y), first(x), first(w[:]), lines, vectors, head, 2*n)
	}
	return true
}

// SquareSpread sets y[2i + r, 2j + c] to rows[r]·cols[c]·x[i, j]. len(x) is a multiple of n. With stream it stores y
// past the caches if every vector fills whole cache lines.
func SquareSpread[T Float](y, x []T, rows, cols [2]T, n int, stream bool) bool {
	isa, vectors, head := squares[T](n)
	if vectors == 0 {
		return false
	}
	same(len(y), 4*len(x))
	if lines := len(x) / n; lines > 0 {
		w := [4]T{rows[0], rows[1], cols[0], cols[1]}
		if stream && n%8 == 0 && onLine(y) {
			if isa != cpu.NEON && n%16 != 0 { // the vectors of 8 lanes do not overlap: no line is stored twice
				isa, vectors, head = cpu.AVX2, n/8, 8
			}
			squareSpreadStreamAt(isa, first(y), first(x), first(w[:]), lines, vectors, head, 2*n)
			return true
		}
		squareSpreadAt(isa, first(y), first(x), first(w[:]), lines, vectors, head, 2*n)
	}
	return true
}

// SquareChosen sets the element of each square whose position in dx is index's element to dy's element, and the
// square's others to 0. len(dy) is a multiple of n.
func SquareChosen[T Float](dx, dy []T, index []int32, n int) bool {
	isa, vectors, head := squares[T](n)
	if vectors == 0 {
		return false
	}
	same(len(dx), 4*len(dy))
	same(len(index), len(dy))
	if lines := len(dy) / n; lines > 0 {
		squareChosenAt(isa, first(dx), first(dy), &index[0], &even[0], lines, vectors, head, 2*n, int32(2*n), int32(2*head))
	}
	return true
}

// Up2Rows is Up2 with two weights for n pairs in each of rows rows of y, which are yStep elements apart; those of x
// and z are xStep apart. It reports whether it has done that, as SquareSum.
func Up2Rows[T Float](y, x, z []T, a, b [2]T, n, rows, yStep, xStep int) bool {
	isa, vectors, head := squares[T](n)
	if vectors == 0 || rows == 0 {
		return vectors > 0
	}
	_, _, _ = y[(rows-1)*yStep+2*n-1], x[(rows-1)*xStep+n], z[(rows-1)*xStep+n]
	w := [4]T{a[0], a[1], b[0], b[1]}
	up2RowsAt(isa, first(y), first(x), first(z), first(w[:]), rows, vectors, head, yStep-2*n, xStep-n)
	return true
}

// Down4Rows is Down2 with four weights for n elements in each of rows rows of y, which are yStep elements apart;
// those of x are xStep apart. It reports whether it has done that, as SquareSum.
func Down4Rows[T Float](y, x []T, w [4]T, n, rows, yStep, xStep int) bool {
	isa, vectors, head := squares[T](n)
	if vectors == 0 || rows == 0 {
		return vectors > 0
	}
	_, _ = y[(rows-1)*yStep+n-1], x[(rows-1)*xStep+2*n+1]
	down4RowsAt(isa, first(y), first(x), first(w[:]), rows, vectors, head, yStep-n, xStep-2*n)
	return true
}
