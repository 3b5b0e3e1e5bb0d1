package quant

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

var names = [numFormats]string{"Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q6_K"}

// eachLevel runs a test with every instruction set, for each format.
func eachLevel(t *testing.T, test func(t *testing.T, f Format)) {
	for _, level := range cpu.Levels() {
		for f := range numFormats {
			t.Run(fmt.Sprint(level, "/", names[f]), func(t *testing.T) {
				defer cpu.Force(level)()
				test(t, f)
			})
		}
	}
}

// randomBlocks returns rows of random blocks whose scales are random float16 numbers.
func randomBlocks(rng *rand.Rand, f Format, rows, k int) []byte {
	b := make([]byte, rows*f.RowBytes(k))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	put := func(b []byte) {
		bits := vec.F16Bits(float32(rng.NormFloat64() / 100))
		b[0], b[1] = byte(bits), byte(bits>>8)
	}
	size := formats[f].bytes
	for i := 0; i < len(b); i += size {
		switch f {
		case Q8_0, Q4_0:
			put(b[i:])
		case Q4_1, Q4_K:
			put(b[i:])
			put(b[i+2:])
		case Q6_K:
			put(b[i+208:])
		}
	}
	return b
}

func randomFloats(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// reference computes one product in float64, and the sum of the absolute values of its terms.
func reference(f Format, w []byte, x []float32) (sum, size float64) {
	n, bytes := formats[f].weights, formats[f].bytes
	buf := make([]float32, n)
	for ; len(x) > 0; x, w = x[n:], w[bytes:] {
		formats[f].dequantize(buf, w[:bytes])
		for i, v := range buf {
			sum += float64(v) * float64(x[i])
			size += math.Abs(float64(v) * float64(x[i]))
		}
	}
	return sum, size
}

// lengths are numbers of weights in a row: whole and partial groups of blocks.
func lengths(f Format) []int {
	if formats[f].weights == 256 {
		return []int{256, 512, 768}
	}
	return []int{32, 64, 96, 128, 160, 224, 256, 288, 576, 1536}
}

// TestLinear compares products with sums in float64. The error is relative to the sum of the terms' absolute values:
// rounding of a sum of up to 1536 float32, and of each weight.
func TestLinear(t *testing.T) {
	eachLevel(t, func(t *testing.T, f Format) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, k := range lengths(f) {
			for _, m := range []int{1, 2, 3, fewVectors, fewVectors + 1, 9} {
				for _, n := range []int{1, 2, 7, 33, 200} {
					w, x := randomBlocks(rng, f, n, k), randomFloats(rng, m*k)
					var bias []float32
					if n%2 == 1 {
						bias = randomFloats(rng, n)
					}
					y := make([]float32, m*n+1)
					y[m*n] = 77
					Linear(f, y[:m*n], m, n, k, x, w, bias, false)
					for i := range m * n {
						want, size := reference(f, w[i%n*f.RowBytes(k):][:f.RowBytes(k)], x[i/n*k:][:k])
						if bias != nil {
							want += float64(bias[i%n])
							size += math.Abs(float64(bias[i%n]))
						}
						if d := math.Abs(float64(y[i]) - want); !(d <= 1e-6*size) {
							t.Fatalf("m=%d n=%d k=%d: element %d is %v, want %v ± %v", m, n, k, i, y[i], want, 1e-6*size)
						}
					}
					if y[m*n] != 77 {
						t.Fatalf("m=%d n=%d k=%d: a write behind the result", m, n, k)
					}
				}
			}
		}
	})
}

// dotRowBF16 is dotRow with x and the weights rounded to bfloat16.
func dotRowBF16(f Format, w []byte, x []float32) float64 {
	weights := make([]float32, len(x))
	Dequantize(f, weights, w)
	round := func(v float32) float64 {
		return float64(math.Float32frombits((math.Float32bits(v) + 0x8000) &^ 0xffff))
	}
	sum := 0.0
	for i, v := range x {
		sum += round(v) * round(weights[i])
	}
	return sum
}

// TestRounded compares products of rounded inputs with their definitions, and with the exact products: of inputs rounded
// to 8 bits, and for many vectors of inputs and weights rounded to bfloat16.
func TestRounded(t *testing.T) {
	eachLevel(t, func(t *testing.T, f Format) {
		rng := rand.New(rand.NewPCG(3, 4))
		const n = 40
		bytes := 0 // vectors
		if kn := kernelFor(f, true); kn != nil && kn.runSeveral != nil {
			bytes = fewRounded
		}
		bfloat16 := gemm.HasFaster(gemm.Medium)
		if bfloat16 {
			bytes = min(bytes, fewBFloat16)
		}
		var squares, norm float64 // of the differences from exact products, and of these
		for _, k := range lengths(f) {
			for _, m := range []int{1, 2, several, 2*several + 3, fewBFloat16 + 1, fewRounded + 1} {
				w, x := randomBlocks(rng, f, n, k), randomFloats(rng, m*k)
				clear(x[(m-1)*k:][:32]) // a group of zeros
				bias := randomFloats(rng, n)
				y := make([]float32, m*n)
				Linear(f, y, m, n, k, x, w, bias, true)
				for i := range y {
					row, xi := w[i%n*f.RowBytes(k):][:f.RowBytes(k)], x[i/n*k:][:k]
					exact, size := reference(f, row, xi)
					want := exact
					switch {
					case m <= bytes:
						want = float64(dotRowBytes(f, row, xi))
					case bfloat16 && m >= fewBFloat16:
						want = dotRowBF16(f, row, xi)
					}
					got, limit := float64(y[i]), 1e-6*(size+math.Abs(float64(bias[i%n])))
					if d := math.Abs(got - want - float64(bias[i%n])); !(d <= limit) {
						t.Fatalf("m=%d k=%d: element %d is %v, want %v ± %v", m, k, i, got, want+float64(bias[i%n]), limit)
					}
					// An input differs by at most half of its scale, the largest of 32 normal numbers / 127.
					d := math.Abs(got - exact - float64(bias[i%n]))
					if !(d <= 0.01*size+limit) {
						t.Fatalf("m=%d k=%d: element %d is %v, far from %v", m, k, i, got, exact+float64(bias[i%n]))
					}
					squares, norm = squares+d*d, norm+exact*exact
				}
			}
		}
		t.Logf("relative error against float64: %.1e", math.Sqrt(squares/norm))
	})
}

// TestRoundInputs compares the assembly with the plain loop, bit for bit: random inputs, zeros, denormal ones, and one
// that is not finite.
func TestRoundInputs(t *testing.T) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			rng := rand.New(rand.NewPCG(17, 18))
			for i := range 2000 {
				x := randomFloats(rng, 32*(1+rng.IntN(8)))
				for j := range x {
					x[j] *= float32(math.Ldexp(1, rng.IntN(60)-30))
				}
				switch special := []float64{math.NaN(), math.Inf(1), math.Inf(-1)}; i % 8 {
				case 0:
					clear(x[:32])
				case 1:
					for j := range x {
						x[j] = math.Float32frombits(uint32(rng.IntN(400)))
					}
				case 2:
					x[rng.IntN(len(x))] = float32(special[rng.IntN(3)])
				}
				got, want := make([]roundedBlock, len(x)/32), make([]roundedBlock, len(x)/32)
				roundInputs(got, x)
				roundInputsPlain(want, x)
				for j := range want {
					g, w := got[j], want[j]
					if math.IsNaN(float64(w.scale)) && math.IsNaN(float64(g.scale)) {
						g.scale, w.scale = 0, 0
					}
					if g != w {
						t.Fatalf("inputs %v:\n%v, want\n%v", x[32*j:][:32], got[j], want[j])
					}
				}
			}
		})
	}
}

// TestNotFinite checks that a NaN or an infinity among the inputs or scales is not lost.
func TestNotFinite(t *testing.T) {
	eachLevel(t, func(t *testing.T, f Format) {
		rng := rand.New(rand.NewPCG(5, 6))
		const k, n = 768, 5
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, rounded := range []bool{false, true} {
				for at := 0; at < k; at += 31 {
					w, x := randomBlocks(rng, f, n, k), randomFloats(rng, k)
					x[at] = float32(v)
					y := make([]float32, n)
					Linear(f, y, 1, n, k, x, w, nil, rounded)
					for i, got := range y {
						if !math.IsNaN(float64(got)) && !math.IsInf(float64(got), 0) {
							t.Fatalf("input %d is %v: result %d is %v", at, v, i, got)
						}
					}
				}
			}
		}
	})
}

// TestDequantize compares each instruction set with the plain loop, bit for bit.
func TestDequantize(t *testing.T) {
	eachLevel(t, func(t *testing.T, f Format) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, k := range lengths(f) {
			blocks := randomBlocks(rng, f, 3, k)
			got := make([]float32, 3*k+1)
			got[3*k] = 77
			Dequantize(f, got[:3*k], blocks)
			want := make([]float32, formats[f].weights)
			for i := range got[:3*k] {
				if j := i % len(want); j == 0 {
					formats[f].dequantize(want, blocks[i/len(want)*formats[f].bytes:][:formats[f].bytes])
				}
				if got[i] != want[i%len(want)] {
					t.Fatalf("k=%d: weight %d is %v, want %v", k, i, got[i], want[i%len(want)])
				}
			}
			if got[3*k] != 77 {
				t.Fatal("a write behind the result")
			}
		}
	})
}

// TestThreads checks that the number of threads changes no bit.
func TestThreads(t *testing.T) {
	eachLevel(t, func(t *testing.T, f Format) {
		defer pool.SetThreads(pool.Threads())
		rng := rand.New(rand.NewPCG(9, 10))
		const n, k = 700, 768
		for _, m := range []int{1, 20, 50} {
			w, x := randomBlocks(rng, f, n, k), randomFloats(rng, m*k)
			want := make([]float32, m*n)
			pool.SetThreads(1)
			Linear(f, want, m, n, k, x, w, nil, true)
			for threads := 2; threads <= 5; threads++ {
				pool.SetThreads(threads)
				got := make([]float32, m*n)
				Linear(f, got, m, n, k, x, w, nil, true)
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("%d threads: element %d is %v, with one thread %v", threads, i, got[i], want[i])
					}
				}
			}
		}
	})
}

func TestAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	const n, k = 100, 768
	for f := range numFormats {
		for _, m := range []int{1, 20} {
			w, x, y := randomBlocks(rng, f, n, k), randomFloats(rng, m*k), make([]float32, m*n)
			if got := testing.AllocsPerRun(20, func() { Linear(f, y, m, n, k, x, w, nil, true) }); got > 0 {
				t.Errorf("%s, m=%d: %v allocations", names[f], m, got)
			}
		}
	}
}

// BenchmarkLinear computes the product of vectors with a matrix larger than the caches, and reports bytes of blocks.
func BenchmarkLinear(b *testing.B) {
	rng := rand.New(rand.NewPCG(13, 14))
	for f := range numFormats {
		for _, m := range []int{1, 4, 16} {
			for _, rounded := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/m=%d/rounded=%v", names[f], m, rounded), func(b *testing.B) {
					const k = 1536
					n := 48 << 20 / f.RowBytes(k)
					w, x, y := randomBlocks(rng, f, n, k), randomFloats(rng, m*k), make([]float32, m*n)
					b.SetBytes(int64(len(w)))
					for b.Loop() {
						Linear(f, y, m, n, k, x, w, nil, rounded)
					}
				})
			}
		}
	}
}
