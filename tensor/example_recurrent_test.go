package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// A unit that adds its input to a state of which it forgets a half.
func ExampleRecurrentWeights() {
	w := tensor.RecurrentWeights{WeightIH: tensor.Ones(1, 1), WeightHH: tensor.Full(0.5, 1, 1)}
	x := tensor.From([]float32{1, 0, 0, 8}, 4, 1, 1) // four steps of one sequence of one feature
	y, last := tensor.RNNLayer(x, tensor.Tensor{}, w, true, tensor.Recurrence{})
	fmt.Println(y.Flatten(0), last)
	// Output: tensor([1.0000, 0.5000, 0.2500, 8.1250]) tensor([[8.1250]])
}

// Packed sequences, of three steps and of one: the rows of the first step come first.
func ExampleRecurrence() {
	w := tensor.RecurrentWeights{WeightIH: tensor.Ones(1, 1), WeightHH: tensor.Full(0.5, 1, 1)}
	x := tensor.From([]float32{1, 100, 0, 8}, 4, 1)
	for _, reverse := range []bool{false, true} {
		y, last := tensor.RNNLayer(x, tensor.Tensor{}, w, true, tensor.Recurrence{BatchSizes: []int{2, 1, 1}, Reverse: reverse})
		fmt.Println(y.Flatten(0), last.Flatten(0))
	}
	// Output:
	// tensor([  1.0000, 100.0000,   0.5000,   8.2500]) tensor([  8.2500, 100.0000])
	// tensor([  3., 100.,   4.,   8.]) tensor([  3., 100.])
}
