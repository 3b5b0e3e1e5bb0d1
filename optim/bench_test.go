package optim

import (
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// The benchmark makes steps for the 536,000 parameters of a network 784-512-256-10.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name string
		make func(ps []tensor.Tensor) Optimizer
	}{
		{"SGD", func(ps []tensor.Tensor) Optimizer { return NewSGD(ps, SGDConfig{Momentum: 0.9}) }},
		{"RMSprop", func(ps []tensor.Tensor) Optimizer { return NewRMSprop(ps, RMSpropConfig{}) }},
		{"Adam", func(ps []tensor.Tensor) Optimizer { return NewAdam(ps, AdamConfig{}) }},
		{"Adagrad", func(ps []tensor.Tensor) Optimizer { return NewAdagrad(ps, AdagradConfig{}) }},
		{"Adadelta", func(ps []tensor.Tensor) Optimizer { return NewAdadelta(ps, AdadeltaConfig{}) }},
		{"Adamax", func(ps []tensor.Tensor) Optimizer { return NewAdamax(ps, AdamaxConfig{}) }},
		{"NAdam", func(ps []tensor.Tensor) Optimizer { return NewNAdam(ps, NAdamConfig{}) }},
		{"RAdam", func(ps []tensor.Tensor) Optimizer { return NewRAdam(ps, RAdamConfig{}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var ps []tensor.Tensor
			for i, dims := range [][]int{{512, 784}, {512}, {256, 512}, {256}, {10, 256}, {10}} {
				p := filled(tensor.Float32, dims, func(j int) float64 { return element(i, j) }).SetRequiresGrad(true)
				p.Square().Sum().Backward()
				ps = append(ps, p)
			}
			opt := c.make(ps)
			opt.Step() // creates the state
			b.ReportAllocs()
			for b.Loop() {
				opt.Step()
			}
		})
	}
}
