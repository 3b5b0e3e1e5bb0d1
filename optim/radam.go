package optim

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// RAdamConfig holds the settings of RAdam.
type RAdamConfig struct {
	LR                   float64 // learning rate η; 0 means 1e-3
	Beta1                float64 // β₁, decay rate of the first moment; 0 means 0.9
	Beta2                float64 // β₂, decay rate of the second moment; 0 means 0.999
	Eps                  float64 // ε, added to the root; 0 means 1e-8
	WeightDecay          float64 // λ
	DecoupledWeightDecay bool    // apply weight decay to the parameter, as AdamW does, not to the gradient
	Maximize             bool    // maximize the loss instead of minimizing it
}

// RAdam is Adam with a factor r that corrects the second moment's variance in the first steps, which do not use it at
// all:
//
//	g ← g + λp    (decoupled: p ← p − ηλp)
//	m ← β₁m + (1 − β₁)g
//	v ← β₂v + (1 − β₂)g²
//	ρ∞ = 2/(1 − β₂) − 1,  ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ)
//	p ← p − η·m/(1 − β₁ᵗ)                               (ρₜ ≤ 5)
//	p ← p − η·m/(1 − β₁ᵗ) · r·√(1 − β₂ᵗ)/(√v + ε)       (ρₜ > 5)
//	r = √((ρₜ − 4)(ρₜ − 2)ρ∞/((ρ∞ − 4)(ρ∞ − 2)ρₜ))
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html
type RAdam = Base[RAdamConfig]

// NewRAdam returns an optimizer of params. AddGroup adds parameters with other settings.
func NewRAdam(params []tensor.Tensor, c RAdamConfig) *RAdam { return New(params, c) }

// Name returns "RAdam".
func (c *RAdamConfig) Name() string { return "RAdam" }

// Settings lists the settings.
func (c *RAdamConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-3},
		{Name: "betas.0", Value: &c.Beta1, Default: 0.9, Below: 1},
		{Name: "betas.1", Value: &c.Beta2, Default: 0.999, Below: 1},
		{Name: "eps", Value: &c.Eps, Default: 1e-8},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "decoupled_weight_decay", Value: &c.DecoupledWeightDecay},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists both moments.
func (c *RAdamConfig) State(tensor.Tensor) []State {
	return []State{{Name: "exp_avg"}, {Name: "exp_avg_sq"}}
}

// rectify returns the factor r at step t, 0 while ρₜ ≤ 5.
func (c *RAdamConfig) rectify(t int) float64 {
	most := 2/(1-c.Beta2) - 1
	now := most - 2*float64(t)*power(c.Beta2, t)/(1-power(c.Beta2, t))
	if now <= 5 {
		return 0
	}
	return math.Sqrt((now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now))
}

// Step updates the parameter with tensor operations.
func (c *RAdamConfig) Step(s *Step) {
	p, m, v := s.Param, s.State("exp_avg"), s.State("exp_avg_sq")
	g := decoupledDescent(p, s.Grad, c.Maximize, c.LR, c.WeightDecay, c.DecoupledWeightDecay)
	m.LerpInPlace(g, 1-c.Beta1)
	v.MulScalarInPlace(c.Beta2)
	addMul(v, 1-c.Beta2, g, g)
	step := m.DivScalar(1 - s.Power(c.Beta1)).MulScalar(c.LR)
	if r := c.rectify(s.Count); r != 0 {
		root2 := math.Sqrt(1 - s.Power(c.Beta2))
		step = step.Mul(v.Sqrt().AddScalar(c.Eps).Reciprocal().MulScalar(root2)).MulScalar(r)
	}
	p.SubInPlace(step)
}

// Fuse sets the kernel's state and numbers.
func (c *RAdamConfig) Fuse(s *Step, f *tensor.ParamStep) {
	f.Numbers = tensor.StepNumbers{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay,
		Correction1: 1 - s.Power(c.Beta1), Correction2: 1 - s.Power(c.Beta2), Rectify: c.rectify(s.Count),
		Decoupled: c.DecoupledWeightDecay, Maximize: c.Maximize}
	f.State[0], f.State[1] = s.State("exp_avg"), s.State("exp_avg_sq")
}

// Kernel returns the device's kernel.
func (c *RAdamConfig) Kernel() tensor.StepRule { return tensor.StepRAdam }
