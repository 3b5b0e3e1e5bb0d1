package optim

import "github.com/lamina-ml/lamina/tensor"

// RMSpropConfig holds the settings of RMSprop.
type RMSpropConfig struct {
	LR          float64 // learning rate η; 0 means 1e-2
	Alpha       float64 // α, decay rate of the mean of squares; 0 means 0.99
	Eps         float64 // ε, added to the root; 0 means 1e-8
	Momentum    float64 // μ
	WeightDecay float64 // λ, the L2 penalty
	Centered    bool    // divide by the estimated standard deviation
	Maximize    bool    // maximize the loss instead of minimizing it
}

// RMSprop divides each gradient by the root of the running mean of its squares:
//
//	g ← g + λp
//	v ← αv + (1 − α)g²
//	a ← αa + (1 − α)g    (centered: √(v − a²) instead of √v)
//	p ← p − ηg/(√v + ε)  (with momentum: b ← μb + g/(√v + ε), p ← p − ηb)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
type RMSprop = Base[RMSpropConfig]

// NewRMSprop returns an optimizer of params. AddGroup adds parameters with other settings.
func NewRMSprop(params []tensor.Tensor, c RMSpropConfig) *RMSprop { return New(params, c) }

// Name returns "RMSprop".
func (c *RMSpropConfig) Name() string { return "RMSprop" }

// Settings lists the settings.
func (c *RMSpropConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-2},
		{Name: "alpha", Value: &c.Alpha, Default: 0.99},
		{Name: "eps", Value: &c.Eps, Default: 1e-8},
		{Name: "momentum", Value: &c.Momentum},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "centered", Value: &c.Centered},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists the mean of squares, with Centered the mean of gradients, and with momentum its buffer.
func (c *RMSpropConfig) State(tensor.Tensor) []State {
	list := []State{{Name: "square_avg"}}
	if c.Centered {
		list = append(list, State{Name: "grad_avg"})
	}
	if c.Momentum > 0 {
		list = append(list, State{Name: "momentum_buffer"})
	}
	return list
}

// Step updates the parameter with tensor operations.
func (c *RMSpropConfig) Step(s *Step) {
	p, sq := s.Param, s.State("square_avg")
	g := descent(p, s.Grad, c.Maximize, c.WeightDecay)
	sq.MulScalarInPlace(c.Alpha)
	addMul(sq, 1-c.Alpha, g, g)
	v := sq
	if c.Centered {
		avg := s.State("grad_avg")
		avg.LerpInPlace(g, 1-c.Alpha)
		v = v.MulScalar(1)
		addMul(v, -1, avg, avg)
	}
	root := v.Sqrt().AddScalar(c.Eps)
	if c.Momentum > 0 {
		buf := s.State("momentum_buffer")
		buf.MulScalarInPlace(c.Momentum)
		addDiv(buf, 1, g, root)
		p.AddScaledInPlace(-c.LR, buf)
	} else {
		addDiv(p, -c.LR, g, root)
	}
}

// Fuse sets the kernel's state and numbers.
func (c *RMSpropConfig) Fuse(s *Step, f *tensor.ParamStep) {
	f.Numbers = tensor.StepNumbers{LR: c.LR, Beta2: c.Alpha, Eps: c.Eps, Momentum: c.Momentum,
		WeightDecay: c.WeightDecay, Centered: c.Centered, Maximize: c.Maximize}
	f.State[0] = s.State("square_avg")
	if c.Centered {
		f.State[1] = s.State("grad_avg")
	}
	if c.Momentum > 0 {
		f.State[2] = s.State("momentum_buffer")
	}
}

// Kernel returns the device's kernel.
func (c *RMSpropConfig) Kernel() tensor.StepRule { return tensor.StepRMSprop }
