package optim

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// AdadeltaConfig holds the settings of Adadelta.
type AdadeltaConfig struct {
	LR          float64 // learning rate η; 0 means 1
	Rho         float64 // ρ, how much of the running means stays; 0 means 0.9
	Eps         float64 // ε, added below the roots; 0 means 1e-6
	WeightDecay float64 // λ, the L2 penalty
	Maximize    bool    // climb instead of descend
}

// Adadelta gives the gradient the unit of the parameter, through the running means of squared gradients and of squared changes:
//
//	g ← g + λp
//	v ← ρv + (1 − ρ)g²
//	d ← g·√(u + ε)/√(v + ε)
//	u ← ρu + (1 − ρ)d²
//	p ← p − ηd
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
type Adadelta struct {
	core[AdadeltaConfig, device.AdadeltaStep]
}

// NewAdadelta returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewAdadelta(params []tensor.Tensor, c AdadeltaConfig) *Adadelta {
	o := &Adadelta{}
	o.init("NewAdadelta", adadelta{}, params, c)
	return o
}

type adadelta struct{}

func (adadelta) settings(c AdadeltaConfig) AdadeltaConfig {
	setting("NewAdadelta", "LR", &c.LR, 1, inf)
	setting("NewAdadelta", "Rho", &c.Rho, 0.9, math.Nextafter(1, 2))
	setting("NewAdadelta", "Eps", &c.Eps, 1e-6, inf)
	setting("NewAdadelta", "WeightDecay", &c.WeightDecay, 0, inf)
	return c
}

func (adadelta) state(*AdadeltaConfig) [3]string { return [3]string{"square_avg", "acc_delta"} }
func (adadelta) start(*AdadeltaConfig) float64   { return 0 }

func (adadelta) numbers(c *AdadeltaConfig, _ *slot, _ bool) device.AdadeltaStep {
	return device.AdadeltaStep{LR: c.LR, Rho: c.Rho, Eps: c.Eps, WeightDecay: c.WeightDecay, Maximize: c.Maximize}
}

func (adadelta) fused(dev device.Device, updates []device.Update[device.AdadeltaStep]) bool {
	d, ok := dev.(device.AdadeltaStepper)
	if ok {
		d.Adadelta(updates)
	}
	return ok
}

func (adadelta) composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *device.AdadeltaStep) {
	g = pull(p, g, n.Maximize, n.WeightDecay)
	sq, acc := state[0], state[1]
	sq.MulScalarInPlace(n.Rho)
	sq.AddInPlace(g.MulScalar(1 - n.Rho).Mul(g))
	delta := acc.AddScalar(n.Eps).Sqrt().Div(sq.AddScalar(n.Eps).Sqrt()).Mul(g)
	acc.MulScalarInPlace(n.Rho)
	acc.AddInPlace(delta.MulScalar(1 - n.Rho).Mul(delta))
	p.AddScaledInPlace(-n.LR, delta)
}
