package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

func TestRows(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for cols := 1; cols <= 130; cols++ {
			checkRows(t, r, 1+cols%3, cols)
		}
		checkRows(t, r, 70, 10)
		checkRows(t, r, 200, 1000) // shared by goroutines
	})
}

// checkRows compares every row function on one matrix with the plain loops.
func checkRows(t *testing.T, r *rand.Rand, rows, cols int) {
	t.Helper()
	n := rows * cols
	normal := func(n int, scale float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(scale * r.NormFloat64())
		}
		return x
	}
	x, dy, gamma, beta := normal(n, 3), normal(n, 1), normal(cols, 1), normal(cols, 1)
	targets := make([]int64, rows)
	for i := range targets {
		targets[i] = int64(r.IntN(cols))
	}
	if rows > 1 {
		targets[1] = -100
	}
	// run gives all results, in guarded slices.
	run := func(off int) (results map[string][]float32) {
		results = map[string][]float32{}
		out := func(name string, n int) []float32 {
			b, check := guarded(make([]float32, n), off)
			results[name] = b
			t.Cleanup(func() { check(t, name) })
			return b
		}
		x, _ := guarded(x, off)
		dy, _ := guarded(dy, off)
		gamma, _ := guarded(gamma, off)
		beta, _ := guarded(beta, off)
		softmax, logSoftmax := out("softmax", n), out("logSoftmax", n)
		Softmax(softmax, x, cols)
		LogSoftmax(logSoftmax, x, cols)
		copy(out("softmax in place", n), x)
		Softmax(results["softmax in place"], results["softmax in place"], cols)
		SoftmaxGrad(out("softmaxGrad", n), dy, softmax, cols)
		LogSoftmaxGrad(out("logSoftmaxGrad", n), dy, logSoftmax, cols)
		CrossEntropy(out("loss", rows), out("crossEntropyGrad", n), x, targets, cols, -100, 0.25)
		CrossEntropy(out("loss alone", rows), nil, x, targets, cols, -100, 0.25)
		mean, rstd := out("mean", rows), out("rstd", rows)
		LayerNorm(out("layerNorm", n), mean, rstd, x, gamma, beta, cols, 1e-5)
		LayerNorm(out("layerNorm bare", n), mean, rstd, x, nil, nil, cols, 1e-5)
		LayerNormGrad(out("layerNormGrad", n), out("dgamma", cols), out("dbeta", cols), dy, x, mean, rstd, gamma, cols)
		LayerNormGrad(out("layerNormGrad bare", n), nil, nil, dy, x, mean, rstd, nil, cols)
		ColumnSums(out("columnSums", cols), x)
		return results
	}
	got := run(cols % 17)
	restore := cpu.Force(cpu.Generic)
	want := run(0)
	restore()
	for name, w := range want {
		g := got[name]
		// Terms are of the size of one, or of a row's sum of some; 2e-6 is about 16 roundings of such a term.
		limit := 2e-6 * math.Max(1, float64(MaxOf(w)))
		switch name {
		case "softmax", "softmax in place":
			limit = 3e-7
		case "dgamma", "dbeta", "columnSums":
			limit *= math.Sqrt(float64(rows))
		case "layerNorm", "layerNorm bare", "layerNormGrad", "layerNormGrad bare":
			limit *= 1 + float64(MaxOf(want["rstd"])) // short rows may have a tiny variance
		case "rstd":
			limit = 1e-5 * float64(MaxOf(w))
		}
		for i := range w {
			if d := math.Abs(float64(g[i]) - float64(w[i])); !(d <= limit) {
				t.Fatalf("%s of %d × %d: [%d] = %g, want %g (%.2g apart, limit %.2g)", name, rows, cols, i, g[i], w[i],
					d, limit)
			}
		}
	}
}

func TestRowsSpecial(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		inf, nan := float32(math.Inf(1)), float32(math.NaN())
		for _, c := range []struct{ x, softmax []float32 }{
			{[]float32{-inf, 0, -inf}, []float32{0, 1, 0}},
			{[]float32{-inf, -inf}, []float32{nan, nan}},
			{[]float32{inf, 0}, []float32{nan, nan}}, // 0 is 0·NaN here: the sum is NaN
			{[]float32{nan, 0}, []float32{nan, nan}},
			{[]float32{3e38, -3e38}, []float32{1, 0}},
			{[]float32{1000, 1000}, []float32{0.5, 0.5}},
		} {
			got := make([]float32, len(c.x))
			Softmax(got, c.x, len(c.x))
			for i := range got {
				if distance(got[i], c.softmax[i]) > 0 {
					t.Errorf("Softmax(%v) = %v, want %v", c.x, got, c.softmax)
					break
				}
			}
		}
	})
}
