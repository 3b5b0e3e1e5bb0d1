package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
)

// Rotary rotates pairs of elements of x's last dimension by angles whose cosines and sines are given, as Llama encodes
// positions: with the halves a and b of a vector,
//
//	y = (a·cos − b·sin, b·cos + a·sin)        x (…, T, D), cos and sin (…, T, R/2) → (…, T, D)
//
// Elements i and i + R/2 are a pair. The dimensions of cos and sin before the last are broadcast to those of x. If R is
// smaller than D, the elements from R on are copied. The result has x's type; 16-bit floats are computed in float32. It
// panics if types or shapes do not fit. (https://arxiv.org/abs/2104.09864; the pairs are those of Hugging Face's
// apply_rotary_pos_emb)
func Rotary(x, cos, sin Tensor) Tensor {
	const op = "rotary"
	s, angles := x.Shape(), cos.Shape()
	if sin.Shape() != angles || s.rank == 0 || angles.rank == 0 || angles.rank > s.rank {
		fail(op, "the shapes must be (…, T, D) and, of cosines and sines alike, (…, T, R/2)", s, angles, sin.Shape())
	}
	half := angles.Dim(-1)
	if 2*half > s.Dim(-1) {
		fail(op, fmt.Sprintf("%d pairs do not fit in vectors of %d elements", half, s.Dim(-1)), s, angles)
	}
	if !x.DType().IsFloat() || !cos.DType().IsFloat() || !sin.DType().IsFloat() {
		fail(op, fmt.Sprintf("the inputs must be floating point, not %s, %s and %s", x.DType(), cos.DType(),
			sin.DType()), s, angles)
	}
	if pairs := s.With(-1, half); broadcast(op, pairs, angles) != pairs {
		fail(op, "the cosines do not broadcast to the pairs", pairs, angles)
	}
	wide := x.Widen()
	cos, sin = cos.Cast(wide.DType()), sin.Cast(wide.DType())
	var y Tensor
	if _, ok := x.h.store.dev.(device.Rotator); ok && !cos.NeedsGrad() && !sin.NeedsGrad() &&
		wide.h.store.dev == cos.h.store.dev {
		y = Apply3(rotary{}, wide, cos, sin)
	} else {
		y = (&rotary{}).Composite(wide, cos, sin)
	}
	return y.Cast(x.DType())
}

// rotary rotates x by angles that need no gradient.
type rotary struct{}

func (*rotary) Saves() Saved { return SaveInput(1) | SaveInput(2) }

// Composite computes the same by ops.
func (*rotary) Composite(x, cos, sin Tensor) Tensor {
	half := cos.Dim(-1)
	a, b := x.Narrow(-1, 0, half), x.Narrow(-1, half, half)
	ya, yb := a.Mul(cos).Sub(b.Mul(sin)), b.Mul(cos).Add(a.Mul(sin))
	if rest := x.Dim(-1) - 2*half; rest > 0 {
		return Cat(-1, ya, yb, x.Narrow(-1, 2*half, rest))
	}
	return Cat(-1, ya, yb)
}

func (*rotary) Forward(s *Scope, x, cos, sin Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	x.h.store.dev.(device.Rotator).Rotary(y.array(), x.array(), cos.array(), sin.array(), false)
	return y
}

// Backward rotates back.
func (*rotary) Backward(x, cos, sin, y, dy Tensor) (dx, dcos, dsin Tensor) {
	if x.NeedsGrad() {
		dx = x.NewGrad()
		x.h.store.dev.(device.Rotator).Rotary(dx.array(), dy.array(), cos.array(), sin.array(), true)
	}
	return dx, dcos, dsin
}
