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
	if !(l.P >= 0 && l.P <= 1) {
		fail("dropout", l, fmt.Sprintf("the probability must be between 0 and 1, not %v", l.P), x.Shape())
	}
	y := x
	if l.Training() && l.P == 1 {
		y = x.MulScalar(0) // PyTorch draws no numbers here either
	} else if l.Training() && l.P != 0 {
		y = x.Mul(l.mask(x))
	}
	return Report(l, x, y)
}

// mask returns the factor of each element of x: 0 or 1/(1−P).
func (l *Dropout) mask(x tensor.Tensor) tensor.Tensor {
	if l.RNG == nil {
		fail("dropout", l, "the generator RNG is nil: create the layer with NewDropout", x.Shape())
	}
	if !x.DType().IsFloat() {
		fail("dropout", l, "the input must be floating point, not "+x.DType().String(), x.Shape())
	}
	scale := 1 / (1 - l.P)
	if x.DType() != tensor.Float64 {
		scale = float64(1 / float32(1-l.P))
	}
	m := x.BernoulliLike(l.RNG, 1-l.P)
	m.MulScalarInPlace(scale)
	return m
}
