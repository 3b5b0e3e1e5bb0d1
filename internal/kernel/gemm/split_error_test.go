package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// A distribution fills A (m×k) and B (k×n) with numbers for which split products are safe.
type distribution struct {
	name string
	fill func(rng *rand.Rand, a, b []float32, m, n, k int)
}

// draw fills A and B with independent numbers from f.
func draw(f func(rng *rand.Rand) float64) func(rng *rand.Rand, a, b []float32, m, n, k int) {
	return func(rng *rand.Rand, a, b []float32, m, n, k int) {
		for _, x := range [][]float32{a, b} {
			for i := range x {
				x[i] = float32(f(rng))
			}
		}
	}
}

func normal(rng *rand.Rand) float64 { return rng.NormFloat64() }

// wide returns normal random numbers times powers of two from 2^-bits to 2^bits.
func wide(bits int) func(rng *rand.Rand) float64 {
	return func(rng *rand.Rand) float64 { return math.Ldexp(rng.NormFloat64(), rng.IntN(2*bits+1)-bits) }
}

// terms fills A with count nonzero numbers per row.
func terms(count int) func(rng *rand.Rand, a, b []float32, m, n, k int) {
	return func(rng *rand.Rand, a, b []float32, m, n, k int) {
		draw(normal)(rng, a, b, m, n, k)
		clear(a)
		for i := range m {
			for _, p := range rng.Perm(k)[:count] {
				a[i*k+p] = float32(rng.NormFloat64())
			}
		}
	}
}

var distributions = []distribution{
	{"normal", draw(normal)},
	{"uniform 0-1", draw(func(rng *rand.Rand) float64 { return rng.Float64() })},
	{"uniform 1-2", draw(func(rng *rand.Rand) float64 { return 1 + rng.Float64() })},
	{"all bits set", draw(func(rng *rand.Rand) float64 { return 2 - 0x1p-23 })},
	{"exponents ±5", draw(wide(5))},
	{"exponents ±20", draw(wide(20))},
	{"one large term", func(rng *rand.Rand, a, b []float32, m, n, k int) {
		draw(normal)(rng, a, b, m, n, k)
		for i := range m {
			a[i*k+rng.IntN(k)] *= 0x1p20
		}
	}},
	{"16 terms", terms(16)},
	{"ReLU", draw(func(rng *rand.Rand) float64 { return max(rng.NormFloat64(), 0) })},
	{"cancellation", func(rng *rand.Rand, a, b []float32, m, n, k int) { // the second half of the terms almost cancels the first
		draw(normal)(rng, a, b, m, n, k)
		for i := range m {
			for p := range k / 2 {
				a[i*k+k/2+p] = -a[i*k+p] * float32(1+0x1p-20*rng.Float64())
			}
		}
		copy(b[k/2*n:], b[:k/2*n])
	}},
	{"neighbours cancel", func(rng *rand.Rand, a, b []float32, m, n, k int) {
		draw(normal)(rng, a, b, m, n, k)
		for p := 0; p+1 < k; p += 2 {
			for i := range m {
				a[i*k+p+1] = -a[i*k+p] * float32(1+0x1p-20*rng.Float64())
			}
			copy(b[(p+1)*n:][:n], b[p*n:][:n])
		}
	}},
	{"gradients", func(rng *rand.Rand, a, b []float32, m, n, k int) { // A: gradients of softmax, most of them small; B: outputs of ReLU
		for i := range a {
			a[i] = float32(math.Exp(4*rng.NormFloat64()-8) * rng.NormFloat64())
		}
		for i := range b {
			b[i] = float32(max(rng.NormFloat64(), 0))
		}
	}},
	{"scaled 2^±50", func(rng *rand.Rand, a, b []float32, m, n, k int) {
		for i := range a {
			a[i] = float32(0x1p50 * rng.NormFloat64())
		}
		for i := range b {
			b[i] = float32(0x1p-50 * rng.NormFloat64())
		}
	}},
	{"scaled 2^50", draw(func(rng *rand.Rand) float64 { return 0x1p50 * rng.NormFloat64() })},
}

// A measure collects errors relative to Σ|a·b|, because the rounding errors of a sum are proportional to it.
type measure struct{ largest, squares, count float64 }

func (e *measure) add(c []float32, want, size []float64) {
	for i, w := range want {
		if d := math.Abs(float64(c[i])-w) / size[i]; size[i] > 0 {
			e.largest = max(e.largest, d)
			e.squares += d * d
		}
		e.count++
	}
}

// frobenius returns the root mean square of the relative errors.
func (e *measure) frobenius() float64 { return math.Sqrt(e.squares / e.count) }

// exactly returns the product and the product of absolute values. The terms are exact in float64, and the sums are
// compensated (T. Ogita, S. Rump and S. Oishi, "Accurate Sum and Dot Product", SIAM J. Sci. Comput. 26(6), 2005).
func exactly(a, b []float32, m, n, k int) (want, size []float64) {
	want, size = make([]float64, m*n), make([]float64, m*n)
	for i := range m {
		for j := range n {
			var sum, rest, all float64
			for p := range k {
				x := float64(a[i*k+p]) * float64(b[p*n+j])
				s := sum + x
				v := s - sum
				rest += (sum - (s - v)) + (x - v)
				sum = s
				all += math.Abs(x)
			}
			want[i*n+j], size[i*n+j] = sum+rest, all
		}
	}
	return want, size
}

// TestPrecisions compares the errors of split products with those of the float32 kernel. With six products neither the
// largest error nor the norm of the errors may be larger. For all precisions the error must be within the bound that
// follows from the omitted products.
func TestPrecisions(t *testing.T) {
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(39, 40))
		shapes := [][3]int{{64, 64, 128}, {32, 32, 300}}
		for _, d := range shapes[:min(rounds(8), len(shapes))] {
			m, n, k := d[0], d[1], d[2]
			t.Logf("%-19s%-20s%s to medium", fmt.Sprintf("%d×%d×%d", m, k, n), "float32 max, norm", pk.highest)
			for _, dist := range distributions {
				var float measure
				var split [3]measure
				a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
				for range rounds(2) {
					dist.fill(rng, a, b, m, n, k)
					want, size := exactly(a, b, m, n, k)
					product(kernels32(), c, n, m, n, k, a, k, 1, b, n, 1, Epilogue[float32]{})
					float.add(c, want, size)
					for p := pk.highest; p <= Medium; p++ {
						splitProduct(&schemes[p], pk, 1, c, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{})
						split[p].add(c, want, size)
					}
				}
				line := fmt.Sprintf("%-18s %.2e %.2e", dist.name, float.largest, float.frobenius())
				for p := pk.highest; p <= Medium; p++ {
					e := split[p]
					line += fmt.Sprintf("   %.2e %.2e", e.largest, e.frobenius())
					// The matrix unit rounds 16 times in a chain, then once per step and product: less than once per term.
					if bound := schemes[p].omitted + float64(k+2)*0x1p-24; !(e.largest <= bound) {
						t.Errorf("%s, %v: error %.3e, bound %.3e", dist.name, p, e.largest, bound)
					}
				}
				t.Log(line)
				if e := split[Highest]; pk.highest == Highest && (!(e.largest <= float.largest) || !(e.frobenius() <= float.frobenius())) {
					t.Errorf("%s: six products are less exact than float32: largest error %.3e, want at most %.3e; norm %.3e, want at most %.3e",
						dist.name, e.largest, float.largest, e.frobenius(), float.frobenius())
				}
			}
		}
	})
}

// TestFewTerms checks the only case in which six products may be less exact than FMAs: sums of few terms. Both round
// once or twice, and six products omit a₁b₂ and a₂b₁. From about four terms on, the additional roundings of the FMAs
// are larger.
func TestFewTerms(t *testing.T) {
	eachMatrixUnit(t, func(t *testing.T, pk *splitKernels) {
		const m, n, k = 64, 64, 128
		rng := rand.New(rand.NewPCG(55, 56))
		a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		six := func() (e measure, want []float64) {
			want, size := exactly(a, b, m, n, k)
			splitProduct(&schemes[Highest], pk, 1, c, 0, n, m, n, k, a, 0, k, 1, b, 0, n, 1, Epilogue[float32]{})
			e.add(c, want, size)
			return e, want
		}
		for count := 1; count <= 4; count++ {
			terms(count)(rng, a, b, m, n, k)
			e, want := six()
			var float measure
			_, size := exactly(a, b, m, n, k)
			product(kernels32(), c, n, m, n, k, a, k, 1, b, n, 1, Epilogue[float32]{})
			float.add(c, want, size)
			t.Logf("%d terms: float32 %.2e %.2e, six products %.2e %.2e", count, float.largest, float.frobenius(), e.largest, e.frobenius())
			if bound := 0x1p-23 + float64(count)*0x1p-24; !(e.largest <= bound) {
				t.Errorf("%d terms: error %.3e, bound %.3e", count, e.largest, bound)
			}
		}
		terms(1)(rng, a, b, m, n, k)
		for i := range a { // 1 has one component, so nothing is omitted
			if a[i] != 0 {
				a[i] = 1
			}
		}
		_, want := six()
		for i := range c {
			if float64(c[i]) != want[i] {
				t.Fatalf("1 × %v = %v", want[i], c[i])
			}
		}
	})
}
