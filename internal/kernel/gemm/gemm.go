// Package gemm multiplies matrices: C = act([C +] A·B + bias).
//
// A product is, as a plain Go loop,
//
//	for i := range m {
//		for j := range n {
//			sum := 0
//			for p := range k {
//				sum += a[i*ars+p*acs] * b[p*brs+j*bcs]
//			}
//			c[i*ldc+j] = act([c[i*ldc+j] +] sum + bias[j])
//		}
//	}
//
// A and B have any two strides, zero included, so a transposed, sliced or expanded matrix is multiplied where it lies. C has
// unit stride along its rows and shares no memory with A, B or the bias.
//
// Nothing is skipped, so 0·NaN and 0·Inf are NaN, as IEEE 754 has it. The sum over k is cut into chunks that depend on the shape
// alone; a chunk is summed in order of p (a product of few rows with a transposed B: in a fixed number of interleaved partial
// sums; in parts, as the unit does it) and the chunks are added in order. So a result depends on the shape, the strides, the
// precision and the instruction set, but on no number of threads.
//
// The way of cutting a large product into pieces that stay in the caches is that of K. Goto and R. van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
package gemm

import (
	"fmt"
)

// Float is the type of a matrix's elements.
type Float interface{ float32 | float64 }

// An Epilogue is what happens to each sum before it is stored; the zero value stores it as it is. The steps are done in the
// order of the fields.
type Epilogue[T Float] struct {
	Accumulate bool // add the element of C that is there
	Bias       []T  // unless nil, add Bias[j] in column j; length n
	ReLU       bool // replace by max(x, 0); NaN stays NaN

	// Precision is that of the sums, in a product of float32: which processor's unit may compute them.
	Precision Precision
}

// Float32 computes the m×n product of the m×k matrix A and the k×n matrix B in single precision.
//
// Element (i, j) of C is c[i*ldc+j], of A a[i*ars+j*acs], of B b[i*brs+j*bcs]. With k = 0 every sum is 0. Float32 panics if a
// size or a stride is negative, ldc is less than n, a slice is too short, or the bias is not nil and not n long.
func Float32(c []float32, ldc, m, n, k int, a []float32, ars, acs int, b []float32, brs, bcs int, e Epilogue[float32]) {
	check(len(c), ldc, m, n, k, len(a), ars, acs, len(b), brs, bcs, e.Bias)
	if !inFloat32(e.Precision) && tryParts(1, c, 0, ldc, m, n, k, a, 0, ars, acs, b, 0, brs, bcs, e) {
		return
	}
	product(kernels32(), c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
}

// Float64 is [Float32] in double precision.
func Float64(c []float64, ldc, m, n, k int, a []float64, ars, acs int, b []float64, brs, bcs int, e Epilogue[float64]) {
	check(len(c), ldc, m, n, k, len(a), ars, acs, len(b), brs, bcs, e.Bias)
	product(kernels64(), c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
}

// Float32Batch computes count products of one shape, with [Float32]'s meaning of the other arguments: product i has C from c[i*cs:], A from
// a[i*as:] and B from b[i*bs:] on. A stride of 0 gives all products the same A or B; the Cs must not overlap. All have the same
// epilogue. Small products are done side by side, large ones one after the other on all threads.
func Float32Batch(count int, c []float32, cs, ldc, m, n, k int, a []float32, as, ars, acs int, b []float32, bs, brs, bcs int, e Epilogue[float32]) {
	checkBatch(count, len(c), cs, ldc, m, n, k, len(a), as, ars, acs, len(b), bs, brs, bcs, e.Bias)
	if !inFloat32(e.Precision) && tryParts(count, c, cs, ldc, m, n, k, a, as, ars, acs, b, bs, brs, bcs, e) {
		return
	}
	batch(kernels32(), count, c, cs, ldc, m, n, k, a, as, ars, acs, b, bs, brs, bcs, e)
}

// Float64Batch is [Float32Batch] in double precision.
func Float64Batch(count int, c []float64, cs, ldc, m, n, k int, a []float64, as, ars, acs int, b []float64, bs, brs, bcs int, e Epilogue[float64]) {
	checkBatch(count, len(c), cs, ldc, m, n, k, len(a), as, ars, acs, len(b), bs, brs, bcs, e.Bias)
	batch(kernels64(), count, c, cs, ldc, m, n, k, a, as, ars, acs, b, bs, brs, bcs, e)
}

func checkBatch[T Float](count, lenC, cs, ldc, m, n, k, lenA, as, ars, acs, lenB, bs, brs, bcs int, bias []T) {
	switch {
	case count < 0:
		panic(fmt.Sprintf("gemm: negative number of products: %d", count))
	case cs < 0 || as < 0 || bs < 0:
		panic(fmt.Sprintf("gemm: negative stride from product to product: %d, %d, %d", cs, as, bs))
	case count > 1 && cs < extent(m, ldc, n, 1):
		panic(fmt.Sprintf("gemm: results of %d×%d, row stride %d, overlap when %d apart", m, n, ldc, cs))
	}
	if count > 0 { // the last product reaches furthest
		check(lenC-(count-1)*cs, ldc, m, n, k, lenA-(count-1)*as, ars, acs, lenB-(count-1)*bs, brs, bcs, bias)
	}
}

func check[T Float](lenC, ldc, m, n, k, lenA, ars, acs, lenB, brs, bcs int, bias []T) {
	switch {
	case m < 0 || n < 0 || k < 0:
		panic(fmt.Sprintf("gemm: negative size: m=%d n=%d k=%d", m, n, k))
	case ars < 0 || acs < 0 || brs < 0 || bcs < 0:
		panic(fmt.Sprintf("gemm: negative stride: A %d, %d; B %d, %d", ars, acs, brs, bcs))
	case ldc < n:
		panic(fmt.Sprintf("gemm: row stride of C %d is less than its %d columns", ldc, n))
	case lenC < extent(m, ldc, n, 1):
		panic(fmt.Sprintf("gemm: C of %d×%d, row stride %d, does not fit %d elements", m, n, ldc, lenC))
	case lenA < extent(m, ars, k, acs):
		panic(fmt.Sprintf("gemm: A of %d×%d, strides %d, %d, does not fit %d elements", m, k, ars, acs, lenA))
	case lenB < extent(k, brs, n, bcs):
		panic(fmt.Sprintf("gemm: B of %d×%d, strides %d, %d, does not fit %d elements", k, n, brs, bcs, lenB))
	case bias != nil && len(bias) != n:
		panic(fmt.Sprintf("gemm: bias of %d elements for %d columns", len(bias), n))
	}
}

// extent returns the length of the shortest slice that holds a rows×cols matrix.
func extent(rows, rs, cols, cs int) int {
	if rows == 0 || cols == 0 {
		return 0
	}
	return (rows-1)*rs + (cols-1)*cs + 1
}

// kernels is what an instruction set gives for one element type, and the sizes that suit it.
type kernels[T Float] struct {
	lanes   int   // columns of a vector
	heights []int // heights[v-1]: the most rows of a tile that is v vectors wide
	whole   bool  // tiles takes whole vectors of columns only
	kc      int   // most terms of a sum done at a time
	mc, nc  int   // most rows of A and columns of B that are packed at a time
	packA   int   // A is packed where a block has more columns than this, or tiles are wider
	packB   int   // B is packed where a block has this many rows or more
	dotRows int   // most rows of A for which dots is used

	free *objects[T]

	tiles     func(*tiles[T])
	dots      func(*dots[T])
	copy      func(dst []T, ldd int, src []T, lds, rows, cols int)
	transpose func(dst []T, ldd int, src []T, lds, rows, cols int)
	panels    func(dst []T, next int, src []T, lds, height, count, k int)
}

// A tiles holds the arguments of a kernel: count tiles of equal height that lie below each other in C.
//
// For the tiles that come later, the kernel may store what it reads of A and B, in the order in which it reads it. Then n is the
// greatest, lanes·len(heights), height at most the last of heights, and, where B is stored, count is 1.
type tiles[T Float] struct {
	c             []T
	ldc           int
	height, count int // rows of a tile, number of tiles
	n             int // columns, up to lanes·len(heights)
	k             int
	a             []T
	ars, acs      int
	next          int // in A, from one tile to the next
	b             []T // unit column stride
	brs           int
	packA         []T // unless nil, element (i, p) of tile t is stored at t·(k·height + skip) + p·height + i
	skip          int
	packB         []T // unless nil, element (p, j) of B is stored at p·n + j
	bias          []T // nil: none; else n long
	add, relu     bool
}

// A dots holds the arguments of a kernel for few rows of A times a transposed B: both have their k elements side by side.
type dots[T Float] struct {
	c       []T
	ldc     int
	m, n, k int
	a       []T // unit column stride
	ars     int
	b       []T // unit row stride
	bcs     int
	add     bool
}
