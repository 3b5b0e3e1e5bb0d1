package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

func ExamplePoolOptions() {
	x := tensor.Arange(16).Cast(tensor.Float32).Reshape(1, 4, 4)
	fmt.Println(x.MaxPool(2, tensor.PoolOptions{Kernel: []int{2}}))
	fmt.Println(x.AvgPool(2, tensor.PoolOptions{Kernel: []int{1, 2}, Stride: []int{2}}))
	// Output:
	// tensor([[[ 5.,  7.],
	//          [13., 15.]]])
	// tensor([[[ 0.5000,  2.5000],
	//          [ 8.5000, 10.5000]]])
}

func ExampleInterpolateOptions() {
	x := tensor.From([]float32{0, 1, 2}, 1, 1, 3)
	fmt.Println(x.Interpolate(tensor.InterpolateOptions{Scale: []float64{2}}))
	fmt.Println(x.Interpolate(tensor.InterpolateOptions{Size: []int{5}, Mode: "linear", AlignCorners: true}))
	// Output:
	// tensor([[[0., 0., 1., 1., 2., 2.]]])
	// tensor([[[0.0000, 0.5000, 1.0000, 1.5000, 2.0000]]])
}

func ExampleGridSampleOptions() {
	x := tensor.From([]float32{0, 1, 2, 3}, 1, 1, 2, 2)
	mirror := tensor.From([]float32{-1, 0, 0, 0, 1, 0}, 1, 2, 3)
	grid := tensor.AffineGrid(mirror, true, 1, 1, 2, 2)
	fmt.Println(tensor.GridSample(x, grid, tensor.GridSampleOptions{AlignCorners: true}))
	// Output:
	// tensor([[[[1., 0.],
	//           [3., 2.]]]])
}
