package models

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// CIFARResNet is the residual network for images of 32×32 pixels of section 4.2 of the paper: three layers with 16, 32
// and 64 channels, and shortcuts without parameters. (https://arxiv.org/abs/1512.03385)
type CIFARResNet struct {
	Conv1  *nn.Conv2d
	BN1    *nn.BatchNorm2d
	Layer1 nn.Sequential
	Layer2 nn.Sequential
	Layer3 nn.Sequential
	Linear *nn.Linear
}

// NewResNet20 returns a CIFARResNet with three blocks in each layer: 0.27 million parameters for 10 classes.
func NewResNet20(g *rng.Torch, classes int) *CIFARResNet { return NewCIFARResNet(g, 3, classes) }

// NewCIFARResNet returns a network with the given number of blocks in each layer, which makes 6·blocks + 2 layers with
// weights. They are drawn from g.
func NewCIFARResNet(g *rng.Torch, blocks, classes int) *CIFARResNet {
	m := &CIFARResNet{
		Conv1: nn.Conv2dConfig{Padding: []int{1}, NoBias: true}.New(g, 3, 16, 3),
		BN1:   nn.BatchNormConfig{Activation: tensor.ReLU}.New2d(16),
	}
	in := 16
	for i, layer := range []*nn.Sequential{&m.Layer1, &m.Layer2, &m.Layer3} {
		out := 16 << i
		for range blocks {
			stride := out / in
			b := newBasicBlock(g, in, out, stride, nil)
			if stride > 1 {
				b.Downsample = nn.Sequential{&padChannels{stride, out - in}}
			}
			*layer = append(*layer, b)
			in = out
		}
	}
	m.Linear = nn.NewLinear(g, in, classes)
	for _, p := range nn.Parameters(m) {
		if p.Rank() > 1 {
			nninit.KaimingNormal(g, p, nninit.Kaiming{})
		}
	}
	return m
}

// Forward maps images (N, 3, H, W) to logits (N, classes).
func (m *CIFARResNet) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	x = c.Next(m.Conv1.Forward(x))
	x = c.Next(m.BN1.Forward(x))
	for _, layer := range []nn.Sequential{m.Layer1, m.Layer2, m.Layer3} {
		x = c.Next(layer.Forward(x))
	}
	x = c.Next(x.AdaptiveAvgPool(1, 1))
	return c.Next(m.Linear.Forward(x.Flatten(1)))
}

// padChannels takes every stride-th row and column, and adds channels of zeros, half of them at each end.
type padChannels struct{ stride, channels int }

// Forward maps (N, C, H, W) to (N, C + channels, H/stride, W/stride).
func (l *padChannels) Forward(x tensor.Tensor) tensor.Tensor {
	x = x.Slice(2, 0, x.Dim(2), l.stride).Slice(3, 0, x.Dim(3), l.stride)
	return x.Pad(0, 0, 0, 0, 0, l.channels/2, l.channels-l.channels/2)
}
