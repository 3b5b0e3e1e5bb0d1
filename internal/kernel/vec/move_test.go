package vec

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestReverse(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(19, 20))
		for n := range 131 {
			x := make([]float32, n+n%13)[n%13:]
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			dst, check := guarded(make([]float32, n), n%17)
			Reverse(dst, x)
			check(t, "Reverse")
			for i, v := range dst {
				if v != x[n-1-i] {
					t.Fatalf("Reverse of %d: element %d is %v, want %v", n, i, v, x[n-1-i])
				}
			}
		}
	})
}

func TestWithin(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(21, 22))
		for n := range 131 {
			for _, limits := range [][2]int64{{0, 9}, {-10, 9}, {5, 5}, {-1 << 62, 1<<62 - 1}, {3, 2}} {
				lo, hi := limits[0], limits[1]
				x := make([]int64, n+n%5)[n%5:]
				for i := range x {
					x[i] = lo + int64(r.Uint64N(uint64(max(hi-lo, 0))+1))
				}
				if got, want := Within(x, lo, hi), n == 0 || lo <= hi; got != want {
					t.Fatalf("Within of %d in [%d, %d]: %v, want %v", n, lo, hi, got, want)
				}
				if n == 0 {
					continue
				}
				for _, v := range []int64{lo - 1, hi + 1, math.MinInt64, math.MaxInt64} {
					i := r.IntN(n)
					old := x[i]
					if x[i] = v; Within(x, lo, hi) {
						t.Fatalf("Within of %d in [%d, %d] with %d at %d", n, lo, hi, v, i)
					}
					x[i] = old
				}
			}
		}
	})
}
