package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Sequential applies layers one after another. The keys of its state dict begin with the layers' numbers, as in
// "0.weight".
//
//	model := nn.Sequential{nn.NewLinear(g, 784, 128), &nn.ReLU{}, nn.NewLinear(g, 128, 10)}
//
// A Linear, a convolution or a batch norm followed by a ReLU is computed in one pass. Sequential releases each layer's
// result when the next layer is done, unless a gradient needs it (see [tensor.Chain]). So prediction holds two layers'
// results at a time, and a layer's result cannot be used after Forward; Keep copies it.
type Sequential []Module

// Forward applies the layers in order. It panics if a layer is nil.
func (s Sequential) Forward(x tensor.Tensor) tensor.Tensor {
	c := tensor.NewChain(x)
	return s.forward(x, &c)
}

// forward applies the layers. A Sequential inside s continues the chain.
func (s Sequential) forward(x tensor.Tensor, c *tensor.Chain) tensor.Tensor {
	for at := 0; at < len(s); {
		if inner, ok := s[at].(Sequential); ok {
			x = inner.forward(x, c)
			at++
			continue
		}
		to := s.stageEnd(at, x)
		x = c.Next(s.run(at, to, x))
		at = to
	}
	return x
}

// stageEnd returns the index after the last layer of the stage that begins with layer at. A stage is computed in one
// pass.
func (s Sequential) stageEnd(at int, x tensor.Tensor) int {
	if at+1 < len(s) && fuses(s[at], s[at+1], x) {
		return at + 2
	}
	return at + 1
}

// fuses reports whether two layers are computed in one pass. They are not if an observer is set, which needs both
// results.
func fuses(a, b Module, x tensor.Tensor) bool {
	if l, ok := a.(activated); !ok || !l.fuses() {
		return false
	}
	_, ok := b.(*ReLU)
	return ok && x.Observer() == nil
}

// activated is implemented by layers that compute an activation in the same pass.
type activated interface {
	fuses() bool // whether the layer exists and has no activation of its own
	forward(x tensor.Tensor, act tensor.Activation) tensor.Tensor
}

// run applies the layers at ≤ i < to, which are one stage.
func (s Sequential) run(at, to int, x tensor.Tensor) tensor.Tensor {
	if to-at == 2 {
		return s[at].(activated).forward(x, tensor.ReLU)
	}
	if s[at] == nil {
		fail("sequential", nil, fmt.Sprintf("layer %d is nil", at))
	}
	return s[at].Forward(x)
}
