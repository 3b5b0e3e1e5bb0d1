package models

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// MobileNetV2 is a network of inverted residuals: a 1×1 convolution to more channels, a depthwise 3×3 convolution, and
// a 1×1 convolution to fewer. (https://arxiv.org/abs/1801.04381, torchvision.models.mobilenetv2)
type MobileNetV2 struct {
	Features   nn.Sequential
	Classifier nn.Sequential
}

// invertedResidual adds its input to the result of Conv if the stride is 1 and the number of channels stays.
type invertedResidual struct {
	Conv nn.Sequential
	add  bool
}

// Forward returns x + Conv(x), or Conv(x) if the sizes differ.
func (r *invertedResidual) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(r)
	c := tensor.NewChain(x)
	y := c.Next(r.Conv.Forward(x))
	if r.add {
		y = c.Next(y.Add(x))
	}
	return nn.Report(r, x, y)
}

// NewMobileNetV2 returns a network for the given number of classes: 3.5 million parameters for 1000 classes. Its
// weights are drawn from g.
func NewMobileNetV2(g *rng.Torch, classes int) *MobileNetV2 {
	const last = 1280
	m := &MobileNetV2{}
	in := 32
	m.Features = append(m.Features, convNorm(g, 3, in, conv{stride: 2}, relu6()))
	for _, s := range []struct{ expansion, channels, blocks, stride int }{
		{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
	} {
		for range s.blocks {
			hidden := in * s.expansion
			b := &invertedResidual{add: s.stride == 1 && in == s.channels}
			if s.expansion != 1 {
				b.Conv = append(b.Conv, convNorm(g, in, hidden, conv{kernel: 1}, relu6()))
			}
			b.Conv = append(b.Conv, convNorm(g, hidden, hidden, conv{stride: s.stride, groups: hidden}, relu6()))
			b.Conv = append(b.Conv, convNorm(g, hidden, s.channels, conv{kernel: 1}, nil)...)
			m.Features = append(m.Features, b)
			in, s.stride = s.channels, 1
		}
	}
	m.Features = append(m.Features, convNorm(g, in, last, conv{kernel: 1}, relu6()))
	m.Classifier = nn.Sequential{nn.NewDropout(g, 0.2), nn.NewLinear(g, last, classes)}
	initialize(m, fanOut(g), normal(g, 0.01))
	return m
}

// Forward maps images (N, 3, H, W) to logits (N, classes).
func (m *MobileNetV2) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	return headForward(m.Features, m.Classifier, x)
}

// MobileNetV3 is a network of inverted residuals with squeeze and excitation, and Hardswish in the deeper layers.
// (https://arxiv.org/abs/1905.02244, torchvision.models.mobilenetv3)
type MobileNetV3 struct {
	Features   nn.Sequential
	Classifier nn.Sequential
}

// v3Block describes a block of MobileNetV3.
type v3Block struct {
	kernel, hidden, out int
	squeeze, hardswish  bool
	stride              int
}

// NewMobileNetV3Large returns a network for the given number of classes: 5.5 million parameters for 1000 classes. Its
// weights are drawn from g.
func NewMobileNetV3Large(g *rng.Torch, classes int) *MobileNetV3 {
	return newMobileNetV3(g, classes, 1280, []v3Block{
		{3, 16, 16, false, false, 1},
		{3, 64, 24, false, false, 2}, {3, 72, 24, false, false, 1},
		{5, 72, 40, true, false, 2}, {5, 120, 40, true, false, 1}, {5, 120, 40, true, false, 1},
		{3, 240, 80, false, true, 2}, {3, 200, 80, false, true, 1}, {3, 184, 80, false, true, 1}, {3, 184, 80, false, true, 1},
		{3, 480, 112, true, true, 1}, {3, 672, 112, true, true, 1},
		{5, 672, 160, true, true, 2}, {5, 960, 160, true, true, 1}, {5, 960, 160, true, true, 1},
	})
}

// NewMobileNetV3Small returns a network for the given number of classes: 2.5 million parameters for 1000 classes. Its
// weights are drawn from g.
func NewMobileNetV3Small(g *rng.Torch, classes int) *MobileNetV3 {
	return newMobileNetV3(g, classes, 1024, []v3Block{
		{3, 16, 16, true, false, 2},
		{3, 72, 24, false, false, 2}, {3, 88, 24, false, false, 1},
		{5, 96, 40, true, true, 2}, {5, 240, 40, true, true, 1}, {5, 240, 40, true, true, 1},
		{5, 120, 48, true, true, 1}, {5, 144, 48, true, true, 1},
		{5, 288, 96, true, true, 2}, {5, 576, 96, true, true, 1}, {5, 576, 96, true, true, 1},
	})
}

func newMobileNetV3(g *rng.Torch, classes, last int, blocks []v3Block) *MobileNetV3 {
	norm := nn.BatchNormConfig{Eps: 0.001, Momentum: 0.01}
	m := &MobileNetV3{}
	in := 16
	m.Features = append(m.Features, convNorm(g, 3, in, conv{stride: 2, norm: norm}, &nn.Hardswish{}))
	for _, s := range blocks {
		act := func() nn.Module { return &nn.ReLU{} }
		if s.hardswish {
			act = func() nn.Module { return &nn.Hardswish{} }
		}
		b := &residual{add: s.stride == 1 && in == s.out}
		if s.hidden != in {
			b.Block = append(b.Block, convNorm(g, in, s.hidden, conv{kernel: 1, norm: norm}, act()))
		}
		b.Block = append(b.Block, convNorm(g, s.hidden, s.hidden,
			conv{kernel: s.kernel, stride: s.stride, groups: s.hidden, norm: norm}, act()))
		if s.squeeze {
			b.Block = append(b.Block, newSqueezeExcitation(g, s.hidden, divisible(float64(s.hidden/4)), &nn.ReLU{},
				&nn.Hardsigmoid{}))
		}
		b.Block = append(b.Block, convNorm(g, s.hidden, s.out, conv{kernel: 1, norm: norm}, nil))
		m.Features = append(m.Features, b)
		in = s.out
	}
	m.Features = append(m.Features, convNorm(g, in, 6*in, conv{kernel: 1, norm: norm}, &nn.Hardswish{}))
	m.Classifier = nn.Sequential{nn.NewLinear(g, 6*in, last), &nn.Hardswish{}, nn.NewDropout(g, 0.2),
		nn.NewLinear(g, last, classes)}
	initialize(m, fanOut(g), normal(g, 0.01))
	return m
}

// Forward maps images (N, 3, H, W) to logits (N, classes).
func (m *MobileNetV3) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	return headForward(m.Features, m.Classifier, x)
}
