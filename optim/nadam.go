package optim

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// NAdamConfig holds the settings of NAdam.
type NAdamConfig struct {
	LR                   float64 // learning rate η; 0 means 2e-3
	Beta1                float64 // β₁, how much of the first moment stays; 0 means 0.9
	Beta2                float64 // β₂, how much of the second moment stays; 0 means 0.999
	Eps                  float64 // ε, added to the root; 0 means 1e-8
	WeightDecay          float64 // λ
	MomentumDecay        float64 // ψ, how fast the momentum grows towards β₁; 0 means 4e-3
	DecoupledWeightDecay bool    // decay as AdamW does, not through the gradient
	Maximize             bool    // climb instead of descend
}

// NAdam is Adam with Nesterov's momentum:
//
//	g ← g + λp    (decoupled: p ← p − ηλp)
//	m ← β₁m + (1 − β₁)g
//	v ← β₂v + (1 − β₂)g²
//	μₜ = β₁(1 − ½·0.96^(tψ))
//	p ← p − η((1 − μₜ)/(1 − μ₁…μₜ) · g + μₜ₊₁/(1 − μ₁…μₜ₊₁) · m)/(√(v/(1 − β₂ᵗ)) + ε)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html
type NAdam struct {
	core[NAdamConfig, device.NAdamStep]
}

// NewNAdam returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewNAdam(params []tensor.Tensor, c NAdamConfig) *NAdam {
	o := &NAdam{}
	o.init("NewNAdam", nadam{}, params, c)
	return o
}

type nadam struct{}

func (nadam) settings(c NAdamConfig) NAdamConfig {
	setting("NewNAdam", "LR", &c.LR, 2e-3, inf)
	setting("NewNAdam", "Beta1", &c.Beta1, 0.9, 1)
	setting("NewNAdam", "Beta2", &c.Beta2, 0.999, 1)
	setting("NewNAdam", "Eps", &c.Eps, 1e-8, inf)
	setting("NewNAdam", "WeightDecay", &c.WeightDecay, 0, inf)
	setting("NewNAdam", "MomentumDecay", &c.MomentumDecay, 4e-3, inf)
	return c
}

func (nadam) state(*NAdamConfig) [3]string { return [3]string{"exp_avg", "exp_avg_sq"} }
func (nadam) start(*NAdamConfig) float64   { return 0 }

func (nadam) numbers(c *NAdamConfig, s *slot, _ bool) device.NAdamStep {
	momentum := func(t int) float64 { return c.Beta1 * (1 - 0.5*math.Pow(0.96, float64(t)*c.MomentumDecay)) }
	if s.steps == 1 {
		s.muProduct = 1
	}
	mu, next := momentum(s.steps), momentum(s.steps+1)
	s.muProduct *= float32(mu) // PyTorch keeps the product in float32, whatever the parameters are
	product := float64(s.muProduct)
	return device.NAdamStep{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay,
		GradRate: c.LR * (1 - mu) / (1 - product), MomentRate: c.LR * next / (1 - float64(product*next)),
		Correction2: 1 - power(c.Beta2, s.steps), Decoupled: c.DecoupledWeightDecay, Maximize: c.Maximize}
}

func (nadam) fused(dev device.Device, updates []device.Update[device.NAdamStep]) bool {
	d, ok := dev.(device.NAdamStepper)
	if ok {
		d.NAdam(updates)
	}
	return ok
}

func (nadam) composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *device.NAdamStep) {
	g = pullDecoupled(p, g, n.Maximize, n.LR, n.WeightDecay, n.Decoupled)
	m, v := state[0], state[1]
	m.LerpInPlace(g, 1-n.Beta1)
	v.MulScalarInPlace(n.Beta2)
	v.AddInPlace(g.MulScalar(1 - n.Beta2).Mul(g))
	root := v.DivScalar(n.Correction2).Sqrt().AddScalar(n.Eps)
	p.AddInPlace(g.MulScalar(-n.GradRate).Div(root))
	p.AddInPlace(m.MulScalar(-n.MomentRate).Div(root))
}
