package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Clamp returns x limited to [lo, hi]; NaN stays NaN. The gradient is that of x between the limits, 0 on and outside
// the limits. An integer tensor is cast to float32 unless both limits are whole numbers or infinite.
func (x Tensor) Clamp(lo, hi float64) Tensor {
	if lo != math.Trunc(lo) || hi != math.Trunc(hi) {
		x = x.float()
	}
	if x.DType() == Bool {
		x = x.Cast(Int64)
	}
	return Apply1(clamp{lo, hi}, x)
}

type clamp struct{ lo, hi float64 }

var (
	clampRow = device.NewUnary(device.UnaryOp{Name: "clamp",
		F: func(x float64, p device.Params) float64 {
			if x < p[0] || p[0] != p[0] {
				x = p[0]
			}
			if x > p[1] || p[1] != p[1] {
				x = p[1]
			}
			return x
		},
		Int: func(x int64, p device.Params) int64 { return min(max(x, saturateInt64(p[0])), saturateInt64(p[1])) }})
	clampGradRow = device.NewBinary(device.BinaryOp{Name: "clamp gradient",
		F: func(dy, x float64, p device.Params) float64 {
			if x > p[0] && x < p[1] {
				return dy
			}
			return 0
		}})
)

// saturateInt64 returns the int64 nearest to a whole or infinite number.
func saturateInt64(x float64) int64 {
	switch {
	case x >= 1<<63:
		return math.MaxInt64
	case x < -1<<63:
		return math.MinInt64
	}
	return int64(x)
}

func (o clamp) Forward(s *Scope, x Tensor) Tensor { return s.unary(clampRow, x, o.lo, o.hi) }
func (o clamp) Backward(x, y, dy Tensor) Tensor   { return Apply2(clampGrad(o), dy, x) }

type clampGrad struct{ lo, hi float64 }

func (o clampGrad) Forward(s *Scope, dy, x Tensor) Tensor {
	return s.binary(clampGradRow, dy, x, o.lo, o.hi)
}
func (o clampGrad) Backward(dy, x, y, d Tensor) (ddy, dx Tensor) {
	return Apply2(o, d, x), Tensor{}
}

func (clamp) Saves() Saved { return SaveInputs }

func (clampGrad) Saves() Saved { return SaveInput(1) }

// ClampTensor returns x limited to [lo, hi], elementwise: min(max(x, lo), hi). All three have one type and broadcast.
// The gradient flows to x between the limits, to a limit that x exceeds, and half to each where x equals a limit.
func (x Tensor) ClampTensor(lo, hi Tensor) Tensor {
	if x.DType() != lo.DType() || x.DType() != hi.DType() {
		fail("clamp", "the inputs are "+x.DType().String()+", "+lo.DType().String()+" and "+hi.DType().String()+", not of one type")
	}
	commonScope("clamp", x, lo, hi)
	return Apply3(clampTensor{}, x, lo, hi)
}

type clampTensor struct{ SavesInputs }

func (clampTensor) Forward(s *Scope, x, lo, hi Tensor) Tensor {
	return s.binary(minimumRow, s.binary(maximumRow, x, lo), hi)
}

func (clampTensor) Backward(x, lo, hi, y, dy Tensor) (dx, dlo, dhi Tensor) {
	open := lo.Less(hi) // if the limits are equal, x gets all of the gradient
	onLo, onHi := x.Equal(lo).And(open), x.Equal(hi).And(open)
	dy = Where(onLo.Or(onHi), dy.MulScalar(0.5), dy)
	if x.NeedsGrad() {
		dx = dy.MaskedFill(x.Less(lo).Or(x.Greater(hi)), 0).sumTo(x.Shape())
	}
	if lo.NeedsGrad() {
		dlo = dy.MaskedFill(onLo.Or(x.Less(lo).And(lo.LessEqual(hi))).Not(), 0).sumTo(lo.Shape())
	}
	if hi.NeedsGrad() {
		dhi = dy.MaskedFill(onHi.Or(x.Greater(hi)).Or(hi.Less(lo)).Not(), 0).sumTo(hi.Shape())
	}
	return dx, dlo, dhi
}
