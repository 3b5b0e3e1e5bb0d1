package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// A filter that is large where the numbers grow to the right finds an edge.
func ExampleConvOptions() {
	x := tensor.From([]float32{
		0, 0, 1, 1,
		0, 0, 1, 1,
		0, 0, 1, 1}).Reshape(1, 3, 4) // one sample of one channel
	edge := tensor.From([]float32{-1, 1}).Reshape(1, 1, 1, 2)
	fmt.Println(tensor.Conv2d(x, edge, tensor.Tensor{}, tensor.ConvOptions{Stride: []int{2, 1}}))
	// Output:
	// tensor([[[0., 1., 0.],
	//          [0., 1., 0.]]])
}

func ExampleConvTransposeOptions() {
	x := tensor.From([]float32{1, 2, 3}).Reshape(1, 3)
	w := tensor.Ones(1, 1, 2)
	fmt.Println(tensor.ConvTranspose1d(x, w, tensor.Tensor{}, tensor.ConvTransposeOptions{Stride: []int{2}}))
	// Output: tensor([[1., 1., 2., 2., 3., 3.]])
}

func ExampleUnfoldOptions() {
	x := tensor.Arange(16).Cast(tensor.Float32).Reshape(1, 4, 4)
	columns := tensor.Unfold(x, []int{2}, tensor.UnfoldOptions{Stride: []int{2}}) // four windows of 2×2
	fmt.Println(columns)
	fmt.Println(tensor.Fold(columns, []int{4}, []int{2}, tensor.UnfoldOptions{Stride: []int{2}}).Equal(x).All().Item())
	// Output:
	// tensor([[ 0.,  2.,  8., 10.],
	//         [ 1.,  3.,  9., 11.],
	//         [ 4.,  6., 12., 14.],
	//         [ 5.,  7., 13., 15.]])
	// 1
}
