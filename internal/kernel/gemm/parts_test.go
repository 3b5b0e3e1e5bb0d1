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

const noAMX = "no AMX on this processor: run with go test -tags amxemu -exec <internal/amxemu's binary>"

// eachParts runs f for the kernels in plain Go and for those that use AMX.
func eachParts(t *testing.T, f func(t *testing.T, pk *partKernels)) {
	t.Run("generic", func(t *testing.T) { f(t, genericParts) })
	t.Run("amx", func(t *testing.T) { withAMX(t, f) })
}

func withAMX(t *testing.T, f func(t *testing.T, pk *partKernels)) {
	if levels := cpu.Levels(); levels[len(levels)-1] != cpu.AMX {
		t.Skip(noAMX)
	}
	defer cpu.Force(cpu.AMX)()
	f(t, partKernelsNow())
}

// TestSplit compares the assembly, which needs no AMX, with the plain Go: the bits of the panel and the range.
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
		if got.most != want.most || got.least != want.least {
			t.Fatalf("case %d: range %#x %#x, want %#x %#x", i, got.most, got.least, want.most, want.least)
		}
		for j := range want.dst {
			if got.dst[j] != want.dst[j] {
				t.Fatalf("case %d, %d parts: word %d is %#x, want %#x", i, s.parts, j, got.dst[j], want.dst[j])
			}
		}
	}
}

// splitCase returns a random split, with guard words behind each part.
func splitCase(rng *rand.Rand) split {
	s := split{parts: 1 + rng.IntN(3), steps: 1 + rng.IntN(4), most: 0, least: 1<<32 - 1}
	s.part = s.steps*stepWords + 64*rng.IntN(2)
	s.dst = make([]uint32, s.parts*s.part+64)
	if ld := s.steps*step + rng.IntN(40); rng.IntN(2) == 0 {
		s.ld, s.pair, s.other, s.next = ld, tile, tile*ld, step
	} else {
		ld = panelWidth + rng.IntN(40)
		s.ld, s.pair, s.other, s.next = ld, tile*ld, tile, step*ld
	}
	s.src = make([]float32, (s.steps-1)*s.next+s.other+15*s.ld+s.pair+tile)
	copy(s.src, anyNumbers(rng, len(s.src)))
	if rng.IntN(2) == 0 { // a narrow range, so that its ends are seen
		for i := range s.src {
			s.src[i] = float32(math.Ldexp(rng.Float64()-0.5, rng.IntN(9)))
		}
	}
	return s
}

func eachScheme(t *testing.T, f func(t *testing.T, p Precision, s *scheme)) {
	for p := Highest; p <= Medium; p++ {
		t.Run(p.String(), func(t *testing.T) { f(t, p, &schemes[p]) })
	}
}

func (p *problem[T]) runParts(s *scheme, pk *partKernels) {
	q := any(p).(*problem[float32])
	inParts(s, pk, 1, q.c[guard:len(q.c)-guard], 0, q.ldc, q.m, q.n, q.k, q.a, 0, q.ars, q.acs, q.b, 0, q.brs, q.bcs, q.e)
}

// anyNumbers gives float32s of every exponent, and special ones.
func anyNumbers(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(rng.Uint32())
	}
	for i, s := range []float32{0, float32(math.Copysign(0, -1)), 1, math.MaxFloat32, float32(math.Inf(1)), float32(math.NaN()), 0x1p-126, 0x1p-149} {
		if i < n {
			x[rng.IntN(n)] = s
		}
	}
	return x
}

func TestUpper(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	for range rounds(1 << 20) {
		bits := rng.Uint32()
		x := math.Float32frombits(bits)
		e := bits >> 23 & 255
		if e < 24 || e > 253 { // what safe sends to the float32 kernels
			continue
		}
		sum, rest := 0.0, x
		for q, most := range []float64{1, 0x1p-8, 0x1p-16} {
			var b uint32
			b, rest = upper(rest)
			part := float64(math.Float32frombits(b))
			if math.Abs(part) > most*math.Abs(float64(x))*(1+0x1p-8) {
				t.Fatalf("part %d of %v is %v", q, x, part)
			}
			sum += part
		}
		if sum != float64(x) || rest != 0 {
			t.Fatalf("the parts of %v make %v, rest %v", x, sum, rest)
		}
	}
}

// The sum in float64 of an FMA and its rounding agree with the rounding of the exact sum, which here needs no more than 64 bits.
func TestFMA(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	for range rounds(1 << 20) {
		// Whole numbers: x·y below 2^16, times 2^s; z below 2^24. Near halves between two float32 are frequent.
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
		{0x1p100, 0x1p100, 0, float32(math.Inf(1))}, {1, 0x1p-60, 1, 1}, {1, 0x1p-60, 1 + 0x1p-23, 1 + 0x1p-23}, {0x1p-24, 1, 1, 1}, {0x1p-24, 1 + 0x1p-7, 1, 1 + 0x1p-23},
	} {
		if got := fma(float64(c[0]), float64(c[1]), c[2]); math.Float32bits(got) != math.Float32bits(c[3]) {
			t.Errorf("fma(%v, %v, %v) = %v, want %v", c[0], c[1], c[2], got, c[3])
		}
	}
}

// Small whole numbers have one part, and sums that are exact in any order.
func TestPartsShapes(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachParts(t, func(t *testing.T, pk *partKernels) {
		rng := rand.New(rand.NewPCG(35, 36))
		eachScheme(t, func(t *testing.T, _ Precision, s *scheme) {
			for i := range rounds(32) {
				small := *s
				small.kc = 32 * (1 + rng.IntN(4))
				small.chunks = 1 + rng.IntN(3)
				pool.SetThreads(1 + i%4)
				p := newProblem[float32](rng, 1+rng.IntN(80), 1+rng.IntN(100), 1+rng.IntN(200), layouts[rng.IntN(len(layouts))], layouts[rng.IntN(len(layouts))])
				want := p.want()
				p.runParts(&small, pk)
				for i, x := range p.c {
					if x != want[i] {
						t.Fatalf("%v kc=%d chunks=%d: c[%d] = %v, want %v", p, small.kc, small.chunks, i-guard, x, want[i])
					}
				}
			}
		})
	})
}

// Beyond the blocks: several blocks of rows, columns and terms.
func TestPartsLargeShapes(t *testing.T) {
	eachParts(t, func(t *testing.T, pk *partKernels) {
		rng := rand.New(rand.NewPCG(37, 38))
		shapes := [][3]int{{17, 34, 1100}, {270, 33, 40}, {20, 1060, 40}}
		for _, d := range shapes[:min(rounds(8), len(shapes))] {
			p := newProblem[float32](rng, d[0], d[1], d[2], layouts[rng.IntN(2)], layouts[rng.IntN(2)])
			want := p.want()
			p.runParts(&schemes[High], pk)
			for i, x := range p.c {
				if x != want[i] {
					t.Fatalf("%v: c[%d] = %v, want %v", p, i-guard, x, want[i])
				}
			}
		}
	})
}

// TestPartTiles compares the unit's bits with those of the plain Go: numbers of all exponents, denormal ones too.
func TestPartTiles(t *testing.T) {
	withAMX(t, func(t *testing.T, pk *partKernels) {
		rng := rand.New(rand.NewPCG(41, 42))
		for i := range rounds(40) {
			steps := 1 + rng.IntN(3)
			p := partTiles{ldc: 32 + rng.IntN(40), rows: 1 + rng.IntN(100), n: 1 + rng.IntN(32), part: steps * stepWords, steps: steps,
				products: schemes[rng.IntN(3)].products, add: rng.IntN(2) == 0, relu: rng.IntN(2) == 0}
			p.panel = 3*p.part + 16
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
			p.a, p.b = words(ceil(p.rows, 32)*p.panel), words(p.panel)
			if p.sums = aligned[float32](nil, 1024); rng.IntN(2) == 0 {
				p.bias = fill[float32](rng, p.n)
			}
			c := fill[float32](rng, p.rows*p.ldc)
			want, got := p, p
			want.c, got.c = append([]float32(nil), c...), c
			partTilesGeneric(&want)
			pk.tiles(&got)
			for j, x := range want.c {
				if math.Float32bits(x) != math.Float32bits(got.c[j]) && (x == x || got.c[j] == got.c[j]) {
					t.Fatalf("case %d: c[%d] = %v (%#x), want %v (%#x)", i, j, got.c[j], math.Float32bits(got.c[j]), x, math.Float32bits(x))
				}
			}
		}
	})
}

// spread returns the sizes of a product that is large enough for several threads.
func spread(t *testing.T, d [3]int) (m, n, k int) {
	t.Helper()
	if m, n, k = d[0], d[1], d[2]; operations(m, n, k) < minParallel {
		t.Fatalf("%v: too small for several threads", d)
	}
	return m, n, k
}

// A sum may be −0: where a negative one is denormal. With nothing to be added it stays that.
func TestPartTilesMinusZero(t *testing.T) {
	eachParts(t, func(t *testing.T, pk *partKernels) {
		const m, n, k = 32, 32, 64
		a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		a[0], a[step], b[0], b[step*n] = 0x1p-63, -0x1.8p-63, 0x1p-63, 0x1p-63 // 2^-126 − 1.5·2^-126, in two steps
		inParts(&schemes[Medium], pk, 1, c, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{})
		if c[0] != 0 || !math.Signbit(float64(c[0])) {
			t.Errorf("%v, want -0", c[0])
		}
	})
}

func TestPartsThreadsGiveTheSameBits(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachParts(t, func(t *testing.T, pk *partKernels) {
		rng := rand.New(rand.NewPCG(43, 44))
		eachScheme(t, func(t *testing.T, _ Precision, s *scheme) {
			small := *s
			small.kc, small.chunks = 32, 2
			for _, d := range [][3]int{{287, 31, 120}, {31, 287, 120}} { // threads share the rows, the columns
				m, n, k := spread(t, d)
				a, b, bias, c0 := fill[float32](rng, m*k), fill[float32](rng, k*n), fill[float32](rng, n), fill[float32](rng, m*n)
				a[rng.IntN(len(a))], b[rng.IntN(len(b))] = 0x1p-140, math.MaxFloat32 // some tiles are not safe
				var first []float32
				for threads := 1; threads <= 8; threads++ {
					if (testing.Short() || raceEnabled) && threads%3 != 1 {
						continue
					}
					pool.SetThreads(threads)
					c := append([]float32(nil), c0...)
					inParts(&small, pk, 1, c, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{Accumulate: true, Bias: bias, ReLU: true})
					if first == nil {
						first = c
					}
					for i := range c {
						if c[i] != first[i] {
							t.Fatalf("%v: element %d is %v with %d threads, %v with one", d, i, c[i], threads, first[i])
						}
					}
				}
			}
		})
	})
}

func TestPartsConcurrentCallers(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	pool.SetThreads(2)
	eachParts(t, func(t *testing.T, pk *partKernels) {
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(59, uint64(g)))
				for range rounds(4) {
					m, n, k := spread(t, [3]int{90 + rng.IntN(20), 90 + rng.IntN(20), 130})
					p := newProblem[float32](rng, m, n, k, layouts[rng.IntN(5)], layouts[rng.IntN(5)])
					want := p.want()
					p.runParts(&schemes[Medium], pk)
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

// A batch gives the bits of its products one by one: small ones side by side, large ones each on all threads.
func TestPartsBatch(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	pool.SetThreads(3)
	eachParts(t, func(t *testing.T, pk *partKernels) {
		rng := rand.New(rand.NewPCG(45, 46))
		for _, d := range []struct {
			count, m, n, k, as int
			p                  Precision
		}{{20, 40, 35, 50, 40*50 + 3, High}, {20, 40, 35, 50, 0, High}, {2, 170, 160, 160, 170 * 160, Medium}} {
			count, m, n, k, as := d.count, d.m, d.n, d.k, d.as
			s := &schemes[d.p]
			a, b, c := fill[float32](rng, (count-1)*as+m*k), fill[float32](rng, count*k*n), fill[float32](rng, count*m*n)
			e := Epilogue[float32]{Accumulate: true, Bias: fill[float32](rng, n)}
			want := append([]float32(nil), c...)
			for i := range count {
				inParts(s, pk, 1, want[i*m*n:], 0, n, m, n, k, a[i*as:], 0, k, 1, b[i*k*n:], 0, n, 1, e)
			}
			inParts(s, pk, count, c, m*n, n, m, n, k, a, as, k, 1, b, k*n, n, 1, e)
			for i := range c {
				if c[i] != want[i] {
					t.Fatalf("%+v: element %d is %v, want %v", d, i, c[i], want[i])
				}
			}
		}
	})
}

func TestPartsAllocateNothing(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachParts(t, func(t *testing.T, pk *partKernels) {
		rng := rand.New(rand.NewPCG(47, 48))
		m, n, k := spread(t, [3]int{130, 70, 120})
		a, b, c := fill[float32](rng, m*k), fill[float32](rng, k*n), make([]float32, m*n)
		a[0] = float32(math.Inf(1))
		for _, threads := range []int{1, 2} {
			pool.SetThreads(threads)
			products := func() {
				inParts(&schemes[High], pk, 1, c, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{})
				inParts(&schemes[Medium], pk, 1, c, 0, n, m, n, k, a, 0, 1, m, b, 0, 1, k, Epilogue[float32]{})
			}
			allocs := 1.0
			for i := 0; i < 3 && allocs != 0; i++ { // a second goroutine may join late, and its workspace stays
				allocs = testing.AllocsPerRun(2, products)
			}
			if allocs != 0 {
				t.Errorf("%d threads: %v allocations", threads, allocs)
			}
		}
	})
}

// One NaN or infinity reaches the elements that it must, also through a zero, and no others; a sum of opposite infinities is NaN.
func TestPartsNaNAndInf(t *testing.T) {
	eachParts(t, func(t *testing.T, pk *partKernels) {
		rng := rand.New(rand.NewPCG(49, 50))
		eachScheme(t, func(t *testing.T, _ Precision, s *scheme) {
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
				p.runParts(s, pk)
				for i, x := range p.c {
					if x != want[i] && (x == x || want[i] == want[i]) {
						t.Fatalf("%v: c[%d] = %v, want %v", p, i-guard, x, want[i])
					}
				}
			}
		})
	})
}

// usedJob leaves a job that has packed A and B for the next product.
func usedJob() {
	const m, n, k = 512, 1024, 8
	product(kernels32(), make([]float32, m*n), n, m, n, k, make([]float32, m*k), k, 1, make([]float32, n*k), 1, k, Epilogue[float32]{})
}

// What parts cannot compute, the float32 kernels do: the same bits, where one chunk holds all terms.
func TestUnsafeTiles(t *testing.T) {
	eachParts(t, func(t *testing.T, pk *partKernels) {
		rng := rand.New(rand.NewPCG(51, 52))
		const m, n, k = 33, 70, 100
		all := []Precision{Highest, High, Medium}
		for _, c := range []struct {
			name       string
			a, b       func() float64
			precisions []Precision
		}{
			{"denormal", func() float64 { return 0x1p-128 * rng.NormFloat64() }, rng.NormFloat64, all[:1]},
			{"parts are denormal", func() float64 { return 0x1p-104 * (1 + rng.Float64()) }, func() float64 { return 0x1p50 }, all[:1]},
			{"products of parts are denormal", func() float64 { return 0x1p-41 * (1 + rng.Float64()) }, func() float64 { return 0x1p-41 * (1 + rng.Float64()) }, all[:1]},
			{"rounds to infinity", func() float64 { return math.MaxFloat32 }, func() float64 { return 0x1p-60 }, all},
			{"sums overflow", func() float64 { return 0x1p60 * (1 + rng.Float64()) }, func() float64 { return 0x1p60 * (1 + rng.Float64()) }, all},
			{"products overflow", func() float64 { return 0x1p70 * rng.NormFloat64() }, func() float64 { return 0x1p70 * rng.NormFloat64() }, all},
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
				usedJob()
				inParts(&schemes[p], pk, 1, got, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{})
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("%s, %v: element %d is %v, want %v", c.name, p, i, got[i], want[i])
					}
				}
			}
		}
	})
}

// The limits of safe: at them parts are exact, and nothing overflows.
func TestSafe(t *testing.T) {
	of := func(least, most float32) span {
		return span{most: math.Float32bits(most), least: math.Float32bits(least) - 1}
	}
	one := of(1, 1)
	for _, c := range []struct {
		a, b     span
		k        int
		exact    bool
		want     bool
		whatElse string
	}{
		{one, one, 512, true, true, ""},
		{of(1, 0x1p126), of(0x1p-12, 0x1p-12), 128, true, true, "large × small"},
		{of(1, 0x1p127), one, 1, false, false, "rounding may give infinity"},
		{of(1, float32(math.Inf(1))), one, 1, false, false, "infinity"},
		{of(1, float32(math.NaN())), span{0, math.MaxUint32}, 1, false, false, "NaN × 0"},
		{span{0, math.MaxUint32}, span{0, math.MaxUint32}, 1, true, true, "zeros"},
		{of(0x1p60, 0x1p60), of(0x1p55, 0x1p55), 128, true, true, "2^(115+2+7) is the limit"},
		{of(0x1p60, 0x1p60), of(0x1p55, 0x1p55), 129, true, false, "beyond it"},
		{of(0x1p-40, 1), of(0x1p-40, 1), 128, true, true, "2^(-80-46) is the limit"},
		{of(0x1p-41, 1), of(0x1p-40, 1), 128, true, false, "beyond it"},
		{of(0x1p-41, 1), of(0x1p-40, 1), 128, false, true, "which High and Medium ignore"},
		{of(0x1p-103, 1), of(0x1p23, 0x1p23), 128, true, true, "2^(-103-23) is the limit"},
		{of(0x1p-104, 1), of(0x1p24, 0x1p24), 128, true, false, "beyond it"},
		{of(0x1p-149, 1), one, 128, true, false, "denormal"},
	} {
		if safe(c.a, c.b, c.k, c.exact) != c.want || safe(c.b, c.a, c.k, c.exact) != c.want {
			t.Errorf("safe(%#x, %#x, %d, %v) is not %v: %s", c.a, c.b, c.k, c.exact, c.want, c.whatElse)
		}
	}
}

// Precision reaches the kernels through Float32, and on processors without AMX, or below the least size, changes nothing.
func TestPrecisionOfFloat32(t *testing.T) {
	defer HighestInParts(true)()
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(53, 54))
		for _, size := range []int{31, 63, 127, 128} {
			a, b, c := fill[float32](rng, size*size), fill[float32](rng, size*size), make([]float32, size*size)
			float, model := make([]float32, size*size), make([]float32, size*size)
			product(kernels32(), float, size, size, size, size, a, size, 1, b, size, 1, Epilogue[float32]{})
			for p := Highest; p <= Medium; p++ {
				want := float
				if cpu.Chosen() == cpu.AMX && size >= schemes[p].least {
					inParts(&schemes[p], genericParts, 1, model, 0, size, size, size, size, a, 0, size, 1, b, 0, size, 1, Epilogue[float32]{})
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

func TestHighestIsASwitch(t *testing.T) {
	for _, on := range []bool{true, false} {
		restore := HighestInParts(on)
		if s, _ := schemeFor(Highest, 1000, 1000, 1000); (s != nil) != on {
			t.Errorf("HighestInParts(%v): scheme %v", on, s)
		}
		restore()
	}
	defer PartsFrom(3)()
	if s, _ := schemeFor(Medium, 3, 3, 3); s == nil {
		t.Error("PartsFrom(3) leaves out 3×3×3")
	}
	for _, d := range [][3]int{{2, 3, 3}, {3, 2, 3}, {3, 3, 2}} {
		if s, _ := schemeFor(Medium, d[0], d[1], d[2]); s != nil {
			t.Errorf("PartsFrom(3) lets %v through", d)
		}
	}
}

func TestEnvHighest(t *testing.T) {
	if wantsParts("") != highestInParts || wantsParts("0") || !wantsParts("1") {
		t.Error("empty, 0 or 1 is not what it says")
	}
	defer func() {
		if recover() == nil {
			t.Error("LAMINA_AMX_HIGHEST=on passes in silence")
		}
	}()
	wantsParts("on")
}

func ExamplePrecision() {
	fmt.Println(Highest, High, Medium)
	// Output: highest high medium
}
