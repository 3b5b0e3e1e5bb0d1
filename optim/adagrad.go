package optim

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/tensor"
)

// AdagradConfig holds the settings of Adagrad.
type AdagradConfig struct {
	LR                      float64 // learning rate η; 0 means 1e-2
	LRDecay                 float64 // κ, by which the learning rate shrinks: η/(1 + (t − 1)κ)
	WeightDecay             float64 // λ, the L2 penalty
	InitialAccumulatorValue float64 // what the sum of squares starts from
	Eps                     float64 // ε, added to the root; 0 means 1e-10
	Maximize                bool    // climb instead of descend
}

// Adagrad divides each gradient by the root of the sum of its squares so far:
//
//	g ← g + λp
//	s ← s + g²
//	p ← p − η/(1 + (t − 1)κ) · g/(√s + ε)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
type Adagrad struct {
	core[AdagradConfig, device.AdagradStep]
}

// NewAdagrad returns an optimizer of params. More parameters, with settings of their own, are added with AddGroup.
func NewAdagrad(params []tensor.Tensor, c AdagradConfig) *Adagrad {
	o := &Adagrad{}
	o.init("NewAdagrad", adagrad{}, params, c)
	return o
}

type adagrad struct{}

func (adagrad) settings(c AdagradConfig) AdagradConfig {
	setting("NewAdagrad", "LR", &c.LR, 1e-2, inf)
	setting("NewAdagrad", "LRDecay", &c.LRDecay, 0, inf)
	setting("NewAdagrad", "WeightDecay", &c.WeightDecay, 0, inf)
	setting("NewAdagrad", "InitialAccumulatorValue", &c.InitialAccumulatorValue, 0, inf)
	setting("NewAdagrad", "Eps", &c.Eps, 1e-10, inf)
	return c
}

func (adagrad) state(*AdagradConfig) [3]string { return [3]string{"sum"} }
func (adagrad) start(c *AdagradConfig) float64 { return c.InitialAccumulatorValue }

func (adagrad) numbers(c *AdagradConfig, s *slot, _ bool) device.AdagradStep {
	lr := c.LR / (1 + float64(float64(s.steps-1)*c.LRDecay))
	return device.AdagradStep{LR: lr, Eps: c.Eps, WeightDecay: c.WeightDecay, Maximize: c.Maximize}
}

func (adagrad) fused(dev device.Device, updates []device.Update[device.AdagradStep]) bool {
	d, ok := dev.(device.AdagradStepper)
	if ok {
		d.Adagrad(updates)
	}
	return ok
}

func (adagrad) composite(p, g tensor.Tensor, state [3]tensor.Tensor, n *device.AdagradStep) {
	g = pull(p, g, n.Maximize, n.WeightDecay)
	sum := state[0]
	sum.AddInPlace(g.Square())
	p.AddInPlace(g.MulScalar(-n.LR).Div(sum.Sqrt().AddScalar(n.Eps)))
}
