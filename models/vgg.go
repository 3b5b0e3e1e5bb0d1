package models

import (
	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// VGG is a network of 3×3 convolutions and pooling, with three fully connected layers.
// (https://arxiv.org/abs/1409.1556, torchvision.models.vgg)
type VGG struct {
	Features   nn.Sequential
	Classifier nn.Sequential
}

// VGGConfig describes a VGG network. The zero value is VGG-16 without batch normalization.
type VGGConfig struct {
	Layers    int     // 11, 13, 16 or 19 layers with weights; 0 means 16
	BatchNorm bool    // after each convolution
	Dropout   float64 // of the fully connected layers; 0 means 0.5, nn.Zero 0
}

// NewVGG11 returns a VGG network with 11 layers with weights: 132.9 million parameters for 1000 classes.
func NewVGG11(g *rng.Torch, classes int) *VGG { return VGGConfig{Layers: 11}.New(g, classes) }

// NewVGG16 returns a VGG network with 16 layers with weights: 138.4 million parameters for 1000 classes.
func NewVGG16(g *rng.Torch, classes int) *VGG { return VGGConfig{}.New(g, classes) }

// vggStages are the numbers of convolutions of each stage, by the number of layers.
var vggStages = map[int][5]int{11: {1, 1, 2, 2, 2}, 13: {2, 2, 2, 2, 2}, 16: {2, 2, 3, 3, 3}, 19: {2, 2, 4, 4, 4}}

// New returns a network for the given number of classes. Its weights are drawn from g. It panics if Layers is none of
// the published numbers.
func (c VGGConfig) New(g *rng.Torch, classes int) *VGG {
	if c.Layers == 0 {
		c.Layers = 16
	}
	stages, ok := vggStages[c.Layers]
	if !ok {
		fail("vgg", "Layers is %d, want 11, 13, 16 or 19", c.Layers)
	}
	m := &VGG{}
	in := 3
	for i, n := range stages {
		out := min(64<<i, 512)
		for range n {
			m.Features = append(m.Features, nn.Conv2dConfig{Padding: []int{1}}.New(g, in, out, 3))
			if c.BatchNorm {
				m.Features = append(m.Features, nn.NewBatchNorm2d(out))
			}
			m.Features = append(m.Features, &nn.ReLU{})
			in = out
		}
		m.Features = append(m.Features, nn.NewMaxPool2d(2))
	}
	p := defaults.Float(c.Dropout, 0.5)
	m.Classifier = nn.Sequential{
		nn.NewLinear(g, 512*7*7, 4096), &nn.ReLU{}, nn.NewDropout(g, p),
		nn.NewLinear(g, 4096, 4096), &nn.ReLU{}, nn.NewDropout(g, p),
		nn.NewLinear(g, 4096, classes),
	}
	initialize(m, fanOut(g), normal(g, 0.01))
	return m
}

// Forward maps images (N, 3, H, W) to logits (N, classes). Height and width are at least 32.
func (m *VGG) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	x = c.Next(m.Features.Forward(x))
	x = c.Next(x.AdaptiveAvgPool(7, 7))
	return c.Next(m.Classifier.Forward(x.Flatten(1)))
}
