package nn_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func ExampleConv1d() {
	l := nn.NewConv1d(rng.NewTorch(0), 2, 4, 3) // 4 filters of 3 elements over 2 channels
	fmt.Println(l.Weight.Shape(), l.Bias.Shape())
	fmt.Println(l.Forward(tensor.Zeros(8, 2, 100)).Shape())
	// Output:
	// (4, 2, 3) (4,)
	// (8, 4, 98)
}

func ExampleConv1dConfig() {
	l := nn.Conv1dConfig{Stride: []int{2}, Padding: []int{1}}.New(rng.NewTorch(0), 2, 4, 3)
	fmt.Println(l.Forward(tensor.Zeros(8, 2, 100)).Shape())
	// Output: (8, 4, 50)
}

func ExampleConv2d() {
	l := nn.NewConv2d(rng.NewTorch(0), 1, 32, 3) // 32 filters of 3×3 over 1 channel
	fmt.Println(l)
	fmt.Println(l.Forward(tensor.Zeros(64, 1, 28, 28)).Shape())
	// Output:
	// Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))
	// (64, 32, 26, 26)
}

func ExampleConv2dConfig() {
	g := rng.NewTorch(0)
	l := nn.Conv2dConfig{Stride: []int{2}, Padding: []int{0, 3}, NoBias: true}.New(g, 3, 8, 1,
		7) // a number for both dimensions, or one for each
	fmt.Println(l)
	fmt.Println(l.Forward(tensor.Zeros(16, 3, 32, 32)).Shape())
	// Output:
	// Conv2d(3, 8, kernel_size=(1, 7), stride=(2, 2), padding=(0, 3), bias=False)
	// (16, 8, 16, 16)
}

func ExampleConv2dConfig_depthwise() {
	l := nn.Conv2dConfig{Same: true, Groups: 16, Activation: tensor.ReLU}.New(rng.NewTorch(0), 16, 16, 3) // a filter for each channel
	fmt.Println(l.Weight.Shape(), l.Forward(tensor.Zeros(1, 16, 7, 7)).Shape())
	// Output: (16, 1, 3, 3) (1, 16, 7, 7)
}

func ExampleConv3d() {
	l := nn.NewConv3d(rng.NewTorch(0), 1, 4, 3)
	fmt.Println(l.Forward(tensor.Zeros(2, 1, 8, 16, 16)).Shape())
	// Output: (2, 4, 6, 14, 14)
}

func ExampleConv3dConfig() {
	l := nn.Conv3dConfig{Stride: []int{1, 2, 2}, Padding: []int{1}}.New(rng.NewTorch(0), 1, 4, 3)
	fmt.Println(l.Forward(tensor.Zeros(2, 1, 8, 16, 16)).Shape())
	// Output: (2, 4, 8, 8, 8)
}

// The fields of ConvConfig are those of Conv1dConfig, Conv2dConfig and Conv3dConfig.
func ExampleConvConfig() {
	c := nn.ConvConfig{Same: true, Dilation: []int{2}}
	g := rng.NewTorch(0)
	fmt.Println(nn.Conv1dConfig(c).New(g, 1, 2, 3))
	fmt.Println(nn.Conv2dConfig(c).New(g, 1, 2, 3))
	// Output:
	// Conv1d(1, 2, kernel_size=(3,), stride=(1,), padding=same, dilation=(2,))
	// Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding=same, dilation=(2, 2))
}

func ExamplePaddingMode() {
	edges := nn.Conv1dConfig{Padding: []int{1}, PaddingMode: nn.PadReplicate, NoBias: true}.New(rng.NewTorch(0), 1, 1, 3)
	edges.Weight.Data().FillInPlace(1)
	fmt.Println(edges.Forward(tensor.From([]float32{1, 2, 3}).Reshape(1, 3))) // of 1, 1, 2, 3, 3
	// Output: tensor([[4., 6., 8.]])
}

func ExampleConvTranspose1d() {
	l := nn.NewConvTranspose1d(rng.NewTorch(0), 4, 2, 3)
	fmt.Println(l.Weight.Shape(), l.Forward(tensor.Zeros(8, 4, 98)).Shape())
	// Output: (4, 2, 3) (8, 2, 100)
}

func ExampleConvTranspose1dConfig() {
	l := nn.ConvTranspose1dConfig{Stride: []int{2}}.New(rng.NewTorch(0), 4, 2, 2)
	fmt.Println(l.Forward(tensor.Zeros(8, 4, 50)).Shape())
	// Output: (8, 2, 100)
}

func ExampleConvTranspose2d() {
	l := nn.NewConvTranspose2d(rng.NewTorch(0), 32, 16, 3)
	fmt.Println(l.Forward(tensor.Zeros(1, 32, 7, 7)).Shape())
	// Output: (1, 16, 9, 9)
}

func ExampleConvTranspose2dConfig() {
	l := nn.ConvTranspose2dConfig{Stride: []int{2}, Padding: []int{1}, OutputPadding: []int{1}}.New(rng.NewTorch(0), 32, 16, 3)
	fmt.Println(l)
	fmt.Println(l.Forward(tensor.Zeros(1, 32, 7, 7)).Shape()) // twice the size
	// Output:
	// ConvTranspose2d(32, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1))
	// (1, 16, 14, 14)
}

func ExampleConvTranspose3d() {
	l := nn.NewConvTranspose3d(rng.NewTorch(0), 4, 1, 3)
	fmt.Println(l.Forward(tensor.Zeros(2, 4, 6, 14, 14)).Shape())
	// Output: (2, 1, 8, 16, 16)
}

func ExampleConvTranspose3dConfig() {
	l := nn.ConvTranspose3dConfig{Stride: []int{2}, NoBias: true}.New(rng.NewTorch(0), 4, 1, 2)
	fmt.Println(l.Forward(tensor.Zeros(4, 3, 3, 3)).Shape()) // one sample
	// Output: (1, 6, 6, 6)
}

// The fields of ConvTransposeConfig are those of ConvTranspose1dConfig, ConvTranspose2dConfig and ConvTranspose3dConfig.
func ExampleConvTransposeConfig() {
	c := nn.ConvTransposeConfig{Stride: []int{2}, Groups: 2}
	fmt.Println(nn.ConvTranspose2dConfig(c).New(rng.NewTorch(0), 4, 2, 2))
	// Output: ConvTranspose2d(4, 2, kernel_size=(2, 2), stride=(2, 2), groups=2)
}

func ExampleUnfold() {
	l := &nn.Unfold{Kernel: []int{2, 3}, UnfoldOptions: tensor.UnfoldOptions{Padding: []int{1}}}
	fmt.Println(l, l.Forward(tensor.Zeros(8, 3, 10, 12)).Shape()) // 3·2·3 elements in 11·12 windows
	// Output: Unfold(kernel_size=(2, 3), dilation=1, padding=1, stride=1) (8, 18, 132)
}

func ExampleFold() {
	l := &nn.Fold{Size: []int{1, 4}, Kernel: []int{1, 2}}
	fmt.Println(l.Forward(tensor.Ones(2, 3))) // three windows of two elements, which overlap
	// Output: tensor([[[1., 2., 2., 1.]]])
}

func ExampleUnflatten() {
	l := &nn.Unflatten{Dim: 1, Sizes: []int{16, 7, -1}}
	fmt.Println(l, l.Forward(tensor.Zeros(32, 784)).Shape())
	// Output: Unflatten(dim=1, unflattened_size=(16, 7, -1)) (32, 16, 7, 7)
}

func ExamplePixelShuffle() {
	l := &nn.PixelShuffle{Factor: 2}
	fmt.Println(l, l.Forward(tensor.Arange(4).Reshape(4, 1, 1)))
	// Output:
	// PixelShuffle(upscale_factor=2) tensor([[[0, 1],
	//          [2, 3]]])
}

func ExamplePixelUnshuffle() {
	l := &nn.PixelUnshuffle{Factor: 2}
	fmt.Println(l, l.Forward(tensor.Zeros(1, 3, 8, 8)).Shape())
	// Output: PixelUnshuffle(downscale_factor=2) (1, 12, 4, 4)
}
