package models

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// half halves height and width.
var half = tensor.PoolOptions{Kernel: []int{2}}

// LeNet5 is the first convolutional network that read digits in practice: 61,706 parameters. As in most
// reproductions, the layers of averages have no parameters, every filter sees all channels, and a linear layer gives
// the logits. (Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998)
type LeNet5 struct {
	Conv1, Conv2  *nn.Conv2d
	FC1, FC2, FC3 *nn.Linear
}

// NewLeNet5 returns a network for images of 28×28 pixels. Its weights are drawn from g.
func NewLeNet5(g *rng.Torch, classes int) *LeNet5 {
	return &LeNet5{
		Conv1: nn.Conv2dConfig{Padding: []int{2}}.New(g, 1, 6, 5),
		Conv2: nn.NewConv2d(g, 6, 16, 5),
		FC1:   nn.NewLinear(g, 16*5*5, 120),
		FC2:   nn.NewLinear(g, 120, 84),
		FC3:   nn.NewLinear(g, 84, classes),
	}
}

// Forward maps images (N, 1, 28, 28) to logits (N, classes).
func (m *LeNet5) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	x = c.Next(m.Conv1.Forward(x).Tanh()) // (N, 6, 28, 28)
	x = c.Next(x.AvgPool(2, half))        // (N, 6, 14, 14)
	x = c.Next(m.Conv2.Forward(x).Tanh()) // (N, 16, 10, 10)
	x = c.Next(x.AvgPool(2, half))        // (N, 16, 5, 5)
	x = c.Next(m.FC1.Forward(x.Flatten(1)).Tanh())
	x = c.Next(m.FC2.Forward(x).Tanh())
	return c.Next(m.FC3.Forward(x))
}

// MNISTNet is the network of PyTorch's MNIST example: 1.2 million parameters.
// (https://github.com/pytorch/examples/blob/main/mnist/main.py)
type MNISTNet struct {
	Conv1, Conv2       *nn.Conv2d
	Dropout1, Dropout2 *nn.Dropout
	FC1, FC2           *nn.Linear
}

// NewMNISTNet returns a network for images of 28×28 pixels. Its weights are drawn from g.
func NewMNISTNet(g *rng.Torch, classes int) *MNISTNet {
	return &MNISTNet{
		Conv1:    nn.Conv2dConfig{Activation: tensor.ReLU}.New(g, 1, 32, 3),
		Conv2:    nn.Conv2dConfig{Activation: tensor.ReLU}.New(g, 32, 64, 3),
		Dropout1: nn.NewDropout(g, 0.25),
		Dropout2: nn.NewDropout(g, 0.5),
		FC1:      nn.LinearConfig{Activation: tensor.ReLU}.New(g, 64*12*12, 128),
		FC2:      nn.NewLinear(g, 128, classes),
	}
}

// Forward maps images (N, 1, 28, 28) to logits (N, classes).
func (m *MNISTNet) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	x = c.Next(m.Conv1.Forward(x)) // (N, 32, 26, 26)
	x = c.Next(m.Conv2.Forward(x)) // (N, 64, 24, 24)
	x = c.Next(x.MaxPool(2, half))
	x = c.Next(m.Dropout1.Forward(x))
	x = c.Next(m.FC1.Forward(x.Flatten(1)))
	x = c.Next(m.Dropout2.Forward(x))
	return c.Next(m.FC2.Forward(x))
}

// NewDigitsNet returns a small convolutional network for grey images of size×size pixels with three convolutions,
// each with batch normalization, and two stages of pooling: 171,378 parameters for 28×28 pixels and 10 classes. Its
// input is (N, size·size). Its weights are drawn from g. It panics if size is below 16.
func NewDigitsNet(g *rng.Torch, size, classes int) nn.Sequential {
	if size < 16 {
		fail("NewDigitsNet", "size is %d, want at least 16", size)
	}
	left := ((size-4)/2 - 4) / 2 // height and width after the stages
	conv := func(in, out, kernel int) *nn.Conv2d { return nn.Conv2dConfig{NoBias: true}.New(g, in, out, kernel) }
	return nn.Sequential{
		&nn.Unflatten{Dim: 1, Sizes: []int{1, size, size}},
		conv(1, 24, 5), nn.NewMaxPool2d(2), nn.NewBatchNorm2d(24), &nn.ReLU{},
		conv(24, 48, 3), nn.NewBatchNorm2d(48), &nn.ReLU{},
		conv(48, 64, 3), nn.NewMaxPool2d(2), nn.NewBatchNorm2d(64), &nn.ReLU{},
		&nn.Flatten{}, nn.NewDropout(g, 0.2),
		nn.NewLinear(g, 64*left*left, 128), &nn.ReLU{},
		nn.NewLinear(g, 128, classes),
	}
}
