package optim

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// AdamConfig holds the settings of Adam.
type AdamConfig struct {
	LR          float64 // learning rate η; 0 means 1e-3
	Beta1       float64 // β₁, how much of the first moment stays; 0 means 0.9
	Beta2       float64 // β₂, how much of the second moment stays; 0 means 0.999
	Eps         float64 // ε, added to the root; 0 means 1e-8
	WeightDecay float64 // λ, the L2 penalty
	AMSGrad     bool    // divide by the root of the largest second moment so far
	Maximize    bool    // climb instead of descend
}

// Adam scales the gradient's running mean by the root of the running mean of its squares, both corrected for their start at 0:
//
//	g ← g + λp
//	m ← β₁m + (1 − β₁)g
//	v ← β₂v + (1 − β₂)g²
//	p ← p − η/(1 − β₁ᵗ) · m/(√v/√(1 − β₂ᵗ) + ε)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html
type Adam struct {
	core[AdamConfig, device.AdamStep]
}

// NewAdam returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewAdam(params []tensor.Tensor, c AdamConfig) *Adam {
	o := &Adam{}
	o.init("NewAdam", adam{}, params, c)
	return o
}

type adam struct{ adamStep }

func (adam) settings(c AdamConfig) AdamConfig { return adamSettings("NewAdam", c, 0) }
func (adam) state(c *AdamConfig) [3]string    { return adamState(c.AMSGrad) }
func (adam) start(*AdamConfig) float64        { return 0 }
func (adam) numbers(c *AdamConfig, s *slot, _ bool) device.AdamStep {
	return adamNumbers(c, s.steps, false)
}

func adamSettings(name string, c AdamConfig, decay float64) AdamConfig {
	setting(name, "LR", &c.LR, 1e-3, inf)
	setting(name, "Beta1", &c.Beta1, 0.9, 1)
	setting(name, "Beta2", &c.Beta2, 0.999, 1)
	setting(name, "Eps", &c.Eps, 1e-8, inf)
	setting(name, "WeightDecay", &c.WeightDecay, decay, inf)
	return c
}

func adamState(amsgrad bool) [3]string {
	names := [3]string{"exp_avg", "exp_avg_sq"}
	if amsgrad {
		names[2] = "max_exp_avg_sq"
	}
	return names
}

func adamNumbers(c *AdamConfig, t int, decoupled bool) device.AdamStep {
	return device.AdamStep{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay,
		Correction1: 1 - power(c.Beta1, t), Correction2: 1 - power(c.Beta2, t),
		Decoupled: decoupled, Maximize: c.Maximize}
}

// adamStep is the step of Adam and AdamW, given its numbers.
type adamStep struct{}

func (adamStep) fused(dev device.Device, updates []device.Update[device.AdamStep]) bool {
	d, ok := dev.(device.AdamStepper)
	if ok {
		d.Adam(updates)
	}
	return ok
}

func (adamStep) composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *device.AdamStep) {
	g = pullDecoupled(p, g, n.Maximize, n.LR, n.WeightDecay, n.Decoupled)
	m, v, vmax := state[0], state[1], state[2]
	m.LerpInPlace(g, 1-n.Beta1)
	v.MulScalarInPlace(n.Beta2)
	v.AddInPlace(g.MulScalar(1 - n.Beta2).Mul(g))
	if vmax.Defined() {
		vmax.CopyFrom(vmax.Maximum(v))
		v = vmax
	}
	root := v.Sqrt().DivScalar(math.Sqrt(n.Correction2)).AddScalar(n.Eps)
	p.AddInPlace(m.MulScalar(-n.LR / n.Correction1).Div(root))
}

// AdamWConfig holds the settings of AdamW.
type AdamWConfig struct {
	LR          float64 // learning rate η; 0 means 1e-3
	Beta1       float64 // β₁, how much of the first moment stays; 0 means 0.9
	Beta2       float64 // β₂, how much of the second moment stays; 0 means 0.999
	Eps         float64 // ε, added to the root; 0 means 1e-8
	WeightDecay float64 // λ; 0 means 1e-2, Zero means none
	AMSGrad     bool    // divide by the root of the largest second moment so far
	Maximize    bool    // climb instead of descend
}

// AdamW is Adam whose weight decay is no part of the gradient: before the step, p ← p − ηλp.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html
type AdamW struct {
	core[AdamWConfig, device.AdamStep]
}

// NewAdamW returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewAdamW(params []tensor.Tensor, c AdamWConfig) *AdamW {
	o := &AdamW{}
	o.init("NewAdamW", adamW{}, params, c)
	return o
}

type adamW struct{ adamStep }

func (adamW) settings(c AdamWConfig) AdamWConfig {
	return AdamWConfig(adamSettings("NewAdamW", AdamConfig(c), 1e-2))
}
func (adamW) state(c *AdamWConfig) [3]string { return adamState(c.AMSGrad) }
func (adamW) start(*AdamWConfig) float64     { return 0 }
func (adamW) numbers(c *AdamWConfig, s *slot, _ bool) device.AdamStep {
	return adamNumbers((*AdamConfig)(c), s.steps, true)
}
