package vec

import (
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// optimizers runs a step of each variant on p, g and three buffers.
func optimizers() []kernelCase {
	var cases []kernelCase
	add := func(name string, run func(x [][]float32)) {
		cases = append(cases, kernelCase{name: name, inputs: 4, run: run})
	}
	flags := func(bits, i int) bool { return bits>>i&1 == 1 }
	choose := func(set bool, v float64) float64 {
		if set {
			return v
		}
		return 0
	}
	for b := range 32 {
		add("SGD", func(x [][]float32) {
			SGD(x[0], x[1], x[2], &Step{LR: 0.1, Momentum: choose(flags(b, 0), 0.9), Dampening: choose(flags(b, 1), 0.3),
				WeightDecay: choose(flags(b, 2), 0.01), Nesterov: flags(b, 0) && flags(b, 3), Maximize: flags(b, 4), First: flags(b, 1)})
		})
	}
	for b := range 32 {
		alpha := 0.99
		if flags(b, 4) {
			alpha = 0.4
		}
		add("RMSprop", func(x [][]float32) {
			Abs(x[2], x[2])
			RMSprop(x[0], x[1], x[2], x[3], x[4], &Step{LR: 0.01, Beta2: alpha, Eps: 1e-8, Momentum: choose(flags(b, 0), 0.9),
				WeightDecay: choose(flags(b, 1), 0.01), Centered: flags(b, 2), Maximize: flags(b, 3)})
		})
	}
	for b := range 32 {
		beta1 := 0.9
		if flags(b, 4) {
			beta1 = 0.3
		}
		add("Adam", func(x [][]float32) {
			Abs(x[3], x[3])
			var most []float32
			if flags(b, 0) {
				most = x[4]
			}
			Adam(x[0], x[1], x[2], x[3], most, &Step{LR: 0.01, Beta1: beta1, Beta2: 0.999, Eps: 1e-8, Correction1: 0.19,
				Correction2: 0.0019, WeightDecay: choose(flags(b, 1), 0.01), Decoupled: flags(b, 2), Maximize: flags(b, 3)})
		})
	}
	for b := range 16 {
		decay, maximize, decoupled := choose(flags(b, 0), 0.01), flags(b, 1), flags(b, 2)
		beta1, rectify := 0.9, choose(flags(b, 3), 0.7)
		if flags(b, 3) {
			beta1 = 0.3
		}
		add("Adagrad", func(x [][]float32) {
			Abs(x[2], x[2])
			Adagrad(x[0], x[1], x[2], &Step{LR: 0.1, Eps: 1e-10, WeightDecay: decay, Maximize: maximize})
		})
		add("Adadelta", func(x [][]float32) {
			Abs(x[2], x[2])
			Abs(x[3], x[3])
			Adadelta(x[0], x[1], x[2], x[3], &Step{LR: 0.5, Beta2: beta1, Eps: 1e-6, WeightDecay: decay, Maximize: maximize})
		})
		add("Adamax", func(x [][]float32) {
			Abs(x[3], x[3])
			Adamax(x[0], x[1], x[2], x[3], &Step{LR: 0.01, Beta1: beta1, Beta2: 0.999, Eps: 1e-8, Correction1: 0.19,
				WeightDecay: decay, Maximize: maximize})
		})
		add("NAdam", func(x [][]float32) {
			Abs(x[3], x[3])
			NAdam(x[0], x[1], x[2], x[3], &Step{LR: 0.01, Beta1: beta1, Beta2: 0.999, Eps: 1e-8, GradRate: 0.02, MomentRate: 0.03,
				Correction2: 0.0019, WeightDecay: decay, Decoupled: decoupled, Maximize: maximize})
		})
		add("RAdam", func(x [][]float32) {
			Abs(x[3], x[3])
			RAdam(x[0], x[1], x[2], x[3], &Step{LR: 0.01, Beta1: beta1, Beta2: 0.999, Eps: 1e-8, Correction1: 0.19,
				Correction2: 0.0019, Rectify: rectify, WeightDecay: decay, Decoupled: decoupled, Maximize: maximize})
		})
	}
	return cases
}

// TestOptimizers compares the bits. Subnormal numbers, which the kernels flush to zero, do not occur.
func TestOptimizers(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, c := range optimizers() {
			for _, n := range []int{0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100, 130} {
				var got, want [][]float32
				var checks []func(*testing.T, string)
				for range 5 {
					x := make([]float32, n)
					for i := range x {
						x[i] = float32(r.NormFloat64())
					}
					g, check := guarded(x, n%17)
					got, want, checks = append(got, g), append(want, x), append(checks, check)
				}
				c.run(got)
				restore := cpu.Force(cpu.Generic)
				c.run(want)
				restore()
				for k := range got {
					checks[k](t, c.name)
					for i := range got[k] {
						if distance(got[k][i], want[k][i]) > 0 {
							t.Fatalf("%s of %d: slice %d[%d] = %g, want %g", c.name, n, k, i, got[k][i], want[k][i])
						}
					}
				}
			}
		}
	})
}

// TestDenormalsAreFlushed checks that a moment that decays below the normal numbers becomes zero, and that the mode
// ends with the call.
func TestDenormalsAreFlushed(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		if cpu.ISA() == cpu.Generic {
			t.Skip("the plain loop keeps denormals")
		}
		const n = 37
		p, g, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range n {
			m[i], v[i] = 1.2e-38, 1.2e-38
		}
		step := &Step{LR: 1e-3, Beta1: 0.9, Beta2: 0.9, Eps: 1e-8, Correction1: 0.1, Correction2: 0.1}
		Adam(p, g, m, v, nil, step)
		for i := range n {
			if m[i] != 0 || v[i] != 0 {
				t.Fatalf("moments %g, %g", m[i], v[i])
			}
		}
		half := []float32{1e-38}
		Scale(half, half, 0.5)
		if half[0] == 0 {
			t.Error("denormals are still flushed after the step")
		}
	})
}
