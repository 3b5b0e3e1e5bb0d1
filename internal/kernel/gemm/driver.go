package gemm

import (
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

	own          workspace[T] // for parts that are done without the pool
	packA, packB bool
	nr           int // columns of the widest tile

	// How C is cut at present: the columns j0 to j1 and the terms p0 to p1, in blocks of so many rows and columns.
	phase          phase
	j0, j1, p0, p1 int
	rows, cols     int
	bp             []T // columns j0 to j1 of packed B, where several blocks use them: slivers of nr columns, each kp×nr
	kp             int // 0: not used
	parts          []T // chunks of the sum, beside each other, each of kc terms
	kc             int
}

type phase int

const (
	packing     phase = iota // slivers of B
	multiplying              // blocks of C
	summing                  // chunks of the sum
	dotting                  // columns of C, by dot products
	batching                 // whole products
)

// A block is the rows r0 to r1 and the columns c0 to c1 of C, and the terms p0 to p1 of their sums.
type block struct{ r0, r1, c0, c1, p0, p1 int }

// A workspace is what one goroutine needs to do a part of a job.
type workspace[T Float] struct {
	t       tiles[T]
	d       dots[T]
	a, b, c []T
}

// forget lets go of the caller's memory.
func (w *workspace[T]) forget() {
	w.t.c, w.t.a, w.t.b, w.t.bias = nil, nil, nil, nil
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
	if one < 2*minParallel && one*float64(count) >= minParallel {
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
	j.packA = j.n >= kr.packA
	j.packB = j.bcs != 1 || j.m >= kr.packB && j.n > j.nr
	j.kp = 0
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
	if small && j.m <= kr.mc && j.n <= kr.nc && j.k <= kr.kc {
		j.multiply(&j.own, j.c, j.ldc, block{0, j.m, 0, j.n, 0, j.k}, j.e)
		return
	}
	threads := 1
	if !small {
		threads = pool.Threads()
	}
	chunks := ceil(j.k, kr.kc)
	j.kc = ceil(j.k, chunks)
	nc := ceil(ceil(j.n, ceil(j.n, kr.nc)), j.nr) * j.nr
	j.split(min(nc, j.n), threads)
	blocks := ceil(j.m, j.rows) * ceil(j.n, j.cols)
	if blocks < threads && chunks > 1 {
		j.parts = grow(j.parts, chunks*j.m*j.n)
		j.phase = summing
		pool.For(chunks, 1, j)
		j.join(chunks)
		return
	}
	shared := j.packB && j.rows < j.m
	if shared {
		j.kp = j.kc
		if n := j.kc * nc; cap(j.bp) < n {
			// A large product is seldom alone, and the next may need a little more: take the most that any needs.
			if most := kr.kc * (kr.nc + j.nr); 4*n > most {
				n = most
			}
			j.bp = make([]T, n)
		}
	}
	for j.j0 = 0; j.j0 < j.n; j.j0 = j.j1 {
		j.j1 = min(j.j0+nc, j.n)
		for j.p0 = 0; j.p0 < j.k; j.p0 = j.p1 {
			j.p1 = min(j.p0+j.kc, j.k)
			if shared {
				j.phase = packing
				slivers := ceil(j.j1-j.j0, j.nr)
				j.spread(slivers, ceil(slivers, 2*threads), threads)
			}
			j.phase = multiplying
			j.spread(ceil(j.m, j.rows)*ceil(j.j1-j.j0, j.cols), 1, threads)
		}
	}
}

func (j *job[T]) spread(n, grain, threads int) {
	if threads == 1 {
		j.Run(0, n)
	} else {
		pool.For(n, grain, j)
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

// split chooses the blocks of C that are done at a time. Rows are split so that a block of packed A stays in the second cache and,
// before columns, to give each thread as much.
func (j *job[T]) split(n, threads int) {
	kr := j.kr
	blocks := ceil(j.m, kr.mc)
	groups := 1
	if threads > 1 {
		slivers := ceil(n, j.nr)
		if blocks == 1 && slivers >= 2*threads {
			groups = min(4*threads, slivers)
		} else {
			blocks = min(ceil(blocks, threads)*threads, ceil(j.m, 2*kr.heights[len(kr.heights)-1]))
			if blocks < threads {
				groups = min(ceil(2*threads, blocks), slivers)
			}
		}
	}
	j.rows = ceil(j.m, blocks)
	j.cols = ceil(ceil(n, j.nr), groups) * j.nr
}

// Run does parts of the present phase.
func (j *job[T]) Run(i0, i1 int) {
	w := j.kr.free.workspaces.Get()
	switch j.phase {
	case packing:
		for i := i0; i < i1; i++ {
			col := j.j0 + i*j.nr
			j.packSliver(j.bp[i*j.kp*j.nr:], col, min(col+j.nr, j.j1), j.p0, j.p1)
		}
	case multiplying:
		e := j.e
		e.Accumulate = e.Accumulate || j.p0 > 0
		if j.p1 < j.k {
			e.Bias, e.ReLU = nil, false
		}
		groups := ceil(j.j1-j.j0, j.cols)
		for i := i0; i < i1; i++ {
			row, col := i/groups*j.rows, j.j0+i%groups*j.cols
			j.multiply(w, j.c, j.ldc, block{row, min(row+j.rows, j.m), col, min(col+j.cols, j.j1), j.p0, j.p1}, e)
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

// packSliver copies a block of B to dst, row by row, nr apart.
func (j *job[T]) packSliver(dst []T, c0, c1, p0, p1 int) {
	pack(j.kr, dst, j.nr, j.b[p0*j.brs+c0*j.bcs:], p1-p0, j.brs, c1-c0, j.bcs)
}

// packRows copies a block of A to dst, row by row, ld apart.
func (j *job[T]) packRows(dst []T, ld, r0, r1, p0, p1 int) {
	pack(j.kr, dst, ld, j.a[r0*j.ars+p0*j.acs:], r1-r0, j.ars, p1-p0, j.acs)
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

// multiply computes a block of the product into c, which is C or as large.
func (j *job[T]) multiply(w *workspace[T], c []T, ldc int, x block, e Epilogue[T]) {
	kr, t := j.kr, &w.t
	t.k = x.p1 - x.p0
	t.add, t.relu = e.Accumulate, e.ReLU
	a := j.a[x.r0*j.ars+x.p0*j.acs:]
	t.ars, t.acs = j.ars, j.acs
	if j.packA {
		// Rows of 2^n elements would meet in the same sets of a cache: keep them a line further apart.
		t.ars, t.acs = t.k+16, 1
		w.a = grow(w.a, (x.r1-x.r0)*t.ars)
		a = w.a
		j.packRows(a, t.ars, x.r0, x.r1, x.p0, x.p1)
	}
	for col := x.c0; col < x.c1; col += j.nr {
		t.n = min(j.nr, x.c1-col)
		partial := kr.whole && t.n%kr.lanes != 0
		switch {
		case j.kp > 0:
			t.b, t.brs = j.bp[(col-j.j0)/j.nr*j.kp*j.nr:], j.nr
		case j.packB || partial:
			w.b = grow(w.b, t.k*j.nr)
			t.b, t.brs = w.b, j.nr
			j.packSliver(w.b, col, col+t.n, x.p0, x.p1)
		default:
			t.b, t.brs = j.b[x.p0*j.brs+col:], j.brs
		}
		if t.bias = nil; e.Bias != nil {
			t.bias = e.Bias[col:]
		}
		t.c, t.ldc, t.a = c[x.r0*ldc+col:], ldc, a
		if partial {
			j.wider(w, x.r1-x.r0)
		} else {
			j.column(t, x.r1-x.r0)
		}
	}
}

// column computes rows of C in tiles of nearly equal height, for a thin one at the end would be slow.
func (j *job[T]) column(t *tiles[T], rows int) {
	most := j.kr.heights[ceil(t.n, j.kr.lanes)-1]
	t.count = ceil(rows, most)
	t.height = ceil(rows, t.count)
	low := t.count*t.height - rows // tiles that are a row less high
	t.count -= low
	j.kr.tiles(t)
	if low > 0 {
		done := t.count * t.height
		t.c, t.a = t.c[done*t.ldc:], t.a[done*t.ars:]
		t.height, t.count = t.height-1, low
		j.kr.tiles(t)
	}
}

// wider is column for a kernel of whole vectors and columns that do not fill the last one: it computes all the vector's columns
// beside C, from a packed B in which those too many hold anything, and finishes the others here.
func (j *job[T]) wider(w *workspace[T], rows int) {
	t := &w.t
	c, ldc, n, bias := t.c, t.ldc, t.n, t.bias
	e := Epilogue[T]{Accumulate: t.add, Bias: bias, ReLU: t.relu}
	w.c = grow(w.c, rows*j.nr)
	t.c, t.ldc, t.n = w.c, j.nr, ceil(n, j.kr.lanes)*j.kr.lanes
	t.bias, t.add, t.relu = nil, false, false
	j.column(t, rows)
	for i := range rows {
		for s, sum := range w.c[i*j.nr:][:n] {
			if e.Accumulate {
				sum += c[i*ldc+s]
			}
			c[i*ldc+s] = sum
		}
	}
	if e.Bias != nil {
		e.Bias = e.Bias[:n]
	}
	apply(c, ldc, rows, n, e)
	t.add, t.relu = e.Accumulate, e.ReLU
}

// dot computes columns c0 to c1 of C by dot products of rows of A and columns of B.
func (j *job[T]) dot(w *workspace[T], c0, c1 int) {
	d := &w.d
	d.a, d.ars = j.a, j.ars
	if j.acs != 1 && j.k > 1 {
		w.a = grow(w.a, j.m*j.k)
		d.a, d.ars = w.a, j.k
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
