package gemm

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

const noAMX = "no AMX on this processor: build internal/amxemu and run go test -tags amxemu -exec <its binary>"

// eachMatrixUnit runs f for the kernels of AMX and for their definition in plain Go.
func eachMatrixUnit(t *testing.T, f func(t *testing.T, pk *splitKernels)) {
	t.Run("generic", func(t *testing.T) { f(t, genericSplit) })
	t.Run("amx", func(t *testing.T) { withAMX(t, f) })
}

// eachSplitKernels runs f for these, for the kernels of AVX-512 BF16, and for their definition.
func eachSplitKernels(t *testing.T, f func(t *testing.T, pk *splitKernels)) {
	eachMatrixUnit(t, f)
	t.Run("generic pairs", func(t *testing.T) { f(t, genericPairs) })
	t.Run("avx512-bf16", func(t *testing.T) { withPairs(t, f) })
}

// withPairs runs f for the kernels of AVX-512 BF16. It skips the test if the processor does not have it.
func withPairs(t *testing.T, f func(t *testing.T, pk *splitKernels)) {
	if nativeSplit() == nil {
		t.Skip("no AVX-512 on this processor")
	}
	defer cpu.Force(cpu.AVX512)()
	pk := currentSplitKernels()
	if pk == nil {
		t.Skip("no AVX-512 BF16 on this processor")
	}
	f(t, pk)
}

// withAMX runs f for the AMX kernels. It skips the test if the processor does not have AMX.
func withAMX(t *testing.T, f func(t *testing.T, pk *splitKernels)) {
	if levels := cpu.Levels(); levels[len(levels)-1] != cpu.AMX {
		t.Skip(noAMX)
	}
	defer cpu.Force(cpu.AMX)()
	f(t, currentSplitKernels())
}

// TestSplit compares the assembly, which does not need AMX, with plain Go: the bits of the panel and the range.
func TestSplit(t *testing.T) {
	split := nativeSplit()
	if split == nil {
		t.Skip("no AVX-512 on this processor")
	}
	rng := rand.New(rand.NewPCG(29, 30))
	for i := range rounds(400) {
		s := splitCase(rng)
		want, got := s, s
		want.dst, got.dst = make([]uint32, len(s.dst)), make([]uint32, len(s.dst))
		splitGeneric(&want)
		split(&got)
		if got.maxAbs != want.maxAbs || got.minAbs != want.minAbs {
			t.Fatalf("case %d: range %#x %#x, want %#x %#x", i, got.maxAbs, got.minAbs, want.maxAbs, want.minAbs)
		}
		for j := range want.dst {
			if got.dst[j] != want.dst[j] {
				t.Fatalf("case %d, %d components: word %d is %#x, want %#x", i, s.components, j, got.dst[j], want.dst[j])
			}
		}
	}
}

// splitCase returns random arguments, with guard words after each component.
func splitCase(rng *rand.Rand) split {
	s := split{components: 1 + rng.IntN(3), steps: 1 + rng.IntN(4), maxAbs: 0, minAbs: 1<<32 - 1}
	s.stride = s.steps*stepWords + 64*rng.IntN(2)
	s.dst = make([]uint32, s.components*s.stride+64)
	if ld := s.steps*step + rng.IntN(40); rng.IntN(2) == 0 {
		s.ld, s.pairStride, s.tileStride, s.stepStride = ld, tile, tile*ld, step
	} else {
		ld = panelWidth + rng.IntN(40)
		s.ld, s.pairStride, s.tileStride, s.stepStride = ld, tile*ld, tile, step*ld
	}
	s.src = make([]float32, (s.steps-1)*s.stepStride+s.tileStride+15*s.ld+s.pairStride+tile)
	copy(s.src, anyNumbers(rng, len(s.src)))
	if rng.IntN(2) == 0 { // a narrow range, so that its limits are tested
		for i := range s.src {
			s.src[i] = float32(math.Ldexp(rng.Float64()-0.5, rng.IntN(9)))
		}
	}
	return s
}

// eachScheme runs f for each precision of the kernels and its scheme.
func eachScheme(t *testing.T, pk *splitKernels, f func(t *testing.T, p Precision, s *scheme)) {
	for p := pk.highest; p <= Medium; p++ {
		t.Run(p.String(), func(t *testing.T) { f(t, p, &schemes[p]) })
	}
}

// runSplit computes the problem as a split product.
func (p *problem[T]) runSplit(s *scheme, pk *splitKernels) {
	q := any(p).(*problem[float32])
	splitProduct(s, pk, 1, q.c[guard:len(q.c)-guard], 0, q.ldc, q.m, q.n, q.k, q.a, 0, q.ars, q.acs, q.b, 0, q.brs, q.bcs, q.e)
}

// anyNumbers returns random float32 numbers of every exponent, and special ones.
func anyNumbers(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(rng.Uint32())
	}
	for i, s := range []float32{0, float32(math.Copysign(0, -1)), 1, math.MaxFloat32, float32(math.Inf(1)),
		float32(math.NaN()), 0x1p-126, 0x1p-149} {
		if i < n {
			x[rng.IntN(n)] = s
		}
	}
	return x
}

// TestRoundBF16 checks that three components add up to the number and that each is small enough.
func TestRoundBF16(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for range rounds(1 << 20) {
		bits := rng.Uint32()
		x := math.Float32frombits(bits)
		e := bits >> 23 & 255
		if e < 24 || e > 253 { // not safe: the float32 kernels compute these
			continue
		}
		sum, rest := 0.0, x
		for q, most := range []float64{1, 0x1p-8, 0x1p-16} {
			var b uint32
			b, rest = roundBF16(rest)
			component := float64(math.Float32frombits(b))
			if math.Abs(component) > most*math.Abs(float64(x))*(1+0x1p-8) {
				t.Fatalf("component %d of %v is %v, want at most %v of it", q, x, component, most)
			}
			sum += component
		}
		if sum != float64(x) || rest != 0 {
			t.Fatalf("the components of %v add up to %v, remainder %v, want 0", x, sum, rest)
		}
	}
}

// TestFMA compares fma with the rounded exact sum, which here has at most 64 bits.
func TestFMA(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	for range rounds(1 << 20) {
		// Integers: x·y below 2^16, times 2^s; z below 2^24. Many sums are near the middle between two float32 numbers.
		x, y, s := rng.Int64N(256), rng.Int64N(256), rng.IntN(40)
		z := rng.Int64N(1<<24) - 1<<23
		exact := x*y<<s + z
		want, _ := new(big.Float).SetInt64(exact).Float32() // a conversion rounds twice on 386
		if got := fma(math.Ldexp(float64(x), s), float64(y), float32(z)); got != want {
			t.Fatalf("fma(%d·2^%d, %d, %d) = %v, want %v", x, s, y, z, got, want)
		}
	}
	for _, c := range [][4]float32{
		{0x1p-100, 0x1p-30, 0, 0}, {-0x1p-100, 0x1p-30, 0, float32(math.Copysign(0, -1))}, {0x1p-63, 0x1p-63, 0, 0x1p-126},
		{0x1p100, 0x1p100, 0, float32(math.Inf(1))}, {1, 0x1p-60, 1, 1}, {1, 0x1p-60, 1 + 0x1p-23, 1 + 0x1p-23},
		{0x1p-24, 1, 1, 1}, {0x1p-24, 1 + 0x1p-7, 1, 1 + 0x1p-23},
	} {
		if got := fma(float64(c[0]), float64(c[1]), c[2]); math.Float32bits(got) != math.Float32bits(c[3]) {
			t.Errorf("fma(%v, %v, %v) = %v, want %v", c[0], c[1], c[2], got, c[3])
		}
	}
}

// TestSplitShapes uses small integers, which have one component and whose sums are exact in any order.
func TestSplitShapes(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(35, 36))
		eachScheme(t, pk, func(t *testing.T, _ Precision, s *scheme) {
			for i := range rounds(32) {
				small := *s
				small.kc = 32 * (1 + rng.IntN(4))
				small.chunks = 1 + rng.IntN(3)
				pool.SetThreads(1 + i%4)
				p := newProblem[float32](rng, 1+rng.IntN(80), 1+rng.IntN(100), 1+rng.IntN(200),
					layouts[rng.IntN(len(layouts))], layouts[rng.IntN(len(layouts))])
				want := p.want()
				p.runSplit(&small, pk)
				for i, x := range p.c {
					if x != want[i] {
						t.Fatalf("%v kc=%d chunks=%d: c[%d] = %v, want %v", p, small.kc, small.chunks, i-guard, x, want[i])
					}
				}
			}
		})
	})
}

// TestSplitLargeShapes tests sizes beyond the blocks: several blocks of rows, columns and terms.
func TestSplitLargeShapes(t *testing.T) {
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(37, 38))
		shapes := [][3]int{{17, 34, 1100}, {270, 33, 40}, {20, 1060, 40}}
		for _, d := range shapes[:min(rounds(8), len(shapes))] {
			p := newProblem[float32](rng, d[0], d[1], d[2], layouts[rng.IntN(2)], layouts[rng.IntN(2)])
			want := p.want()
			p.runSplit(&schemes[max(High, pk.highest)], pk)
			for i, x := range p.c {
				if x != want[i] {
					t.Fatalf("%v: c[%d] = %v, want %v", p, i-guard, x, want[i])
				}
			}
		}
	})
}

// TestSplitTiles compares the bits of the kernels with those of plain Go, for numbers of all exponents and denormal
// numbers.
func TestSplitTiles(t *testing.T) {
	t.Run("amx", func(t *testing.T) { withAMX(t, testTiles(splitTilesGeneric)) })
	t.Run("avx512-bf16", func(t *testing.T) { withPairs(t, testTiles(pairTilesGeneric)) })
}

func testTiles(generic func(*splitTiles)) func(t *testing.T, pk *splitKernels) {
	return func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(41, 42))
		for i := range rounds(40) {
			steps := 1 + rng.IntN(3)
			p := splitTiles{ldc: 32 + rng.IntN(40), rows: 1 + rng.IntN(100), n: 1 + rng.IntN(32), stride: steps * stepWords, steps: steps,
				products: schemes[rng.IntN(3)].products, add: rng.IntN(2) == 0, relu: rng.IntN(2) == 0}
			p.panelStride = 3*p.stride + 16
			words := func(n int) []uint32 {
				w := make([]uint32, n)
				middle, width := 60+rng.IntN(120), 1+rng.IntN(60)
				for i := range w {
					for h := range 2 { // exponents middle ± width
						e := uint32(max(middle-width+rng.IntN(2*width), 0))
						w[i] |= (rng.Uint32()&0x8000 | e<<7 | rng.Uint32()&127) << (16 * h)
					}
				}
				return w
			}
			p.a, p.b = words(ceil(p.rows, 32)*p.panelStride), words(p.panelStride)
			if p.sums = aligned[float32](nil, 1024); rng.IntN(2) == 0 {
				p.bias = fill[float32](rng, p.n)
			}
			c := fill[float32](rng, p.rows*p.ldc)
			want, got := p, p
			want.c, got.c = append([]float32(nil), c...), c
			generic(&want)
			pk.tiles(&got)
			for j, x := range want.c {
				if math.Float32bits(x) != math.Float32bits(got.c[j]) && (x == x || got.c[j] == got.c[j]) {
					t.Fatalf("case %d: c[%d] = %v (%#x), want %v (%#x)", i, j, got.c[j], math.Float32bits(got.c[j]), x, math.Float32bits(x))
				}
			}
		}
	}
}

// largeProduct returns the sizes d. It fails the test if they are too small for several threads.
func largeProduct(t *testing.T, d [3]int) (m, n, k int) {
	t.Helper()
	if m, n, k = d[0], d[1], d[2]; operations(m, n, k) < minParallel {
		t.Fatalf("%v: too small for several threads", d)
	}
	return m, n, k
}

// TestSplitTilesMinusZero checks that a sum of −0, from a denormal negative number, is stored as −0 if nothing is
// added.
func TestSplitTilesMinusZero(t *testing.T) {
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		const m, n, k = 32, 32, 64
		a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		const last = step + tile - 1                                           // the term that AVX-512 BF16 adds last
		a[0], a[last], b[0], b[last*n] = 0x1p-63, -0x1.8p-63, 0x1p-63, 0x1p-63 // 2^-126 − 1.5·2^-126, in two steps
		splitProduct(&schemes[Medium], pk, 1, c, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{})
		if c[0] != 0 || !math.Signbit(float64(c[0])) {
			t.Errorf("%v, want -0", c[0])
		}
	})
}

// TestSplitThreadsGiveTheSameBits checks that the bits of a split product do not depend on the number of threads.
func TestSplitThreadsGiveTheSameBits(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(43, 44))
		eachScheme(t, pk, func(t *testing.T, _ Precision, s *scheme) {
			small := *s
			small.kc, small.chunks = 32, 2
			for _, d := range [][3]int{{287, 31, 120}, {31, 287, 120}} { // the threads divide the rows, or the columns
				m, n, k := largeProduct(t, d)
				a, b, bias, c0 := fill[float32](rng, m*k), fill[float32](rng, k*n), fill[float32](rng, n), fill[float32](rng, m*n)
				a[rng.IntN(len(a))], b[rng.IntN(len(b))] = 0x1p-140, math.MaxFloat32 // some tiles are not safe
				var first []float32
				for threads := 1; threads <= 8; threads++ {
					if (testing.Short() || raceEnabled) && threads%3 != 1 {
						continue
					}
					pool.SetThreads(threads)
					c := append([]float32(nil), c0...)
					splitProduct(&small, pk, 1, c, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1,
						Epilogue[float32]{Accumulate: true, Bias: bias, ReLU: true})
					if first == nil {
						first = c
					}
					for i := range c {
						if c[i] != first[i] {
							t.Fatalf("%v: element %d is %v with %d threads, want %v as with one", d, i, c[i], threads, first[i])
						}
					}
				}
			}
		})
	})
}

func TestSplitConcurrentCallers(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	pool.SetThreads(2)
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(59, uint64(g)))
				for range rounds(4) {
					m, n, k := largeProduct(t, [3]int{90 + rng.IntN(20), 90 + rng.IntN(20), 130})
					p := newProblem[float32](rng, m, n, k, layouts[rng.IntN(5)], layouts[rng.IntN(5)])
					want := p.want()
					p.runSplit(&schemes[Medium], pk)
					for i, x := range p.c {
						if x != want[i] {
							t.Errorf("%v: c[%d] = %v, want %v", p, i-guard, x, want[i])
							return
						}
					}
				}
			})
		}
		wg.Wait()
	})
}

// TestSplitBatch checks that a batch has the same bits as its products computed one by one: small ones in parallel,
// large ones each on all threads.
func TestSplitBatch(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	pool.SetThreads(3)
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(45, 46))
		for _, d := range []struct {
			count, m, n, k, as int
			p                  Precision
		}{{20, 40, 35, 50, 40*50 + 3, High}, {20, 40, 35, 50, 0, High}, {2, 170, 160, 160, 170 * 160, Medium}} {
			count, m, n, k, as := d.count, d.m, d.n, d.k, d.as
			s := &schemes[max(d.p, pk.highest)]
			a, b, c := fill[float32](rng, (count-1)*as+m*k), fill[float32](rng, count*k*n), fill[float32](rng, count*m*n)
			e := Epilogue[float32]{Accumulate: true, Bias: fill[float32](rng, n)}
			want := append([]float32(nil), c...)
			for i := range count {
				splitProduct(s, pk, 1, want[i*m*n:], 0, n, m, n, k, a[i*as:], 0, k, 1, b[i*k*n:], 0, n, 1, e)
			}
			splitProduct(s, pk, count, c, m*n, n, m, n, k, a, as, k, 1, b, k*n, n, 1, e)
			for i := range c {
				if c[i] != want[i] {
					t.Fatalf("%+v: element %d is %v, want %v", d, i, c[i], want[i])
				}
			}
		}
	})
}

func TestSplitAllocatesNothing(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(47, 48))
		m, n, k := largeProduct(t, [3]int{130, 70, 120})
		a, b, c := fill[float32](rng, m*k), fill[float32](rng, k*n), make([]float32, m*n)
		a[0] = float32(math.Inf(1))
		for _, threads := range []int{1, 2} {
			pool.SetThreads(threads)
			products := func() {
				splitProduct(&schemes[max(High, pk.highest)], pk, 1, c, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{})
				splitProduct(&schemes[Medium], pk, 1, c, 0, n, m, n, k, a, 0, 1, m, b, 0, 1, k, Epilogue[float32]{})
			}
			allocs := 1.0
			for i := 0; i < 3 && allocs != 0; i++ { // a second goroutine may start late and allocate its workspace
				allocs = testing.AllocsPerRun(2, products)
			}
			if allocs != 0 {
				t.Errorf("%d threads: %v allocations", threads, allocs)
			}
		}
	})
}

// TestSplitNaNAndInf checks that NaNs and infinities have the same effect as in float32 arithmetic: 0·NaN, 0·Inf and
// Inf − Inf are NaN.
func TestSplitNaNAndInf(t *testing.T) {
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(49, 50))
		eachScheme(t, pk, func(t *testing.T, _ Precision, s *scheme) {
			for i := range rounds(24) {
				p := newProblem[float32](rng, 1+rng.IntN(80), 1+rng.IntN(80), 1+rng.IntN(300), layouts[rng.IntN(5)], layouts[rng.IntN(5)])
				set := func(x []float32, at int) {
					x[at] = [...]float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}[rng.IntN(3)]
				}
				for range 1 + rng.IntN(3) {
					if i%2 == 0 {
						set(p.a, rng.IntN(p.m)*p.ars+rng.IntN(p.k)*p.acs)
					} else {
						set(p.b, rng.IntN(p.k)*p.brs+rng.IntN(p.n)*p.bcs)
					}
				}
				want := p.want()
				p.runSplit(s, pk)
				for i, x := range p.c {
					if x != want[i] && (x == x || want[i] == want[i]) {
						t.Fatalf("%v: c[%d] = %v, want %v", p, i-guard, x, want[i])
					}
				}
			}
		})
	})
}

// usedJob computes a product that packs A and B, so that the next product reuses its job.
func usedJob() {
	const m, n, k = 512, 1024, 8
	product(kernels32(), make([]float32, m*n), n, m, n, k, make([]float32, m*k), k, 1, make([]float32, n*k), 1, k, Epilogue[float32]{})
}

// TestUnsafeTiles checks that the float32 kernels compute tiles that are not safe: the bits are the same if one chunk
// has all terms.
func TestUnsafeTiles(t *testing.T) {
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(51, 52))
		const m, n, k = 33, 70, 100
		all := []Precision{Highest, High, Medium}
		small := func() float64 { return 0x1p-41 * (1 + rng.Float64()) }
		for _, c := range []struct {
			name       string
			a, b       func() float64
			precisions []Precision
		}{
			{"denormal", func() float64 { return 0x1p-128 * rng.NormFloat64() }, rng.NormFloat64, all[:1]},
			{"components are denormal", func() float64 { return 0x1p-104 * (1 + rng.Float64()) },
				func() float64 { return 0x1p50 }, all[:1]},
			{"products of components are denormal", small, small, all[:1]},
			{"rounds to infinity", func() float64 { return math.MaxFloat32 }, func() float64 { return 0x1p-60 }, all},
			{"sums overflow", func() float64 { return 0x1p60 * (1 + rng.Float64()) },
				func() float64 { return 0x1p60 * (1 + rng.Float64()) }, all},
			{"products overflow", func() float64 { return 0x1p70 * rng.NormFloat64() },
				func() float64 { return 0x1p70 * rng.NormFloat64() }, all},
		} {
			a, b := make([]float32, m*k), make([]float32, k*n)
			for i := range a {
				a[i] = float32(c.a())
			}
			for i := range b {
				b[i] = float32(c.b())
			}
			want, got := make([]float32, m*n), make([]float32, m*n)
			Float32(want, n, m, n, k, a, k, 1, b, n, 1, Epilogue[float32]{})
			for _, p := range c.precisions {
				if p < pk.highest {
					continue
				}
				usedJob()
				splitProduct(&schemes[p], pk, 1, got, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{})
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("%s, %v: element %d is %v, want %v", c.name, p, i, got[i], want[i])
					}
				}
			}
		}
	})
}

// TestSplitIsSafe tests the limits of splitIsSafe: at them components are exact and nothing overflows.
func TestSplitIsSafe(t *testing.T) {
	of := func(low, high float32) absRange {
		return absRange{max: math.Float32bits(high), min: math.Float32bits(low) - 1}
	}
	one := of(1, 1)
	for _, c := range []struct {
		a, b   absRange
		k      int
		exact  bool
		want   bool
		reason string
	}{
		{one, one, 512, true, true, ""},
		{of(1, 0x1p126), of(0x1p-12, 0x1p-12), 128, true, true, "large × small"},
		{of(1, 0x1p127), one, 1, false, false, "rounding may give infinity"},
		{of(1, float32(math.Inf(1))), one, 1, false, false, "infinity"},
		{of(1, float32(math.NaN())), absRange{0, math.MaxUint32}, 1, false, false, "NaN × 0"},
		{absRange{0, math.MaxUint32}, absRange{0, math.MaxUint32}, 1, true, true, "zeros"},
		{of(0x1p60, 0x1p60), of(0x1p55, 0x1p55), 128, true, true, "2^(115+2+7) is the limit"},
		{of(0x1p60, 0x1p60), of(0x1p55, 0x1p55), 129, true, false, "beyond the limit"},
		{of(0x1p-40, 1), of(0x1p-40, 1), 128, true, true, "2^(-80-46) is the limit"},
		{of(0x1p-41, 1), of(0x1p-40, 1), 128, true, false, "beyond the limit"},
		{of(0x1p-41, 1), of(0x1p-40, 1), 128, false, true, "which High and Medium ignore"},
		{of(0x1p-103, 1), of(0x1p23, 0x1p23), 128, true, true, "2^(-103-23) is the limit"},
		{of(0x1p-104, 1), of(0x1p24, 0x1p24), 128, true, false, "beyond the limit"},
		{of(0x1p-149, 1), one, 128, true, false, "denormal"},
	} {
		if splitIsSafe(c.a, c.b, c.k, c.exact) != c.want || splitIsSafe(c.b, c.a, c.k, c.exact) != c.want {
			t.Errorf("splitIsSafe(%#x, %#x, %d, %v) is %v, want %v: %s", c.a, c.b, c.k, c.exact, !c.want, c.want, c.reason)
		}
	}
}

// TestPrecisionOfFloat32 checks that Float32 passes Precision to the kernels, and that Precision changes nothing
// on processors without a unit for bfloat16 or below the minimum size.
func TestPrecisionOfFloat32(t *testing.T) {
	defer SplitHighest(true)()
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(53, 54))
		for _, size := range []int{31, 63, 127, 128} {
			a, b, c := fill[float32](rng, size*size), fill[float32](rng, size*size), make([]float32, size*size)
			float, model := make([]float32, size*size), make([]float32, size*size)
			product(kernels32(), float, size, size, size, size, a, size, 1, b, size, 1, Epilogue[float32]{})
			for p := Highest; p <= Medium; p++ {
				want := float
				unit := genericSplit
				if cpu.Chosen() != cpu.AMX {
					unit = genericPairs
				}
				if currentSplitKernels() != nil && p >= unit.highest && size >= schemes[p].minSize {
					splitProduct(&schemes[p], unit, 1, model, 0, size, size, size, size, a, 0, size, 1, b, 0, size, 1, Epilogue[float32]{})
					want = model
				}
				Float32(c, size, size, size, size, a, size, 1, b, size, 1, Epilogue[float32]{Precision: p})
				for i := range c {
					if c[i] != want[i] {
						t.Fatalf("%v, %v: element %d is %v, want %v", size, p, i, c[i], want[i])
					}
				}
			}
		}
	})
}

func TestSplitHighest(t *testing.T) {
	for _, on := range []bool{true, false} {
		restore := SplitHighest(on)
		if s, _ := schemeFor(Highest, 1000, 1000, 1000); (s != nil) != on {
			t.Errorf("SplitHighest(%v): scheme %v", on, s)
		}
		restore()
	}
	defer SplitMinSize(3)()
	if s, _ := schemeFor(Medium, 3, 3, 3); s == nil {
		t.Error("SplitMinSize(3) excludes 3×3×3")
	}
	for _, d := range [][3]int{{2, 3, 3}, {3, 2, 3}, {3, 3, 2}} {
		if s, _ := schemeFor(Medium, d[0], d[1], d[2]); s != nil {
			t.Errorf("SplitMinSize(3) includes %v", d)
		}
	}
}

func TestEnvHighest(t *testing.T) {
	if parseSplitHighest("") != defaultSplitHighest || parseSplitHighest("0") || !parseSplitHighest("1") {
		t.Error("parseSplitHighest returns a wrong value for \"\", 0 or 1")
	}
	defer func() {
		if recover() == nil {
			t.Error("LAMINA_AMX_HIGHEST=on does not panic")
		}
	}()
	parseSplitHighest("on")
}

func ExamplePrecision() {
	fmt.Println(Highest, High, Medium)
	// Output: highest high medium
}
