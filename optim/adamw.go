package optim

import "github.com/lamina-ml/lamina/tensor"

// AdamWConfig holds the settings of AdamW.
type AdamWConfig struct {
	LR          float64 // learning rate η; 0 means 1e-3
	Beta1       float64 // β₁, decay rate of the first moment; 0 means 0.9
	Beta2       float64 // β₂, decay rate of the second moment; 0 means 0.999
	Eps         float64 // ε, added to the root; 0 means 1e-8
	WeightDecay float64 // λ; 0 means 1e-2, Zero means none
	AMSGrad     bool    // divide by the root of the largest second moment so far
	Maximize    bool    // maximize the loss instead of minimizing it
}

// AdamW is Adam with decoupled weight decay: p ← p − ηλp before the step, and the gradient has no L2 penalty.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html
type AdamW = Base[AdamWConfig]

// NewAdamW returns an optimizer of params. AddGroup adds parameters with other settings.
func NewAdamW(params []tensor.Tensor, c AdamWConfig) *AdamW { return New(params, c) }

// Name returns "AdamW".
func (c *AdamWConfig) Name() string { return "AdamW" }

// Settings lists Adam's settings; WeightDecay has another default.
func (c *AdamWConfig) Settings() []Setting {
	list := (*AdamConfig)(c).Settings()
	for i := range list {
		if list[i].Name == "weight_decay" {
			list[i].Default = 1e-2
		}
	}
	return list
}

// State lists Adam's state.
func (c *AdamWConfig) State(p tensor.Tensor) []State { return (*AdamConfig)(c).State(p) }

// Step updates the parameter with tensor operations.
func (c *AdamWConfig) Step(s *Step) { (*AdamConfig)(c).step(s, true) }

// Kernel returns the device's kernel.
func (c *AdamWConfig) Kernel() tensor.StepRule { return tensor.StepAdam }

// Fuse sets the kernel's state and numbers.
func (c *AdamWConfig) Fuse(s *Step, f *tensor.ParamStep) { (*AdamConfig)(c).fuse(s, f, true) }
