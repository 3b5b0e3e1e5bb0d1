package gemm

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/pool"
)

// The maximum numbers of rows and columns of C that a split product computes at a time: with the packed chunk of A they
// should fit the L2 cache. They have yet to be tuned on a processor with AMX.
const (
	splitRows    = 256
	splitColumns = 1024
)

// A splitJob is a split product, or a batch of them, during its computation. Its job holds the operands and computes
// tiles with the float32 kernels.
type splitJob struct {
	*scheme
	kernels *splitKernels
	j       *job[float32]

	chunkTerms  int // terms in a chunk of the sum: a multiple of step
	panelStride int // words from one packed panel to the next

	// The current columns j0 to j1 of C and terms p0 to p1 of the sum, and the size of the blocks that goroutines
	// compute.
	phase          phase
	j0, j1, p0, p1 int
	rows, cols     int
	b              []uint32   // packed B: for each chunk of terms, its panels
	ranges         []absRange // of each panel
}

// A splitWorkspace holds the buffers and kernel arguments of one goroutine that works on a splitJob.
type splitWorkspace struct {
	s       split
	t       splitTiles
	a       []uint32   // packed rows of A
	ranges  []absRange // of each panel of a
	staging []float32  // a copy of a panel that cannot be packed directly from its matrix
}

// dropReferences drops the references to the caller's memory.
func (w *splitWorkspace) dropReferences() {
	w.s.src, w.s.dst = nil, nil
	w.t.c, w.t.a, w.t.b, w.t.bias = nil, nil, nil, nil
}

var (
	splitJobs       freelist.List[splitJob]
	splitWorkspaces freelist.List[splitWorkspace]
)

// trySplit computes what Float32Batch documents as split products, if the precision, the sizes and the processor allow
// it. The arguments are checked.
func trySplit(count int, c []float32, cs, ldc, m, n, k int, a []float32, as, ars, acs int,
	b []float32, bs, brs, bcs int, e Epilogue[float32]) bool {
	s, pk := schemeFor(e.Precision, m, n, k)
	if pk == nil || count == 0 {
		return false
	}
	splitProduct(s, pk, count, c, cs, ldc, m, n, k, a, as, ars, acs, b, bs, brs, bcs, e)
	return true
}

// splitProduct computes what Float32Batch documents as split products. The arguments are checked, and no size is 0.
func splitProduct(s *scheme, pk *splitKernels, count int, c []float32, cs, ldc, m, n, k int, a []float32, as, ars, acs int,
	b []float32, bs, brs, bcs int, e Epilogue[float32]) {
	x := splitJobs.Get()
	x.scheme, x.kernels = s, pk
	x.j = newJob(kernels32(), c, ldc, m, n, k, a, ars, acs, b, brs, bcs, e)
	if count == 1 {
		x.run()
	} else {
		x.j.cs, x.j.as, x.j.bs = cs, as, bs
		x.phase = batching
		if each := operations(m, n, k); each < 4*minParallel {
			pool.For(count, int(ceil(minParallel, max(int(each), 1))), x)
		} else {
			x.Run(0, count)
		}
	}
	x.j.finish()
	x.j = nil
	splitJobs.Put(x)
}

func (x *splitJob) run() {
	j := x.j
	// Used for tiles that the float32 kernels compute.
	j.nr = j.kr.lanes * len(j.kr.heights)

	x.chunkTerms = ceil(ceil(j.k, ceil(j.k, x.kc)), step) * step
	x.panelStride = x.components * x.chunkTerms / step * stepWords
	nc := ceil(ceil(j.n, ceil(j.n, splitColumns)), panelWidth) * panelWidth
	threads := 1
	if operations(j.m, j.n, j.k) >= minParallel {
		threads = pool.Threads()
	}
	x.chooseBlocks(min(nc, j.n), threads)
	for x.j0 = 0; x.j0 < j.n; x.j0 = x.j1 {
		x.j1 = min(x.j0+nc, j.n)
		for x.p0 = 0; x.p0 < j.k; x.p0 = x.p1 {
			x.p1 = min(x.p0+x.chunks*x.chunkTerms, j.k)
			panels := ceil(x.j1-x.j0, panelWidth) * ceil(x.p1-x.p0, x.chunkTerms)
			x.b = aligned(x.b, panels*x.panelStride)
			if cap(x.ranges) < panels {
				x.ranges = make([]absRange, panels)
			}
			x.ranges = x.ranges[:panels]
			x.phase = packing
			x.parallelFor(panels, ceil(panels, 2*threads), threads)
			x.phase = multiplying
			x.parallelFor(ceil(j.m, x.rows)*ceil(x.j1-x.j0, x.cols), 1, threads)
		}
	}
}

// parallelFor runs Run for indices 0 to n-1, on the pool if there is more than one thread.
func (x *splitJob) parallelFor(n, grain, threads int) {
	if threads == 1 {
		x.Run(0, n)
	} else {
		pool.For(n, grain, x)
	}
}

// chooseBlocks chooses the size of the blocks of C that goroutines compute. Blocks are whole panels, so that the number
// of threads does not decide which tiles are safe.
func (x *splitJob) chooseBlocks(n, threads int) {
	blocks, groups := ceil(x.j.m, splitRows), 1
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

// Run does items i0 to i1-1 of the current phase.
func (x *splitJob) Run(i0, i1 int) {
	j := x.j
	if x.phase == batching {
		for i := i0; i < i1; i++ {
			splitProduct(x.scheme, x.kernels, 1, j.c[i*j.cs:], 0, j.ldc, j.m, j.n, j.k, j.a[i*j.as:], 0, j.ars, j.acs,
				j.b[i*j.bs:], 0, j.brs, j.bcs, j.e)
		}
		return
	}
	w := splitWorkspaces.Get()
	switch x.phase {
	case packing:
		panels := ceil(x.j1-x.j0, panelWidth)
		for i := i0; i < i1; i++ {
			col, p := x.j0+i%panels*panelWidth, x.p0+i/panels*x.chunkTerms
			panel := x.b[i*x.panelStride:][:x.panelStride]
			x.ranges[i] = x.packB(w, panel, col, min(col+panelWidth, x.j1), p, min(p+x.chunkTerms, x.p1))
		}
	case multiplying:
		groups := ceil(x.j1-x.j0, x.cols)
		for i := i0; i < i1; i++ {
			row, col := i/groups*x.rows, x.j0+i%groups*x.cols
			x.multiply(w, row, min(row+x.rows, j.m), col, min(col+x.cols, x.j1))
		}
	}
	w.dropReferences()
	splitWorkspaces.Put(w)
}

// packA packs rows r0 to r1 and terms p0 to p1 of A into a panel and returns the range of the numbers.
func (x *splitJob) packA(w *splitWorkspace, dst []uint32, r0, r1, p0, p1 int) absRange {
	j, s := x.j, &w.s
	s.src = j.a[r0*j.ars+p0*j.acs:]
	s.ld, s.pairStride, s.tileStride, s.stepStride = j.ars, tile, tile*j.ars, step
	whole := r1-r0 == panelWidth && (p1-p0)%step == 0
	if j.acs != 1 || !whole {
		ld := x.chunkTerms + 16 // rows of 2^n elements would map to the same sets of a cache
		w.stage(panelWidth*ld, whole)
		pack(j.kr, w.staging, ld, s.src, r1-r0, j.ars, p1-p0, j.acs)
		s.src, s.ld, s.tileStride = w.staging, ld, tile*ld
	}
	return x.pack(s, dst, p1-p0)
}

// packB packs columns c0 to c1 and terms p0 to p1 of B into a panel and returns the range of the numbers.
func (x *splitJob) packB(w *splitWorkspace, dst []uint32, c0, c1, p0, p1 int) absRange {
	j, s := x.j, &w.s
	s.src = j.b[p0*j.brs+c0*j.bcs:]
	s.ld, s.pairStride, s.tileStride, s.stepStride = j.brs, tile*j.brs, tile, step*j.brs
	whole := c1-c0 == panelWidth && (p1-p0)%step == 0
	if j.bcs != 1 || !whole {
		w.stage(panelWidth*x.chunkTerms, whole)
		pack(j.kr, w.staging, panelWidth, s.src, p1-p0, j.brs, c1-c0, j.bcs)
		s.src, s.ld, s.pairStride, s.stepStride = w.staging, panelWidth, tile*panelWidth, step*panelWidth
	}
	return x.pack(s, dst, p1-p0)
}

// stage resizes staging to n numbers. It clears them unless the caller overwrites all that is read.
func (w *splitWorkspace) stage(n int, overwritten bool) {
	if w.staging = aligned(w.staging, n); !overwritten {
		clear(w.staging)
	}
}

// pack splits and packs k terms of s.src into dst and returns the range of the numbers.
func (x *splitJob) pack(s *split, dst []uint32, k int) absRange {
	s.dst, s.stride, s.components, s.steps = dst, x.panelStride/x.components, x.components, ceil(k, step)
	s.maxAbs, s.minAbs = 0, 1<<32-1
	x.kernels.split(s)
	return absRange{s.maxAbs, s.minAbs}
}

// multiply computes terms p0 to p1 of a block of the product, chunk after chunk.
func (x *splitJob) multiply(w *splitWorkspace, r0, r1, c0, c1 int) {
	j, t := x.j, &w.t
	panels := ceil(r1-r0, panelWidth)
	w.a = aligned(w.a, panels*x.panelStride)
	w.t.sums = aligned(w.t.sums, panelWidth*panelWidth)
	t.ldc, t.stride, t.panelStride, t.products = j.ldc, x.panelStride/x.components, x.panelStride, x.products
	for p := x.p0; p < x.p1; p += x.chunkTerms {
		p1 := min(p+x.chunkTerms, x.p1)
		w.ranges = w.ranges[:0]
		for i := range panels {
			row := r0 + i*panelWidth
			panel := w.a[i*x.panelStride:][:x.panelStride]
			w.ranges = append(w.ranges, x.packA(w, panel, row, min(row+panelWidth, r1), p, p1))
		}
		e := j.e
		e.Accumulate = e.Accumulate || p > 0
		if p1 < j.k {
			e.Bias, e.ReLU = nil, false
		}
		t.steps, t.add, t.relu = ceil(p1-p, step), e.Accumulate, e.ReLU
		first := (p - x.p0) / x.chunkTerms * ceil(x.j1-x.j0, panelWidth)
		for col := c0; col < c1; col += panelWidth {
			b := first + (col-x.j0)/panelWidth
			t.b = x.b[b*x.panelStride:][:x.panelStride]
			t.n = min(panelWidth, c1-col)
			if t.bias = nil; e.Bias != nil {
				t.bias = e.Bias[col:]
			}
			for i, next := 0, 0; i < panels; i = next {
				ok := splitIsSafe(w.ranges[i], x.ranges[b], p1-p, x.exact)
				for next = i + 1; next < panels && splitIsSafe(w.ranges[next], x.ranges[b], p1-p, x.exact) == ok; {
					next++
				}
				row, end := r0+i*panelWidth, min(r0+next*panelWidth, r1)
				if !ok {
					f := j.kr.free.workspaces.Get()
					j.multiply(f, j.c, j.ldc, block{row, end, col, col + t.n, p, p1}, e)
					f.dropReferences()
					j.kr.free.workspaces.Put(f)
					continue
				}
				t.c, t.rows, t.a = j.c[row*j.ldc+col:], end-row, w.a[i*x.panelStride:]
				x.kernels.tiles(t)
			}
		}
	}
}

// aligned returns a slice of n elements that is aligned to a cache line. It returns s[:n] if s has the capacity; the
// elements are not cleared.
func aligned[T uint32 | float32 | float64](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	size := unsafe.Sizeof(s[0])
	buf := make([]T, n+int(64/size)-1)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(buf))) % 64 / size
	return buf[skip:][:n]
}
