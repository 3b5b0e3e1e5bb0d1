package tensor

// What layers outside this package need beyond the methods that everyone uses.

// ReLUGrad returns dy where y > 0, else 0: the gradient of ReLU's argument for its result y. Layers that apply ReLU inside a
// fused operation have it in their Backward.
func (dy Tensor) ReLUGrad(y Tensor) Tensor { return Apply2(reluGrad{}, dy, y) }

// ReshapeTo is Reshape to a shape that is at hand.
func (x Tensor) ReshapeTo(shape Shape) Tensor { return x.reshape(shape) }

// With returns s with another size of dimension i; negative i counts from the end.
func (s Shape) With(i, size int) Shape {
	s.dims[s.axis("shape", i)] = size
	return s
}
