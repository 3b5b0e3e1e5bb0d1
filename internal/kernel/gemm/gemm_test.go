package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// eachLevel runs f once for every instruction set of this processor.
func eachLevel(t *testing.T, f func(t *testing.T)) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			f(t)
		})
	}
}

// rounds returns n, or fewer in short mode or with the race detector.
func rounds(n int) int {
	if testing.Short() || raceEnabled {
		return max(n/8, 1)
	}
	return n
}

// multiply is Float32 or Float64.
func multiply[T Float](c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int, e Epilogue[T]) {
	switch c := any(c).(type) {
	case []float32:
		Float32(c, ldc, m, n, k, any(a).([]float32), ars, acs, any(b).([]float32), brs, bcs, any(e).(Epilogue[float32]))
	case []float64:
		Float64(c, ldc, m, n, k, any(a).([]float64), ars, acs, any(b).([]float64), brs, bcs, any(e).(Epilogue[float64]))
	}
}

// A layout gives the strides of a matrix.
type layout struct {
	name    string
	strides func(rows, cols int) (rs, cs int)
}

var layouts = []layout{
	{"rows", func(r, c int) (int, int) { return max(c, 1), 1 }},
	{"columns", func(r, c int) (int, int) { return 1, max(r, 1) }},
	{"padded rows", func(r, c int) (int, int) { return c + 5, 1 }},
	{"padded columns", func(r, c int) (int, int) { return 1, r + 3 }},
	{"two strides", func(r, c int) (int, int) { return 2*c + 3, 2 }},
	{"expanded rows", func(r, c int) (int, int) { return 0, 1 }},
	{"expanded columns", func(r, c int) (int, int) { return 1, 0 }},
	{"one element", func(r, c int) (int, int) { return 0, 0 }},
}

// A problem is a product of matrices of small integers, whose sums are exact in any order.
type problem[T Float] struct {
	m, n, k            int
	a, b               []T
	ars, acs, brs, bcs int
	e                  Epilogue[T]
	c                  []T // C with guard elements before, after and between its rows
	ldc                int
}

const guard = 7

var canary = math.Pi

func newProblem[T Float](rng *rand.Rand, m, n, k int, la, lb layout) *problem[T] {
	p := &problem[T]{m: m, n: n, k: k}
	numbers := func(n int) []T { // n numbers between guards of NaN
		s := make([]T, n+2*guard)
		for i := range s {
			s[i] = T(math.NaN())
			if guard <= i && i < n+guard {
				s[i] = T(rng.IntN(17) - 8)
			}
		}
		return s[guard : n+guard : n+guard]
	}
	p.ars, p.acs = la.strides(m, k)
	p.brs, p.bcs = lb.strides(k, n)
	p.a = numbers(extent(m, p.ars, k, p.acs))
	p.b = numbers(extent(k, p.brs, n, p.bcs))
	p.ldc = n + rng.IntN(2)*rng.IntN(20)
	p.c = make([]T, extent(m, p.ldc, n, 1)+2*guard)
	for i := range p.c {
		p.c[i] = T(canary)
	}
	p.e.Accumulate = rng.IntN(2) == 0
	p.e.ReLU = rng.IntN(2) == 0
	if rng.IntN(2) == 0 {
		p.e.Bias = numbers(n)
	}
	for i := range m {
		for j := range n {
			if p.e.Accumulate {
				p.c[guard+i*p.ldc+j] = T(rng.IntN(17) - 8)
			}
		}
	}
	return p
}

func (p *problem[T]) String() string {
	return fmt.Sprintf("%T %d×%d×%d ldc=%d A(%d,%d) B(%d,%d) add=%v bias=%v relu=%v", p.c[0], p.m, p.n, p.k, p.ldc, p.ars, p.acs,
		p.brs, p.bcs, p.e.Accumulate, p.e.Bias != nil, p.e.ReLU)
}

// want returns the expected C, including the guards.
func (p *problem[T]) want() []T {
	want := append([]T(nil), p.c...)
	for i := range p.m {
		for j := range p.n {
			var sum float64
			for q := range p.k {
				sum += float64(p.a[i*p.ars+q*p.acs]) * float64(p.b[q*p.brs+j*p.bcs])
			}
			c := &want[guard+i*p.ldc+j]
			if p.e.Accumulate {
				sum += float64(*c)
			}
			if p.e.Bias != nil {
				sum += float64(p.e.Bias[j])
			}
			if p.e.ReLU {
				sum = max(sum, 0)
			}
			*c = T(sum)
		}
	}
	return want
}

func (p *problem[T]) run() {
	multiply(p.c[guard:len(p.c)-guard], p.ldc, p.m, p.n, p.k, p.a, p.ars, p.acs, p.b, p.brs, p.bcs, p.e)
}

func (p *problem[T]) check(t *testing.T) {
	t.Helper()
	want := p.want()
	p.run()
	for i, x := range p.c {
		if x != want[i] {
			t.Fatalf("%v: c[%d] = %v, want %v", p, i-guard, x, want[i])
		}
	}
}

func checkRandom[T Float](t *testing.T, rng *rand.Rand, m, n, k int) {
	t.Helper()
	la, lb := layouts[rng.IntN(len(layouts))], layouts[rng.IntN(len(layouts))]
	newProblem[T](rng, m, n, k, la, lb).check(t)
}

func TestSmallShapes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for d := range 71 { // each size for each of m, n and k
			for range rounds(8) {
				x, y := rng.IntN(71), rng.IntN(71)
				checkRandom[float32](t, rng, d, x, y)
				checkRandom[float32](t, rng, x, d, y)
				checkRandom[float32](t, rng, x, y, d)
				checkRandom[float64](t, rng, d, x, y)
				checkRandom[float64](t, rng, x, d, y)
				checkRandom[float64](t, rng, x, y, d)
			}
		}
	})
}

func TestAllLayouts(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, la := range layouts {
			for _, lb := range layouts {
				for _, s := range [][3]int{{1, 1, 1}, {1, 70, 130}, {3, 40, 35}, {17, 1, 90}, {33, 65, 70}, {150, 70, 20}} {
					newProblem[float32](rng, s[0], s[1], s[2], la, lb).check(t)
					newProblem[float64](rng, s[0], s[1], s[2], la, lb).check(t)
				}
			}
		}
	})
}

// TestLargeShapes tests sizes beyond the blocks of every instruction set: several chunks of k, blocks of rows and
// groups of columns.
func TestLargeShapes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, s := range [][3]int{{300, 40, 1100}, {70, 2100, 20}, {530, 130, 30}, {1, 300, 1500}, {2, 3000, 40}} {
			checkRandom[float32](t, rng, s[0], s[1], s[2])
			checkRandom[float64](t, rng, s[0], s[1], s[2])
		}
	})
}

// TestBlocks tests small products with small blocks, so that they are cut in every way.
func TestBlocks(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachLevel(t, func(t *testing.T) {
		testBlocks(t, *kernels32())
		testBlocks(t, *kernels64())
	})
}

func testBlocks[T Float](t *testing.T, kr kernels[T]) {
	rng := rand.New(rand.NewPCG(17, 18))
	for i := range rounds(300) {
		kr.kc, kr.mc, kr.nc = 1+rng.IntN(40), 1+rng.IntN(40), 1+rng.IntN(100)
		kr.packACols, kr.packBRows, kr.dotRows = rng.IntN(100), rng.IntN(100), rng.IntN(20)
		pool.SetThreads(1 + i%4)
		p := newProblem[T](rng, 1+rng.IntN(100), 1+rng.IntN(140), 1+rng.IntN(70), layouts[rng.IntN(len(layouts))],
			layouts[rng.IntN(len(layouts))])
		want := p.want()
		product(&kr, p.c[guard:len(p.c)-guard], p.ldc, p.m, p.n, p.k, p.a, p.ars, p.acs, p.b, p.brs, p.bcs, p.e)
		for i, x := range p.c {
			if x != want[i] {
				t.Fatalf("%v with kc=%d mc=%d nc=%d packACols=%d packBRows=%d dotRows=%d: c[%d] = %v, want %v",
					p, kr.kc, kr.mc, kr.nc, kr.packACols, kr.packBRows, kr.dotRows, i-guard, x, want[i])
			}
		}
	}
}

// TestBlocksGiveTheSameBits checks that kc is the only block size on which the bits of a result depend.
func TestBlocksGiveTheSameBits(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachLevel(t, func(t *testing.T) {
		testSameBits(t, *kernels32())
		testSameBits(t, *kernels64())
	})
}

func testSameBits[T Float](t *testing.T, kr kernels[T]) {
	rng := rand.New(rand.NewPCG(31, 32))
	for _, s := range [][3]int{{100, 200, 150}, {150, 210, 450}, {30, 1100, 40}} {
		m, n, k := s[0], s[1], s[2]
		a, b, bias, c0 := fill[T](rng, m*k), fill[T](rng, k*n), fill[T](rng, n), fill[T](rng, m*n)
		for way := range 4 {
			ars, acs, brs, bcs := k, 1, n, 1
			if way&1 != 0 {
				ars, acs = 1, m
			}
			if way&2 != 0 {
				brs, bcs = 1, k
			}
			run := func(kr *kernels[T], threads int) []T {
				pool.SetThreads(threads)
				c := append([]T(nil), c0...)
				product(kr, c, n, m, n, k, a, ars, acs, b, brs, bcs, Epilogue[T]{Accumulate: true, Bias: bias, ReLU: true})
				return c
			}
			want := run(&kr, 1)
			for range 8 {
				other := kr
				other.mc, other.nc = 1+rng.IntN(200), 1+rng.IntN(300)
				other.packACols, other.packBRows = rng.IntN(300), rng.IntN(200)
				threads := 1 + rng.IntN(4)
				for i, x := range run(&other, threads) {
					if x != want[i] {
						t.Fatalf("%T %v A(%d,%d) B(%d,%d): element %d is %v with mc=%d nc=%d packACols=%d packBRows=%d and %d threads, want %v",
							x, s, ars, acs, brs, bcs, i, x, other.mc, other.nc, other.packACols, other.packBRows, threads, want[i])
					}
				}
			}
		}
	}
}

// TestInputsMayOverlap uses the same slice as A, B and bias.
func TestInputsMayOverlap(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, n := range []int{1, 5, 64, 130} {
			p := newProblem[float32](rng, n, n, n, layouts[0], layouts[0])
			p.b, p.e.Bias = p.a, p.a[:n]
			p.check(t)
			p = newProblem[float32](rng, n, n, n, layouts[0], layouts[1]) // A·Aᵀ
			p.b, p.e.Bias = p.a, p.a[:n]
			p.check(t)
		}
	})
}

// fill returns n normal random numbers.
func fill[T Float](rng *rand.Rand, n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(rng.NormFloat64())
	}
	return s
}

func TestError(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testError[float32](t, 0x1p-24)
		testError[float64](t, 0x1p-53)
	})
}

// testError checks that the error of a sum of k products is at most (k+2)·u·Σ|a·b|, which holds in any order (Higham,
// "Accuracy and Stability of Numerical Algorithms", section 3.1). The reference, in float64, adds its error.
func testError[T Float](t *testing.T, u float64) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, s := range [][3]int{{1, 33, 1000}, {64, 48, 700}, {130, 65, 1300}} {
		m, n, k := s[0], s[1], s[2]
		a, b, c := fill[T](rng, m*k), fill[T](rng, k*n), make([]T, m*n)
		for _, nt := range []bool{false, true} {
			brs, bcs := n, 1
			if nt {
				brs, bcs = 1, k
			}
			multiply(c, n, m, n, k, a, k, 1, b, brs, bcs, Epilogue[T]{})
			for i := range m {
				for j := range n {
					var want, size float64
					for p := range k {
						x := float64(a[i*k+p]) * float64(b[p*brs+j*bcs])
						want += x
						size += math.Abs(x)
					}
					if err := math.Abs(float64(c[i*n+j]) - want); !(err <= float64(k+2)*(u+0x1p-53)*size) {
						t.Fatalf("%T %v: element (%d, %d) is %v, want %v", a[0], s, i, j, c[i*n+j], want)
					}
				}
			}
		}
	}
}

// TestNaNAndInf checks that a NaN or an infinity in A makes its row of C NaN, even if B is 0, and changes no other
// element.
func TestNaNAndInf(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, special := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
			for _, relu := range []bool{false, true} {
				for range rounds(60) {
					m, n, k := 1+rng.IntN(70), 1+rng.IntN(70), 1+rng.IntN(70)
					p := newProblem[float32](rng, m, n, k, layouts[rng.IntN(5)], layouts[rng.IntN(5)])
					p.e = Epilogue[float32]{ReLU: relu}
					clear(p.b) // zeros: special·0 is NaN
					i0, p0 := rng.IntN(m), rng.IntN(k)
					p.a[i0*p.ars+p0*p.acs] = special
					p.run()
					for i := range m {
						for j := range n {
							x := p.c[guard+i*p.ldc+j]
							if i == i0 && x == x || i != i0 && x != 0 {
								t.Fatalf("%v: A(%d, %d) = %v, B = 0: C(%d, %d) = %v", p, i0, p0, special, i, j, x)
							}
						}
					}
				}
			}
		}
	})
}

func TestReLUKeepsNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		nan := float32(math.NaN())
		c := make([]float32, 2)
		for _, k := range []int{0, 1} {
			Float32(c, 2, 1, 2, k, []float32{1}, 1, 1, []float32{0, 0}, 2, 1, Epilogue[float32]{Bias: []float32{nan, -1}, ReLU: true})
			if c[0] == c[0] || c[1] != 0 {
				t.Errorf("k=%d: relu(NaN, -1) = %v", k, c)
			}
		}
	})
}

// TestThreadsGiveTheSameBits checks that the bits of a result do not depend on the number of threads.
func TestThreadsGiveTheSameBits(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachLevel(t, func(t *testing.T) {
		testThreads[float32](t)
		testThreads[float64](t)
	})
}

func testThreads[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	shapes := [][3]int{{150, 200, 100}, {600, 70, 60}, {40, 1030, 90}, {64, 64, 900}, {9, 500, 700}, {3, 600, 900}, {1, 2000, 1000},
		{16, 8, 20000}, {6, 10, 40000}}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		a, b, bias, c0 := fill[T](rng, m*k), fill[T](rng, k*n), fill[T](rng, n), fill[T](rng, m*n)
		for way := range 4 {
			ars, acs, brs, bcs := k, 1, n, 1
			if way&1 != 0 {
				ars, acs = 1, m
			}
			if way&2 != 0 {
				brs, bcs = 1, k
			}
			var first []T
			for _, threads := range []int{1, 2, 3, 4, 5, 6, 7, 8} {
				if (testing.Short() || raceEnabled) && threads%3 != 1 {
					continue
				}
				pool.SetThreads(threads)
				c := append([]T(nil), c0...)
				multiply(c, n, m, n, k, a, ars, acs, b, brs, bcs, Epilogue[T]{Accumulate: true, Bias: bias, ReLU: true})
				if first == nil {
					first = c
				}
				for i := range c {
					if c[i] != first[i] {
						t.Fatalf("%T %v A(%d,%d) B(%d,%d): element %d is %v with %d threads, want %v as with one", a[0], s, ars, acs,
							brs, bcs, i, c[i], threads, first[i])
					}
				}
			}
		}
	}
}

func TestConcurrentCallers(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	pool.SetThreads(3)
	eachLevel(t, func(t *testing.T) {
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(15, uint64(g)))
				for range 4 {
					checkRandom[float32](t, rng, 150+rng.IntN(100), 100+rng.IntN(100), 60)
					checkRandom[float64](t, rng, rng.IntN(30), rng.IntN(30), rng.IntN(30))
				}
			})
		}
		wg.Wait()
	})
}

func TestAllocatesNothing(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachLevel(t, func(t *testing.T) {
		for _, threads := range []int{1, 2} {
			pool.SetThreads(threads)
			for _, s := range [][3]int{{1, 64, 100}, {32, 100, 128}, {200, 128, 150}, {40, 1, 40}} {
				m, n, k := s[0], s[1], s[2]
				a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
				e := Epilogue[float32]{Bias: b[:n], ReLU: true}
				allocs := testing.AllocsPerRun(20, func() {
					Float32(c, n, m, n, k, a, k, 1, b, n, 1, e)
					Float32(c, n, m, n, k, a, 1, m, b, 1, k, e)
				})
				if allocs != 0 {
					t.Errorf("%v with %d threads: %v allocations", s, threads, allocs)
				}
			}
		}
	})
}

func TestBatch(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachLevel(t, func(t *testing.T) {
		testBatch(t, Float32, Float32Batch)
		testBatch(t, Float64, Float64Batch)
	})
}

// testBatch checks that a batch has the same bits as its products computed one by one.
func testBatch[T Float](t *testing.T, one func(c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int, e Epilogue[T]),
	all func(count int, c []T, cs, ldc, m, n, k int, a []T, as, ars, acs int, b []T, bs, brs, bcs int, e Epilogue[T])) {
	rng := rand.New(rand.NewPCG(21, 22))
	for i, s := range [][4]int{{0, 3, 4, 5}, {1, 3, 4, 5}, {5, 3, 4, 5}, {200, 16, 32, 64}, {3, 100, 120, 150},
		{4, 5, 0, 3}, {4, 5, 3, 0}} {
		pool.SetThreads(1 + i%4)
		count, m, n, k := s[0], s[1], s[2], s[3]
		for _, as := range []int{0, m*k + 2} {
			for _, bs := range []int{0, k*n + 3} {
				a, b := fill[T](rng, max(count-1, 0)*as+m*k), fill[T](rng, max(count-1, 0)*bs+k*n)
				cs := m*n + 5
				c := fill[T](rng, count*cs)
				want := append([]T(nil), c...)
				e := Epilogue[T]{Accumulate: true, Bias: fill[T](rng, n), ReLU: true}
				for i := range count {
					one(want[i*cs:], n, m, n, k, a[i*as:], k, 1, b[i*bs:], n, 1, e)
				}
				all(count, c, cs, n, m, n, k, a, as, k, 1, b, bs, n, 1, e)
				for i := range c {
					if c[i] != want[i] {
						t.Fatalf("%T %v as=%d bs=%d: element %d is %v, want %v", c[0], s, as, bs, i, c[i], want[i])
					}
				}
			}
		}
	}
	for name, call := range map[string]func(){
		"count":   func() { all(-1, nil, 0, 1, 1, 1, 1, nil, 0, 1, 1, nil, 0, 1, 1, Epilogue[T]{}) },
		"overlap": func() { all(2, make([]T, 9), 3, 2, 2, 2, 0, nil, 0, 0, 0, nil, 0, 0, 0, Epilogue[T]{}) },
		"length":  func() { all(2, make([]T, 7), 4, 2, 2, 2, 0, nil, 0, 0, 0, nil, 0, 0, 0, Epilogue[T]{}) },
		"stride":  func() { all(2, make([]T, 8), 4, 2, 2, 2, 0, nil, -1, 0, 0, nil, 0, 0, 0, Epilogue[T]{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("wrong %s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func TestWrongArgumentsPanic(t *testing.T) {
	type args struct{ lenC, ldc, m, n, k, lenA, ars, acs, lenB, brs, bcs, lenBias int }
	good := args{6, 3, 2, 3, 4, 8, 4, 1, 12, 3, 1, 3}
	call := func(x args) (r any) {
		defer func() { r = recover() }()
		var bias []float32
		if x.lenBias >= 0 {
			bias = make([]float32, x.lenBias)
		}
		Float32(make([]float32, x.lenC), x.ldc, x.m, x.n, x.k, make([]float32, x.lenA), x.ars, x.acs, make([]float32, x.lenB), x.brs, x.bcs,
			Epilogue[float32]{Bias: bias})
		return nil
	}
	if r := call(good); r != nil {
		t.Fatalf("good arguments panic: %v", r)
	}
	for name, change := range map[string]func(*args){
		"m": func(x *args) { x.m = -1 }, "n": func(x *args) { x.n = -1 }, "k": func(x *args) { x.k = -1 },
		"ars": func(x *args) { x.ars = -1 }, "bcs": func(x *args) { x.bcs = -1 },
		"ldc": func(x *args) { x.ldc = 2 }, "c": func(x *args) { x.lenC = 5 }, "a": func(x *args) { x.lenA = 7 },
		"b": func(x *args) { x.lenB = 11 }, "bias": func(x *args) { x.lenBias = 2 },
	} {
		x := good
		change(&x)
		if call(x) == nil {
			t.Errorf("wrong %s: no panic", name)
		}
	}
}

func ExampleFloat32() {
	x := []float32{1, 2, 3, 4}       // (2, 2)
	w := []float32{1, 0, 0, 1, 1, 1} // (3, 2): one row per output
	bias := []float32{10, 20, -30}
	y := make([]float32, 6) // relu(x·wᵀ + bias): (2, 3)
	Float32(y, 3, 2, 3, 2, x, 2, 1, w, 1, 2, Epilogue[float32]{Bias: bias, ReLU: true})
	fmt.Println(y)
	// Output: [11 22 0 13 24 0]
}

func BenchmarkFloat32(b *testing.B) {
	for _, level := range cpu.Levels() {
		for _, s := range [][3]int{{1, 512, 784}, {32, 10, 32}, {32, 128, 100}, {128, 512, 784}, {512, 512, 512}} {
			for _, way := range []string{"NN", "NT", "TN"} {
				m, n, k := s[0], s[1], s[2]
				b.Run(fmt.Sprintf("%v/%dx%dx%d/%s", level, m, k, n, way), func(b *testing.B) {
					defer cpu.Force(level)()
					x, y, z := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
					ars, acs, brs, bcs := k, 1, n, 1
					if way[0] == 'T' {
						ars, acs = 1, m
					}
					if way[1] == 'T' {
						brs, bcs = 1, k
					}
					for b.Loop() {
						Float32(z, n, m, n, k, x, ars, acs, y, brs, bcs, Epilogue[float32]{})
					}
					b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
				})
			}
		}
	}
}
