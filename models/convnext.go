package models

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// ConvNeXt is a residual network in the style of a vision transformer: depthwise 7×7 convolutions, layer normalization
// and two linear layers with GELU in each block. (https://arxiv.org/abs/2201.03545, torchvision.models.convnext)
type ConvNeXt struct {
	Features   nn.Sequential
	Classifier nn.Sequential
}

// NewConvNeXtTiny returns a network for the given number of classes: 28.6 million parameters for 1000 classes. Its
// weights are drawn from g. In training, stochastic depth drops up to a tenth of the samples' residuals.
func NewConvNeXtTiny(g *rng.Torch, classes int) *ConvNeXt {
	const depthRate, total = 0.1, 18
	channels, blocks := [4]int{96, 192, 384, 768}, [4]int{3, 3, 9, 3}
	m := &ConvNeXt{}
	m.Features = nn.Sequential{nn.Sequential{
		nn.Conv2dConfig{Stride: []int{4}}.New(g, 3, channels[0], 4), newLayerNorm2d(channels[0]),
	}}
	at := 0
	for i, c := range channels {
		var stage nn.Sequential
		for range blocks[i] {
			stage = append(stage, newConvNeXtBlock(g, c, depthRate*float64(at)/(total-1)))
			at++
		}
		m.Features = append(m.Features, stage)
		if i+1 < len(channels) {
			m.Features = append(m.Features, nn.Sequential{
				newLayerNorm2d(c), nn.Conv2dConfig{Stride: []int{2}}.New(g, c, channels[i+1], 2),
			})
		}
	}
	last := channels[3]
	m.Classifier = nn.Sequential{newLayerNorm2d(last), &nn.Flatten{}, nn.NewLinear(g, last, classes)}
	draw := func(w tensor.Tensor) { nninit.TruncatedNormal(g, w, 0, 0.02, -2, 2) }
	initialize(m, draw, draw)
	return m
}

// Forward maps images (N, 3, H, W) to logits (N, classes).
func (m *ConvNeXt) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	x = c.Next(m.Features.Forward(x))
	x = c.Next(x.AdaptiveAvgPool(1, 1))
	return c.Next(m.Classifier.Forward(x))
}

// convNeXtBlock adds to its input the result of Block, with a learned factor for each channel.
type convNeXtBlock struct {
	LayerScale tensor.Tensor // (C, 1, 1)
	Block      nn.Sequential
	Drop       *stochasticDepth
}

func newConvNeXtBlock(g *rng.Torch, channels int, p float64) *convNeXtBlock {
	return &convNeXtBlock{
		Block: nn.Sequential{
			nn.Conv2dConfig{Padding: []int{3}, Groups: channels}.New(g, channels, channels, 7),
			permute{0, 2, 3, 1},
			nn.LayerNormConfig{Eps: 1e-6}.New(channels),
			nn.NewLinear(g, channels, 4*channels), &nn.GELU{}, nn.NewLinear(g, 4*channels, channels),
			permute{0, 3, 1, 2},
		},
		LayerScale: tensor.Full(1e-6, channels, 1, 1).SetRequiresGrad(true),
		Drop:       &stochasticDepth{p: p, RNG: g},
	}
}

// Forward maps (N, C, H, W) to the same shape.
func (b *convNeXtBlock) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(b)
	c := tensor.NewChain(x)
	y := c.Next(b.Block.Forward(x))
	y = c.Next(b.LayerScale.Mul(y))
	y = c.Next(b.Drop.Forward(y))
	return nn.Report(b, x, c.Next(y.Add(x)))
}

// layerNorm2d normalizes over the channels of (N, C, H, W): torchvision's LayerNorm2d.
type layerNorm2d struct{ nn.LayerNorm }

func newLayerNorm2d(channels int) *layerNorm2d {
	return &layerNorm2d{*nn.LayerNormConfig{Eps: 1e-6}.New(channels)}
}

// Forward maps (N, C, H, W) to the same shape.
func (l *layerNorm2d) Forward(x tensor.Tensor) tensor.Tensor {
	return l.LayerNorm.Forward(x.Permute(0, 2, 3, 1)).Permute(0, 3, 1, 2)
}
