package gemm

import "unsafe"

// The loops that compute a block of C are, from the outermost: columns (nc), terms (kc), rows (mc), slivers of nr
// columns, tiles. The kernel packs A and B while it computes. The tiles of the first sliver read the matrix A and store
// it in the order in which the tiles of the other slivers read it: tile by tile and term by term. The first tile of a
// sliver does the same with B. Packed data stays in the L2 cache: a sliver of B during the loop over its tiles, the
// rows of A during the loop over slivers, and all nc columns of B if there are several blocks of rows.

// block computes rows r0 to r1 and columns c0 to c1 of C.
func (j *job[T]) block(w *workspace[T], r0, r1, c0, c1 int) {
	kr := j.kr
	nc := c1 - c0
	if r1-r0 > kr.mc {
		nc = ceil(ceil(nc, ceil(nc, kr.nc)), j.nr) * j.nr
	}
	mc := ceil(r1-r0, ceil(r1-r0, kr.mc))
	for c := c0; c < c1; c += nc {
		for p := 0; p < j.k; p += j.kc {
			x := block{c0: c, c1: min(c+nc, c1), p0: p, p1: min(p+j.kc, j.k)}
			e := j.e
			e.Accumulate = e.Accumulate || p > 0
			if x.p1 < j.k {
				e.Bias, e.ReLU = nil, false
			}
			for r := r0; r < r1; r += mc {
				x.r0, x.r1 = r, min(r+mc, r1)
				j.packedBlock(w, x, e, r == r0, mc < r1-r0)
			}
		}
	}
}

// packedBlock computes a block of at most mc rows and kc terms. If packB is false, w.b holds the packed columns of B
// from the previous call. If keepB is true, w.b keeps all packed slivers for the next call; otherwise each sliver
// overwrites the previous one.
func (j *job[T]) packedBlock(w *workspace[T], x block, e Epilogue[T], packB, keepB bool) {
	kr, t := j.kr, &w.t
	rows, k := x.r1-x.r0, x.p1-x.p0
	t.k, t.add, t.relu = k, e.Accumulate, e.ReLU
	a := j.a[x.r0*j.ars+x.p0*j.acs:]
	packA := x.c1-x.c0 > max(j.nr, kr.packACols)
	if packA {
		h := kr.heights[len(kr.heights)-1]
		w.a = reserve(w.a, ceil(rows, h)*panelStride[T](h, k), ceil(kr.mc, h)*panelStride[T](h, kr.kc))
	}
	if sliver := k * j.nr; keepB {
		w.b = reserve(w.b, ceil(x.c1-x.c0, j.nr)*sliver, kr.nc*kr.kc)
	} else {
		w.b = reserve(w.b, sliver, kr.kc*j.nr)
	}
	for col := x.c0; col < x.c1; col += j.nr {
		t.c, t.ldc, t.n = j.c[x.r0*j.ldc+col:], j.ldc, min(j.nr, x.c1-col)
		t.a, t.ars, t.acs = a, j.ars, j.acs
		if t.bias = nil; e.Bias != nil {
			t.bias = e.Bias[col:]
		}
		partial := kr.wholeVectors && t.n%kr.lanes != 0
		sliver := w.b
		if keepB {
			sliver = w.b[(col-x.c0)*k:]
		}
		b := j.b[x.p0*j.brs+col*j.bcs:]
		t.b, t.brs, t.packedB = sliver, j.nr, nil
		switch {
		case j.bcs == 1 && !partial && (t.n < j.nr && j.brs <= 2*j.nr || !keepB && rows < kr.packBRows):
			t.b, t.brs = b, j.brs // read B without packing it
		case !packB: // sliver holds it
		case j.bcs == 1 && t.n == j.nr:
			t.b, t.brs, t.packedB = b, j.brs, sliver
		default:
			pack(kr, sliver, j.nr, b, k, j.brs, t.n, j.bcs)
		}
		switch {
		case partial:
			j.paddedColumn(w, rows)
		case packA:
			j.packedColumn(t, w.a, rows, col > x.c0)
		case t.packedB != nil:
			first := min(rows, kr.heights[len(kr.heights)-1])
			column(kr, t, first)
			if first < rows {
				t.b, t.brs, t.packedB = sliver, j.nr, nil
				t.c, t.a = t.c[first*t.ldc:], t.a[first*t.ars:]
				column(kr, t, rows-first)
			}
		default:
			column(kr, t, rows)
		}
	}
}

// multiply computes a block of the product into c, which has the size of C. It reads A and B without packing them,
// except if B's rows are not contiguous.
func (j *job[T]) multiply(w *workspace[T], c []T, ldc int, x block, e Epilogue[T]) {
	kr, t := j.kr, &w.t
	t.k, t.add, t.relu = x.p1-x.p0, e.Accumulate, e.ReLU
	t.ars, t.acs = j.ars, j.acs
	for col := x.c0; col < x.c1; col += j.nr {
		t.c, t.ldc, t.n = c[x.r0*ldc+col:], ldc, min(j.nr, x.c1-col)
		t.a = j.a[x.r0*j.ars+x.p0*j.acs:]
		t.b, t.brs = j.b[x.p0*j.brs+col*j.bcs:], j.brs
		partial := kr.wholeVectors && t.n%kr.lanes != 0
		if j.bcs != 1 || partial {
			w.b = reserve(w.b, t.k*j.nr, 0)
			pack(kr, w.b, j.nr, t.b, t.k, j.brs, t.n, j.bcs)
			t.b, t.brs = w.b, j.nr
		}
		if t.bias = nil; e.Bias != nil {
			t.bias = e.Bias[col:]
		}
		if partial {
			j.paddedColumn(w, x.r1-x.r0)
		} else {
			column(kr, t, x.r1-x.r0)
		}
	}
}

// heights divides rows into tiles of nearly equal height, because a tile of few rows at the end would be slow: first
// high tiles of height rows, at most limit, then low tiles of height−1 rows.
func heights(rows, limit int) (height, high, low int) {
	count := ceil(rows, limit)
	height = ceil(rows, count)
	low = count*height - rows
	return height, count - low, low
}

// column computes rows of C and the columns of one sliver from rows of A that are not packed.
func column[T Float](kr *kernels[T], t *tiles[T], rows int) {
	var low int
	t.height, t.count, low = heights(rows, kr.heights[ceil(t.n, kr.lanes)-1])
	t.next = t.height * t.ars
	kr.tiles(t)
	if low > 0 {
		done := t.count * t.height
		t.c, t.a = t.c[done*t.ldc:], t.a[done*t.ars:]
		t.height, t.count = t.height-1, low
		t.next = t.height * t.ars
		kr.tiles(t)
	}
}

// panelStride returns the distance between packed panels of a height and k terms: an odd number of cache lines. With an
// even number the terms of many panels would map to few sets of the cache.
func panelStride[T Float](height, k int) int {
	line := 64 / int(unsafe.Sizeof(T(0)))
	return (ceil(height*k, line) | 1) * line
}

// packedColumn is column for packed rows of A: panels holds one panel per tile. If stored is false, it packs them
// first.
func (j *job[T]) packedColumn(t *tiles[T], panels []T, rows int, stored bool) {
	kr := j.kr
	c, a, ars := t.c, t.a, t.ars
	height, high, low := heights(rows, kr.heights[len(kr.heights)-1])
	next := panelStride[T](height, t.k)
	if !stored && ars == 1 && t.acs != 1 {
		// A is transposed. Pack it term by term: tile by tile, cache lines that tiles share would be read several
		// times.
		kr.panels(panels, next, a, t.acs, height, high, t.k)
		if low > 0 {
			kr.panels(panels[high*next:], next, a[height*high:], t.acs, height-1, low, t.k)
		}
		stored = true
	}
	r, panel := 0, 0
	for _, group := range [...][2]int{{height, high}, {height - 1, low}} {
		t.height = group[0]
		t.skip = next - t.height*t.k
		for left := group[1]; left > 0; left -= t.count {
			t.count = left
			sliver := t.packedB
			if sliver != nil {
				t.count = 1
			}
			t.c = c[r*t.ldc:]
			if stored {
				t.a, t.ars, t.acs, t.next = panels[panel*next:], 1, t.height, next
			} else {
				t.a, t.next, t.packedA = a[r*ars:], t.height*ars, panels[panel*next:]
			}
			kr.tiles(t)
			if sliver != nil { // the other tiles read what this one has packed
				t.b, t.brs, t.packedB = sliver, j.nr, nil
			}
			r, panel = r+t.height*t.count, panel+t.count
		}
	}
	t.packedA = nil
}

// paddedColumn is column for a kernel that needs whole vectors, if the columns of C do not fill the last vector. The
// kernel computes whole vectors into w.c from a packed B, whose additional columns hold arbitrary numbers. Then
// paddedColumn writes the columns of C, with the epilogue.
func (j *job[T]) paddedColumn(w *workspace[T], rows int) {
	t := &w.t
	c, ldc, n, bias := t.c, t.ldc, t.n, t.bias
	e := Epilogue[T]{Accumulate: t.add, Bias: bias, ReLU: t.relu}
	w.c = grow(w.c, rows*j.nr)
	t.c, t.ldc, t.n = w.c, j.nr, ceil(n, j.kr.lanes)*j.kr.lanes
	t.bias, t.add, t.relu = nil, false, false
	column(j.kr, t, rows)
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
