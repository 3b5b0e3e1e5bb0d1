package gemm

// The kernels in plain Go: what the assembly computes, and what runs where there is none.

var (
	generic32 = generic[float32]()
	generic64 = generic[float64]()
)

func generic[T Float]() *kernels[T] {
	return &kernels[T]{
		lanes: 4, heights: []int{4},
		kc: 256, mc: 128, nc: 2048,
		packA: 4, packB: 16, dotRows: 4,
		free:  new(objects[T]),
		tiles: tilesGeneric[T], dots: dotsGeneric[T], copy: copyGeneric[T], transpose: transposeGeneric[T],
	}
}

// tilesGeneric computes
//
//	c[i*ldc+j] = act([c[i*ldc+j] +] Σ a[i*ars+p*acs]·b[p*brs+j] + bias[j])
//
// for i < height·count, j < n, the sum over p < k.
func tilesGeneric[T Float](t *tiles[T]) {
	rows := t.height * t.count
	for i := 0; i < rows; i += 2 {
		for j := 0; j < t.n; j += 4 {
			var sum [2][4]T
			a, b := t.a[i*t.ars:], t.b[j:]
			h, w := min(2, rows-i), min(4, t.n-j)
			if w == 4 && t.acs == 1 {
				tile2x4(&sum, t.k, a, a[(h-1)*t.ars:], b, t.brs) // a last single row is done twice
			} else {
				for p := range t.k {
					for r := range h {
						for s := range w {
							sum[r][s] += a[r*t.ars+p*t.acs] * b[p*t.brs+s]
						}
					}
				}
			}
			for r := range h {
				for s := range w {
					c := &t.c[(i+r)*t.ldc+j+s]
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
	}
}

// tile2x4 sums two rows of A, whose elements lie side by side, times four columns of B. Eight sums fit the processor's registers
// and are independent chains of additions.
func tile2x4[T Float](sum *[2][4]T, k int, a0, a1, b []T, brs int) {
	var s00, s01, s02, s03, s10, s11, s12, s13 T
	a0, a1 = a0[:k], a1[:k]
	for p, x := range a0 {
		bp := b[p*brs:][:4]
		b0, b1, b2, b3 := bp[0], bp[1], bp[2], bp[3]
		s00 += x * b0
		s01 += x * b1
		s02 += x * b2
		s03 += x * b3
		x = a1[p]
		s10 += x * b0
		s11 += x * b1
		s12 += x * b2
		s13 += x * b3
	}
	*sum = [2][4]T{{s00, s01, s02, s03}, {s10, s11, s12, s13}}
}

// dotsGeneric computes
//
//	c[i*ldc+j] = [c[i*ldc+j] +] Σ a[i*ars+p]·b[p+j*bcs]
//
// for i < m, j < n, the sum over p < k in four interleaved parts.
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

// copyGeneric sets dst[i*ldd+j] = src[i*lds+j] for i < rows, j < cols; neither is 0.
func copyGeneric[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	for i := range rows {
		copy(dst[i*ldd:][:cols], src[i*lds:])
	}
}

// transposeGeneric sets dst[j*ldd+i] = src[i*lds+j] for i < rows, j < cols.
func transposeGeneric[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	const block = 16 // a cache line of float32: both sides stay in the first cache
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
