package gemm

import "github.com/lamina-ml/lamina/internal/pool"

// A Packed is a matrix B in the order in which the kernels read it, for many products with one B. The zero value is
// empty; its memory is kept and reused by the next call of Pack.
type Packed[T Float] struct {
	kr       *kernels[T]
	k, n, kc int
	b        []T // for each chunk of the sum the slivers of nr columns; the last sliver has undefined columns if n is not a multiple of nr

	slivers, each int // during Pack
	src           []T
	brs, bcs      int

	product packedProduct[T] // during MultiplyParallel
}

// kernelsOf returns the kernels for T.
func kernelsOf[T Float]() *kernels[T] {
	if kr, ok := any(kernels32()).(*kernels[T]); ok {
		return kr
	}
	return any(kernels64()).(*kernels[T])
}

func (kr *kernels[T]) nr() int { return kr.lanes * len(kr.heights) }

// Pack stores the k×n matrix B, whose element (p, j) is b[p*brs+j*bcs]. It panics where [Float32] does.
func (p *Packed[T]) Pack(k, n int, b []T, brs, bcs int) {
	check[T](0, n, 0, n, k, 0, 0, 0, len(b), brs, bcs, nil)
	kr := kernelsOf[T]()
	p.kr, p.k, p.n = kr, k, n
	if k == 0 || n == 0 {
		return
	}
	nr := kr.nr()
	p.kc = min(ceil(ceil(k, ceil(k, kr.kc)), 16)*16, kr.kc) // whole cache lines
	p.slivers, p.each = ceil(n, nr), nr
	p.b = aligned(p.b, k*p.slivers*nr)
	p.src, p.brs, p.bcs = b, brs, bcs
	if k*n >= 1<<16 {
		pool.For(ceil(k, p.kc)*p.slivers, 1, p)
	} else {
		p.Run(0, ceil(k, p.kc)*p.slivers)
	}
	p.src = nil
}

// Run packs slivers i0 to i1-1, which are counted chunk by chunk. It is called by Pack.
func (p *Packed[T]) Run(i0, i1 int) {
	for i := i0; i < i1; i++ {
		p0, col := i/p.slivers*p.kc, i%p.slivers*p.each
		k := min(p.kc, p.k-p0)
		pack(p.kr, p.sliver(p0, col, k), p.each, p.src[p0*p.brs+col*p.bcs:], k, p.brs, min(p.each, p.n-col), p.bcs)
	}
}

// sliver returns the packed columns from col on of the chunk of k terms that begins at p0.
func (p *Packed[T]) sliver(p0, col, k int) []T {
	return p.b[p0*p.slivers*p.each+col*k:][:k*p.each]
}

// Multiply computes C = [C +] A·B + bias for the m×k matrix A on the caller's goroutine. Element (i, j) of C is
// c[i*ldc+j], of A a[i*ars+j]. A row of C depends on that row of A alone, to the last bit, so rows may be divided
// among goroutines in any way. It panics where [Float32] does.
func (p *Packed[T]) Multiply(c []T, ldc, m int, a []T, ars int, accumulate bool, bias []T) {
	p.multiply(c, ldc, m, a, ars, accumulate, bias, 0, p.n)
}

// MultiplyParallel is Multiply with the columns of C divided among goroutines, to the same bits: for few rows and a large
// B, which each goroutine then reads a part of.
func (p *Packed[T]) MultiplyParallel(c []T, ldc, m int, a []T, ars int, accumulate bool, bias []T) {
	if p.k == 0 || p.n == 0 {
		p.Multiply(c, ldc, m, a, ars, accumulate, bias)
		return
	}
	p.product = packedProduct[T]{p, c, ldc, m, a, ars, accumulate, bias}
	pool.For(p.slivers, max(1, ceil(p.slivers, pool.Threads())), &p.product)
	p.product = packedProduct[T]{}
}

// packedProduct has the arguments of a product under way.
type packedProduct[T Float] struct {
	p          *Packed[T]
	c          []T
	ldc, m     int
	a          []T
	ars        int
	accumulate bool
	bias       []T
}

// Run computes the columns of the slivers i0 to i1.
func (x *packedProduct[T]) Run(i0, i1 int) {
	x.p.multiply(x.c, x.ldc, x.m, x.a, x.ars, x.accumulate, x.bias, i0*x.p.each, min(i1*x.p.each, x.p.n))
}

// multiply computes the columns from first to end, which are those of whole slivers.
func (p *Packed[T]) multiply(c []T, ldc, m int, a []T, ars int, accumulate bool, bias []T, first, end int) {
	if p.kr == nil {
		panic("gemm: Multiply before Pack")
	}
	check(len(c), ldc, m, p.n, p.k, len(a), ars, 1, p.k*p.n, p.n, 1, bias)
	if m == 0 || first == end {
		return
	}
	if p.k == 0 {
		for i := range m {
			if !accumulate {
				clear(c[i*ldc+first:][:end-first])
			}
		}
		if bias != nil {
			bias = bias[first:end]
		}
		apply(c[first:], ldc, m, end-first, Epilogue[T]{Bias: bias})
		return
	}
	j := p.kr.free.jobs.Get()
	j.kr, j.nr = p.kr, p.each
	t := &j.serial.t
	t.ldc, t.ars, t.acs, t.relu, t.packedA, t.packedB = ldc, ars, 1, false, nil, nil
	for p0 := 0; p0 < p.k; p0 += p.kc {
		t.k = min(p.kc, p.k-p0)
		t.add = accumulate || p0 > 0
		for col := first; col < end; col += p.each {
			t.c, t.n = c[col:], min(p.each, p.n-col)
			t.a = a[p0:]
			t.b, t.brs = p.sliver(p0, col, t.k), p.each
			if t.bias = nil; bias != nil && p0+t.k == p.k {
				t.bias = bias[col:][:t.n]
			}
			if p.kr.wholeVectors && t.n%p.kr.lanes != 0 {
				j.paddedColumn(&j.serial, m)
			} else {
				column(p.kr, t, m)
			}
			t.ldc, t.ars, t.acs = ldc, ars, 1
		}
	}
	j.finish()
}
