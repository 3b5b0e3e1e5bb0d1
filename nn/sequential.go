package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Sequential is layers one after another; its state's keys begin with their numbers, as in "0.weight".
//
//	model := nn.Sequential{nn.NewLinear(g, 784, 128), &nn.ReLU{}, nn.NewLinear(g, 128, 10)}
//
// A Linear followed by a ReLU is computed in one pass. The memory of each layer's result is used again as soon as the next layer is done,
// unless a gradient needs it (see [tensor.Chain]): prediction holds two layers' results at a time, and a layer's result cannot be used
// after Forward. Keep copies one.
type Sequential []Module

// Forward applies the layers in order.
func (s Sequential) Forward(x tensor.Tensor) tensor.Tensor {
	c := tensor.NewChain(x)
	return s.forward(x, &c)
}

// forward applies the layers. Those of a Sequential in s continue the chain.
func (s Sequential) forward(x tensor.Tensor, c *tensor.Chain) tensor.Tensor {
	for at := 0; at < len(s); {
		if inner, ok := s[at].(Sequential); ok {
			x = inner.forward(x, c)
			at++
			continue
		}
		to := s.stage(at, x)
		x = c.Next(s.run(at, to, x))
		at = to
	}
	return x
}

// stage returns the end of what begins with layer at and is computed in one pass.
func (s Sequential) stage(at int, x tensor.Tensor) int {
	if at+1 < len(s) && fuses(s[at], s[at+1], x) {
		return at + 2
	}
	return at + 1
}

// fuses reports whether two layers are computed in one pass. An observer wants to see both results.
func fuses(a, b Module, x tensor.Tensor) bool {
	if l, ok := a.(*Linear); !ok || l == nil || l.Activation != tensor.NoActivation {
		return false
	}
	_, ok := b.(*ReLU)
	return ok && x.Observer() == nil
}

// run applies the layers from at to before to, which are one stage.
func (s Sequential) run(at, to int, x tensor.Tensor) tensor.Tensor {
	if to-at == 2 {
		return s[at].(*Linear).forward(x, tensor.ReLU)
	}
	if s[at] == nil {
		fail("sequential", nil, fmt.Sprintf("layer %d is nil", at))
	}
	return s[at].Forward(x)
}
