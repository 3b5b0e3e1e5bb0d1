package optim

import "github.com/lamina-ml/lamina/tensor"

// AdamaxConfig holds the settings of Adamax.
type AdamaxConfig struct {
	LR          float64 // learning rate η; 0 means 2e-3
	Beta1       float64 // β₁, decay rate of the first moment; 0 means 0.9
	Beta2       float64 // β₂, decay rate of the maximum; 0 means 0.999
	Eps         float64 // ε, added to the gradient's absolute value; 0 means 1e-8
	WeightDecay float64 // λ, the L2 penalty
	Maximize    bool    // maximize the loss instead of minimizing it
}

// Adamax is Adam with a decaying maximum of the gradient's absolute value instead of the root of its mean square:
//
//	g ← g + λp
//	m ← β₁m + (1 − β₁)g
//	u ← max(β₂u, |g| + ε)
//	p ← p − η/(1 − β₁ᵗ) · m/u
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html
type Adamax = Base[AdamaxConfig]

// NewAdamax returns an optimizer of params. AddGroup adds parameters with other settings.
func NewAdamax(params []tensor.Tensor, c AdamaxConfig) *Adamax { return New(params, c) }

// Name returns "Adamax".
func (c *AdamaxConfig) Name() string { return "Adamax" }

// Settings lists the settings.
func (c *AdamaxConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 2e-3},
		{Name: "betas.0", Value: &c.Beta1, Default: 0.9, Below: 1},
		{Name: "betas.1", Value: &c.Beta2, Default: 0.999, Below: 1},
		{Name: "eps", Value: &c.Eps, Default: 1e-8},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists the first moment and the decaying maximum.
func (c *AdamaxConfig) State(tensor.Tensor) []State {
	return []State{{Name: "exp_avg"}, {Name: "exp_inf"}}
}

// Step updates the parameter with tensor operations.
func (c *AdamaxConfig) Step(s *Step) {
	p, m, u := s.Param, s.State("exp_avg"), s.State("exp_inf")
	g := descent(p, s.Grad, c.Maximize, c.WeightDecay)
	m.LerpInPlace(g, 1-c.Beta1)
	u.CopyFrom(u.MulScalar(c.Beta2).Maximum(g.Abs().AddScalar(c.Eps)))
	addDiv(p, -c.LR/(1-s.Power(c.Beta1)), m, u)
}

// Fuse sets the kernel's state and numbers.
func (c *AdamaxConfig) Fuse(s *Step, f *tensor.ParamStep) {
	f.Numbers = tensor.StepNumbers{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay,
		Correction1: 1 - s.Power(c.Beta1), Maximize: c.Maximize}
	f.State[0], f.State[1] = s.State("exp_avg"), s.State("exp_inf")
}

// Kernel returns the device's kernel.
func (c *AdamaxConfig) Kernel() tensor.StepRule { return tensor.StepAdamax }
