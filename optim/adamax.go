package optim

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// AdamaxConfig holds the settings of Adamax.
type AdamaxConfig struct {
	LR          float64 // learning rate η; 0 means 2e-3
	Beta1       float64 // β₁, how much of the first moment stays; 0 means 0.9
	Beta2       float64 // β₂, how much of the maximum stays; 0 means 0.999
	Eps         float64 // ε, added to the gradient's size; 0 means 1e-8
	WeightDecay float64 // λ, the L2 penalty
	Maximize    bool    // climb instead of descend
}

// Adamax is Adam with a decaying maximum of the gradient's size in place of the root of its mean square:
//
//	g ← g + λp
//	m ← β₁m + (1 − β₁)g
//	u ← max(β₂u, |g| + ε)
//	p ← p − η/(1 − β₁ᵗ) · m/u
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html
type Adamax struct {
	core[AdamaxConfig, device.AdamaxStep]
}

// NewAdamax returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewAdamax(params []tensor.Tensor, c AdamaxConfig) *Adamax {
	o := &Adamax{}
	o.init("NewAdamax", adamax{}, params, c)
	return o
}

type adamax struct{}

func (adamax) settings(c AdamaxConfig) AdamaxConfig {
	setting("NewAdamax", "LR", &c.LR, 2e-3, inf)
	setting("NewAdamax", "Beta1", &c.Beta1, 0.9, 1)
	setting("NewAdamax", "Beta2", &c.Beta2, 0.999, 1)
	setting("NewAdamax", "Eps", &c.Eps, 1e-8, inf)
	setting("NewAdamax", "WeightDecay", &c.WeightDecay, 0, inf)
	return c
}

func (adamax) state(*AdamaxConfig) [3]string { return [3]string{"exp_avg", "exp_inf"} }
func (adamax) start(*AdamaxConfig) float64   { return 0 }

func (adamax) numbers(c *AdamaxConfig, s *slot, _ bool) device.AdamaxStep {
	return device.AdamaxStep{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay,
		Correction1: 1 - power(c.Beta1, s.steps), Maximize: c.Maximize}
}

func (adamax) fused(dev device.Device, updates []device.Update[device.AdamaxStep]) bool {
	d, ok := dev.(device.AdamaxStepper)
	if ok {
		d.Adamax(updates)
	}
	return ok
}

func (adamax) composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *device.AdamaxStep) {
	g = pull(p, g, n.Maximize, n.WeightDecay)
	m, u := state[0], state[1]
	m.LerpInPlace(g, 1-n.Beta1)
	u.CopyFrom(u.MulScalar(n.Beta2).Maximum(g.Abs().AddScalar(n.Eps)))
	p.AddInPlace(m.MulScalar(-n.LR / n.Correction1).Div(u))
}
