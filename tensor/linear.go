package tensor

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
)

// Activation is an elementwise function that a fused op applies to its result in the same pass over memory.
type Activation uint8

// The activations of fused ops.
const (
	NoActivation Activation = iota
	ReLU
)

// String returns PyTorch's name of the function.
func (a Activation) String() string {
	switch a {
	case NoActivation:
		return "none"
	case ReLU:
		return "relu"
	}
	return "invalid"
}

// of returns the activation of x.
func (a Activation) of(x Tensor) Tensor {
	if a == ReLU {
		return x.ReLU()
	}
	return x
}

// Linear returns act(x·wᵀ + b). b is optional: the zero Tensor means no bias.
//
//	x (…, in), w (out, in), b (out,) → (…, out)
//
// It panics if shapes, types or devices do not fit.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear.html)
func Linear(x, w, b Tensor, act Activation) Tensor {
	const op = "linear"
	if w.Rank() != 2 {
		fail(op, "the weight must be a matrix", w.Shape())
	}
	if x.Rank() == 0 || x.Dim(-1) != w.Dim(1) {
		fail(op, "the input's last dimension is not the weight's", x.Shape(), w.Shape())
	}
	if x.DType() != w.DType() {
		fail(op, fmt.Sprintf("the input is %s, the weight %s", x.DType(), w.DType()), x.Shape(), w.Shape())
	}
	if b.Defined() && (b.Rank() != 1 || b.Dim(0) != w.Dim(0) || b.DType() != w.DType()) {
		fail(op, fmt.Sprintf("a %s bias does not fit the %s weight", b.DType(), w.DType()), b.Shape(), w.Shape())
	}
	if act > ReLU {
		fail(op, fmt.Sprintf("the activation %d is unknown; NoActivation and ReLU exist", act), x.Shape())
	}
	if _, ok := x.h.store.dev.(device.Linearer); !ok {
		y := x.MatMul(w.T())
		if b.Defined() {
			y = y.Add(b)
		}
		return act.of(y)
	}
	return Apply3(linear{act}, x, w, b)
}

type linear struct{ act Activation }

func (linear) Optional(i int) bool { return i == 2 }

func (o linear) Saves() Saved {
	s := SaveInput(0) | SaveInput(1)
	if o.act == ReLU {
		s |= SaveOutput
	}
	return s
}

func (o linear) Forward(s *Scope, x, w, b Tensor) Tensor {
	if x.Rank() != 2 {
		x = x.Contiguous()
	}
	if b.Defined() {
		b = b.Contiguous()
	}
	y := s.NewEmpty(x, x.DType(), x.Shape().With(-1, w.Dim(0)))
	x.h.store.dev.(device.Linearer).Linear(y.array(), x.array(), w.array(), b.array(), o.act == ReLU,
		device.Precision(s.Float32MatmulPrecision()))
	return y
}

// Backward returns dx = dy·W, dW = dyᵀ·x and db = Σ dy over all rows, where dy is the gradient before the activation.
func (o linear) Backward(x, w, b, y, dy Tensor) (dx, dw, db Tensor) {
	if o.act == ReLU {
		dy = consumeReLUGrad(dy, y)
	}
	shape, rows := x.Shape(), x
	if shape.rank != 2 { // all dimensions before the last are one
		n := dy.Len() / max(1, w.Dim(0))
		if w.Dim(0) == 0 {
			n = x.Len() / max(1, w.Dim(1))
		}
		dy, rows = dy.Reshape(n, w.Dim(0)), x.Reshape(n, w.Dim(1))
	}
	if x.NeedsGrad() {
		if shape.rank == 2 {
			dx = x.gradMatMul(dy, w)
		} else {
			dx = dy.MatMul(w).reshape(shape)
		}
	}
	if w.NeedsGrad() {
		dw = w.gradMatMul(dy.T(), rows)
	}
	if b.NeedsGrad() {
		db = dy.Sum(0)
	}
	return dx, dw, db
}
