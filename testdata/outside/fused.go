package outside

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// SwiGLU returns silu(a)·b, keeping neither silu(a) nor the result for the gradient.
func SwiGLU(a, b tensor.Tensor) tensor.Tensor { return tensor.Apply2(swiglu{}, a, b) }

type swiglu struct{ tensor.SavesInputs }

func (swiglu) Forward(s *tensor.Scope, a, b tensor.Tensor) tensor.Tensor { return a.SiLU().Mul(b) }

func (swiglu) Composite(a, b tensor.Tensor) tensor.Tensor { return a.SiLU().Mul(b) }

// Backward returns, with σ = sigmoid(a), da = dy·b·σ·(1 + a(1−σ)) and db = dy·a·σ, in one loop.
func (swiglu) Backward(a, b, y, dy tensor.Tensor) (da, db tensor.Tensor) {
	x, v, d := a.Float64s(), b.Float64s(), dy.Float64s()
	dx := make([]float64, len(x))
	for i, x := range x {
		sigma := 1 / (1 + math.Exp(-x))
		dx[i], v[i] = d[i]*v[i]*sigma*(1+x*(1-sigma)), d[i]*x*sigma
	}
	dims := a.Shape().Dims()
	return tensor.NewFrom(a, dx, dims...), tensor.NewFrom(b, v, dims...)
}
