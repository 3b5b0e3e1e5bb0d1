package optim

import "github.com/lamina-ml/lamina/tensor"

// LAMBConfig holds the settings of LAMB.
type LAMBConfig struct {
	LR          float64 // learning rate η; 0 means 1e-3
	Beta1       float64 // β₁, decay rate of the first moment; 0 means 0.9
	Beta2       float64 // β₂, decay rate of the second moment; 0 means 0.999
	Eps         float64 // ε, added to the root; 0 means 1e-6
	WeightDecay float64 // λ
	Maximize    bool    // maximize the loss instead of minimizing it
}

// LAMB is Adam with the update of each parameter scaled to the parameter's norm, for batches of many thousand samples:
//
//	m ← β₁m + (1 − β₁)g
//	v ← β₂v + (1 − β₂)g²
//	u ← m/(1 − β₁ᵗ)/(√(v/(1 − β₂ᵗ)) + ε) + λp
//	p ← p − η·‖p‖/‖u‖·u        (if a norm is 0: p ← p − ηu)
//
// https://arxiv.org/abs/1904.00962, algorithm 2, with φ(z) = z
type LAMB = Base[LAMBConfig]

// NewLAMB returns an optimizer of params. AddGroup adds parameters with other settings.
func NewLAMB(params []tensor.Tensor, c LAMBConfig) *LAMB { return New(params, c) }

// Name returns "LAMB".
func (c *LAMBConfig) Name() string { return "LAMB" }

// Settings lists the settings.
func (c *LAMBConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-3},
		{Name: "betas.0", Value: &c.Beta1, Default: 0.9, Below: 1},
		{Name: "betas.1", Value: &c.Beta2, Default: 0.999, Below: 1},
		{Name: "eps", Value: &c.Eps, Default: 1e-6},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists both moments.
func (c *LAMBConfig) State(tensor.Tensor) []State {
	return []State{{Name: "exp_avg"}, {Name: "exp_avg_sq"}}
}

// Step updates the parameter with tensor operations.
func (c *LAMBConfig) Step(s *Step) {
	p, m, v := s.Param, s.State("exp_avg"), s.State("exp_avg_sq")
	g := descent(p, s.Grad, c.Maximize, 0)
	m.LerpInPlace(g, 1-c.Beta1)
	v.MulScalarInPlace(c.Beta2)
	addMul(v, 1-c.Beta2, g, g)
	root := v.Widen().DivScalar(1 - s.Power(c.Beta2)).Sqrt().AddScalar(c.Eps)
	u := m.Widen().DivScalar(1 - s.Power(c.Beta1)).Div(root)
	if c.WeightDecay != 0 {
		u = u.Add(p.Widen().MulScalar(c.WeightDecay))
	}
	size, length := p.Widen().Norm(2), u.Norm(2)
	ratio := size.Div(length).MaskedFill(size.EqualScalar(0).Or(length.EqualScalar(0)), 1)
	p.CopyFrom(p.Widen().Sub(u.Mul(ratio.MulScalar(c.LR))))
}
