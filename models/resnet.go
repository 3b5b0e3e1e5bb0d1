package models

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// ResNet is a residual network: each block adds to its input what its convolutions compute from it.
// (https://arxiv.org/abs/1512.03385, torchvision.models.resnet)
type ResNet struct {
	Conv1  *nn.Conv2d
	BN1    *nn.BatchNorm2d
	Pool   *nn.MaxPool2d // nil for small images
	Layer1 nn.Sequential
	Layer2 nn.Sequential
	Layer3 nn.Sequential
	Layer4 nn.Sequential
	FC     *nn.Linear
}

// ResNetConfig describes a ResNet. The zero value is ResNet-18.
type ResNetConfig struct {
	Blocks     [4]int // in each layer; zeros mean 2
	Bottleneck bool   // blocks of 1×1, 3×3 and 1×1 convolutions with four times as many output channels
	Channels   int    // of the images; 0 means 3
	Small      bool   // for images of about 32×32: the first convolution is 3×3 with stride 1, and no pooling follows
}

// NewResNet18 returns a ResNet with 18 layers with weights: 11.7 million parameters for 1000 classes.
func NewResNet18(g *rng.Torch, classes int) *ResNet { return ResNetConfig{}.New(g, classes) }

// NewResNet34 returns a ResNet with 34 layers with weights: 21.8 million parameters for 1000 classes.
func NewResNet34(g *rng.Torch, classes int) *ResNet {
	return ResNetConfig{Blocks: [4]int{3, 4, 6, 3}}.New(g, classes)
}

// NewResNet50 returns a ResNet with 50 layers with weights: 25.6 million parameters for 1000 classes.
func NewResNet50(g *rng.Torch, classes int) *ResNet {
	return ResNetConfig{Blocks: [4]int{3, 4, 6, 3}, Bottleneck: true}.New(g, classes)
}

// New returns a network for the given number of classes. Its weights are drawn from g.
func (c ResNetConfig) New(g *rng.Torch, classes int) *ResNet {
	if c.Channels == 0 {
		c.Channels = 3
	}
	m := &ResNet{}
	if c.Small {
		m.Conv1 = nn.Conv2dConfig{Padding: []int{1}, NoBias: true}.New(g, c.Channels, 64, 3)
	} else {
		m.Conv1 = nn.Conv2dConfig{Stride: []int{2}, Padding: []int{3}, NoBias: true}.New(g, c.Channels, 64, 7)
		m.Pool = &nn.MaxPool2d{Kernel: []int{3}, Stride: []int{2}, Padding: []int{1}}
	}
	m.BN1 = nn.BatchNormConfig{Activation: tensor.ReLU}.New2d(64)
	channels := 64
	for i, layer := range []*nn.Sequential{&m.Layer1, &m.Layer2, &m.Layer3, &m.Layer4} {
		blocks, stride := c.Blocks[i], 2
		if blocks == 0 {
			blocks = 2
		}
		if i == 0 {
			stride = 1
		}
		for j := range blocks {
			var block nn.Module
			if c.Bottleneck {
				out := 4 * 64 << i
				block, channels = newBottleneck(g, channels, out, stride, downsample(g, channels, out, stride)), out
			} else {
				out := 64 << i
				block, channels = newBasicBlock(g, channels, out, stride, downsample(g, channels, out, stride)), out
			}
			if *layer = append(*layer, block); j == 0 {
				stride = 1
			}
		}
	}
	m.FC = nn.NewLinear(g, channels, classes)
	for _, p := range nn.Parameters(m) {
		if p.Rank() == 4 {
			fanOut(g)(p)
		}
	}
	return m
}

// Forward maps images (N, C, H, W) to logits (N, classes).
func (m *ResNet) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	x = c.Next(m.Conv1.Forward(x))
	x = c.Next(m.BN1.ForwardInPlace(x))
	if m.Pool != nil {
		x = c.Next(m.Pool.Forward(x))
	}
	for _, layer := range []nn.Sequential{m.Layer1, m.Layer2, m.Layer3, m.Layer4} {
		x = c.Next(layer.Forward(x))
	}
	x = c.Next(x.AdaptiveAvgPool(1, 1))
	return c.Next(m.FC.Forward(x.Flatten(1)))
}

// basicBlock computes ReLU(x + f(x)) with two 3×3 convolutions as f.
type basicBlock struct {
	Conv1      *nn.Conv2d
	BN1        *nn.BatchNorm2d
	Conv2      *nn.Conv2d
	BN2        *nn.BatchNorm2d
	Downsample nn.Sequential // of x, if the shapes differ
}

// newBasicBlock returns a block. torchvision draws the weights of downsample before the others.
func newBasicBlock(g *rng.Torch, in, out, stride int, downsample nn.Sequential) *basicBlock {
	b := &basicBlock{Downsample: downsample}
	b.Conv1 = nn.Conv2dConfig{Stride: []int{stride}, Padding: []int{1}, NoBias: true}.New(g, in, out, 3)
	b.BN1 = nn.BatchNormConfig{Activation: tensor.ReLU}.New2d(out)
	b.Conv2 = nn.Conv2dConfig{Padding: []int{1}, NoBias: true}.New(g, out, out, 3)
	b.BN2 = nn.NewBatchNorm2d(out)
	return b
}

// Forward maps (N, in, H, W) to (N, out, H/stride, W/stride).
func (b *basicBlock) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(b)
	c := tensor.NewChain(x)
	y := c.Next(b.Conv1.Forward(x))
	y = c.Next(b.BN1.ForwardInPlace(y))
	y = c.Next(b.Conv2.Forward(y))
	y = c.Next(b.BN2.ForwardInPlace(y))
	y = c.Next(y.Add(shortcut(b.Downsample, x)))
	return nn.Report(b, x, c.Next(y.ReLU()))
}

// bottleneck computes ReLU(x + f(x)) with 1×1, 3×3 and 1×1 convolutions as f.
type bottleneck struct {
	Conv1      *nn.Conv2d
	BN1        *nn.BatchNorm2d
	Conv2      *nn.Conv2d
	BN2        *nn.BatchNorm2d
	Conv3      *nn.Conv2d
	BN3        *nn.BatchNorm2d
	Downsample nn.Sequential // of x, if the shapes differ
}

// newBottleneck returns a block whose 3×3 convolution has a quarter of the out channels.
func newBottleneck(g *rng.Torch, in, out, stride int, downsample nn.Sequential) *bottleneck {
	b := &bottleneck{Downsample: downsample}
	width := out / 4
	relu := nn.BatchNormConfig{Activation: tensor.ReLU}
	b.Conv1 = nn.Conv2dConfig{NoBias: true}.New(g, in, width, 1)
	b.BN1 = relu.New2d(width)
	b.Conv2 = nn.Conv2dConfig{Stride: []int{stride}, Padding: []int{1}, NoBias: true}.New(g, width, width, 3)
	b.BN2 = relu.New2d(width)
	b.Conv3 = nn.Conv2dConfig{NoBias: true}.New(g, width, out, 1)
	b.BN3 = nn.NewBatchNorm2d(out)
	return b
}

// Forward maps (N, in, H, W) to (N, out, H/stride, W/stride).
func (b *bottleneck) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(b)
	c := tensor.NewChain(x)
	y := c.Next(b.Conv1.Forward(x))
	y = c.Next(b.BN1.ForwardInPlace(y))
	y = c.Next(b.Conv2.Forward(y))
	y = c.Next(b.BN2.ForwardInPlace(y))
	y = c.Next(b.Conv3.Forward(y))
	y = c.Next(b.BN3.ForwardInPlace(y))
	y = c.Next(y.Add(shortcut(b.Downsample, x)))
	return nn.Report(b, x, c.Next(y.ReLU()))
}

// downsample returns a 1×1 convolution with normalization, or nil if a block keeps the shape.
func downsample(g *rng.Torch, in, out, stride int) nn.Sequential {
	if stride == 1 && in == out {
		return nil
	}
	return convNorm(g, in, out, conv{kernel: 1, stride: stride}, nil)
}

// shortcut returns what a block adds to the result of its convolutions.
func shortcut(downsample nn.Sequential, x tensor.Tensor) tensor.Tensor {
	if downsample == nil {
		return x
	}
	return downsample.Forward(x)
}
