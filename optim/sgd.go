package optim

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// SGDConfig holds the settings of SGD.
type SGDConfig struct {
	LR          float64 // learning rate η; 0 means 1e-3
	Momentum    float64 // μ
	Dampening   float64 // τ, of the gradient's part in the momentum
	WeightDecay float64 // λ, the L2 penalty
	Nesterov    bool    // look ahead; needs momentum and no dampening
	Maximize    bool    // climb instead of descend
}

// SGD is stochastic gradient descent with momentum:
//
//	g ← g + λp
//	b ← μb + (1 − τ)g    (at the first step b ← g)
//	p ← p − ηb           (Nesterov: p ← p − η(g + μb))
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
type SGD struct {
	core[SGDConfig, device.SGDStep]
}

// NewSGD returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewSGD(params []tensor.Tensor, c SGDConfig) *SGD {
	o := &SGD{}
	o.init("NewSGD", sgd{}, params, c)
	return o
}

type sgd struct{}

func (sgd) settings(c SGDConfig) SGDConfig {
	setting("NewSGD", "LR", &c.LR, 1e-3, inf)
	setting("NewSGD", "Momentum", &c.Momentum, 0, inf)
	setting("NewSGD", "WeightDecay", &c.WeightDecay, 0, inf)
	if c.Nesterov && (c.Momentum == 0 || c.Dampening != 0) {
		fail("NewSGD", "Nesterov needs a momentum, and no dampening")
	}
	return c
}

func (sgd) state(c *SGDConfig) (names [3]string) {
	if c.Momentum != 0 {
		names[0] = "momentum_buffer"
	}
	return names
}

func (sgd) start(*SGDConfig) float64 { return 0 }

func (sgd) numbers(c *SGDConfig, _ *slot, fresh bool) device.SGDStep {
	return device.SGDStep{LR: c.LR, Momentum: c.Momentum, Dampening: c.Dampening, WeightDecay: c.WeightDecay,
		Nesterov: c.Nesterov, Maximize: c.Maximize, First: fresh}
}

func (sgd) fused(dev device.Device, updates []device.Update[device.SGDStep]) bool {
	d, ok := dev.(device.SGDStepper)
	if ok {
		d.SGD(updates)
	}
	return ok
}

func (sgd) composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *device.SGDStep) {
	g = pull(p, g, n.Maximize, n.WeightDecay)
	if n.Momentum != 0 {
		buf := state[0]
		if n.First {
			buf.CopyFrom(g)
		} else {
			buf.MulScalarInPlace(n.Momentum)
			buf.AddScaledInPlace(1-n.Dampening, g)
		}
		if n.Nesterov {
			g = g.Add(buf.MulScalar(n.Momentum))
		} else {
			g = buf
		}
	}
	p.AddScaledInPlace(-n.LR, g)
}
