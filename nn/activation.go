package nn

import "github.com/lamina-ml/lamina/tensor"

// Layers without parameters have a byte, so that two of them in one model have different addresses: a layer that
// reports its forward pass is identified by its address.

// ReLU is max(x, 0), elementwise.
type ReLU struct{ _ byte }

// Forward returns max(x, 0).
func (l *ReLU) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.ReLU())
}

// Sigmoid is 1/(1 + e⁻ˣ), elementwise.
type Sigmoid struct{ _ byte }

// Forward returns 1/(1 + e⁻ˣ).
func (l *Sigmoid) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Sigmoid())
}

// Tanh is the hyperbolic tangent, elementwise.
type Tanh struct{ _ byte }

// Forward returns tanh x.
func (l *Tanh) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, x.Tanh())
}

// Flatten flattens all dimensions except the first, the batch: (N, …) → (N, product). To flatten from dimension i on,
// call x.Flatten(i).
type Flatten struct{ _ byte }

// Forward returns x as a matrix with one row per sample. It panics if x has fewer than 2 dimensions.
func (l *Flatten) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	if x.Rank() < 2 {
		fail("flatten", l, "the input must have at least 2 dimensions", x.Shape())
	}
	return Report(l, x, x.Flatten(1))
}
