package optim

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// RMSpropConfig holds the settings of RMSprop.
type RMSpropConfig struct {
	LR          float64 // learning rate η; 0 means 1e-2
	Alpha       float64 // α, how much of the mean of squares stays; 0 means 0.99
	Eps         float64 // ε, added to the root; 0 means 1e-8
	Momentum    float64 // μ
	WeightDecay float64 // λ, the L2 penalty
	Centered    bool    // divide by the estimated standard deviation
	Maximize    bool    // climb instead of descend
}

// RMSprop divides each gradient by the root of the running mean of its squares:
//
//	g ← g + λp
//	v ← αv + (1 − α)g²
//	a ← αa + (1 − α)g    (centered: √(v − a²) takes the place of √v)
//	p ← p − ηg/(√v + ε)  (with momentum: b ← μb + g/(√v + ε), p ← p − ηb)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
type RMSprop struct {
	core[RMSpropConfig, device.RMSpropStep]
}

// NewRMSprop returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewRMSprop(params []tensor.Tensor, c RMSpropConfig) *RMSprop {
	o := &RMSprop{}
	o.init("NewRMSprop", rmsprop{}, params, c)
	return o
}

type rmsprop struct{}

func (rmsprop) settings(c RMSpropConfig) RMSpropConfig {
	setting("NewRMSprop", "LR", &c.LR, 1e-2, inf)
	setting("NewRMSprop", "Alpha", &c.Alpha, 0.99, inf)
	setting("NewRMSprop", "Eps", &c.Eps, 1e-8, inf)
	setting("NewRMSprop", "Momentum", &c.Momentum, 0, inf)
	setting("NewRMSprop", "WeightDecay", &c.WeightDecay, 0, inf)
	return c
}

func (rmsprop) state(c *RMSpropConfig) [3]string {
	names := [3]string{"square_avg"}
	if c.Centered {
		names[1] = "grad_avg"
	}
	if c.Momentum > 0 {
		names[2] = "momentum_buffer"
	}
	return names
}

func (rmsprop) start(*RMSpropConfig) float64 { return 0 }

func (rmsprop) numbers(c *RMSpropConfig, _ *slot, _ bool) device.RMSpropStep {
	return device.RMSpropStep{LR: c.LR, Alpha: c.Alpha, Eps: c.Eps, Momentum: c.Momentum, WeightDecay: c.WeightDecay,
		Centered: c.Centered, Maximize: c.Maximize}
}

func (rmsprop) fused(dev device.Device, updates []device.Update[device.RMSpropStep]) bool {
	d, ok := dev.(device.RMSpropStepper)
	if ok {
		d.RMSprop(updates)
	}
	return ok
}

func (rmsprop) composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *device.RMSpropStep) {
	g = pull(p, g, n.Maximize, n.WeightDecay)
	sq, avg, buf := state[0], state[1], state[2]
	sq.MulScalarInPlace(n.Alpha)
	sq.AddInPlace(g.MulScalar(1 - n.Alpha).Mul(g))
	v := sq
	if n.Centered {
		avg.LerpInPlace(g, 1-n.Alpha)
		v = sq.Sub(avg.Square())
	}
	root := v.Sqrt().AddScalar(n.Eps)
	if n.Momentum > 0 {
		buf.MulScalarInPlace(n.Momentum)
		buf.AddInPlace(g.Div(root))
		p.AddScaledInPlace(-n.LR, buf)
	} else {
		p.AddInPlace(g.MulScalar(-n.LR).Div(root))
	}
}
