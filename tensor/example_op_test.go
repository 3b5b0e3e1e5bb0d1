package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// A fused op computes the activation in the pass over memory that writes its result.
func ExampleActivation() {
	x := tensor.From([]float32{1, 2}, 1, 2)
	w := tensor.From([]float32{1, 1, -1, -1}, 2, 2)
	fmt.Println(tensor.Linear(x, w, tensor.Tensor{}, tensor.NoActivation))
	fmt.Println(tensor.Linear(x, w, tensor.Tensor{}, tensor.ReLU))
	// Output:
	// tensor([[ 3., -3.]])
	// tensor([[3., 0.]])
}

// A chain keeps the results of two layers at a time: the result before the last has ended.
func ExampleChain() {
	step := tensor.NewScope(tensor.CPU())
	step.SetRecording(false) // an evaluation
	x := tensor.Ones(2).InScope(step)

	c := tensor.NewChain(x)
	first := c.Next(x.MulScalar(2))
	second := c.Next(first.AddScalar(1))
	fmt.Println(second, tensor.Try(func() { first.Sum() }) != nil)
	// Output: tensor([3., 3.]) true
}

// cubed is x³, whose gradient 3x²·dy reads the input and not the result.
type cubed struct{}

func (cubed) Saves() tensor.Saved { return tensor.SaveInputs }

func (cubed) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor { return x.Square().Mul(x) }
func (cubed) Backward(x, y, dy tensor.Tensor) tensor.Tensor          { return x.Square().MulScalar(3).Mul(dy) }

func ExampleSaved() {
	x := tensor.From([]float32{1, 2}).SetRequiresGrad(true)
	tensor.Apply1(cubed{}, x).Sum().Backward()
	fmt.Println(x.Grad())
	// Output: tensor([ 3., 12.])
}

// halfSquare embeds SavesInputs instead of writing the method Saves.
type halfSquare struct{ tensor.SavesInputs }

func (halfSquare) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	return x.Square().DivScalar(2)
}
func (halfSquare) Backward(x, y, dy tensor.Tensor) tensor.Tensor { return x.Mul(dy) }

func ExampleSavesInputs() {
	x := tensor.From([]float32{1, -2}).SetRequiresGrad(true)
	tensor.Apply1(halfSquare{}, x).Sum().Backward()
	fmt.Println(x.Grad())
	// Output: tensor([ 1., -2.])
}

// power2 is 2ˣ, whose gradient reads the result: ln 2·y·dy.
type power2 struct{ tensor.SavesOutput }

func (power2) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor { return x.RPowScalar(2) }
func (power2) Backward(x, y, dy tensor.Tensor) tensor.Tensor {
	return y.MulScalar(0.6931471805599453).Mul(dy)
}

func ExampleSavesOutput() {
	x := tensor.From([]float32{0, 3}).SetRequiresGrad(true)
	tensor.Apply1(power2{}, x).Sum().Backward()
	fmt.Println(x.Grad())
	// Output: tensor([0.6931, 5.5452])
}
