package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// A step of momentum for two parameters, in one call of the device's kernel.
func ExampleParamStep() {
	a, b := tensor.From([]float32{1, 2}), tensor.From([]float32{3})
	numbers := tensor.StepNumbers{LR: 0.5, Momentum: 0.9, First: true}
	steps := []tensor.ParamStep{
		{Param: a, Grad: tensor.From([]float32{1, 1}), State: [3]tensor.Tensor{tensor.Zeros(2)}, Numbers: numbers},
		{Param: b, Grad: tensor.From([]float32{2}), State: [3]tensor.Tensor{tensor.Zeros(1)}, Numbers: numbers},
	}
	tensor.StepAll(tensor.StepSGD, steps)
	fmt.Println(a.Float32s(), b.Float32s())
	// Output: [0.5 1.5] [2]
}

func ExampleStepRule() {
	p := tensor.Zeros(2)
	fmt.Println(tensor.HasStep(tensor.StepAdam, p, p), tensor.HasStep(tensor.StepAdam, p.Cast(tensor.BFloat16), p))
	// Output: true false
}

// A running average: a third of the way to the new value.
func ExampleStepNumbers() {
	mean, now := tensor.From([]float32{3}), tensor.From([]float32{6})
	tensor.StepAll(tensor.StepLerp, []tensor.ParamStep{{Param: mean, Grad: now, Numbers: tensor.StepNumbers{LR: 1. / 3}}})
	fmt.Println(mean.Item())
	// Output: 4
}
