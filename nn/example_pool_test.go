package nn_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// counted returns the numbers 0, 1, 2, … as one channel of the given sizes.
func counted(sizes ...int) tensor.Tensor {
	n := 1
	for _, s := range sizes {
		n *= s
	}
	return tensor.Arange(n).Cast(tensor.Float32).Reshape(append([]int{1}, sizes...)...)
}

func ExampleMaxPool1d() {
	l := &nn.MaxPool1d{Kernel: []int{3}, Stride: []int{2}, Padding: []int{1}}
	fmt.Println(l.Forward(counted(6)))
	// Output: tensor([[1., 3., 5.]])
}

func ExampleMaxPool2d() {
	x := counted(4, 4)
	fmt.Println(nn.NewMaxPool2d(2).Forward(x))
	_, index := nn.NewMaxPool2d(2).ForwardIndices(x)
	fmt.Println(index)
	// Output:
	// tensor([[[ 5.,  7.],
	//          [13., 15.]]])
	// tensor([[[ 5,  7],
	//          [13, 15]]])
}

func ExampleMaxPool3d() {
	fmt.Println(nn.NewMaxPool3d(2, 2, 1).Forward(counted(2, 2, 3)))
	// Output: tensor([[[[ 9., 10., 11.]]]])
}

func ExampleAvgPool1d() {
	l := &nn.AvgPool1d{Kernel: []int{3}, Stride: []int{2}, Padding: []int{1}, NoCountIncludePad: true}
	fmt.Println(l.Forward(counted(6)))
	// Output: tensor([[0.5000, 2.0000, 4.0000]])
}

func ExampleAvgPool2d() {
	fmt.Println(nn.NewAvgPool2d(2).Forward(counted(4, 4)))
	// Output:
	// tensor([[[ 2.5000,  4.5000],
	//          [10.5000, 12.5000]]])
}

func ExampleAvgPool3d() {
	fmt.Println(nn.NewAvgPool3d(2).Forward(counted(2, 2, 4)))
	// Output: tensor([[[[6.5000, 8.5000]]]])
}

func ExampleAdaptiveAvgPool1d() {
	fmt.Println(nn.NewAdaptiveAvgPool1d(3).Forward(counted(7)))
	// Output: tensor([[1., 3., 5.]])
}

func ExampleAdaptiveAvgPool2d() {
	fmt.Println(nn.NewAdaptiveAvgPool2d(1).Forward(counted(3, 4)))
	fmt.Println(nn.NewAdaptiveAvgPool2d(-1, 2).Forward(counted(2, 4)))
	// Output:
	// tensor([[[5.5000]]])
	// tensor([[[0.5000, 2.5000],
	//          [4.5000, 6.5000]]])
}

func ExampleAdaptiveAvgPool3d() {
	fmt.Println(nn.NewAdaptiveAvgPool3d(1, 1, 2).Forward(counted(2, 2, 2)))
	// Output: tensor([[[[3., 4.]]]])
}

func ExampleAdaptiveMaxPool1d() {
	fmt.Println(nn.NewAdaptiveMaxPool1d(3).Forward(counted(7)))
	// Output: tensor([[2., 4., 6.]])
}

func ExampleAdaptiveMaxPool2d() {
	fmt.Println(nn.NewAdaptiveMaxPool2d(2).Forward(counted(3, 4)))
	// Output:
	// tensor([[[ 5.,  7.],
	//          [ 9., 11.]]])
}

func ExampleAdaptiveMaxPool3d() {
	fmt.Println(nn.NewAdaptiveMaxPool3d(1).Forward(counted(2, 2, 2)))
	// Output: tensor([[[[7.]]]])
}

func ExampleLPPool1d() {
	fmt.Println(nn.NewLPPool1d(2, 2).Forward(counted(6)))
	// Output: tensor([[1.0000, 3.6056, 6.4031]])
}

func ExampleLPPool2d() {
	fmt.Println(nn.NewLPPool2d(1, 2).Forward(counted(2, 4)))
	// Output: tensor([[[10., 18.]]])
}

func ExampleLPPool3d() {
	fmt.Println(nn.NewLPPool3d(1, 2).Forward(counted(2, 2, 2)))
	// Output: tensor([[[[28.]]]])
}

func ExampleMaxUnpool1d() {
	y, index := nn.NewMaxPool1d(2).ForwardIndices(counted(6))
	fmt.Println(nn.NewMaxUnpool1d(2).Forward(y, index))
	// Output: tensor([[0., 1., 0., 3., 0., 5.]])
}

func ExampleMaxUnpool2d() {
	y, index := nn.NewMaxPool2d(2).ForwardIndices(counted(2, 5))
	fmt.Println(nn.NewMaxUnpool2d(2).Forward(y, index, 2, 5))
	// Output:
	// tensor([[[0., 0., 0., 0., 0.],
	//          [0., 6., 0., 8., 0.]]])
}

func ExampleMaxUnpool3d() {
	y, index := nn.NewMaxPool3d(1, 1, 2).ForwardIndices(counted(1, 1, 4))
	fmt.Println(nn.NewMaxUnpool3d(1, 1, 2).Forward(y, index))
	// Output: tensor([[[[0., 1., 0., 3.]]]])
}

func ExampleUpsample() {
	x := counted(2, 2).Unsqueeze(0)
	fmt.Println(nn.NewUpsample(2).Forward(x))
	fmt.Println((&nn.Upsample{Size: []int{2, 3}, Mode: "bilinear", AlignCorners: true}).Forward(x))
	// Output:
	// tensor([[[[0., 0., 1., 1.],
	//           [0., 0., 1., 1.],
	//           [2., 2., 3., 3.],
	//           [2., 2., 3., 3.]]]])
	// tensor([[[[0.0000, 0.5000, 1.0000],
	//           [2.0000, 2.5000, 3.0000]]]])
}

func ExampleZeroPad1d() {
	fmt.Println(nn.NewZeroPad1d(1).Forward(counted(3)))
	// Output: tensor([[0., 0., 1., 2., 0.]])
}

func ExampleZeroPad2d() {
	fmt.Println(nn.NewZeroPad2d(1, 1, 0, 0).Forward(counted(1, 3)))
	// Output: tensor([[[0., 0., 1., 2., 0.]]])
}

func ExampleZeroPad3d() {
	fmt.Println(nn.NewZeroPad3d(1, 1, 0, 0, 0, 0).Forward(counted(1, 1, 3)))
	// Output: tensor([[[[0., 0., 1., 2., 0.]]]])
}

func ExampleConstantPad1d() {
	fmt.Println(nn.NewConstantPad1d(9, 1).Forward(counted(3)))
	// Output: tensor([[9., 0., 1., 2., 9.]])
}

func ExampleConstantPad2d() {
	fmt.Println(nn.NewConstantPad2d(9, 1, 1, 0, 0).Forward(counted(1, 3)))
	// Output: tensor([[[9., 0., 1., 2., 9.]]])
}

func ExampleConstantPad3d() {
	fmt.Println(nn.NewConstantPad3d(9, 1, 1, 0, 0, 0, 0).Forward(counted(1, 1, 3)))
	// Output: tensor([[[[9., 0., 1., 2., 9.]]]])
}

func ExampleReflectionPad1d() {
	fmt.Println(nn.NewReflectionPad1d(1).Forward(counted(3)))
	// Output: tensor([[1., 0., 1., 2., 1.]])
}

func ExampleReflectionPad2d() {
	fmt.Println(nn.NewReflectionPad2d(1, 1, 0, 0).Forward(counted(1, 3)))
	// Output: tensor([[[1., 0., 1., 2., 1.]]])
}

func ExampleReflectionPad3d() {
	fmt.Println(nn.NewReflectionPad3d(1, 1, 0, 0, 0, 0).Forward(counted(1, 1, 3)))
	// Output: tensor([[[[1., 0., 1., 2., 1.]]]])
}

func ExampleReplicationPad1d() {
	fmt.Println(nn.NewReplicationPad1d(1).Forward(counted(3)))
	// Output: tensor([[0., 0., 1., 2., 2.]])
}

func ExampleReplicationPad2d() {
	fmt.Println(nn.NewReplicationPad2d(1, 1, 0, 0).Forward(counted(1, 3)))
	// Output: tensor([[[0., 0., 1., 2., 2.]]])
}

func ExampleReplicationPad3d() {
	fmt.Println(nn.NewReplicationPad3d(1, 1, 0, 0, 0, 0).Forward(counted(1, 1, 3)))
	// Output: tensor([[[[0., 0., 1., 2., 2.]]]])
}

func ExampleCircularPad1d() {
	fmt.Println(nn.NewCircularPad1d(1).Forward(counted(3)))
	// Output: tensor([[2., 0., 1., 2., 0.]])
}

func ExampleCircularPad2d() {
	fmt.Println(nn.NewCircularPad2d(1, 1, 0, 0).Forward(counted(1, 3)))
	// Output: tensor([[[2., 0., 1., 2., 0.]]])
}

func ExampleCircularPad3d() {
	fmt.Println(nn.NewCircularPad3d(1, 1, 0, 0, 0, 0).Forward(counted(1, 1, 3)))
	// Output: tensor([[[[2., 0., 1., 2., 0.]]]])
}
