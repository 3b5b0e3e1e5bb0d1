package nn_test

import (
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// fusedNet is FourLayerNN whose hidden layers compute ReLU in the pass over memory that writes their result.
type fusedNet struct{ FC1, FC2, FC3, FC4 *nn.Linear }

func (m *fusedNet) Forward(x tensor.Tensor) tensor.Tensor {
	return m.FC4.Forward(m.FC3.Forward(m.FC2.Forward(m.FC1.Forward(x))))
}

// BenchmarkModelForms times a forward and backward pass of one network in the three ways to write it: a struct that
// calls ReLU, a Sequential, and a struct with fused activations. A round of each alternates with the others, so one run
// compares them.
func BenchmarkModelForms(b *testing.B) {
	defer tensor.SetThreads(tensor.Threads())
	tensor.SetThreads(1)
	type size struct {
		name                  string
		batch, in, h1, h2, h3 int
	}
	for _, s := range []size{{"100-128-64-32-10", 32, 100, 128, 64, 32}, {"784-512-256-128-10", 128, 784, 512, 256, 128}} {
		g := rng.NewTorch(1)
		linear := func(in, out int) *nn.Linear { return nn.NewLinear(g, in, out) }
		relu := func(in, out int) *nn.Linear { return nn.LinearConfig{Activation: tensor.ReLU}.New(g, in, out) }
		models := []struct {
			name string
			m    nn.Module
		}{
			{"struct", &FourLayerNN{FC1: linear(s.in, s.h1), FC2: linear(s.h1, s.h2), FC3: linear(s.h2, s.h3), FC4: linear(s.h3, 10)}},
			{"sequential", nn.Sequential{linear(s.in, s.h1), &nn.ReLU{}, linear(s.h1, s.h2), &nn.ReLU{},
				linear(s.h2, s.h3), &nn.ReLU{}, linear(s.h3, 10)}},
			{"fused", &fusedNet{relu(s.in, s.h1), relu(s.h1, s.h2), relu(s.h2, s.h3), linear(s.h3, 10)}},
		}
		x := tensor.Options{}.RandN(g, s.batch, s.in)
		y := tensor.Options{}.RandInt(g, 0, 10, s.batch)
		for _, m := range models {
			params := nn.Parameters(m.m)
			scope := tensor.NewScope(tensor.CPU())
			b.Run(s.name+"/"+m.name, func(b *testing.B) {
				for range b.N {
					scope.Recycle()
					for _, p := range params {
						p.ZeroGrad()
					}
					nn.CrossEntropy(m.m.Forward(x.InScope(scope)), y).Backward()
				}
			})
		}
	}
}
