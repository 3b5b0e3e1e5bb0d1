package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Dropout sets each element to 0 with probability P in training mode, and multiplies the others by 1/(1−P), which
// keeps the expected value. In evaluation mode it is the identity. (https://jmlr.org/papers/v15/srivastava14a.html)
type Dropout struct {
	Mode
	P   float64
	RNG *rng.Torch // draws the masks, one number per element; layers may share a generator, as in PyTorch
}

// NewDropout returns a dropout layer that draws its masks from g. It panics unless p is between 0 and 1.
func NewDropout(g *rng.Torch, p float64) *Dropout {
	if !(p >= 0 && p <= 1) {
		fail("dropout", nil, fmt.Sprintf("the probability must be between 0 and 1, not %v", p))
	}
	return &Dropout{P: p, RNG: g}
}

// Forward returns x with elements dropped in training mode, and x itself in evaluation mode.
func (l *Dropout) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	l.check("dropout", x)
	y := x
	if l.Training() && l.P == 1 {
		y = x.MulScalar(0) // PyTorch draws no numbers here either
	} else if l.Training() && l.P != 0 {
		y = x.Mul(l.mask("dropout", x))
	}
	return Report(l, x, y)
}

// check panics unless P is a probability.
func (l *Dropout) check(op string, x tensor.Tensor) {
	if !(l.P >= 0 && l.P <= 1) {
		fail(op, l, fmt.Sprintf("the probability must be between 0 and 1, not %v", l.P), x.Shape())
	}
}

// mask returns a factor for each element of like: 0 or 1/(1−P).
func (l *Dropout) mask(op string, like tensor.Tensor) tensor.Tensor {
	return dropoutMask(op, l, l.RNG, l.P, like)
}

// bernoulli returns 0 with probability P, or 1, for each element of like.
func (l *Dropout) bernoulli(op string, like tensor.Tensor) tensor.Tensor {
	return keptElements(op, l, l.RNG, l.P, like)
}

// dropoutMask returns a factor for each element of like, for a layer with dropout: 0 with probability p, or 1/(1−p).
func dropoutMask[L any](op string, layer L, g *rng.Torch, p float64, like tensor.Tensor) tensor.Tensor {
	scale := 1 / (1 - p)
	if like.DType() != tensor.Float64 {
		scale = float64(1 / float32(1-p))
	}
	m := keptElements(op, layer, g, p, like)
	m.MulScalarInPlace(scale)
	return m
}

// keptElements returns 0 with probability p, or 1, for each element of like.
func keptElements[L any](op string, layer L, g *rng.Torch, p float64, like tensor.Tensor) tensor.Tensor {
	if g == nil {
		fail(op, layer, "the generator RNG is nil: create the layer with its New function", like.Shape())
	}
	if !like.DType().IsFloat() {
		fail(op, layer, "the input must be floating point, not "+like.DType().String(), like.Shape())
	}
	return like.BernoulliLike(g, 1-p)
}
