package optim

import (
	"errors"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// SGDConfig holds the settings of SGD.
type SGDConfig struct {
	LR          float64 // learning rate η; 0 means 1e-3
	Momentum    float64 // μ
	Dampening   float64 // τ, reduces the gradient's part in the momentum
	WeightDecay float64 // λ, the L2 penalty
	Nesterov    bool    // Nesterov momentum; needs Momentum > 0 and no Dampening
	Maximize    bool    // maximize the loss instead of minimizing it
}

// SGD is stochastic gradient descent with momentum:
//
//	g ← g + λp
//	b ← μb + (1 − τ)g    (at the first step b ← g)
//	p ← p − ηb           (Nesterov: p ← p − η(g + μb))
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
type SGD = Base[SGDConfig]

// NewSGD returns an optimizer of params. AddGroup adds parameters with other settings.
func NewSGD(params []tensor.Tensor, c SGDConfig) *SGD { return New(params, c) }

// Name returns "SGD".
func (c *SGDConfig) Name() string { return "SGD" }

// Settings lists the settings.
func (c *SGDConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-3},
		{Name: "momentum", Value: &c.Momentum},
		{Name: "dampening", Value: &c.Dampening, Min: math.Inf(-1)},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "nesterov", Value: &c.Nesterov},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// Check refuses Nesterov without momentum.
func (c *SGDConfig) Check([]tensor.Tensor) error {
	if c.Nesterov && (c.Momentum == 0 || c.Dampening != 0) {
		return errors.New("the setting Nesterov needs a momentum above 0 and a dampening of 0")
	}
	return nil
}

// State lists the momentum buffer, if there is momentum.
func (c *SGDConfig) State(tensor.Tensor) []State {
	if c.Momentum == 0 {
		return nil
	}
	return []State{{Name: "momentum_buffer"}}
}

// Step updates the parameter with tensor operations.
func (c *SGDConfig) Step(s *Step) {
	g := descent(s.Param, s.Grad, c.Maximize, c.WeightDecay)
	if c.Momentum != 0 {
		first := !s.Has("momentum_buffer")
		buf := s.State("momentum_buffer")
		if first {
			buf.CopyFrom(g)
		} else {
			buf.MulScalarInPlace(c.Momentum)
			buf.AddScaledInPlace(1-c.Dampening, g)
		}
		if c.Nesterov {
			g = addScaled(g, c.Momentum, buf)
		} else {
			g = buf
		}
	}
	s.Param.AddScaledInPlace(-c.LR, g)
}

// Kernel returns the device's kernel.
func (c *SGDConfig) Kernel() tensor.StepRule { return tensor.StepSGD }

// Fuse sets the kernel's state and numbers.
func (c *SGDConfig) Fuse(s *Step, f *tensor.ParamStep) {
	f.Numbers = tensor.StepNumbers{LR: c.LR, Momentum: c.Momentum, Dampening: c.Dampening, WeightDecay: c.WeightDecay,
		Nesterov: c.Nesterov, Maximize: c.Maximize}
	if c.Momentum != 0 {
		f.Numbers.First = !s.Has("momentum_buffer")
		f.State[0] = s.State("momentum_buffer")
	}
}
