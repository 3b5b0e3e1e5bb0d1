package optim

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// AdadeltaConfig holds the settings of Adadelta.
type AdadeltaConfig struct {
	LR          float64 // learning rate η; 0 means 1
	Rho         float64 // ρ, decay rate of both running means; 0 means 0.9
	Eps         float64 // ε, added inside the square roots; 0 means 1e-6
	WeightDecay float64 // λ, the L2 penalty
	Maximize    bool    // maximize the loss instead of minimizing it
}

// Adadelta scales the gradient by the ratio of two running root mean squares, of past updates and of gradients:
//
//	g ← g + λp
//	v ← ρv + (1 − ρ)g²
//	d ← g·√(u + ε)/√(v + ε)
//	u ← ρu + (1 − ρ)d²
//	p ← p − ηd
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
type Adadelta = Base[AdadeltaConfig]

// NewAdadelta returns an optimizer of params. AddGroup adds parameters with other settings.
func NewAdadelta(params []tensor.Tensor, c AdadeltaConfig) *Adadelta { return New(params, c) }

// Name returns "Adadelta".
func (c *AdadeltaConfig) Name() string { return "Adadelta" }

// Settings lists the settings.
func (c *AdadeltaConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1},
		{Name: "rho", Value: &c.Rho, Default: 0.9, Below: math.Nextafter(1, 2)},
		{Name: "eps", Value: &c.Eps, Default: 1e-6},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists the means of squared gradients and of squared changes.
func (c *AdadeltaConfig) State(tensor.Tensor) []State {
	return []State{{Name: "square_avg"}, {Name: "acc_delta"}}
}

// Step updates the parameter with tensor operations.
func (c *AdadeltaConfig) Step(s *Step) {
	p, sq, acc := s.Param, s.State("square_avg"), s.State("acc_delta")
	g := descent(p, s.Grad, c.Maximize, c.WeightDecay)
	sq.MulScalarInPlace(c.Rho)
	addMul(sq, 1-c.Rho, g, g)
	delta := acc.AddScalar(c.Eps).Sqrt().Div(sq.AddScalar(c.Eps).Sqrt()).Mul(g)
	acc.MulScalarInPlace(c.Rho)
	addMul(acc, 1-c.Rho, delta, delta)
	p.AddScaledInPlace(-c.LR, delta)
}

// Fuse sets the kernel's state and numbers.
func (c *AdadeltaConfig) Fuse(s *Step, f *tensor.ParamStep) {
	f.Numbers = tensor.StepNumbers{LR: c.LR, Beta2: c.Rho, Eps: c.Eps, WeightDecay: c.WeightDecay, Maximize: c.Maximize}
	f.State[0], f.State[1] = s.State("square_avg"), s.State("acc_delta")
}

// Kernel returns the device's kernel.
func (c *AdadeltaConfig) Kernel() tensor.StepRule { return tensor.StepAdadelta }
