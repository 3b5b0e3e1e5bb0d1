package optim

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// RAdamConfig holds the settings of RAdam.
type RAdamConfig struct {
	LR                   float64 // learning rate η; 0 means 1e-3
	Beta1                float64 // β₁, how much of the first moment stays; 0 means 0.9
	Beta2                float64 // β₂, how much of the second moment stays; 0 means 0.999
	Eps                  float64 // ε, added to the root; 0 means 1e-8
	WeightDecay          float64 // λ
	DecoupledWeightDecay bool    // decay as AdamW does, not through the gradient
	Maximize             bool    // climb instead of descend
}

// RAdam is Adam that trusts the second moment only as far as there were steps to estimate it from:
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
type RAdam struct {
	core[RAdamConfig, device.RAdamStep]
}

// NewRAdam returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewRAdam(params []tensor.Tensor, c RAdamConfig) *RAdam {
	o := &RAdam{}
	o.init("NewRAdam", radam{}, params, c)
	return o
}

type radam struct{}

func (radam) settings(c RAdamConfig) RAdamConfig {
	setting("NewRAdam", "LR", &c.LR, 1e-3, inf)
	setting("NewRAdam", "Beta1", &c.Beta1, 0.9, 1)
	setting("NewRAdam", "Beta2", &c.Beta2, 0.999, 1)
	setting("NewRAdam", "Eps", &c.Eps, 1e-8, inf)
	setting("NewRAdam", "WeightDecay", &c.WeightDecay, 0, inf)
	return c
}

func (radam) state(*RAdamConfig) [3]string { return [3]string{"exp_avg", "exp_avg_sq"} }
func (radam) start(*RAdamConfig) float64   { return 0 }

func (radam) numbers(c *RAdamConfig, s *slot, _ bool) device.RAdamStep {
	n := device.RAdamStep{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay,
		Correction1: 1 - power(c.Beta1, s.steps), Correction2: 1 - power(c.Beta2, s.steps),
		Decoupled: c.DecoupledWeightDecay, Maximize: c.Maximize}
	most := 2/(1-c.Beta2) - 1
	now := most - 2*float64(s.steps)*power(c.Beta2, s.steps)/n.Correction2
	if now > 5 {
		n.Rectify = math.Sqrt((now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now))
	}
	return n
}

func (radam) fused(dev device.Device, updates []device.Update[device.RAdamStep]) bool {
	d, ok := dev.(device.RAdamStepper)
	if ok {
		d.RAdam(updates)
	}
	return ok
}

func (radam) composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *device.RAdamStep) {
	g = pullDecoupled(p, g, n.Maximize, n.LR, n.WeightDecay, n.Decoupled)
	m, v := state[0], state[1]
	m.LerpInPlace(g, 1-n.Beta1)
	v.MulScalarInPlace(n.Beta2)
	v.AddInPlace(g.MulScalar(1 - n.Beta2).Mul(g))
	step := m.DivScalar(n.Correction1).MulScalar(n.LR)
	if n.Rectify != 0 {
		step = step.Div(v.Sqrt().AddScalar(n.Eps)).MulScalar(math.Sqrt(n.Correction2)).MulScalar(n.Rectify)
	}
	p.SubInPlace(step)
}
