package train

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// Augmented is test-time augmentation: a model whose output is the mean of Model's outputs for several views of the
// input, such as the image and its mirror image. Evaluate and Predict take it like any other model.
//
//	train.Evaluate(ctx, &train.Augmented{Model: model, Views: []func(tensor.Tensor) tensor.Tensor{train.Same, mirrored}}, loader, loss)
type Augmented struct {
	Model nn.Module
	Views []func(x tensor.Tensor) tensor.Tensor // at least one
}

// Same returns x: the view that changes nothing.
func Same(x tensor.Tensor) tensor.Tensor { return x }

// Forward returns the mean of Model's outputs for the views of x.
func (a *Augmented) Forward(x tensor.Tensor) tensor.Tensor {
	if len(a.Views) == 0 {
		panic(&tensor.Error{Op: "train.Augmented", Msg: "there are no views: add train.Same",
			Shapes: []tensor.Shape{x.Shape()}, Layer: a})
	}
	sum := a.Model.Forward(a.Views[0](x))
	for _, view := range a.Views[1:] {
		sum = sum.Add(a.Model.Forward(view(x)))
	}
	return sum.DivScalar(float64(len(a.Views)))
}

// ClassWeights returns the weights n/(C·nᵢ) of classes with nᵢ of the n targets, for [nn.CrossEntropyLoss]: each
// class then counts the same in the loss (scikit-learn's class_weight="balanced"). A class without targets has the
// weight 0. It panics for a target that is not in 0 … C−1.
func ClassWeights(targets []int64, classes int) tensor.Tensor {
	counts := make([]int, classes)
	for i, c := range targets {
		if c < 0 || c >= int64(classes) {
			panic(&tensor.Error{Op: "train.ClassWeights",
				Msg: fmt.Sprintf("target %d is %d, which is not one of %d classes", i, c, classes)})
		}
		counts[c]++
	}
	weights := make([]float32, classes)
	for c, n := range counts {
		if n > 0 {
			weights[c] = float32(float64(len(targets)) / (float64(classes) * float64(n)))
		}
	}
	return tensor.From(weights)
}
