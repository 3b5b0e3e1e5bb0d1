package vec

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// Streams reports whether a result of n elements, computed part by part, is better stored past the caches. Whoever asks for that calls
// StreamsDone at the end, before another goroutine reads the result.
func Streams[T Float](n int) bool {
	isa, ok := vectors[T]()
	return ok && isa != cpu.NEON && n >= streamed
}

// StreamsDone waits for what was stored past the caches.
func StreamsDone() {
	if isa := cpu.ISA(); isa != cpu.Generic {
		storeFenceAt(isa, 0)
	}
}

// onLine reports whether p begins a cache line, as a store of a vector past the caches must.
func onLine[T Float](p []T) bool { return uintptr(unsafe.Pointer(unsafe.SliceData(p)))%64 == 0 }

// WeightedRows sets y[j] = Σ w[k]·x[k·step + j]: a sum of rows of x that lie step elements apart. With stream it
// stores y past the caches if y fills whole cache lines.
func WeightedRows[T Float](y, x, w []T, step int, stream bool) {
	if len(y) == 0 || len(w) == 0 {
		clear(y)
		return
	}
	_ = x[(len(w)-1)*step+len(y)-1]
	if isa, ok := vectors[T](); ok {
		if stream && len(y)%16 == 0 && onLine(y) {
			weightedRowsStreamAt(isa, first(y), first(x), first(w), len(y), len(w), step)
			return
		}
		weightedRowsAt(isa, first(y), first(x), first(w), len(y), len(w), step)
		return
	}
	for j := range y {
		sum := T(0)
		for k, v := range w {
			sum += T(v * x[k*step+j])
		}
		y[j] = sum
	}
}

// Down2 sets y[j] = Σ w[k]·x[2j + k].
func Down2[T Float](y, x, w []T) {
	if len(y) == 0 {
		return
	}
	_ = x[2*(len(y)-1)+len(w)-1]
	if isa, lanes := lanesFor[T](len(y)); lanes > 0 && len(w) > 1 {
		full := len(y) / lanes * lanes
		down2At(isa, first(y), first(x), first(w), full, len(w))
		if at := len(y) - lanes; full < len(y) {
			down2At(isa, first(y[at:]), first(x[2*at:]), first(w), lanes, len(w))
		}
		return
	}
	for j := range y {
		sum := T(0)
		for k, v := range w {
			sum += T(v * x[2*j+k])
		}
		y[j] = sum
	}
}

// Up2 sets y[2j] = Σ a[k]·x[j + k] and y[2j + 1] = Σ b[k]·z[j + k]. a and b have one element each, or two. With
// stream it stores y past the caches if y begins a cache line.
func Up2[T Float](y, x, z, a, b []T, stream bool) {
	n := len(y) / 2
	if n == 0 {
		return
	}
	same(len(a), len(b))
	_, _ = x[n+len(a)-2], z[n+len(a)-2]
	if isa, lanes := lanesFor[T](n); lanes > 0 && len(a) <= 2 {
		full := n / lanes * lanes
		if stream && lanes >= 8 && onLine(y) {
			up2StreamAt(isa, first(y), first(x), first(z), first(a), first(b), full, len(a))
		} else {
			up2At(isa, first(y), first(x), first(z), first(a), first(b), full, len(a))
		}
		if at := n - lanes; full < n {
			up2At(isa, first(y[2*at:]), first(x[at:]), first(z[at:]), first(a), first(b), lanes, len(a))
		}
		return
	}
	for j := range n {
		even, odd := T(0), T(0)
		for k := range a {
			even += T(a[k] * x[j+k])
			odd += T(b[k] * z[j+k])
		}
		y[2*j], y[2*j+1] = even, odd
	}
}

// lanesFor returns the instruction set with the longest vectors of which n elements fill one, and their length, 0 if there is none.
func lanesFor[T Float](n int) (cpu.Level, int) {
	isa, ok := vectors[T]()
	switch {
	case !ok:
	case isa == cpu.NEON && n >= 4:
		return isa, 4
	case isa == cpu.NEON:
	case isa != cpu.AVX2 && n >= 16:
		return isa, 16
	case n >= 8:
		return cpu.AVX2, 8
	}
	return isa, 0
}

// even are the places of a vector's windows.
var even = [16]int32{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30}

// MaxWindows2 takes the largest elements of windows that are two elements apart and cols elements wide, 2 or 3, for n
// windows in each of lines lines: y[j] is the first of the largest x[2j + c + r·width], of several NaN the last, for c
// below cols and r below rows; index[j] is its position at + 2j + c + r·width. With left the first window of each line
// lacks its first column, with right the last window its last one; x has an element in its place all the same. The
// lines of y and index are outStep elements apart, those of x inStep. It reports whether it has done that: false
// without vectors of at most n elements.
func MaxWindows2[T Float](y []T, index []int32, x []T, n, lines, rows, cols, width, outStep, inStep, at int, left, right bool) bool {
	isa, lanes := lanesFor[T](n)
	if lanes == 0 || lines == 0 {
		return lanes > 0
	}
	_, _ = y[(lines-1)*outStep+n-1], index[(lines-1)*outStep+n-1]
	_ = x[(lines-1)*inStep+(rows-1)*width+2*(n-1)+cols-1]
	kernel, edge := windowMax2x2At, windowMax2x2EdgeAt
	if cols == 3 {
		kernel, edge = windowMax3x2At, windowMax3x2EdgeAt
	}
	// A few lines at a time: a call reads one column of vectors.
	const some = 8
	for l := 0; l < lines; l += some {
		lines := min(some, lines-l)
		for j := 0; j < n; j += lanes {
			j := min(j, n-lanes) // the last one may overlap
			out, in := l*outStep+j, l*inStep+2*j
			y, index, x, down, next, at := first(y[out:]), &index[out], first(x[in:]), int32(width), int32(inStep), int32(at+in)
			first, last := int32(-1), int32(-1)
			if left && j == 0 {
				first = 0
			}
			if right && j == n-lanes {
				last = int32(2 * (lanes - 1))
			}
			if first >= 0 || last >= 0 {
				edge(isa, y, index, x, &even[0], lines, rows, width, outStep, inStep, down, next, at, first, last)
			} else {
				kernel(isa, y, index, x, &even[0], lines, rows, width, outStep, inStep, down, next, at)
			}
		}
	}
	return true
}

// MaxWindowsGrad2 sets dx to the gradient of the largest elements of windows that are two elements apart, overlap and
// have three columns and rows: of lines lines of n windows, with 2·lines rows of 2n elements. Element 2j of row 2i is
// dy[i, j] if index[i, j] is its position, that of dx[0] being at; element 2j + 1 is the sum of those of the windows j
// and j + 1, and row 2i + 1 the sum over the lines i and i + 1. One line more of dy and index is read, and one element
// more. It reports whether it has done that, as MaxWindows2.
func MaxWindowsGrad2[T Float](dx, dy []T, index []int32, n, lines, at int) bool {
	isa, lanes := lanesFor[T](n)
	if lanes == 0 || lines == 0 {
		return lanes > 0
	}
	_, _, _ = dx[4*lines*n-1], dy[(lines+1)*n], index[(lines+1)*n]
	// A few lines at a time, as in MaxWindows2.
	const some = 8
	for l := 0; l < lines; l += some {
		for j := 0; j < n; j += lanes {
			j := min(j, n-lanes)
			from, to := l*n+j, 4*l*n+2*j
			windowGrad3x2At(isa, first(dx[to:]), first(dy[from:]), &index[from], &even[0], min(some, lines-l), n, 2*n, int32(at+to),
				int32(2*n))
		}
	}
	return true
}
