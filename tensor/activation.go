package tensor

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// ReLU returns max(x, 0); NaN stays NaN. Its gradient at 0 is 0.
func (x Tensor) ReLU() Tensor { return Apply1(relu{}, x) }

type relu struct{}

var reluRow = device.NewUnary(device.UnaryOp{Name: "relu",
	F: func(x float64, _ device.Params) float64 {
		if x < 0 {
			return 0
		}
		return x
	},
	Int: func(x int64, _ device.Params) int64 { return max(x, 0) }})

func (relu) Forward(s *Scope, x Tensor) Tensor { return s.unary(reluRow, x) }
func (relu) Backward(x, y, dy Tensor) Tensor   { return ConsumeReLUGrad(dy, y) }

// reluGrad is dy where y > 0, else 0. Its gradient with respect to y is 0.
type reluGrad struct{}

var reluGradRow = device.NewBinary(device.BinaryOp{Name: "relu gradient",
	F: func(dy, y float64, _ device.Params) float64 {
		if y <= 0 {
			return 0
		}
		return dy
	}})

func (reluGrad) Forward(s *Scope, dy, y Tensor) Tensor { return s.binary(reluGradRow, dy, y) }
func (reluGrad) Backward(dy, y, _, d Tensor) (Tensor, Tensor) {
	return Apply2(reluGrad{}, d, y), Tensor{}
}

// Sigmoid returns σ(x) = 1/(1 + e⁻ˣ).
func (x Tensor) Sigmoid() Tensor { return Apply1(sigmoid{}, x.float()) }

type sigmoid struct{}

var sigmoidRow = device.NewUnary(device.UnaryOp{Name: "sigmoid",
	F: func(x float64, _ device.Params) float64 { return 1 / (1 + math.Exp(-x)) }})

func (sigmoid) Forward(s *Scope, x Tensor) Tensor { return s.unary(sigmoidRow, x) }
func (sigmoid) Backward(x, y, dy Tensor) Tensor   { return Apply2(sigmoidGrad{}, dy, y) }

// sigmoidGrad is dy·y·(1 − y).
type sigmoidGrad struct{}

var sigmoidGradRow = device.NewBinary(device.BinaryOp{Name: "sigmoid gradient",
	F: func(dy, y float64, _ device.Params) float64 { return dy * (1 - y) * y }})

func (sigmoidGrad) Forward(s *Scope, dy, y Tensor) Tensor { return s.binary(sigmoidGradRow, dy, y) }
func (sigmoidGrad) Backward(dy, y, _, d Tensor) (ddy, dyy Tensor) {
	if dy.NeedsGrad() {
		ddy = Apply2(sigmoidGrad{}, d, y)
	}
	if y.NeedsGrad() {
		dyy = d.Mul(dy).Mul(y.MulScalar(-2).AddScalar(1))
	}
	return ddy, dyy
}

// Tanh returns the hyperbolic tangent.
func (x Tensor) Tanh() Tensor { return Apply1(tanh{}, x.float()) }

type tanh struct{}

var tanhRow = device.NewUnary(device.UnaryOp{Name: "tanh", F: func(x float64, _ device.Params) float64 { return math.Tanh(x) }})

func (tanh) Forward(s *Scope, x Tensor) Tensor { return s.unary(tanhRow, x) }
func (tanh) Backward(x, y, dy Tensor) Tensor   { return Apply2(tanhGrad{}, dy, y) }

// tanhGrad is dy·(1 − y²).
type tanhGrad struct{}

var tanhGradRow = device.NewBinary(device.BinaryOp{Name: "tanh gradient",
	F: func(dy, y float64, _ device.Params) float64 { return dy * (1 - y*y) }})

func (tanhGrad) Forward(s *Scope, dy, y Tensor) Tensor { return s.binary(tanhGradRow, dy, y) }
func (tanhGrad) Backward(dy, y, _, d Tensor) (ddy, dyy Tensor) {
	if dy.NeedsGrad() {
		ddy = Apply2(tanhGrad{}, d, y)
	}
	if y.NeedsGrad() {
		dyy = d.Mul(dy).Mul(y).MulScalar(-2)
	}
	return ddy, dyy
}
