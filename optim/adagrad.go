package optim

import "github.com/lamina-ml/lamina/tensor"

// AdagradConfig holds the settings of Adagrad.
type AdagradConfig struct {
	LR                      float64 // learning rate η; 0 means 1e-2
	LRDecay                 float64 // κ, decay of the learning rate: η/(1 + (t − 1)κ)
	WeightDecay             float64 // λ, the L2 penalty
	InitialAccumulatorValue float64 // first value of the sum of squares
	Eps                     float64 // ε, added to the root; 0 means 1e-10
	Maximize                bool    // maximize the loss instead of minimizing it
}

// Adagrad divides each gradient by the root of the sum of its squares so far:
//
//	g ← g + λp
//	s ← s + g²
//	p ← p − η/(1 + (t − 1)κ) · g/(√s + ε)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
type Adagrad = Base[AdagradConfig]

// NewAdagrad returns an optimizer of params. AddGroup adds parameters with other settings.
func NewAdagrad(params []tensor.Tensor, c AdagradConfig) *Adagrad { return New(params, c) }

// Name returns "Adagrad".
func (c *AdagradConfig) Name() string { return "Adagrad" }

// Settings lists the settings.
func (c *AdagradConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-2},
		{Name: "lr_decay", Value: &c.LRDecay},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "initial_accumulator_value", Value: &c.InitialAccumulatorValue},
		{Name: "eps", Value: &c.Eps, Default: 1e-10},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// State lists the sum of squares.
func (c *AdagradConfig) State(tensor.Tensor) []State {
	return []State{{Name: "sum", Start: c.InitialAccumulatorValue}}
}

// rate returns the learning rate at step t.
func (c *AdagradConfig) rate(t int) float64 { return c.LR / (1 + float64(float64(t-1)*c.LRDecay)) }

// Step updates the parameter with tensor operations.
func (c *AdagradConfig) Step(s *Step) {
	p, sum := s.Param, s.State("sum")
	g := descent(p, s.Grad, c.Maximize, c.WeightDecay)
	addMul(sum, 1, g, g)
	addDiv(p, -c.rate(s.Count), g, sum.Sqrt().AddScalar(c.Eps))
}

// Fuse sets the kernel's state and numbers.
func (c *AdagradConfig) Fuse(s *Step, f *tensor.ParamStep) {
	f.Numbers = tensor.StepNumbers{LR: c.rate(s.Count), Eps: c.Eps, WeightDecay: c.WeightDecay, Maximize: c.Maximize}
	f.State[0] = s.State("sum")
}

// Kernel returns the device's kernel.
func (c *AdagradConfig) Kernel() tensor.StepRule { return tensor.StepAdagrad }
