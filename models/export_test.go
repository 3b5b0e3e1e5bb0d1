package models

import "github.com/lamina-ml/lamina/nn"

// WithoutStochasticDepth puts the stochastic depth of all blocks into evaluation mode.
func WithoutStochasticDepth(s nn.Sequential) {
	for _, l := range s {
		switch l := l.(type) {
		case nn.Sequential:
			WithoutStochasticDepth(l)
		case *residual:
			nn.Eval(l.Drop)
		case *convNeXtBlock:
			nn.Eval(l.Drop)
		}
	}
}
