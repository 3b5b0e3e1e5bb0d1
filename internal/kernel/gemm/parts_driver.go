package gemm

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/pool"
)

// The most rows and columns of C that are done at a time in parts: with the packed chunk of A they are to fit the second cache. To be
// measured on a processor with AMX.
const (
	partRows    = 256
	partColumns = 1024
)

// A partJob is a product in parts under way, or a batch of them. What it does that is not about parts it leaves to a job.
type partJob struct {
	*scheme
	kernels *partKernels
	j       *job[float32]

	terms int // of a sum done at a time: a multiple of step
	panel int // words from one packed panel to the next

	// How C is cut at present: the columns j0 to j1 and the terms p0 to p1, in blocks of so many rows and columns.
	phase          phase
	j0, j1, p0, p1 int
	rows, cols     int
	b              []uint32 // packed B: for each chunk of terms, its panels
	spans          []span   // of each
}

// A partWorkspace is what one goroutine needs to do a part of a partJob.
type partWorkspace struct {
	s     split
	t     partTiles
	a     []uint32 // packed rows of A
	spans []span
	stage []float32 // a panel that cannot be packed where it lies
}

func (w *partWorkspace) forget() {
	w.s.src, w.s.dst = nil, nil
	w.t.c, w.t.a, w.t.b, w.t.bias = nil, nil, nil, nil
}

var (
	partJobs       freelist.List[partJob]
	partWorkspaces freelist.List[partWorkspace]
)

// tryParts computes what Float32Batch documents, with checked arguments, if the precision, the sizes and the processor are for parts.
func tryParts(count int, c []float32, cs, ldc, m, n, k int, a []float32, as, ars, acs int, b []float32, bs, brs, bcs int, e Epilogue[float32]) bool {
	s, pk := schemeFor(e.Precision, m, n, k)
	if pk == nil || count == 0 {
		return false
	}
	inParts(s, pk, count, c, cs, ldc, m, n, k, a, as, ars, acs, b, bs, brs, bcs, e)
	return true
}

// inParts computes what Float32Batch documents, with checked arguments and no size 0, in parts.
func inParts(s *scheme, pk *partKernels, count int, c []float32, cs, ldc, m, n, k int, a []float32, as, ars, acs int, b []float32, bs, brs, bcs int, e Epilogue[float32]) {
	x := partJobs.Get()
	x.scheme, x.kernels = s, pk
	x.j = newJob(kernels32(), c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
	if count == 1 {
		x.run()
	} else {
		x.j.cs, x.j.as, x.j.bs = cs, as, bs
		x.phase = batching
		if one := operations(m, n, k); one < 4*minParallel {
			pool.For(count, int(ceil(minParallel, max(int(one), 1))), x)
		} else {
			x.Run(0, count)
		}
	}
	x.j.end()
	x.j = nil
	partJobs.Put(x)
}

func (x *partJob) run() {
	j := x.j
	// For tiles that the float32 kernels have to compute.
	j.nr = j.kr.lanes * len(j.kr.heights)

	x.terms = ceil(ceil(j.k, ceil(j.k, x.kc)), step) * step
	x.panel = x.parts * x.terms / step * stepWords
	nc := ceil(ceil(j.n, ceil(j.n, partColumns)), panelWidth) * panelWidth
	threads := 1
	if operations(j.m, j.n, j.k) >= minParallel {
		threads = pool.Threads()
	}
	x.split(min(nc, j.n), threads)
	for x.j0 = 0; x.j0 < j.n; x.j0 = x.j1 {
		x.j1 = min(x.j0+nc, j.n)
		for x.p0 = 0; x.p0 < j.k; x.p0 = x.p1 {
			x.p1 = min(x.p0+x.chunks*x.terms, j.k)
			panels := ceil(x.j1-x.j0, panelWidth) * ceil(x.p1-x.p0, x.terms)
			x.b = aligned(x.b, panels*x.panel)
			if cap(x.spans) < panels {
				x.spans = make([]span, panels)
			}
			x.spans = x.spans[:panels]
			x.phase = packing
			x.spread(panels, ceil(panels, 2*threads), threads)
			x.phase = multiplying
			x.spread(ceil(j.m, x.rows)*ceil(x.j1-x.j0, x.cols), 1, threads)
		}
	}
}

func (x *partJob) spread(n, grain, threads int) {
	if threads == 1 {
		x.Run(0, n)
	} else {
		pool.For(n, grain, x)
	}
}

// split chooses the blocks of C that are done at a time: whole panels, so that which tiles are safe does not depend on threads.
func (x *partJob) split(n, threads int) {
	blocks, groups := ceil(x.j.m, partRows), 1
	panels := ceil(n, panelWidth)
	if threads > 1 {
		blocks = min(ceil(blocks, threads)*threads, ceil(x.j.m, panelWidth))
		if blocks < threads {
			groups = min(ceil(2*threads, blocks), panels)
		}
	}
	x.rows = ceil(ceil(x.j.m, blocks), panelWidth) * panelWidth
	x.cols = ceil(panels, groups) * panelWidth
}

// Run does parts of the present phase.
func (x *partJob) Run(i0, i1 int) {
	j := x.j
	if x.phase == batching {
		for i := i0; i < i1; i++ {
			inParts(x.scheme, x.kernels, 1, j.c[i*j.cs:], 0, j.ldc, j.m, j.n, j.k, j.a[i*j.as:], 0, j.ars, j.acs, j.b[i*j.bs:], 0, j.brs, j.bcs, j.e)
		}
		return
	}
	w := partWorkspaces.Get()
	switch x.phase {
	case packing:
		panels := ceil(x.j1-x.j0, panelWidth)
		for i := i0; i < i1; i++ {
			col, p := x.j0+i%panels*panelWidth, x.p0+i/panels*x.terms
			x.spans[i] = x.packB(w, x.b[i*x.panel:][:x.panel], col, min(col+panelWidth, x.j1), p, min(p+x.terms, x.p1))
		}
	case multiplying:
		groups := ceil(x.j1-x.j0, x.cols)
		for i := i0; i < i1; i++ {
			row, col := i/groups*x.rows, x.j0+i%groups*x.cols
			x.multiply(w, row, min(row+x.rows, j.m), col, min(col+x.cols, x.j1))
		}
	}
	w.forget()
	partWorkspaces.Put(w)
}

// packA packs rows r0 to r1 of A, a panel.
func (x *partJob) packA(w *partWorkspace, dst []uint32, r0, r1, p0, p1 int) span {
	j, s := x.j, &w.s
	s.src = j.a[r0*j.ars+p0*j.acs:]
	s.ld, s.pair, s.other, s.next = j.ars, tile, tile*j.ars, step
	whole := r1-r0 == panelWidth && (p1-p0)%step == 0
	if j.acs != 1 || !whole {
		ld := x.terms + 16 // rows of 2^n elements would meet in the same sets of a cache
		w.room(panelWidth*ld, whole)
		pack(j.kr, w.stage, ld, s.src, r1-r0, j.ars, p1-p0, j.acs)
		s.src, s.ld, s.other = w.stage, ld, tile*ld
	}
	return x.pack(s, dst, p1-p0)
}

// packB packs columns c0 to c1 of B, a panel.
func (x *partJob) packB(w *partWorkspace, dst []uint32, c0, c1, p0, p1 int) span {
	j, s := x.j, &w.s
	s.src = j.b[p0*j.brs+c0*j.bcs:]
	s.ld, s.pair, s.other, s.next = j.brs, tile*j.brs, tile, step*j.brs
	whole := c1-c0 == panelWidth && (p1-p0)%step == 0
	if j.bcs != 1 || !whole {
		w.room(panelWidth*x.terms, whole)
		pack(j.kr, w.stage, panelWidth, s.src, p1-p0, j.brs, c1-c0, j.bcs)
		s.src, s.ld, s.pair, s.next = w.stage, panelWidth, tile*panelWidth, step*panelWidth
	}
	return x.pack(s, dst, p1-p0)
}

// room makes the stage n numbers large: zeros, unless all that is read of it will be written.
func (w *partWorkspace) room(n int, written bool) {
	if w.stage = aligned(w.stage, n); !written {
		clear(w.stage)
	}
}

func (x *partJob) pack(s *split, dst []uint32, k int) span {
	s.dst, s.part, s.parts, s.steps = dst, x.panel/x.parts, x.parts, ceil(k, step)
	s.most, s.least = 0, 1<<32-1
	x.kernels.split(s)
	return span{s.most, s.least}
}

// multiply computes a block of the product's terms p0 to p1, chunk after chunk.
func (x *partJob) multiply(w *partWorkspace, r0, r1, c0, c1 int) {
	j, t := x.j, &w.t
	panels := ceil(r1-r0, panelWidth)
	w.a = aligned(w.a, panels*x.panel)
	w.t.sums = aligned(w.t.sums, panelWidth*panelWidth)
	t.ldc, t.part, t.panel, t.products = j.ldc, x.panel/x.parts, x.panel, x.products
	for p := x.p0; p < x.p1; p += x.terms {
		p1 := min(p+x.terms, x.p1)
		w.spans = w.spans[:0]
		for i := range panels {
			row := r0 + i*panelWidth
			w.spans = append(w.spans, x.packA(w, w.a[i*x.panel:][:x.panel], row, min(row+panelWidth, r1), p, p1))
		}
		e := j.e
		e.Accumulate = e.Accumulate || p > 0
		if p1 < j.k {
			e.Bias, e.ReLU = nil, false
		}
		t.steps, t.add, t.relu = ceil(p1-p, step), e.Accumulate, e.ReLU
		first := (p - x.p0) / x.terms * ceil(x.j1-x.j0, panelWidth)
		for col := c0; col < c1; col += panelWidth {
			b := first + (col-x.j0)/panelWidth
			t.b = x.b[b*x.panel:][:x.panel]
			t.n = min(panelWidth, c1-col)
			if t.bias = nil; e.Bias != nil {
				t.bias = e.Bias[col:]
			}
			for i, next := 0, 0; i < panels; i = next {
				ok := safe(w.spans[i], x.spans[b], p1-p, x.exact)
				for next = i + 1; next < panels && safe(w.spans[next], x.spans[b], p1-p, x.exact) == ok; {
					next++
				}
				row, end := r0+i*panelWidth, min(r0+next*panelWidth, r1)
				if !ok {
					f := j.kr.free.workspaces.Get()
					j.multiply(f, j.c, j.ldc, block{row, end, col, col + t.n, p, p1}, e)
					f.forget()
					j.kr.free.workspaces.Put(f)
					continue
				}
				t.c, t.rows, t.a = j.c[row*j.ldc+col:], end-row, w.a[i*x.panel:]
				x.kernels.tiles(t)
			}
		}
	}
}

// aligned returns a slice of n elements that begins with a cache line, s where it is long enough. What it holds is left as it is.
func aligned[T uint32 | float32 | float64](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	size := unsafe.Sizeof(s[0])
	buf := make([]T, n+int(64/size)-1)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(buf))) % 64 / size
	return buf[skip:][:n]
}
