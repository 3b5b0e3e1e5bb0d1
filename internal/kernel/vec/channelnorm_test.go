package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// TestChannelNorm compares the norms of channels with the plain loops: every length up to some vectors, rows of
// several pieces, and sets that goroutines share.
func TestChannelNorm(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for size := 1; size <= 130; size++ {
			compareChannelNorm(t, r, 1+size%3, 4, size)
		}
		compareChannelNorm(t, r, 70, 2, 3)
		for channels := 2; channels < 150; channels += 4 { // columns of a matrix
			compareChannelNorm(t, r, 2+channels%9, channels, 1)
		}
		compareChannelNorm(t, r, 300, 130, 1)
		compareChannelNorm(t, r, 2, 2, 2*pieceCols+77)
		compareChannelNorm(t, r, 8, 16, 700) // spread over goroutines
		defer func(n int) { streamed = n }(streamed)
		streamed = 1 // stored past the caches
		compareChannelNorm(t, r, 3, 4, 80)
		compareChannelNorm(t, r, 3, 4, 320)
	})
}

func compareChannelNorm(t *testing.T, r *rand.Rand, n, channels, size int) {
	t.Helper()
	normal := func(n int, scale, offset float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(offset + scale*r.NormFloat64())
		}
		return x
	}
	all := n * channels * size
	x, dy, gamma, beta := normal(all, 3, 5), normal(all, 1, 0), normal(channels, 1, 0), normal(channels, 1, 0)
	run := func(off int) map[string][]float32 {
		results := map[string][]float32{}
		out := func(name string, n int) []float32 {
			b, check := guarded(make([]float32, n), off)
			results[name] = b
			t.Cleanup(func() { check(t, name) })
			return b
		}
		x, _ := guarded(x, off)
		dy, _ := guarded(dy, off)
		for name, sets := range map[string]NormSets{"batch": BatchSets(n, channels, size), "group": GroupSets(n, channels, size, 2),
			"instance": GroupSets(n, channels, size, channels)} {
			for _, relu := range []bool{false, true} {
				w, b := gamma, beta
				if !relu && name == "group" {
					w, b = nil, nil
				}
				name := fmt.Sprint(name, relu, " ")
				mean, variance, rstd := out(name+"mean", sets.Sets), out(name+"variance", sets.Sets), out(name+"rstd", sets.Sets)
				ChannelNorm(out(name+"y", all), mean, variance, rstd, x, w, b, sets, 0.1, relu)
				ChannelNormGrad(out(name+"dx", all), out(name+"dgamma", channels), out(name+"dbeta", channels), dy, x,
					mean, rstd, w, b, sets, relu)
			}
		}
		for _, relu := range []bool{false, true} {
			name := fmt.Sprint("fixed", relu, " ")
			ChannelAffine(out(name+"y", all), x, gamma, beta, beta, gamma, size, relu)
			ChannelAffineGrad(out(name+"dx", all), out(name+"dgamma", channels), out(name+"dbeta", channels), dy, x,
				gamma, beta, beta, gamma, size, relu)
		}
		return results
	}
	got := run(size % 17)
	restore := cpu.Force(cpu.Generic)
	want := run(0)
	restore()
	for name, w := range want {
		// Terms are of the size of one, or of a set's sum of some; 4e-6 is about 32 roundings of such a term.
		limit := 4e-6 * math.Max(1, math.Max(float64(MaxOf(w)), -float64(MinOf(w)))) * math.Sqrt(float64(n))
		for i, v := range got[name] {
			if d := math.Abs(float64(v) - float64(w[i])); !(d <= limit) {
				t.Fatalf("%s of %d × %d × %d: [%d] = %g, want %g (%.2g apart, limit %.2g)", name, n, channels, size, i, v, w[i], d, limit)
			}
		}
	}
}

// TestChannelNormExtremes: squares that overflow or vanish, offsets far larger than the deviation, and special values.
func TestChannelNormExtremes(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		for _, scale := range []float64{1e-30, 1, 1e18, 1e30, 1e37} {
			x := make([]float32, 2*2*40)
			for i := range x {
				x[i] = float32(scale * (float64(i%7) - 3))
			}
			for _, sets := range []NormSets{BatchSets(2, 2, 40), GroupSets(2, 2, 40, 2)} {
				y, mean, variance, rstd := make([]float32, len(x)), make([]float32, 4), make([]float32, 4), make([]float32, 4)
				ChannelNorm(y, mean[:sets.Sets], variance[:sets.Sets], rstd[:sets.Sets], x, nil, nil, sets, 0, false)
				squares := 0.0
				for _, v := range y {
					squares += float64(v) * float64(v)
				}
				if squares /= float64(len(y)); math.Abs(squares-1) > 1e-5 {
					t.Errorf("%+v, scale %g: the variance of the result is %g, want 1", sets, scale, squares)
				}
			}
		}
		x := make([]float32, 3*1000)
		for i := range x {
			x[i] = 1e6 + float32(i%2)
		}
		y, mean, variance, rstd := make([]float32, len(x)), make([]float32, 1), make([]float32, 1), make([]float32, 1)
		ChannelNorm(y, mean, variance, rstd, x, nil, nil, BatchSets(3, 1, 1000), 0, false)
		if math.Abs(float64(variance[0])-0.25) > 1e-6 {
			t.Errorf("the variance of 1e6 and 1e6 + 1 is %g, want 0.25", variance[0])
		}
		x[17] = float32(math.NaN())
		ChannelNorm(y, mean, variance, rstd, x, nil, nil, BatchSets(3, 1, 1000), 0, true)
		if y[0] == y[0] || y[17] == y[17] {
			t.Errorf("with a NaN in the channel the result is %g, want NaN", y[0])
		}
	})
}
