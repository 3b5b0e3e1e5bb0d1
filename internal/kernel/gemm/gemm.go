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
// A and B may have any two strides, including zero, so a transposed, sliced or expanded matrix is multiplied without a
// copy. C has unit stride along its rows and shares no memory with A, B or the bias.
//
// Every product is computed, so 0·NaN and 0·Inf are NaN, as IEEE 754 requires. The sum over k is cut into chunks that
// depend on the shape alone, and the chunks are added in order. A chunk is summed in order of p, with two exceptions: a
// product of few rows with a transposed B uses a fixed number of interleaved partial sums, and a split product (see
// split.go) uses the order of the unit for bfloat16. So a result depends on the shape, the strides, the precision and the
// instruction set, but not on the number of threads.
//
// Large products are cut into blocks that stay in the caches, as in K. Goto and R. van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
package gemm

import "fmt"

// Float is the type of a matrix's elements.
type Float interface{ float32 | float64 }

// An Epilogue lists the operations on each sum before it is stored, in the order of the fields. The zero value stores
// the sum unchanged.
type Epilogue[T Float] struct {
	Accumulate bool // add the previous element of C
	Bias       []T  // unless nil, add Bias[j] in column j; length n
	ReLU       bool // replace x by max(x, 0); NaN stays NaN

	// Precision is the precision of the sums in a product of float32. Products of float64 ignore it.
	Precision Precision
}

// Float32 computes the m×n product of the m×k matrix A and the k×n matrix B in single precision.
//
// Element (i, j) of C is c[i*ldc+j], of A a[i*ars+j*acs], of B b[i*brs+j*bcs]. With k = 0 every sum is 0. Float32
// panics if a size or a stride is negative, ldc is less than n, a slice is too short, or the bias is neither nil nor of
// length n.
func Float32(c []float32, ldc, m, n, k int, a []float32, ars, acs int, b []float32, brs, bcs int, e Epilogue[float32]) {
	check(len(c), ldc, m, n, k, len(a), ars, acs, len(b), brs, bcs, e.Bias)
	if !float32Only(e.Precision) && trySplit(1, c, 0, ldc, m, n, k, a, 0, ars, acs, b, 0, brs, bcs, e) {
		return
	}
	product(kernels32(), c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
}

// Float64 is [Float32] in double precision.
func Float64(c []float64, ldc, m, n, k int, a []float64, ars, acs int, b []float64, brs, bcs int, e Epilogue[float64]) {
	check(len(c), ldc, m, n, k, len(a), ars, acs, len(b), brs, bcs, e.Bias)
	product(kernels64(), c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
}

// Float32Batch computes count products of one shape. Product i is [Float32] of c[i*cs:], a[i*as:] and b[i*bs:] with the
// same other arguments. With a stride as or bs of 0 all products have the same A or B; the results must not overlap.
// Small products are computed in parallel with each other, large ones in sequence, each on all threads.
func Float32Batch(count int, c []float32, cs, ldc, m, n, k int, a []float32, as, ars, acs int,
	b []float32, bs, brs, bcs int, e Epilogue[float32]) {
	checkBatch(count, len(c), cs, ldc, m, n, k, len(a), as, ars, acs, len(b), bs, brs, bcs, e.Bias)
	if !float32Only(e.Precision) && trySplit(count, c, cs, ldc, m, n, k, a, as, ars, acs, b, bs, brs, bcs, e) {
		return
	}
	batch(kernels32(), count, c, cs, ldc, m, n, k, a, as, ars, acs, b, bs, brs, bcs, e)
}

// Float64Batch is [Float32Batch] in double precision.
func Float64Batch(count int, c []float64, cs, ldc, m, n, k int, a []float64, as, ars, acs int,
	b []float64, bs, brs, bcs int, e Epilogue[float64]) {
	checkBatch(count, len(c), cs, ldc, m, n, k, len(a), as, ars, acs, len(b), bs, brs, bcs, e.Bias)
	batch(kernels64(), count, c, cs, ldc, m, n, k, a, as, ars, acs, b, bs, brs, bcs, e)
}

func checkBatch[T Float](count, lenC, cs, ldc, m, n, k, lenA, as, ars, acs, lenB, bs, brs, bcs int, bias []T) {
	switch {
	case count < 0:
		panic(fmt.Sprintf("gemm: %d products, want at least 0", count))
	case cs < 0 || as < 0 || bs < 0:
		panic(fmt.Sprintf("gemm: strides between products: C %d, A %d, B %d, want at least 0", cs, as, bs))
	case count > 1 && cs < extent(m, ldc, n, 1):
		panic(fmt.Sprintf("gemm: results of %d×%d, row stride %d, overlap with stride %d between products, want at least %d",
			m, n, ldc, cs, extent(m, ldc, n, 1)))
	}
	if count > 0 { // the last product has the highest indices
		check(lenC-(count-1)*cs, ldc, m, n, k, lenA-(count-1)*as, ars, acs, lenB-(count-1)*bs, brs, bcs, bias)
	}
}

func check[T Float](lenC, ldc, m, n, k, lenA, ars, acs, lenB, brs, bcs int, bias []T) {
	switch {
	case m < 0 || n < 0 || k < 0:
		panic(fmt.Sprintf("gemm: sizes m=%d n=%d k=%d, want at least 0", m, n, k))
	case ars < 0 || acs < 0 || brs < 0 || bcs < 0:
		panic(fmt.Sprintf("gemm: strides of A %d, %d and of B %d, %d, want at least 0", ars, acs, brs, bcs))
	case ldc < n:
		panic(fmt.Sprintf("gemm: row stride %d of C, want at least its %d columns", ldc, n))
	case lenC < extent(m, ldc, n, 1):
		panic(fmt.Sprintf("gemm: C of %d×%d, row stride %d, has %d elements, want at least %d",
			m, n, ldc, lenC, extent(m, ldc, n, 1)))
	case lenA < extent(m, ars, k, acs):
		panic(fmt.Sprintf("gemm: A of %d×%d, strides %d, %d, has %d elements, want at least %d",
			m, k, ars, acs, lenA, extent(m, ars, k, acs)))
	case lenB < extent(k, brs, n, bcs):
		panic(fmt.Sprintf("gemm: B of %d×%d, strides %d, %d, has %d elements, want at least %d",
			k, n, brs, bcs, lenB, extent(k, brs, n, bcs)))
	case bias != nil && len(bias) != n:
		panic(fmt.Sprintf("gemm: bias of %d elements, want one for each of %d columns", len(bias), n))
	}
}

// extent returns the length of the shortest slice that holds a rows×cols matrix.
func extent(rows, rs, cols, cs int) int {
	if rows == 0 || cols == 0 {
		return 0
	}
	return (rows-1)*rs + (cols-1)*cs + 1
}

// kernels holds the kernels of an instruction set for one element type, and the block sizes that suit them.
type kernels[T Float] struct {
	lanes        int   // elements of a vector
	heights      []int // heights[v-1]: the most rows of a tile that is v vectors wide
	wholeVectors bool  // the kernel tiles accepts only a multiple of lanes as n
	kc           int   // the most terms in a chunk of the sum
	mc, nc       int   // the most rows of A and columns of B that are packed at a time
	packACols    int   // A is packed if a block has more columns than this and than the widest tile
	packBRows    int   // B is packed if a block has at least this many rows
	dotRows      int   // the most rows of A for which dots is used

	free *freeLists[T]

	tiles     func(*tiles[T])
	dots      func(*dots[T])
	copy      func(dst []T, ldd int, src []T, lds, rows, cols int)
	transpose func(dst []T, ldd int, src []T, lds, rows, cols int)
	panels    func(dst []T, next int, src []T, lds, height, count, k int)
}

// A tiles holds the arguments of the kernel that computes count tiles of equal height, one below the other in C.
//
// The kernel can also pack what it reads of A and B, in the order in which it reads it, for the tiles that are computed
// later. Then n must be lanes·len(heights), the width of the widest tile, and height at most the last of heights. If B
// is packed, count must be 1.
type tiles[T Float] struct {
	c             []T
	ldc           int
	height, count int // rows of a tile, number of tiles
	n             int // columns, up to lanes·len(heights)
	k             int
	a             []T
	ars, acs      int
	next          int // distance in a from one tile to the next
	b             []T // unit column stride
	brs           int
	packedA       []T // unless nil, element (i, p) of tile t is stored at t·(k·height + skip) + p·height + i
	skip          int
	packedB       []T // unless nil, element (p, j) of B is stored at p·n + j
	bias          []T // nil or n elements
	add, relu     bool
}

// A dots holds the arguments of the kernel for few rows of A times a transposed B: the k elements of a row of A and of
// a column of B are contiguous.
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
