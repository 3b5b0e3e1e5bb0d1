package vec

import (
	"bytes"
	"math"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Sum returns the sum of x; 0 if x is empty. It runs in float64, so that a float32 sum is exact to its last place or
// two.
func Sum[T Float](x []T) T { return T(reduce(opSum, x, x)) }

// SumSquares returns Σ x², summed as in Sum.
func SumSquares[T Float](x []T) T { return T(reduce(opSquares, x, x)) }

// Dot returns Σ a·b, summed as in Sum.
func Dot[T Float](a, b []T) T {
	same(len(a), len(b))
	return T(reduce(opDot, a, b))
}

// Product returns the product of x, computed in float64; 1 if x is empty.
func Product[T Float](x []T) T {
	var p [1]T
	ProductRows(p[:], x)
	return p[0]
}

// SumRows sets dst[i] to the sum of row i of x, which has as many rows as dst has elements, as Sum does.
func SumRows[T Float](dst, x []T) { reduceRows(opSum, dst, x) }

// SumSquaresRows sets dst[i] to Σ x² of row i of x, summed as in Sum.
func SumSquaresRows[T Float](dst, x []T) { reduceRows(opSquares, dst, x) }

// reduceRows is reduce for each of the len(dst) rows of x.
func reduceRows[T Float](op int, dst, x []T) {
	if len(dst) == 0 {
		return
	}
	n := len(x) / len(dst)
	isa, ok := vectors[T]()
	if !ok || n > chunk {
		for i := range dst {
			row := x[i*n : (i+1)*n]
			dst[i] = T(reduce(op, row, row))
		}
		return
	}
	var sums [64]float64
	for i := 0; i < len(dst); i += len(sums) {
		d := dst[i:min(i+len(sums), len(dst))]
		if op == opSum {
			sumAt(isa, &sums[0], first(x[i*n:]), len(d), n)
		} else {
			squaresAt(isa, &sums[0], first(x[i*n:]), len(d), n)
		}
		for j := range d {
			d[j] = T(sums[j])
		}
	}
}

// ProductRows sets dst[i] to the product of row i of x, which has as many rows as dst has elements, as Product does.
func ProductRows[T Float](dst, x []T) {
	if len(dst) == 0 {
		return
	}
	n := len(x) / len(dst)
	if isa, ok := vectors[T](); ok {
		var parts [128]float64
		lanes := lanesOf(isa) / 2
		rows := len(parts) / lanes
		for i := 0; i < len(dst); i += rows {
			d := dst[i:min(i+rows, len(dst))]
			productAt(isa, &parts[0], first(x[i*n:]), len(d), n)
			for j := range d {
				p := parts[j*lanes]
				for _, v := range parts[j*lanes+1 : (j+1)*lanes] {
					p *= v
				}
				d[j] = T(p)
			}
		}
		return
	}
	for i := range dst {
		// Four independent chains run in parallel.
		x, a, b, c, d := x[i*n:(i+1)*n], 1.0, 1.0, 1.0, 1.0
		for ; len(x) >= 4; x = x[4:] {
			a *= float64(x[0])
			b *= float64(x[1])
			c *= float64(x[2])
			d *= float64(x[3])
		}
		for _, v := range x {
			a *= float64(v)
		}
		dst[i] = T(a * b * (c * d))
	}
}

// MaxOf returns the largest element of x, NaN if there is a NaN, -Inf if x is empty.
func MaxOf[T Float](x []T) T { return T(reduce(opLargest, x, x)) }

// MinOf returns the smallest element of x, NaN if there is a NaN, +Inf if x is empty.
func MinOf[T Float](x []T) T { return T(reduce(opSmallest, x, x)) }

// ArgMax returns the index of x's first largest element; the first NaN counts as larger than anything. It is -1 if x is
// empty.
func ArgMax[T Float](x []T) int { return place(x, MaxOf(x)) }

// ArgMin returns the index of x's first smallest element; the first NaN counts as smaller than anything. It is -1 if x
// is empty.
func ArgMin[T Float](x []T) int { return place(x, MinOf(x)) }

// place returns the first index of v in x.
func place[T Float](x []T, v T) int {
	var found [512]bool
	for i := 0; i < len(x); i += len(found) {
		part := x[i:min(i+len(found), len(x))]
		f := found[:len(part)]
		if v != v {
			Compare(f, NotEqual, part, part)
		} else {
			CompareScalar(f, Equal, part, v)
		}
		if j := bytes.IndexByte(unsafe.Slice((*byte)(unsafe.Pointer(&f[0])), len(f)), 1); j >= 0 {
			return i + j
		}
	}
	return -1
}

// The reductions.
const (
	opSum = iota
	opSquares
	opDot
	opLargest
	opSmallest
)

// A reduction is split into at most blocks blocks, which goroutines share. A block is halved recursively until a piece
// has at most chunk elements. The splits depend on the length only. Each piece is reduced in order, and the results are
// combined along the tree of halves.
const (
	chunk  = 1 << 14
	blocks = 64
)

func reduce[T Float](op int, a, b []T) float64 {
	if len(a) <= light {
		return reduceTree(op, a, b)
	}
	size := (len(a) + blocks - 1) / blocks
	size = (size + chunk - 1) / chunk * chunk
	var x T
	tasks := &reduceTasks[unsafe.Sizeof(x)/8]
	t, _ := tasks.Get().(*reduceTask[T])
	if t == nil {
		t = new(reduceTask[T])
	}
	t.op, t.a, t.b, t.size = op, a, b, size
	pool.For(len(a), size, t)
	result := joinTree(op, t.results[:(len(a)+size-1)/size])
	t.a, t.b = nil, nil
	tasks.Put(t)
	return result
}

type reduceTask[T Float] struct {
	op      int
	a, b    []T
	size    int
	results [blocks]float64
}

var reduceTasks [2]freelist.Any // for float32 and float64

// Run reduces the block from i0 to i1.
func (r *reduceTask[T]) Run(i0, i1 int) {
	r.results[i0/r.size] = reduceTree(r.op, r.a[i0:i1], r.b[i0:i1])
}

func reduceTree[T Float](op int, a, b []T) float64 {
	if len(a) <= chunk {
		return reduceChunk(op, a, b)
	}
	half := (len(a)/2 + chunk - 1) / chunk * chunk
	return join(op, reduceTree(op, a[:half], b[:half]), reduceTree(op, a[half:], b[half:]))
}

func joinTree(op int, x []float64) float64 {
	if len(x) == 1 {
		return x[0]
	}
	half := (len(x) + 1) / 2
	return join(op, joinTree(op, x[:half]), joinTree(op, x[half:]))
}

func join(op int, a, b float64) float64 {
	switch op {
	case opLargest:
		return larger(a, b)
	case opSmallest:
		return smaller(a, b)
	}
	return a + b
}

func reduceChunk[T Float](op int, a, b []T) float64 {
	if isa, ok := vectors[T](); ok {
		return reduceVectors(isa, op, first(a), first(b), len(a))
	}
	switch op {
	case opLargest:
		m := math.Inf(-1)
		for _, v := range a {
			m = larger(m, float64(v))
		}
		return m
	case opSmallest:
		m := math.Inf(1)
		for _, v := range a {
			m = smaller(m, float64(v))
		}
		return m
	case opSum:
		var s float64
		for _, v := range a {
			s += float64(v)
		}
		return s
	}
	var s float64
	for i, v := range a {
		s += float64(v) * float64(b[i])
	}
	return s
}

func reduceVectors(isa cpu.Level, op int, a, b *float32, n int) float64 {
	var sum float64
	switch op {
	case opSum:
		sumAt(isa, &sum, a, 1, n)
		return sum
	case opSquares:
		squaresAt(isa, &sum, a, 1, n)
		return sum
	case opDot:
		dotAt(isa, &sum, a, b, n)
		return sum
	}
	var lanes [16]float32
	if op == opLargest {
		largestAt(isa, &lanes[0], a, n)
	} else {
		smallestAt(isa, &lanes[0], a, n)
	}
	used := lanes[1:lanesOf(isa)]
	best := float64(lanes[0])
	for _, v := range used {
		best = join(op, best, float64(v))
	}
	return best
}

// lanesOf returns the number of float32s in a vector.
func lanesOf(isa cpu.Level) int {
	switch isa {
	case cpu.AVX512:
		return 16
	case cpu.AVX2:
		return 8
	}
	return 4
}

// ColumnSums sets dst[j] = Σᵢ x[i,j] for x (rows, len(dst)): the gradient of a bias. It sums in float64.
func ColumnSums[T Float](dst, x []T) {
	cols := len(dst)
	rows := rowsOf(len(x), cols)
	if isa, ok := vectors[T](); ok && rows > 0 {
		grain := max(64, light/rows&^63)
		task := columnTask{isa: isa, dst: first(dst), x: first(x), rows: rows, cols: cols}
		if cols <= grain {
			task.Run(0, cols)
		} else {
			spread(cols, grain, task, &columnTasks)
		}
		return
	}
	const strip = 64 // columns that are summed together, so that x is read along its rows
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

type columnTask struct {
	isa        cpu.Level
	dst, x     *float32
	rows, cols int
}

var columnTasks freelist.Any

// Run sums columns j0 to j1.
func (c *columnTask) Run(j0, j1 int) {
	columnSumsAt(c.isa, at(c.dst, j0), at(c.x, j0), c.rows, j1-j0, c.cols)
}
