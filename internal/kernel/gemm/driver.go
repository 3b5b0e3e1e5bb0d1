package gemm

import (
	"sync"

	"github.com/lamina-ml/lamina/internal/pool"
)

// Products of fewer operations are not worth a second thread.
const minParallel = 2 << 20

// A job is a product under way. The fields are set before work is spread and only read by its parts.
type job[T Float] struct {
	kr       *kernels[T]
	c        []T
	ldc      int
	m, n, k  int
	a        []T
	ars, acs int
	b        []T
	brs, bcs int
	e        Epilogue[T]

	packA, packB bool
	bp           []T // packed B, where several blocks of rows use it: slivers of nr columns, each k×nr
	kp           int // rows of a sliver in bp
	nr           int // columns of the widest tile

	own            workspace[T] // for parts that are done without the pool
	phase          phase
	j0, j1, p0, p1 int // the columns of C and the chunk of k being done
	rows, cols     int // the size of a block of C
}

type phase int

const (
	packing phase = iota
	multiplying
	dotting
)

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

func newJobs[T Float]() *sync.Pool { return &sync.Pool{New: func() any { return new(job[T]) }} }
func newWorkspaces[T Float]() *sync.Pool {
	return &sync.Pool{New: func() any { return new(workspace[T]) }}
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
	j := kr.jobs.Get().(*job[T])
	j.kr = kr
	j.c, j.ldc, j.m, j.n, j.k = c, ldc, m, n, k
	j.a, j.ars, j.acs = a, ars, acs
	j.b, j.brs, j.bcs = b, brs, bcs
	j.e = e
	j.run()
	j.c, j.a, j.b, j.e.Bias = nil, nil, nil, nil
	j.own.forget()
	kr.jobs.Put(j)
}

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
	narrow := j.m <= kr.dotRows && j.brs == 1 && j.bcs != 1
	if !narrow && !j.packA && j.m <= kr.mc && j.k <= kr.kc && 2*float64(j.m)*float64(j.n)*float64(j.k) < minParallel {
		j.kp, j.j0, j.j1, j.p0, j.p1 = 0, 0, j.n, 0, j.k
		j.multiply(&j.own, 0, j.m, 0, j.n)
		return
	}
	threads := 1
	if 2*float64(j.m)*float64(j.n)*float64(j.k) >= minParallel {
		threads = pool.Threads()
	}
	if narrow {
		j.phase = dotting
		j.cols = j.n
		if threads > 1 {
			j.cols = max(ceil(j.n, 4*threads), 16)
		}
		pool.For(j.n, j.cols, j)
		return
	}
	chunks := ceil(j.k, kr.kc)
	kc := ceil(j.k, chunks)
	nc := ceil(ceil(j.n, ceil(j.n, kr.nc)), j.nr) * j.nr
	j.split(min(nc, j.n), threads)
	shared := j.packB && j.rows < j.m
	if shared {
		j.kp = kc
		j.bp = grow(j.bp, kc*nc)
	} else {
		j.kp = 0
	}
	for j.j0 = 0; j.j0 < j.n; j.j0 = j.j1 {
		j.j1 = min(j.j0+nc, j.n)
		for j.p0 = 0; j.p0 < j.k; j.p0 = j.p1 {
			j.p1 = min(j.p0+kc, j.k)
			if shared {
				j.phase = packing
				slivers := ceil(j.j1-j.j0, j.nr)
				pool.For(slivers, ceil(slivers, 2*threads), j)
			}
			j.phase = multiplying
			blocks := ceil(j.m, j.rows) * ceil(j.j1-j.j0, j.cols)
			if threads == 1 {
				j.Run(0, blocks)
			} else {
				pool.For(blocks, 1, j)
			}
		}
	}
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

// Run does parts of the present phase: it packs slivers of B, multiplies blocks of C, or computes columns by dot products.
func (j *job[T]) Run(i0, i1 int) {
	w := j.kr.workspaces.Get().(*workspace[T])
	switch j.phase {
	case packing:
		for i := i0; i < i1; i++ {
			col := j.j0 + i*j.nr
			j.packSliver(j.bp[i*j.kp*j.nr:], col, min(col+j.nr, j.j1))
		}
	case multiplying:
		groups := ceil(j.j1-j.j0, j.cols)
		for i := i0; i < i1; i++ {
			row, col := i/groups*j.rows, j.j0+i%groups*j.cols
			j.multiply(w, row, min(row+j.rows, j.m), col, min(col+j.cols, j.j1))
		}
	case dotting:
		j.dot(w, i0, i1)
	}
	w.forget()
	j.kr.workspaces.Put(w)
}

// packSliver copies columns c0 to c1 of the present chunk of B to dst, row by row, nr apart.
func (j *job[T]) packSliver(dst []T, c0, c1 int) {
	src := j.b[j.p0*j.brs+c0*j.bcs:]
	k, n := j.p1-j.p0, c1-c0
	switch {
	case j.bcs == 1:
		j.kr.copy(dst, j.nr, src, j.brs, k, n)
	case j.brs == 1:
		j.kr.transpose(dst, j.nr, src, j.bcs, n, k)
	default:
		gather(dst, j.nr, src, k, j.brs, n, j.bcs)
	}
}

// packRows copies rows r0 to r1 of the present chunk of A to dst, ld apart.
func (j *job[T]) packRows(dst []T, ld, r0, r1 int) {
	src := j.a[r0*j.ars+j.p0*j.acs:]
	m, k := r1-r0, j.p1-j.p0
	switch {
	case j.acs == 1:
		j.kr.copy(dst, ld, src, j.ars, m, k)
	case j.ars == 1:
		j.kr.transpose(dst, ld, src, j.acs, k, m)
	default:
		gather(dst, ld, src, m, j.ars, k, j.acs)
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

// multiply computes rows r0 to r1 and columns c0 to c1 of C for the present chunk of k.
func (j *job[T]) multiply(w *workspace[T], r0, r1, c0, c1 int) {
	kr, t := j.kr, &w.t
	t.k = j.p1 - j.p0
	t.ldc = j.ldc
	t.add = j.e.Accumulate || j.p0 > 0
	last := j.p1 == j.k
	t.relu = j.e.ReLU && last
	a := j.a[j.p0*j.acs:]
	t.ars, t.acs = j.ars, j.acs
	ra := r0
	if j.packA {
		// Rows of 2^n elements would meet in the same sets of a cache: keep them a line further apart.
		t.ars, t.acs = t.k+16, 1
		w.a = grow(w.a, (r1-r0)*t.ars)
		a, ra = w.a, 0
		j.packRows(a, t.ars, r0, r1)
	}
	for col := c0; col < c1; col += j.nr {
		t.n = min(j.nr, c1-col)
		switch {
		case !j.packB && !(kr.whole && t.n%kr.lanes != 0):
			t.b, t.brs = j.b[j.p0*j.brs+col:], j.brs
		case j.kp > 0:
			t.b, t.brs = j.bp[(col-j.j0)/j.nr*j.kp*j.nr:], j.nr
		default:
			w.b = grow(w.b, t.k*j.nr)
			t.b, t.brs = w.b, j.nr
			j.packSliver(w.b, col, col+t.n)
		}
		if t.bias = nil; last && j.e.Bias != nil {
			t.bias = j.e.Bias[col:]
		}
		t.c, t.a = j.c[r0*j.ldc+col:], a[ra*t.ars:]
		if kr.whole && t.n%kr.lanes != 0 {
			j.wider(w, r1-r0)
		} else {
			j.column(t, r1-r0)
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
	t.ldc, t.add, t.relu = ldc, e.Accumulate, e.ReLU
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
