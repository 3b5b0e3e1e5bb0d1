package ui

import (
	"slices"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// optimizer is one that the views Descent and Playground offer. The registry of package recipe has no plain gradient
// descent beside the one with momentum, and takes settings only from a configuration.
type optimizer struct {
	name string
	make func(p []tensor.Tensor, rate, decay float64) optim.Optimizer
}

// optimizers lists the optimizers in the order of the page.
var optimizers = []optimizer{
	{"sgd", func(p []tensor.Tensor, rate, decay float64) optim.Optimizer {
		return optim.NewSGD(p, optim.SGDConfig{LR: rate, WeightDecay: decay})
	}},
	{"momentum", func(p []tensor.Tensor, rate, decay float64) optim.Optimizer {
		return optim.NewSGD(p, optim.SGDConfig{LR: rate, WeightDecay: decay, Momentum: 0.9})
	}},
	{"rmsprop", func(p []tensor.Tensor, rate, decay float64) optim.Optimizer {
		return optim.NewRMSprop(p, optim.RMSpropConfig{LR: rate, WeightDecay: decay})
	}},
	{"adam", func(p []tensor.Tensor, rate, decay float64) optim.Optimizer {
		return optim.NewAdam(p, optim.AdamConfig{LR: rate, WeightDecay: decay})
	}},
}

// findOptimizer returns the index of an optimizer; −1 if there is none of this name.
func findOptimizer(name string) int {
	return slices.IndexFunc(optimizers, func(o optimizer) bool { return o.name == name })
}
