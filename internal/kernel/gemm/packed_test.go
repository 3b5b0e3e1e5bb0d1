package gemm

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPacked(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testPacked[float32])
		t.Run("float64", testPacked[float64])
	})
}

// testPacked compares products of small integers with the definition, and products of fewer rows with those of all,
// to the last bit.
func testPacked[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var p Packed[T] // reused, as a layer does
	numbers := func(n int, f func() float64) []T {
		v := make([]T, n)
		for i := range v {
			v[i] = T(f())
		}
		return v
	}
	for range rounds(200) {
		m, n, k := rng.IntN(20), rng.IntN(150), rng.IntN(900)
		if rng.IntN(4) == 0 {
			k = rng.IntN(5)
		}
		transposed, accumulate := rng.IntN(2) == 0, rng.IntN(2) == 0
		ldc, ars, brs, bcs := n+rng.IntN(3), k+rng.IntN(3), n+2, 1
		if transposed {
			brs, bcs = 1, k+3
		}
		small := func() float64 { return float64(rng.IntN(9) - 4) }
		a, b, c := numbers((m+1)*ars, small), numbers((k+4)*(n+4), small), numbers((m+1)*ldc, small)
		var bias []T
		if rng.IntN(2) == 0 {
			bias = numbers(n, small)
		}
		want := slices.Clone(c)
		for i := range m {
			for j := range n {
				sum := T(0)
				if accumulate {
					sum = c[i*ldc+j]
				}
				for q := range k {
					sum += a[i*ars+q] * b[q*brs+j*bcs]
				}
				if bias != nil {
					sum += bias[j]
				}
				want[i*ldc+j] = sum
			}
		}
		p.Pack(k, n, b, brs, bcs)
		parallel := slices.Clone(c)
		p.MultiplyParallel(parallel, ldc, m, a, ars, accumulate, bias)
		p.Multiply(c, ldc, m, a, ars, accumulate, bias)
		if !slices.Equal(c, want) || !slices.Equal(parallel, want) {
			t.Fatalf("%d×%d×%d, transposed %v, accumulate %v, bias %v: wrong result", m, n, k, transposed, accumulate, bias != nil)
		}
		if m < 2 {
			continue
		}
		x, w := numbers(m*k, rng.NormFloat64), numbers(k*n, rng.NormFloat64)
		p.Pack(k, n, w, n, 1)
		whole, parts := make([]T, m*n), make([]T, m*n)
		p.Multiply(whole, n, m, x, k, false, nil)
		at := 1 + rng.IntN(m-1)
		p.Multiply(parts, n, at, x, k, false, nil)
		p.Multiply(parts[at*n:], n, m-at, x[at*k:], k, false, nil)
		if !slices.Equal(whole, parts) {
			t.Fatalf("%d×%d×%d: the rows from %d on, computed alone, differ", m, n, k, at)
		}
		p.MultiplyParallel(parts, n, m, x, k, false, nil)
		if !slices.Equal(whole, parts) {
			t.Fatalf("%d×%d×%d: the columns, computed in parallel, differ", m, n, k)
		}
	}
}

func TestPackedAllocates(t *testing.T) {
	var p Packed[float32]
	b, a, c := make([]float32, 400*300), make([]float32, 9*400), make([]float32, 9*300)
	if n := testing.AllocsPerRun(10, func() {
		p.Pack(400, 300, b, 1, 400)
		p.Multiply(c, 300, 9, a, 400, false, nil)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
