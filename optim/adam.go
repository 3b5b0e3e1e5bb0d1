package optim

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// AdamConfig holds the settings of Adam.
type AdamConfig struct {
	LR          float64 // learning rate η; 0 means 1e-3
	Beta1       float64 // β₁, decay rate of the first moment; 0 means 0.9
	Beta2       float64 // β₂, decay rate of the second moment; 0 means 0.999
	Eps         float64 // ε, added to the root; 0 means 1e-8
	WeightDecay float64 // λ, the L2 penalty
	AMSGrad     bool    // divide by the root of the largest second moment so far
	Maximize    bool    // maximize the loss instead of minimizing it
}

// Adam scales the gradient's running mean by the root of the running mean of its squares, both corrected for their
// start at 0:
//
//	g ← g + λp
//	m ← β₁m + (1 − β₁)g
//	v ← β₂v + (1 − β₂)g²
//	p ← p − η/(1 − β₁ᵗ) · m/(√v/√(1 − β₂ᵗ) + ε)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html
type Adam = Base[AdamConfig]

// NewAdam returns an optimizer of params. AddGroup adds parameters with other settings.
func NewAdam(params []tensor.Tensor, c AdamConfig) *Adam { return New(params, c) }

// Name returns "Adam".
func (c *AdamConfig) Name() string { return "Adam" }

// Settings lists the settings.
func (c *AdamConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-3},
		{Name: "betas.0", Value: &c.Beta1, Default: 0.9, Below: 1},
		{Name: "betas.1", Value: &c.Beta2, Default: 0.999, Below: 1},
		{Name: "eps", Value: &c.Eps, Default: 1e-8},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "amsgrad", Value: &c.AMSGrad},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists both moments and, with AMSGrad, the second's maximum.
func (c *AdamConfig) State(tensor.Tensor) []State {
	list := []State{{Name: "exp_avg"}, {Name: "exp_avg_sq"}}
	if c.AMSGrad {
		list = append(list, State{Name: "max_exp_avg_sq"})
	}
	return list
}

// Step updates the parameter with tensor operations.
func (c *AdamConfig) Step(s *Step) { c.step(s, false) }

func (c *AdamConfig) step(s *Step, decoupled bool) {
	p, m, v := s.Param, s.State("exp_avg"), s.State("exp_avg_sq")
	g := decoupledDescent(p, s.Grad, c.Maximize, c.LR, c.WeightDecay, decoupled)
	m.LerpInPlace(g, 1-c.Beta1)
	v.MulScalarInPlace(c.Beta2)
	addMul(v, 1-c.Beta2, g, g)
	if c.AMSGrad {
		largest := s.State("max_exp_avg_sq")
		largest.CopyFrom(largest.Maximum(v))
		v = largest
	}
	root := v.Sqrt().DivScalar(math.Sqrt(1 - s.Power(c.Beta2))).AddScalar(c.Eps)
	addDiv(p, -c.LR/(1-s.Power(c.Beta1)), m, root)
}

// Kernel returns the device's kernel.
func (c *AdamConfig) Kernel() tensor.StepRule { return tensor.StepAdam }

// Fuse sets the kernel's state and numbers.
func (c *AdamConfig) Fuse(s *Step, f *tensor.ParamStep) { c.fuse(s, f, false) }

func (c *AdamConfig) fuse(s *Step, f *tensor.ParamStep, decoupled bool) {
	f.Numbers = tensor.StepNumbers{LR: c.LR, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: c.WeightDecay,
		Correction1: 1 - s.Power(c.Beta1), Correction2: 1 - s.Power(c.Beta2), Decoupled: decoupled,
		Maximize: c.Maximize}
	f.State[0], f.State[1] = s.State("exp_avg"), s.State("exp_avg_sq")
	if c.AMSGrad {
		f.State[2] = s.State("max_exp_avg_sq")
	}
}
