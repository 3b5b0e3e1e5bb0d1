package tensor

import "github.com/lamina-ml/lamina/internal/device"

// For this module: what layers outside this package need beyond the methods that everyone uses.

// consumeReLUGrad returns dy where y > 0, else 0: the gradient of ReLU's argument for its result y. It is for the Backward of an
// op, whose dy it may write over where nobody else will read that: dy must not be used afterwards.
func consumeReLUGrad(dy, y Tensor) Tensor {
	if h := dy.header(); h.consumable {
		h.store.dev.Binary(reluGradRow, &h.Array, &h.Array, &y.header().Array, device.Params{})
		return dy
	}
	return Apply2(reluGrad{}, dy, y)
}

// ReshapeTo is Reshape to a shape that is at hand.
func (x Tensor) ReshapeTo(shape Shape) Tensor { return x.reshape(shape) }

// With returns s with another size of dimension i; negative i counts from the end.
func (s Shape) With(i, size int) Shape {
	s.dims[s.axis("shape", i)] = size
	return s
}
