package gemm

// A Serial multiplies matrices on the caller's goroutine, with the kernels of this package and without copying large
// operands. It is for kernels that divide their work among goroutines themselves and keep the operands in the caches.
// The zero value is ready for use, by one goroutine at a time.
type Serial[T Float] struct {
	j job[T]
	w workspace[T]
}

// SerialColumns is a multiple of the columns that the kernels of every instruction set compute at a time.
const SerialColumns = 64

// Begin chooses the kernels of the processor. Call it before a group of products.
func (s *Serial[T]) Begin() {
	switch kr := any(&s.j.kr).(type) {
	case **kernels[float32]:
		*kr = kernels32()
	case **kernels[float64]:
		*kr = kernels64()
	}
	s.j.nr = s.j.kr.lanes * len(s.j.kr.heights)
}

// End drops the references to the operands.
func (s *Serial[T]) End() {
	s.j.c, s.j.a, s.j.b = nil, nil, nil
	s.w.dropReferences()
}

// Mul computes C = [C +] A·B for an m×k matrix A with any strides and a k×n matrix B whose rows are contiguous.
func (s *Serial[T]) Mul(c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs int, add bool) {
	check[T](len(c), ldc, m, n, k, len(a), ars, acs, len(b), brs, 1, nil)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		if !add {
			for i := range m {
				clear(c[i*ldc:][:n])
			}
		}
		return
	}
	j := &s.j
	j.a, j.ars, j.acs, j.b, j.brs, j.bcs = a, ars, acs, b, brs, 1
	j.multiply(&s.w, c, ldc, block{0, m, 0, n, 0, k}, Epilogue[T]{Accumulate: add})
}

// DotRows returns the most rows of A for which Dot is faster than Mul with a transposed copy of B.
func (s *Serial[T]) DotRows() int { return s.j.kr.dotRows }

// Dot computes C = A·Bᵀ for an m×k matrix A and an n×k matrix B, both with contiguous rows.
func (s *Serial[T]) Dot(c []T, ldc, m, n, k int, a []T, ars int, b []T, brs int) {
	check[T](len(c), ldc, m, n, k, len(a), ars, 1, len(b), 1, brs, nil)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		for i := range m {
			clear(c[i*ldc:][:n])
		}
		return
	}
	j := &s.j
	j.a, j.ars, j.acs, j.b, j.brs, j.bcs = a, ars, 1, b, 1, brs
	j.c, j.ldc, j.m, j.n, j.k, j.e = c, ldc, m, n, k, Epilogue[T]{}
	j.dot(&s.w, 0, n)
}

// Transpose sets dst[j*ldd+i] = src[i*lds+j] for i < rows, j < cols.
func (s *Serial[T]) Transpose(dst []T, ldd int, src []T, lds, rows, cols int) {
	transpose(s.j.kr, dst, ldd, src, lds, rows, cols)
}

// Copy sets dst[i*ldd+j] = src[i*lds+j] for i < rows, j < cols.
func (s *Serial[T]) Copy(dst []T, ldd int, src []T, lds, rows, cols int) {
	copyRows(s.j.kr, dst, ldd, src, lds, rows, cols)
}
