package optim

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// NAdamConfig holds the settings of NAdam.
type NAdamConfig struct {
	LR                   float64 // learning rate η; 0 means 2e-3
	Beta1                float64 // β₁, decay rate of the first moment; 0 means 0.9
	Beta2                float64 // β₂, decay rate of the second moment; 0 means 0.999
	Eps                  float64 // ε, added to the root; 0 means 1e-8
	WeightDecay          float64 // λ
	MomentumDecay        float64 // ψ, how fast the momentum grows towards β₁; 0 means 4e-3
	DecoupledWeightDecay bool    // apply weight decay to the parameter, as AdamW does, not to the gradient
	Maximize             bool    // maximize the loss instead of minimizing it
}

// NAdam is Adam with Nesterov momentum:
//
//	g ← g + λp    (decoupled: p ← p − ηλp)
//	m ← β₁m + (1 − β₁)g
//	v ← β₂v + (1 − β₂)g²
//	μₜ = β₁(1 − ½·0.96^(tψ))
//	p ← p − η((1 − μₜ)/(1 − μ₁…μₜ) · g + μₜ₊₁/(1 − μ₁…μₜ₊₁) · m)/(√(v/(1 − β₂ᵗ)) + ε)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html
type NAdam = Base[NAdamConfig]

// NewNAdam returns an optimizer of params. AddGroup adds parameters with other settings.
func NewNAdam(params []tensor.Tensor, c NAdamConfig) *NAdam { return New(params, c) }

// Name returns "NAdam".
func (c *NAdamConfig) Name() string { return "NAdam" }

// Settings lists the settings.
func (c *NAdamConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 2e-3},
		{Name: "betas.0", Value: &c.Beta1, Default: 0.9, Below: 1},
		{Name: "betas.1", Value: &c.Beta2, Default: 0.999, Below: 1},
		{Name: "eps", Value: &c.Eps, Default: 1e-8},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "momentum_decay", Value: &c.MomentumDecay, Default: 4e-3},
		{Name: "decoupled_weight_decay", Value: &c.DecoupledWeightDecay},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists the product of the momenta so far and both moments.
func (c *NAdamConfig) State(tensor.Tensor) []State {
	return []State{{Name: "mu_product", Start: 1, Number: true}, {Name: "exp_avg"}, {Name: "exp_avg_sq"}}
}

// rates returns the factors of the gradient and of the first moment. Call it once a step: it updates the product of the
// momenta.
func (c *NAdamConfig) rates(s *Step) (grad, moment float64) {
	momentum := func(t int) float64 { return c.Beta1 * (1 - 0.5*math.Pow(0.96, float64(t)*c.MomentumDecay)) }
	mu, next := momentum(s.Count), momentum(s.Count+1)
	total := s.State("mu_product") // PyTorch keeps it in float32, for parameters of every type
	total.MulScalarInPlace(mu)
	product := total.Item()
	return c.LR * (1 - mu) / (1 - product), c.LR * next / (1 - float64(product*next))
}

// Step updates the parameter with tensor operations.
func (c *NAdamConfig) Step(s *Step) {
	p, m, v := s.Param, s.State("exp_avg"), s.State("exp_avg_sq")
	gradRate, momentRate := c.rates(s)
	g := decoupledDescent(p, s.Grad, c.Maximize, c.LR, c.WeightDecay, c.DecoupledWeightDecay)
	m.LerpInPlace(g, 1-c.Beta1)
	v.MulScalarInPlace(c.Beta2)
	addMul(v, 1-c.Beta2, g, g)
	root := v.DivScalar(1 - s.Power(c.Beta2)).Sqrt().AddScalar(c.Eps)
	addDiv(p, -gradRate, g, root)
	addDiv(p, -momentRate, m, root)
}

// Fuse sets the kernel's state and numbers.
func (c *NAdamConfig) Fuse(s *Step, f *tensor.ParamStep) {
	gradRate, momentRate := c.rates(s)
	f.Numbers = tensor.StepNumbers{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay,
		GradRate: gradRate, MomentRate: momentRate, Correction2: 1 - s.Power(c.Beta2),
		Decoupled: c.DecoupledWeightDecay, Maximize: c.Maximize}
	f.State[0], f.State[1] = s.State("exp_avg"), s.State("exp_avg_sq")
}

// Kernel returns the device's kernel.
func (c *NAdamConfig) Kernel() tensor.StepRule { return tensor.StepNAdam }
