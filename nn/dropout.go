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

	mask32 []float32
	mask64 []float64
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
	defer inLayer(l)
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
	switch dt := x.DType(); {
	case dt == tensor.Float64:
		m := x.Scope().Empty(x, dt, x.Shape())
		l.mask64 = drawMask(l.RNG.Bernoulli64, l.mask64, x.Len(), l.P)
		tensor.SetFrom(m, l.mask64)
		return m
	case dt.IsFloat():
		m := x.Scope().Empty(x, tensor.Float32, x.Shape())
		l.mask32 = drawMask(l.RNG.Bernoulli32, l.mask32, x.Len(), l.P)
		tensor.SetFrom(m, l.mask32)
		return m.Cast(dt)
	default:
		fail("dropout", l, "the input must be floating point, not "+dt.String(), x.Shape())
		return x
	}
}

func drawMask[T float32 | float64](draw func(dst []T, p float64), mask []T, n int, p float64) []T {
	if cap(mask) < n {
		mask = make([]T, n)
	}
	mask = mask[:n]
	draw(mask, 1-p)
	scale := 1 / T(1-p)
	for i := range mask {
		mask[i] *= scale
	}
	return mask
}
