package gemm

import (
	"math"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/pool"
)

// minParallel is the least number of floating-point operations of a product that runs on more than one thread.
const minParallel = 2 << 20

// A job is a product, or a batch of products, during its computation. The goroutines that compute it only read it.
type job[T Float] struct {
	kr         *kernels[T]
	c          []T
	ldc        int
	m, n, k    int
	a          []T
	ars, acs   int
	b          []T
	brs, bcs   int
	e          Epilogue[T]
	cs, as, bs int // from one product of a batch to the next

	serial workspace[T] // used if the job runs on the caller's goroutine alone
	nr     int          // columns of the widest tile
	phase  phase
	kc     int // terms in a chunk of the sum

	rows, cols  int // of a block of C that one goroutine computes
	partialSums []T // one m×n matrix for each chunk of the sum
}

type phase int

const (
	multiplying phase = iota // an index is a block of C
	summing                  // an index is a chunk of the sum
	dotting                  // an index is a column of C
	batching                 // an index is a product of the batch
	packing                  // an index is a panel of B (split products only)
)

// A block is the rows r0 to r1 and the columns c0 to c1 of C, and the terms p0 to p1 of their sums.
type block struct{ r0, r1, c0, c1, p0, p1 int }

// A workspace holds the buffers and kernel arguments of one goroutine that works on a job.
type workspace[T Float] struct {
	t    tiles[T]
	d    dots[T]
	a    []T // packed rows of A
	b    []T // packed columns of B: slivers of nr columns, each kc×nr
	c    []T // sums of a tile that is wider than C
	rowA []T // a copy of A for dots if A's columns are not contiguous
}

// dropReferences drops the references to the caller's memory.
func (w *workspace[T]) dropReferences() {
	w.t.c, w.t.a, w.t.b, w.t.bias = nil, nil, nil, nil
	w.t.packedA, w.t.packedB = nil, nil
	w.d.c, w.d.a, w.d.b = nil, nil, nil
}

// freeLists keep jobs and workspaces for reuse.
type freeLists[T Float] struct {
	jobs       freelist.List[job[T]]
	workspaces freelist.List[workspace[T]]
}

// product computes what Float32 and Float64 document. The arguments are checked.
func product[T Float](kr *kernels[T], c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int, e Epilogue[T]) {
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		if !e.Accumulate {
			for i := range m {
				clear(c[i*ldc:][:n])
			}
		}
		apply(c, ldc, m, n, e)
		return
	}
	if n == 1 && m > 1 && ldc == 1 {
		// C is a contiguous column. Compute the transposed product, which is one row. There the bias would differ, so
		// it is added afterwards.
		product(kr, c, m, 1, m, k, b, bcs, brs, a, acs, ars, Epilogue[T]{Accumulate: e.Accumulate})
		e.Accumulate = true
		apply(c, 1, m, 1, e)
		return
	}
	j := newJob(kr, c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
	j.run()
	j.finish()
}

// batch computes what Float32Batch documents. The arguments are checked.
func batch[T Float](kr *kernels[T], count int, c []T, cs, ldc, m, n, k int, a []T, as, ars, acs int,
	b []T, bs, brs, bcs int, e Epilogue[T]) {
	if m == 0 || n == 0 || count == 0 {
		return
	}
	j := newJob(kr, c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
	j.cs, j.as, j.bs = cs, as, bs
	j.phase = batching
	each, threads := operations(m, n, k), pool.Threads()
	inSequence := each >= 2*minParallel && count < 4*threads && count%threads != 0 // then each product uses all threads
	if !inSequence && each*float64(count) >= minParallel {
		pool.For(count, int(ceil(minParallel/4, max(int(each), 1))), j)
	} else {
		j.Run(0, count)
	}
	j.finish()
}

// newJob returns a job for one product.
func newJob[T Float](kr *kernels[T], c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int, e Epilogue[T]) *job[T] {
	j := kr.free.jobs.Get()
	j.kr = kr
	j.c, j.ldc, j.m, j.n, j.k = c, ldc, m, n, k
	j.a, j.ars, j.acs = a, ars, acs
	j.b, j.brs, j.bcs = b, brs, bcs
	j.e = e
	return j
}

// finish drops the references to the caller's memory and returns the job to its free list.
func (j *job[T]) finish() {
	j.c, j.a, j.b, j.e.Bias = nil, nil, nil, nil
	j.serial.dropReferences()
	j.kr.free.jobs.Put(j)
}

// operations returns the number of floating-point operations of a product: a float64, because an int could overflow.
func operations(m, n, k int) float64 { return 2 * float64(m) * float64(n) * float64(k) }

// apply applies the bias and the ReLU of an epilogue to c in place.
func apply[T Float](c []T, ldc, m, n int, e Epilogue[T]) {
	if e.Bias == nil && !e.ReLU {
		return
	}
	for i := range m {
		row := c[i*ldc:][:n]
		for j, x := range row {
			if e.Bias != nil {
				x += e.Bias[j]
			}
			if e.ReLU && x < 0 {
				x = 0
			}
			row[j] = x
		}
	}
}

// run computes one product.
func (j *job[T]) run() {
	kr := j.kr
	j.nr = kr.lanes * len(kr.heights)
	small := operations(j.m, j.n, j.k) < minParallel
	if j.m <= kr.dotRows && j.brs == 1 && j.bcs != 1 {
		if small {
			j.dot(&j.serial, 0, j.n)
			return
		}
		j.phase = dotting
		// A goroutine gets a multiple of four columns, because kernels sum four columns in another order than one.
		pool.For(j.n, max(ceil(j.n, 16*pool.Threads())*4, 16), j)
		return
	}
	if small && j.k <= kr.kc {
		j.multiply(&j.serial, j.c, j.ldc, block{0, j.m, 0, j.n, 0, j.k}, j.e)
		return
	}
	threads := 1
	if !small {
		threads = pool.Threads()
	}
	chunks := ceil(j.k, kr.kc)
	j.kc = min(ceil(ceil(j.k, chunks), 16)*16, kr.kc) // whole cache lines
	blocks := j.chooseBlocks(threads)
	switch {
	case blocks < threads && chunks > 1:
		j.partialSums = grow(j.partialSums, chunks*j.m*j.n)
		j.phase = summing
		pool.For(chunks, 1, j)
		j.addChunks(chunks)
	case blocks == 1:
		j.block(&j.serial, 0, j.m, 0, j.n)
	default:
		j.phase = multiplying
		pool.For(blocks, 1, j)
	}
}

// addChunks adds up the partial sums of the phase summing, in the same order and with the same rounding as the phase
// multiplying.
func (j *job[T]) addChunks(chunks int) {
	size := j.m * j.n
	for i := range j.m {
		row := j.c[i*j.ldc:][:j.n]
		for q := range chunks {
			sum := j.partialSums[q*size+i*j.n:][:len(row)]
			if q == 0 && !j.e.Accumulate {
				copy(row, sum)
				continue
			}
			for s, x := range sum {
				row[s] += x
			}
		}
	}
	apply(j.c, j.ldc, j.m, j.n, j.e)
}

// The cost of packing, as the number of rows or columns that could be computed in the same time.
const (
	costA = 24 // of a row of A, in columns
	costB = 12 // of a column of B, in rows
)

// chooseBlocks chooses the size of the blocks of C that goroutines compute, and returns the number of blocks. Each
// block packs the rows of A and the columns of B that it reads, so few and square blocks are best if all threads get
// the same amount of work.
func (j *job[T]) chooseBlocks(threads int) int {
	j.rows, j.cols = j.m, j.n
	if threads == 1 {
		return 1
	}
	height := j.kr.heights[len(j.kr.heights)-1]
	tall, wide := ceil(j.m, 2*height), ceil(j.n, j.nr)
	best := math.Inf(1)
	for _, times := range [...]int{1, 2} {
		for down := 1; down <= min(tall, times*threads); down++ {
			across := min(ceil(times*threads, down), wide)
			rows, cols := ceil(j.m, down), ceil(wide, across)*j.nr
			rounds := ceil(ceil(j.m, rows)*ceil(j.n, cols), threads)
			cost := float64(rounds) * (float64(rows)*float64(min(cols, j.n)) + costA*float64(rows) + costB*float64(cols))
			if times > 1 {
				cost *= 0.97 // more blocks balance the load if other programs use the processor
			}
			if cost < best {
				best, j.rows, j.cols = cost, rows, min(cols, j.n)
			}
		}
	}
	return ceil(j.m, j.rows) * ceil(j.n, j.cols)
}

// Run does items i0 to i1-1 of the current phase.
func (j *job[T]) Run(i0, i1 int) {
	w := j.kr.free.workspaces.Get()
	switch j.phase {
	case multiplying:
		across := ceil(j.n, j.cols)
		for i := i0; i < i1; i++ {
			row, col := i/across*j.rows, i%across*j.cols
			j.block(w, row, min(row+j.rows, j.m), col, min(col+j.cols, j.n))
		}
	case summing:
		for i := i0; i < i1; i++ {
			p := i * j.kc
			j.multiply(w, j.partialSums[i*j.m*j.n:], j.n, block{0, j.m, 0, j.n, p, min(p+j.kc, j.k)}, Epilogue[T]{})
		}
	case dotting:
		j.dot(w, i0, i1)
	case batching:
		for i := i0; i < i1; i++ {
			product(j.kr, j.c[i*j.cs:], j.ldc, j.m, j.n, j.k, j.a[i*j.as:], j.ars, j.acs, j.b[i*j.bs:], j.brs, j.bcs, j.e)
		}
	}
	w.dropReferences()
	j.kr.free.workspaces.Put(w)
}

// pack copies a rows×cols matrix with any strides to rows with stride ld; neither size is 0.
func pack[T Float](kr *kernels[T], dst []T, ld int, src []T, rows, rs, cols, cs int) {
	switch {
	case cs == 1:
		kr.copy(dst, ld, src, rs, rows, cols)
	case rs == 1:
		kr.transpose(dst, ld, src, cs, cols, rows)
	default:
		gather(dst, ld, src, rows, rs, cols, cs)
	}
}

// gather copies a rows×cols matrix with any strides to rows with stride ld.
func gather[T Float](dst []T, ld int, src []T, rows, rs, cols, cs int) {
	for i := range rows {
		d := dst[i*ld:][:cols]
		for p := range d {
			d[p] = src[i*rs+p*cs]
		}
	}
}

// dot computes columns c0 to c1 of C by dot products of rows of A and columns of B.
func (j *job[T]) dot(w *workspace[T], c0, c1 int) {
	d := &w.d
	d.a, d.ars = j.a, j.ars
	if j.acs != 1 && j.k > 1 {
		w.rowA = grow(w.rowA, j.m*j.k)
		d.a, d.ars = w.rowA, j.k
		gather(d.a, d.ars, j.a, j.m, j.ars, j.k, j.acs)
	}
	d.m, d.n, d.k = j.m, c1-c0, j.k
	d.c, d.ldc = j.c[c0:], j.ldc
	d.b, d.bcs = j.b[c0*j.bcs:], j.bcs
	d.add = j.e.Accumulate
	j.kr.dots(d)
	e := j.e
	if e.Bias != nil {
		e.Bias = e.Bias[c0:c1]
	}
	apply(d.c, d.ldc, d.m, d.n, e)
}

// ceil returns x/y, rounded up.
func ceil(x, y int) int { return (x + y - 1) / y }

// grow returns a slice of n elements. It returns s[:n] if s has the capacity; the elements are not cleared.
func grow[T Float](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// reserve is [aligned] for a buffer that later products will use too, which may need a little more. largest is the most
// that any product needs. If n is more than a quarter of that, a new slice gets the capacity largest.
func reserve[T Float](s []T, n, largest int) []T {
	if cap(s) < n && 4*n > largest {
		s = aligned(s, max(n, largest))
	}
	return aligned(s, n)
}
