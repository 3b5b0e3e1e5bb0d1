package optim

import "github.com/lamina-ml/lamina/tensor"

// LionConfig holds the settings of Lion. Its learning rate is usually a tenth to a third of AdamW's, and its weight
// decay three to ten times AdamW's.
type LionConfig struct {
	LR          float64 // learning rate η; 0 means 1e-4
	Beta1       float64 // β₁, weight of the momentum in the step; 0 means 0.9
	Beta2       float64 // β₂, decay rate of the momentum; 0 means 0.99
	WeightDecay float64 // λ, decoupled
	Maximize    bool    // maximize the loss instead of minimizing it
}

// Lion makes steps of one size, the sign of a mean of gradient and momentum:
//
//	u ← sign(β₁m + (1 − β₁)g)
//	p ← p − η(u + λp)
//	m ← β₂m + (1 − β₂)g
//
// https://arxiv.org/abs/2302.06675, algorithm 2
type Lion = Base[LionConfig]

// NewLion returns an optimizer of params. AddGroup adds parameters with other settings.
func NewLion(params []tensor.Tensor, c LionConfig) *Lion { return New(params, c) }

// Name returns "Lion".
func (c *LionConfig) Name() string { return "Lion" }

// Settings lists the settings.
func (c *LionConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-4},
		{Name: "betas.0", Value: &c.Beta1, Default: 0.9, Below: 1},
		{Name: "betas.1", Value: &c.Beta2, Default: 0.99, Below: 1},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists the momentum.
func (c *LionConfig) State(tensor.Tensor) []State { return []State{{Name: "exp_avg"}} }

// Step updates the parameter with tensor operations.
func (c *LionConfig) Step(s *Step) {
	p, m := s.Param, s.State("exp_avg")
	g := decoupledDescent(p, s.Grad, c.Maximize, c.LR, c.WeightDecay, true)
	p.AddScaledInPlace(-c.LR, m.Lerp(g, 1-c.Beta1).Sign())
	m.LerpInPlace(g, 1-c.Beta2)
}
