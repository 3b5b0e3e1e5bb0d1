package optim

import "github.com/lamina-ml/lamina/tensor"

// The rules' steps share these operations. Each rounds once, as in PyTorch: 16-bit floats are computed in float32.

// descent returns the gradient for a rule: negated if Maximize is set, plus weight decay λp.
func descent(p, g tensor.Tensor, maximize bool, decay float64) tensor.Tensor {
	if maximize {
		g = g.Neg()
	}
	if decay == 0 {
		return g
	}
	return addScaled(g, decay, p)
}

// decoupledDescent is descent for rules with optional decoupled weight decay: p ← p − ηλp.
func decoupledDescent(p, g tensor.Tensor, maximize bool, lr, decay float64, decoupled bool) tensor.Tensor {
	if decoupled {
		p.MulScalarInPlace(1 - float64(lr*decay))
		decay = 0
	}
	return descent(p, g, maximize, decay)
}

// addMul sets t to t + c·a·b: PyTorch's addcmul_.
func addMul(t tensor.Tensor, c float64, a, b tensor.Tensor) {
	if half(t) {
		t.CopyFrom(t.Widen().Add(a.Widen().MulScalar(c).Mul(b.Widen())))
	} else {
		t.AddInPlace(a.MulScalar(c).Mul(b))
	}
}

// addDiv sets t to t + c·a/b: PyTorch's addcdiv_.
func addDiv(t tensor.Tensor, c float64, a, b tensor.Tensor) {
	if half(t) {
		t.CopyFrom(t.Widen().Add(a.Widen().MulScalar(c).Div(b.Widen())))
	} else {
		t.AddInPlace(a.MulScalar(c).Div(b))
	}
}

// half reports whether t holds 16-bit floats.
func half(t tensor.Tensor) bool { return t.DType().IsFloat() && t.DType().Size() == 2 }

// addScaled returns t + c·x.
func addScaled(t tensor.Tensor, c float64, x tensor.Tensor) tensor.Tensor {
	y := t.Clone()
	y.AddScaledInPlace(c, x)
	return y
}
