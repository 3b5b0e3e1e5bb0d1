package vec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// eachRandom runs f with every instruction set and with plain loops, and compares bits.
func eachRandom(t *testing.T, what string, n int, f func() []float32) {
	t.Helper()
	got := f()
	restore := cpu.Force(cpu.Generic)
	want := f()
	restore()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s of %d numbers: number %d is %v, want %v", what, n, i, got[i], want[i])
		}
	}
}

// edgy returns random words that include those of the smallest and the largest numbers.
func edgy(r *rand.Rand, n int) []uint32 {
	w := make([]uint32, n)
	for i := range w {
		switch w[i] = r.Uint32(); r.IntN(12) {
		case 0:
			w[i] = 0
		case 1:
			w[i] = math.MaxUint32
		case 2:
			w[i] = 1 << r.IntN(32)
		}
	}
	return w
}

func TestTwister(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		var got, want Twister
		copy(got[:624], edgy(rand.New(rand.NewPCG(1, 2)), 624))
		want = got
		for block := range 20 {
			var a, b [624]uint32
			got.Next(&a)
			restore := cpu.Force(cpu.Generic)
			want.Next(&b)
			restore()
			if !slices.Equal(got[:624], want[:624]) {
				t.Fatalf("block %d: the state differs", block)
			}
			if a != b {
				t.Fatalf("block %d: the output differs", block)
			}
		}
	})
}

func TestRandomKernels(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		fill := func(name string, n int, f func(dst []float32)) {
			eachRandom(t, name, n, func() []float32 {
				dst, check := guarded(make([]float32, n), n%7)
				f(dst)
				check(t, name)
				return dst
			})
		}
		for n := range 131 {
			w := edgy(r, 2*n)
			for _, c := range [][2]float32{{0, 1}, {-0.1, 0.1}, {1, 1 + 0x1p-23}, {-3e38, 3e37}, {1e-40, 3e-40},
				{5, 5}} {
				fill("Uniform", n, func(dst []float32) { Uniform(dst, w[:n], c[0], c[1]) })
			}
			for _, p := range []float64{0, 1, 0.5, 0.3, 0x1p-53, 1 - 0x1p-53, 0x1p-60} {
				fill("Bernoulli", n, func(dst []float32) { Bernoulli(dst, w, p) })
			}
			for _, mean := range []float64{1, 1 / 3., 1e30} {
				fill("Exponential", n, func(dst []float32) { Exponential(dst, w, mean) })
			}
		}
		for n := 0; n <= 160; n += 16 {
			w := edgy(r, n)
			for _, c := range [][2]float32{{0, 1}, {3, 0.1}, {0, 0}} {
				fill("BoxMuller", n, func(dst []float32) {
					Uniform(dst, w, 0, 1)
					BoxMuller(dst, c[0], c[1])
				})
			}
		}
	})
}

// TestRandomKernelsAtManyUniforms compares many of the 2²⁴ uniforms, as radius and as angle, and as many fractions.
func TestRandomKernelsAtManyUniforms(t *testing.T) {
	const n = 1 << 12
	blocks := 1 << 5
	if testing.Short() {
		blocks = 4
	}
	eachISA(t, func(t *testing.T) {
		w := make([]uint32, n)
		next := uint32(0)
		x := make([]float32, n)
		for range blocks {
			for i := range w {
				w[i] = next
				next += 61 * 65539
			}
			eachRandom(t, "BoxMuller", n, func() []float32 {
				Uniform(x, w, 0, 1)
				BoxMuller(x, 0, 1)
				return slices.Clone(x)
			})
			eachRandom(t, "Exponential", n/2, func() []float32 {
				Exponential(x[:n/2], w, 1)
				return slices.Clone(x[:n/2])
			})
		}
	})
}

// TestRemainders divides by small and large numbers. The words include multiples of the divisor and their neighbours.
func TestRemainders(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for count := range 131 {
			for _, n := range []uint32{uint32(count), uint32(count) + 1, uint32(count) + r.Uint32()>>uint(1+r.IntN(24)),
				math.MaxUint32} {
				x := edgy(r, count+1)
				for i := range x[:count] {
					if d := n - uint32(i); r.IntN(2) == 0 {
						x[i] = x[i]/d*d + uint32(r.IntN(3)-1)
					}
				}
				want := slices.Clone(x)
				for i := range want[:count] {
					want[i] %= n - uint32(i)
				}
				Remainders(x[:count], n)
				if !slices.Equal(x, want) {
					t.Fatalf("%d remainders of %d and below: %v, want %v", count, n, x, want)
				}
			}
		}
	})
}

// TestMinusLog compares with the logarithm of the standard library, for numbers below and above 1 and of all
// magnitudes.
func TestMinusLog(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 200_000 {
		x := 1 - float64(r.Uint64()>>11>>(i%53))*0x1p-53
		if got, want := minusLog(x), -math.Log(x); math.Abs(got-want) > 0x1p-33*want {
			t.Fatalf("minusLog(%v) = %v, want %v", x, got, want)
		}
	}
}
