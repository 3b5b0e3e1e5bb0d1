package gemm

import (
	"math"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Products of fewer operations are not worth a second thread.
const minParallel = 2 << 20

// A job is a product, or a batch of products, under way. Its parts, done by several goroutines, only read it.
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

	own   workspace[T] // for parts that are done without the pool
	nr    int          // columns of the widest tile
	phase phase
	kc    int // terms of a sum done at a time

	rows, cols int // of a block of C that one goroutine computes
	parts      []T // chunks of the sum, beside each other, each of kc terms
}

type phase int

const (
	multiplying phase = iota // blocks of C
	summing                  // chunks of the sum
	dotting                  // columns of C, by dot products
	batching                 // whole products
	packing                  // panels of B (of products in parts)
)

// A block is the rows r0 to r1 and the columns c0 to c1 of C, and the terms p0 to p1 of their sums.
type block struct{ r0, r1, c0, c1, p0, p1 int }

// A workspace is what one goroutine needs to do a part of a job.
type workspace[T Float] struct {
	t    tiles[T]
	d    dots[T]
	a    []T // packed rows of A
	b    []T // packed columns of B: slivers of nr columns, each kc×nr
	c    []T // sums of a tile that is wider than C
	rowA []T // rows of A that lie apart, for dots
}

// forget lets go of the caller's memory.
func (w *workspace[T]) forget() {
	w.t.c, w.t.a, w.t.b, w.t.bias = nil, nil, nil, nil
	w.t.packA, w.t.packB = nil, nil
	w.d.c, w.d.a, w.d.b = nil, nil, nil
}

// objects wait to be used again.
type objects[T Float] struct {
	jobs       freelist.List[job[T]]
	workspaces freelist.List[workspace[T]]
}

// product computes what Float32 and Float64 document, with checked arguments.
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
		// A column of sums, side by side: the transposed product is one row of them. There each column has its own bias.
		product(kr, c, m, 1, m, k, b, bcs, brs, a, acs, ars, Epilogue[T]{Accumulate: e.Accumulate})
		e.Accumulate = true
		apply(c, 1, m, 1, e)
		return
	}
	j := newJob(kr, c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
	j.run()
	j.end()
}

// batch computes what Float32Batch documents, with checked arguments.
func batch[T Float](kr *kernels[T], count int, c []T, cs, ldc, m, n, k int, a []T, as, ars, acs int, b []T, bs, brs, bcs int, e Epilogue[T]) {
	one := operations(m, n, k)
	if m == 0 || n == 0 || count == 0 {
		return
	}
	j := newJob(kr, c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
	j.cs, j.as, j.bs = cs, as, bs
	j.phase = batching
	threads := pool.Threads()
	alone := one >= 2*minParallel && count < 4*threads && count%threads != 0 // each product on all threads
	if !alone && one*float64(count) >= minParallel {
		pool.For(count, int(ceil(minParallel/4, max(int(one), 1))), j)
	} else {
		j.Run(0, count)
	}
	j.end()
}

func newJob[T Float](kr *kernels[T], c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int, e Epilogue[T]) *job[T] {
	j := kr.free.jobs.Get()
	j.kr = kr
	j.c, j.ldc, j.m, j.n, j.k = c, ldc, m, n, k
	j.a, j.ars, j.acs = a, ars, acs
	j.b, j.brs, j.bcs = b, brs, bcs
	j.e = e
	return j
}

// end gives the job back and lets go of the caller's memory.
func (j *job[T]) end() {
	j.c, j.a, j.b, j.e.Bias = nil, nil, nil, nil
	j.own.forget()
	j.kr.free.jobs.Put(j)
}

// operations is a number of floating-point operations: a float64, for as an int it might overflow.
func operations(m, n, k int) float64 { return 2 * float64(m) * float64(n) * float64(k) }

// apply does the steps of an epilogue after Accumulate, in place.
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

func (j *job[T]) run() {
	kr := j.kr
	j.nr = kr.lanes * len(kr.heights)
	small := operations(j.m, j.n, j.k) < minParallel
	if j.m <= kr.dotRows && j.brs == 1 && j.bcs != 1 {
		if small {
			j.dot(&j.own, 0, j.n)
			return
		}
		j.phase = dotting
		// Fours of columns, for kernels add up four in another way than one.
		pool.For(j.n, max(ceil(j.n, 16*pool.Threads())*4, 16), j)
		return
	}
	if small && j.k <= kr.kc {
		j.multiply(&j.own, j.c, j.ldc, block{0, j.m, 0, j.n, 0, j.k}, j.e)
		return
	}
	threads := 1
	if !small {
		threads = pool.Threads()
	}
	chunks := ceil(j.k, kr.kc)
	j.kc = min(ceil(ceil(j.k, chunks), 16)*16, kr.kc) // whole lines of a cache
	blocks := j.split(threads)
	switch {
	case blocks < threads && chunks > 1:
		j.parts = grow(j.parts, chunks*j.m*j.n)
		j.phase = summing
		pool.For(chunks, 1, j)
		j.join(chunks)
	case blocks == 1:
		j.block(&j.own, 0, j.m, 0, j.n)
	default:
		j.phase = multiplying
		pool.For(blocks, 1, j)
	}
}

// join adds the chunks of the sum that summing has left, in the order and with the rounding in which multiplying adds them.
func (j *job[T]) join(chunks int) {
	size := j.m * j.n
	for i := range j.m {
		row := j.c[i*j.ldc:][:j.n]
		for q := range chunks {
			part := j.parts[q*size+i*j.n:][:len(row)]
			if q == 0 && !j.e.Accumulate {
				copy(row, part)
				continue
			}
			for s, x := range part {
				row[s] += x
			}
		}
	}
	apply(j.c, j.ldc, j.m, j.n, j.e)
}

// What packing costs, as a number of rows or columns that could be computed in the time.
const (
	costA = 24 // of a row of A, in columns
	costB = 12 // of a column of B, in rows
)

// split chooses the blocks of C that are done by one goroutine, and returns their number. Each block packs for itself what it needs of A
// and B, so few and square blocks are best, as long as every thread has as much to do.
func (j *job[T]) split(threads int) int {
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
				cost *= 0.97 // more blocks even out what the threads lose to other programs
			}
			if cost < best {
				best, j.rows, j.cols = cost, rows, min(cols, j.n)
			}
		}
	}
	return ceil(j.m, j.rows) * ceil(j.n, j.cols)
}

// Run does parts of the present phase.
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
			j.multiply(w, j.parts[i*j.m*j.n:], j.n, block{0, j.m, 0, j.n, p, min(p+j.kc, j.k)}, Epilogue[T]{})
		}
	case dotting:
		j.dot(w, i0, i1)
	case batching:
		for i := i0; i < i1; i++ {
			product(j.kr, j.c[i*j.cs:], j.ldc, j.m, j.n, j.k, j.a[i*j.as:], j.ars, j.acs, j.b[i*j.bs:], j.brs, j.bcs, j.e)
		}
	}
	w.forget()
	j.kr.free.workspaces.Put(w)
}

// pack copies a rows×cols matrix of any strides to rows ld apart; neither size is 0.
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

// gather copies a rows×cols matrix of any strides to rows ld apart.
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

func ceil(x, y int) int { return (x + y - 1) / y }

// grow returns a slice of n elements, s where it is long enough. What it holds is left as it is.
func grow[T Float](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// room is aligned for a slice that grows: a large product is seldom alone, and the next may need a little more, so where n is not
// little beside most, what any product needs, it makes room for that.
func room[T Float](s []T, n, most int) []T {
	if cap(s) < n && 4*n > most {
		s = aligned(s, max(n, most))
	}
	return aligned(s, n)
}
