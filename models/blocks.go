package models

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// conv holds the options of convNorm.
type conv struct {
	kernel, stride, groups int // 0 means 3, 1, 1
	norm                   nn.BatchNormConfig
}

// convNorm returns a convolution that keeps the size (divided by the stride), batch normalization, and act unless it
// is nil: torchvision.ops.Conv2dNormActivation.
func convNorm(g *rng.Torch, in, out int, c conv, act nn.Module) nn.Sequential {
	if c.kernel == 0 {
		c.kernel = 3
	}
	if c.stride == 0 {
		c.stride = 1
	}
	s := nn.Sequential{
		nn.Conv2dConfig{Stride: []int{c.stride}, Padding: []int{(c.kernel - 1) / 2}, Groups: c.groups,
			NoBias: true}.New(g, in, out, c.kernel),
		c.norm.New2d(out),
	}
	if act != nil {
		s = append(s, act)
	}
	return s
}

// relu6 returns the activation min(max(x, 0), 6).
func relu6() nn.Module { return &nn.Hardtanh{Min: nn.Zero, Max: 6} }

// squeezeExcitation multiplies each channel by a factor between 0 and 1, which a small network computes from the means
// of all channels: torchvision.ops.SqueezeExcitation. (https://arxiv.org/abs/1709.01507)
type squeezeExcitation struct {
	FC1, FC2    *nn.Conv2d
	Act, Factor nn.Module
}

func newSqueezeExcitation(g *rng.Torch, channels, squeezed int, act, factor nn.Module) *squeezeExcitation {
	return &squeezeExcitation{
		FC1: nn.NewConv2d(g, channels, squeezed, 1),
		FC2: nn.NewConv2d(g, squeezed, channels, 1),
		Act: act, Factor: factor,
	}
}

// Forward maps (N, C, H, W) to the same shape.
func (l *squeezeExcitation) Forward(x tensor.Tensor) tensor.Tensor {
	scale := x.AdaptiveAvgPool(1, 1)
	scale = l.Act.Forward(l.FC1.Forward(scale))
	scale = l.Factor.Forward(l.FC2.Forward(scale))
	return nn.Report(l, x, x.Mul(scale))
}

// residual adds its input to the result of Block if the stride is 1 and the number of channels stays.
type residual struct {
	Block nn.Sequential
	add   bool
	Drop  *stochasticDepth // nil if none
}

// Forward returns x + Block(x), or Block(x) if the sizes differ.
func (r *residual) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(r)
	c := tensor.NewChain(x)
	y := c.Next(r.Block.Forward(x))
	if r.add && r.Drop != nil {
		y = c.Next(r.Drop.Forward(y))
	}
	if r.add {
		y = c.Next(y.Add(x))
	}
	return nn.Report(r, x, y)
}

// stochasticDepth replaces whole samples of a residual branch by 0 with probability p in training mode, and multiplies
// the others by 1/(1−p): torchvision.ops.StochasticDepth with mode="row". (https://arxiv.org/abs/1603.09382)
type stochasticDepth struct {
	nn.Mode
	p   float64
	RNG *rng.Torch
}

// Forward maps (N, …) to the same shape.
func (l *stochasticDepth) Forward(x tensor.Tensor) tensor.Tensor {
	if !l.Training() || l.p == 0 {
		return x
	}
	first := x.Flatten(1).Narrow(1, 0, 1) // one number per sample
	keep := first.BernoulliLike(l.RNG, 1-l.p)
	if l.p < 1 {
		keep.MulScalarInPlace(1 / (1 - l.p))
	}
	for keep.Rank() < x.Rank() {
		keep = keep.Unsqueeze(-1)
	}
	return x.Mul(keep)
}

// permute reorders dimensions: torchvision.ops.Permute.
type permute []int

// Forward returns a view of x.
func (p permute) Forward(x tensor.Tensor) tensor.Tensor { return x.Permute(p...) }

// fail panics with a *tensor.Error.
func fail(op, format string, args ...any) {
	panic(&tensor.Error{Op: op, Msg: fmt.Sprintf(format, args...)})
}

// headForward averages the features (N, C, H, W) over height and width and computes the logits.
func headForward(features, classifier nn.Sequential, x tensor.Tensor) tensor.Tensor {
	c := tensor.NewChain(x)
	x = c.Next(features.Forward(x))
	x = c.Next(x.AdaptiveAvgPool(1, 1))
	return c.Next(classifier.Forward(x.Flatten(1)))
}

// initialize draws the parameters of a model as torchvision does: weights of convolutions by conv and those of linear
// layers by linear, unless nil; all biases become 0.
func initialize(model any, conv, linear func(w tensor.Tensor)) {
	for _, p := range nn.StateDict(model) {
		switch {
		case p.Tensor.Rank() == 4 && conv != nil:
			conv(p.Tensor)
		case p.Tensor.Rank() == 2 && linear != nil:
			linear(p.Tensor)
		case strings.HasSuffix(p.Name, "bias"):
			nninit.Zeros(p.Tensor)
		}
	}
}

// fanOut draws weights for a following ReLU from the normal distribution of variance 2/(out·kh·kw).
func fanOut(g *rng.Torch) func(w tensor.Tensor) {
	return func(w tensor.Tensor) { nninit.KaimingNormal(g, w, nninit.Kaiming{FanOut: true}) }
}

// normal draws weights from the normal distribution with mean 0 and the given standard deviation.
func normal(g *rng.Torch, std float64) func(w tensor.Tensor) {
	return func(w tensor.Tensor) { nninit.Normal(g, w, 0, std) }
}

// divisible rounds a number of channels to a multiple of 8, to at least 0.9 of it.
func divisible(channels float64) int {
	n := max(8, int(channels+4)/8*8)
	if float64(n) < 0.9*channels {
		n += 8
	}
	return n
}
