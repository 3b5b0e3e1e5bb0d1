package gemm

// The kernels in plain Go define what the assembly computes. They run on processors and builds without assembly.

var (
	generic32 = generic[float32]()
	generic64 = generic[float64]()
)

func generic[T Float]() *kernels[T] {
	return &kernels[T]{
		lanes: 4, heights: []int{2},
		kc: 256, mc: 128, nc: 2048,
		packACols: 4, packBRows: 16, dotRows: 4,
		free:  new(freeLists[T]),
		tiles: tilesGeneric[T], dots: dotsGeneric[T],
		copy: copyGeneric[T], transpose: transposeGeneric[T], panels: panelsGeneric[T],
	}
}

// tilesGeneric computes
//
//	c[i*ldc+j] = act([c[i*ldc+j] +] Σ a·b[p*brs+j] + bias[j])
//
// for i < height·count, j < n, the sum over p < k; a is a[t*next + r*ars + p*acs] for row r of tile t.
func tilesGeneric[T Float](t *tiles[T]) {
	if t.packedB != nil {
		copyGeneric(t.packedB, t.n, t.b, t.brs, t.k, t.n)
	}
	for i := range t.count {
		a, ars, acs := t.a[i*t.next:], t.ars, t.acs
		if t.packedA != nil {
			panel := t.packedA[i*(t.k*t.height+t.skip):][:t.k*t.height]
			for p := range t.k {
				for r := range t.height {
					panel[p*t.height+r] = a[r*ars+p*acs]
				}
			}
			a, ars, acs = panel, 1, t.height
		}
		for j := 0; j < t.n; j += 4 {
			tileGeneric(t, i*t.height, j, a, ars, acs)
		}
	}
}

// tileGeneric computes up to four columns of a tile, whose height is at most 2.
func tileGeneric[T Float](t *tiles[T], row, j int, a []T, ars, acs int) {
	var sum [2][4]T
	b, h, w := t.b[j:], t.height, min(4, t.n-j)
	if w == 4 {
		tile2x4(&sum, t.k, a, (h-1)*ars, acs, b, t.brs) // a single row is computed twice
	} else {
		for p := range t.k {
			for r := range h {
				for s := range w {
					sum[r][s] += a[r*ars+p*acs] * b[p*t.brs+s]
				}
			}
		}
	}
	for r := range h {
		for s := range w {
			c := &t.c[(row+r)*t.ldc+j+s]
			x := sum[r][s]
			if t.add {
				x += *c
			}
			if t.bias != nil {
				x += t.bias[j+s]
			}
			if t.relu && x < 0 {
				x = 0
			}
			*c = x
		}
	}
}

// tile2x4 computes two rows of A, with stride ars, times four columns of B. The eight sums fit the processor's
// registers and are independent chains of additions.
func tile2x4[T Float](sum *[2][4]T, k int, a []T, ars, acs int, b []T, brs int) {
	var s00, s01, s02, s03, s10, s11, s12, s13 T
	at, bt := 0, 0
	for range k {
		x, y := a[at], a[at+ars]
		bp := b[bt:][:4]
		b0, b1, b2, b3 := bp[0], bp[1], bp[2], bp[3]
		s00 += x * b0
		s01 += x * b1
		s02 += x * b2
		s03 += x * b3
		s10 += y * b0
		s11 += y * b1
		s12 += y * b2
		s13 += y * b3
		at, bt = at+acs, bt+brs
	}
	*sum = [2][4]T{{s00, s01, s02, s03}, {s10, s11, s12, s13}}
}

// dotsGeneric computes
//
//	c[i*ldc+j] = [c[i*ldc+j] +] Σ a[i*ars+p]·b[p+j*bcs]
//
// for i < m, j < n, the sum over p < k as four interleaved partial sums.
func dotsGeneric[T Float](d *dots[T]) {
	for i := range d.m {
		a := d.a[i*d.ars:][:d.k]
		for j := range d.n {
			b := d.b[j*d.bcs:][:d.k]
			var s0, s1, s2, s3 T
			p := 0
			for ; p+4 <= len(a); p += 4 {
				x, y := a[p:p+4:p+4], b[p:p+4:p+4]
				s0 += x[0] * y[0]
				s1 += x[1] * y[1]
				s2 += x[2] * y[2]
				s3 += x[3] * y[3]
			}
			for ; p < len(a); p++ {
				s0 += a[p] * b[p]
			}
			sum := (s0 + s1) + (s2 + s3)
			if c := &d.c[i*d.ldc+j]; d.add {
				*c += sum
			} else {
				*c = sum
			}
		}
	}
}

// copyGeneric sets dst[i*ldd+j] = src[i*lds+j] for i < rows, j < cols; neither size is 0.
func copyGeneric[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	if cols < 8 || cols > 64 {
		for i := range rows {
			copy(dst[i*ldd:][:cols], src[i*lds:])
		}
		return
	}
	for i := range rows { // faster than calling copy
		d, s := dst[i*ldd:][:cols], src[i*lds:][:cols]
		for j := 8; j < cols; j += 8 {
			v := [8]T(s[j-8:])
			*(*[8]T)(d[j-8:]) = v
		}
		v := [8]T(s[cols-8:])
		*(*[8]T)(d[cols-8:]) = v
	}
}

// transposeGeneric sets dst[j*ldd+i] = src[i*lds+j] for i < rows, j < cols.
func transposeGeneric[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	const block = 16 // a cache line of float32: source and destination stay in the L1 cache
	for i0 := 0; i0 < rows; i0 += block {
		for j0 := 0; j0 < cols; j0 += block {
			for i := i0; i < min(i0+block, rows); i++ {
				for j := j0; j < min(j0+block, cols); j++ {
					dst[j*ldd+i] = src[i*lds+j]
				}
			}
		}
	}
}

// panelsGeneric sets dst[t*next+p*height+i] = src[p*lds+t*height+i] for t < count, p < k, i < height; no size is 0. It
// packs a transposed A in the order in which tiles reads it.
func panelsGeneric[T Float](dst []T, next int, src []T, lds, height, count, k int) {
	for p := range k {
		row := src[p*lds:][:count*height]
		for t := range count {
			copy(dst[t*next+p*height:][:height], row[t*height:])
		}
	}
}
