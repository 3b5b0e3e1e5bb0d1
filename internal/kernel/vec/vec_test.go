package vec

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestFMARoundsOnce compares fma32 with exact arithmetic, mainly near ties, where the low bits of the product decide.
func TestFMARoundsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		x := float32(r.IntN(1<<12)+1<<12) * float32(math.Ldexp(1, r.IntN(8)-20))
		y := float32(r.IntN(1<<12)+1<<12) * float32(math.Ldexp(1, r.IntN(8)-20))
		z := float32(r.NormFloat64() * math.Ldexp(1, r.IntN(80)-40))
		exact := new(big.Float).SetPrec(300).Mul(big.NewFloat(float64(x)), big.NewFloat(float64(y)))
		exact.Add(exact, big.NewFloat(float64(z)))
		want, _ := exact.Float32()
		if got := fma32(x, y, z); got != want {
			t.Fatalf("fma32(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ x, y, z, want float32 }{
		{inf, 1, 1, inf}, {inf, 0, 1, nan}, {inf, 1, -inf, nan}, {1, 1, -inf, -inf}, {nan, 1, 1, nan},
		{3e38, 3e38, -inf, -inf}, {3e38, 2, -3e38, 3e38}, {-1, 0, 0, 0},
	} {
		if got := fma32(c.x, c.y, c.z); got != c.want && !(got != got && c.want != c.want) {
			t.Errorf("fma32(%g, %g, %g) = %g, want %g", c.x, c.y, c.z, got, c.want)
		}
	}
}
