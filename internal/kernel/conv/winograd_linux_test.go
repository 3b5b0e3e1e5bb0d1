package conv

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/pool"
)

// winogradShape returns a shape that fits Winograd's algorithm.
func winogradShape(rng *rand.Rand) Shape {
	groups := 1 + rng.IntN(2)
	s := Shape{Batch: 1 + rng.IntN(4), Groups: groups, In: groups * (1 + rng.IntN(20)), Out: groups * (1 + rng.IntN(80)),
		Input: [3]int{1, 1 + rng.IntN(12), 1 + rng.IntN(50)}, Kernel: [3]int{1, 3, 3}, Output: [3]int{1, 1, 1},
		Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Padding: [3]int{0, rng.IntN(5), rng.IntN(5)}}
	for d := 1; d < 3; d++ {
		s.Output[d] = max(s.Input[d]+s.Padding[d]+rng.IntN(5)-2, 1)
	}
	return s
}

// winograd computes a pass by Winograd's algorithm even if it is slower.
func winograd(kr *kernels[float32], dst, src, w, bias []float32, s *Shape, gradient, relu bool) {
	var p winogradPass[float32]
	p.setup(kr, dst, src, w, bias, s, gradient, relu)
	p.run()
}

// TestWinograd checks shapes for which the algorithm may not be the fastest, with memory that ends at a page without
// access. Products of small integers and halves are exact.
func TestWinograd(t *testing.T) {
	defer pool.SetThreads(pool.Threads())
	eachLevel(t, func(t *testing.T) {
		kr := kernels32()
		if kr.winogradInput == nil {
			return
		}
		rng := rand.New(rand.NewPCG(23, 24))
		for i := range rounds(100) {
			pool.SetThreads(1 + i%3)
			s := winogradShape(rng)
			p := newProblem[float32](rng, s)
			wantY, wantDx, _ := p.plain()
			before := i%2 == 0
			x, w, dy := atPageEnd(t, p.x, before), atPageEnd(t, p.w, before), atPageEnd(t, p.y, before)
			y, dx := atPageEnd(t, p.y, before), atPageEnd(t, p.x, before)
			winograd(kr, y, x, w, p.bias, &s, false, p.relu)
			winograd(kr, dx, dy, w, nil, &s, true, false)
			for j, pass := range [][2][]float32{{y, wantY}, {dx, wantDx}} {
				for k, v := range pass[0] {
					if v != pass[1][k] {
						t.Fatalf("%v: result %d: element %d is %v, want %v", p, j, k, v, pass[1][k])
					}
				}
			}
		}
	})
}

// TestWinogradError checks that the rounding errors of Winograd's algorithm are at most twice those of the direct sum, on
// average and at worst.
func TestWinogradError(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		kr := kernels32()
		if kr.winogradInput == nil {
			return
		}
		rng := rand.New(rand.NewPCG(25, 26))
		for _, channels := range []int{8, 32, 64, 256} {
			s := shape(1, 1, channels, 32, [3]int{1, 14, 14}, [3]int{1, 3, 3}, [3]int{1, 1, 1}, [3]int{0, 1, 1}, [3]int{1, 1, 1})
			x, w, y := make([]float32, s.InputLen()), make([]float32, s.WeightLen()), make([]float32, s.OutputLen())
			x64, w64, y64 := make([]float64, len(x)), make([]float64, len(w)), make([]float64, len(y))
			for i := range x {
				x[i] = float32(rng.NormFloat64())
				x64[i] = float64(x[i])
			}
			for i := range w {
				w[i] = float32(rng.NormFloat64())
				w64[i] = float64(w[i])
			}
			forwardPlain(y64, x64, w64, nil, &s, false)
			errors := func() (mean, worst float64) {
				for i, v := range y {
					d := math.Abs(float64(v) - y64[i])
					mean += d / float64(len(y))
					worst = max(worst, d)
				}
				return mean, worst
			}
			var p pass[float32]
			p.setup(kr, y, x, w, nil, &s, false, false)
			p.run()
			mean, worst := errors()
			winograd(kr, y, x, w, nil, &s, false, false)
			mean2, worst2 := errors()
			t.Logf("%d channels: mean error %.3g direct, %.3g Winograd (%.2f times), worst %.3g and %.3g (%.2f times)",
				channels, mean, mean2, mean2/mean, worst, worst2, worst2/worst)
			if mean2 > 2*mean || worst2 > 2*worst {
				t.Errorf("%d channels: Winograd's errors are more than twice those of the direct sum", channels)
			}
		}
	})
}
