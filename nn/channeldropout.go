package nn

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Dropout1d sets each channel of each sample to 0 with probability P in training mode, and multiplies the others by
// 1/(1−P). The input is (N, C, L) or (C, L). (https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html)
type Dropout1d struct{ Dropout }

// Dropout2d is [Dropout1d] for inputs (N, C, H, W); as in PyTorch, an input of three dimensions is (N, C, L).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html)
type Dropout2d struct{ Dropout }

// Dropout3d is [Dropout1d] for inputs (N, C, D, H, W) and (C, D, H, W).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html)
type Dropout3d struct{ Dropout }

// NewDropout1d returns a layer that draws its masks from g, one number for each channel of each sample. It panics
// unless p is between 0 and 1.
func NewDropout1d(g *rng.Torch, p float64) *Dropout1d { return &Dropout1d{*NewDropout(g, p)} }

// NewDropout2d returns a layer that draws its masks from g; see [NewDropout1d].
func NewDropout2d(g *rng.Torch, p float64) *Dropout2d { return &Dropout2d{*NewDropout(g, p)} }

// NewDropout3d returns a layer that draws its masks from g; see [NewDropout1d].
func NewDropout3d(g *rng.Torch, p float64) *Dropout3d { return &Dropout3d{*NewDropout(g, p)} }

// Forward returns x with channels dropped in training mode, and x itself in evaluation mode. It panics unless x has 2
// or 3 dimensions.
func (l *Dropout1d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkRank("dropout1d", l, x, 2, 3)
	return Report(l, x, l.channels("dropout1d", x, x.Rank() == 2))
}

// Forward returns x with channels dropped in training mode, and x itself in evaluation mode. It panics unless x has 3
// or 4 dimensions.
func (l *Dropout2d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkRank("dropout2d", l, x, 3, 4)
	return Report(l, x, l.channels("dropout2d", x, false))
}

// Forward returns x with channels dropped in training mode, and x itself in evaluation mode. It panics unless x has 4
// or 5 dimensions.
func (l *Dropout3d) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkRank("dropout3d", l, x, 4, 5)
	return Report(l, x, l.channels("dropout3d", x, x.Rank() == 4))
}

// channels drops channels of x, which is one sample if single is true.
func (l *Dropout) channels(op string, x tensor.Tensor, single bool) tensor.Tensor {
	l.check(op, x)
	switch {
	case !l.drops(x):
		return x
	case l.P == 1:
		return x.MulScalar(0)
	case single:
		return x.Mul(l.mask(op, oneEach(x, 1)))
	}
	return x.Mul(l.mask(op, oneEach(x, 2)))
}

// drops reports whether the layer changes x.
func (l *Dropout) drops(x tensor.Tensor) bool { return l.Training() && l.P != 0 && x.Len() > 0 }

// oneEach returns a tensor with the first n sizes of x, which broadcasts against x.
func oneEach(x tensor.Tensor, n int) tensor.Tensor {
	var dims [tensor.MaxRank]int
	for i := range x.Rank() {
		dims[i] = 1
		if i < n {
			dims[i] = x.Dim(i)
		}
	}
	return x.NewZeros(dims[:x.Rank()]...)
}

// AlphaDropout sets each element to −α with probability P in training mode, and then scales and shifts all elements
// so that inputs with mean 0 and variance 1 keep both, as a network with [SELU] needs: α = 1.7581 is minus SELU's
// value at −∞. In evaluation mode it is the identity. (https://arxiv.org/abs/1706.02515)
type AlphaDropout struct{ Dropout }

// FeatureAlphaDropout is [AlphaDropout] for whole channels of inputs (N, C, …).
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html)
type FeatureAlphaDropout struct{ Dropout }

// NewAlphaDropout returns a layer that draws its masks from g, one number for each element. It panics unless p is
// between 0 and 1.
func NewAlphaDropout(g *rng.Torch, p float64) *AlphaDropout { return &AlphaDropout{*NewDropout(g, p)} }

// NewFeatureAlphaDropout returns a layer that draws its masks from g, one number for each channel of each sample. It
// panics unless p is between 0 and 1.
func NewFeatureAlphaDropout(g *rng.Torch, p float64) *FeatureAlphaDropout {
	return &FeatureAlphaDropout{*NewDropout(g, p)}
}

// Forward returns x with elements dropped in training mode, and x itself in evaluation mode.
func (l *AlphaDropout) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return Report(l, x, l.alpha("alpha_dropout", x, false))
}

// Forward returns x with channels dropped in training mode, and x itself in evaluation mode. It panics unless x has a
// batch and a channel dimension.
func (l *FeatureAlphaDropout) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	if x.Rank() < 2 {
		fail("feature_alpha_dropout", l, "the input must have a batch and a channel dimension", x.Shape())
	}
	return Report(l, x, l.alpha("feature_alpha_dropout", x, true))
}

// alpha computes x·mask·a + (mask − 1)·αa + αap with a number of the mask for each element, or for each channel.
func (l *Dropout) alpha(op string, x tensor.Tensor, channels bool) tensor.Tensor {
	l.check(op, x)
	if !l.drops(x) {
		return x
	}
	if l.P == 1 {
		return x.MulScalar(0)
	}
	const alpha = 1.7580993408473766
	a := 1 / math.Sqrt((alpha*alpha*l.P+1)*(1-l.P))
	like := x // whose order in memory is that of the draws, as in PyTorch
	if channels {
		like = oneEach(x, 2)
	}
	mask := l.bernoulli(op, like)
	shift := mask.AddScalar(-1)
	shift.MulScalarInPlace(alpha * a)
	shift = shift.AddScalar(alpha * a * l.P)
	mask.MulScalarInPlace(a)
	return x.Mul(mask).Add(shift)
}

// String returns a line such as "Dropout1d(p=0.5)".
func (l *Dropout1d) String() string { return fmt.Sprintf("Dropout1d(p=%v)", l.P) }

// String returns a line such as "Dropout2d(p=0.5)".
func (l *Dropout2d) String() string { return fmt.Sprintf("Dropout2d(p=%v)", l.P) }

// String returns a line such as "Dropout3d(p=0.5)".
func (l *Dropout3d) String() string { return fmt.Sprintf("Dropout3d(p=%v)", l.P) }

// String returns a line such as "AlphaDropout(p=0.5)".
func (l *AlphaDropout) String() string { return fmt.Sprintf("AlphaDropout(p=%v)", l.P) }

// String returns a line such as "FeatureAlphaDropout(p=0.5)".
func (l *FeatureAlphaDropout) String() string { return fmt.Sprintf("FeatureAlphaDropout(p=%v)", l.P) }
