package explain

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// Neuron is one element of a layer's result as a weighted sum of the layer's inputs:
//
//	z = Σ_i a_i·w_i + b,   w_i = ∂z/∂a_i
//
// A Linear's weights are a row of its matrix. A convolution's are its filter where the filter reads the input, and 0
// elsewhere; a batch norm in evaluation mode has one weight that is not 0, and so has a maximum, whose weight is 1.
type Neuron struct {
	Inputs  tensor.Tensor // a, without the dimension of the samples
	Weights tensor.Tensor // w, in the shape of Inputs
	Bias    float64       // b, the neuron's value for inputs of 0
	Sum     float64       // z
}

// Neuron returns the neuron at an index of the layer's result, which begins with the sample: (sample, feature) for a
// Linear, (sample, map, row, column) for a convolution. An activation that the layer computes in the same pass is left
// out. It reports false for a layer that is no weighted sum of one input, such as a softmax or attention. It panics if
// the layer has no such index.
func (l Layer) Neuron(index ...int) (n Neuron, ok bool) {
	checkIndex("explain.Neuron", l.Output, index)
	layer, ok := withoutActivation(l.Layer).(nn.Module)
	if !ok || !l.Input.DType().IsFloat() || l.Input.Rank() < 1 || l.Input.Dim(0) != l.Output.Dim(0) {
		return n, false
	}
	one := l.Input.Narrow(0, index[0], 1) // the sample's inputs
	index = append([]int{0}, index[1:]...)
	forward(layer, one.ZerosLike(), false, nil, func(_, y tensor.Tensor) { n.Bias = at(y, index).Item() })
	forward(layer, one, true, nil, func(x, y tensor.Tensor) {
		z := at(y, index)
		n.Sum = z.Item()
		if w := tensor.Gradient(z, []tensor.Tensor{x}, false)[0]; w.Defined() {
			n.Weights = w.Select(0, 0).Keep()
		} else {
			n.Weights = one.Select(0, 0).ZerosLike()
		}
	})
	n.Inputs = one.Select(0, 0).Keep()
	sum, size := n.Bias, math.Abs(n.Bias)
	a, w := n.Inputs.Float64s(), n.Weights.Float64s()
	for i := range a {
		sum += a[i] * w[i]
		size += math.Abs(a[i] * w[i])
	}
	// Float32 sums of n terms in another order differ by less than n·2⁻²⁴ of the sum of the terms' sizes.
	return n, math.Abs(sum-n.Sum) <= float64(len(a)+8)*0x1p-24*size
}

// withoutActivation returns a copy of a layer that computes no activation in the same pass, or the layer if it does
// not.
func withoutActivation(layer any) any {
	switch l := layer.(type) {
	case *nn.Linear:
		c := *l
		c.Activation = tensor.NoActivation
		return &c
	case *nn.Conv2d:
		c := *l
		c.Activation = tensor.NoActivation
		return &c
	case *nn.Conv1d:
		c := *l
		c.Activation = tensor.NoActivation
		return &c
	case *nn.Conv3d:
		c := *l
		c.Activation = tensor.NoActivation
		return &c
	case *nn.BatchNorm1d:
		c := *l
		c.Activation = tensor.NoActivation
		return &c
	case *nn.BatchNorm2d:
		c := *l
		c.Activation = tensor.NoActivation
		return &c
	case *nn.BatchNorm3d:
		c := *l
		c.Activation = tensor.NoActivation
		return &c
	}
	return layer
}

// NeuronGradient returns how the value of one neuron depends on each element of x, in the shape of x: ∂y/∂x, where y is
// the element at index of the result of FeatureMaps(model, x)[layer]. For a neuron of the first layer these are its
// weights. It panics if the model has no such layer or index.
func NeuronGradient(model nn.Module, x tensor.Tensor, layer int, index ...int) (dx tensor.Tensor) {
	const op = "explain.NeuronGradient"
	calls := 0
	forward(model, x, true, func(x tensor.Tensor, _ any, _, y tensor.Tensor) {
		if calls++; calls != layer+1 {
			return
		}
		checkIndex(op, y, index)
		if dx = tensor.Gradient(at(y, index), []tensor.Tensor{x}, false)[0]; dx.Defined() {
			dx = dx.Keep()
		} else {
			dx = x.ZerosLike().Keep()
		}
	}, nil)
	if layer < 0 || layer >= calls {
		fail(op, fmt.Sprintf("layer %d, and the model calls %d layers, numbered from 0", layer, calls))
	}
	return dx
}

// at returns the element of y at an index.
func at(y tensor.Tensor, index []int) tensor.Tensor {
	for _, i := range index {
		y = y.Select(0, i)
	}
	return y
}

// checkIndex panics unless index is that of an element of y.
func checkIndex(op string, y tensor.Tensor, index []int) {
	valid := len(index) == y.Rank() && len(index) > 0
	for i := 0; valid && i < len(index); i++ {
		valid = index[i] >= 0 && index[i] < y.Dim(i)
	}
	if !valid {
		fail(op, fmt.Sprintf("the index %v of a layer's result %v, want a number from 0 for each dimension, below its size",
			index, y.Shape()), y.Shape())
	}
}
