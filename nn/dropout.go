package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Dropout sets each element to 0 with probability P in training, and multiplies the others by 1/(1−P), so that the mean stays. In
// evaluation it is the identity. (https://jmlr.org/papers/v15/srivastava14a.html)
type Dropout struct {
	Mode
	P   float64
	RNG *rng.Torch // draws the masks, one number an element; a generator of one's own, or shared as PyTorch's is

	mask32 []float32
	mask64 []float64
}

// NewDropout returns a dropout layer that draws from g. It panics unless p lies between 0 and 1.
func NewDropout(g *rng.Torch, p float64) *Dropout {
	if !(p >= 0 && p <= 1) {
		fail("dropout", nil, fmt.Sprintf("%v is no probability", p))
	}
	return &Dropout{P: p, RNG: g}
}

// Forward returns x with elements dropped, or x itself in evaluation.
func (l *Dropout) Forward(x tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	if !(l.P >= 0 && l.P <= 1) {
		fail("dropout", l, fmt.Sprintf("%v is no probability", l.P), x.Shape())
	}
	y := x
	if l.Training() && l.P == 1 {
		y = x.MulScalar(0) // nothing is drawn
	} else if l.Training() && l.P != 0 {
		y = x.Mul(l.mask(x))
	}
	return Report(l, x, y)
}

// mask returns the factors for x: 0, or 1/(1−P).
func (l *Dropout) mask(x tensor.Tensor) tensor.Tensor {
	if l.RNG == nil {
		fail("dropout", l, "there is no generator; make the layer with NewDropout", x.Shape())
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
