package optim

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// GradNorm returns the p-norm (Σ|g|ᵖ)^(1/p) of all gradients together, as if they were one vector; p is positive, and
// infinity means the largest absolute value. Parameters whose gradient is absent do not count. The result is NaN or
// infinite if a gradient is.
func GradNorm(params []tensor.Tensor, p float64) float64 {
	if !(p > 0) {
		fail("get_total_norm", fmt.Sprintf("there is no %g-norm; p must be positive", p))
	}
	var first tensor.Tensor
	for _, t := range params {
		if g := t.Grad(); g.Defined() && g.Len() > 0 {
			first = g
			break
		}
	}
	if !first.Defined() {
		return 0
	}
	s := acquireScope(first.Device())
	defer releaseScope(s)
	// As in PyTorch, the result is the norm of the gradients' norms. The outer norm is computed in float64, where
	// squares and powers do not overflow.
	total := first.InScope(s).NewZeros().Cast(tensor.Float64)
	for _, t := range params {
		g := t.Grad()
		if !g.Defined() || g.Len() == 0 {
			continue
		}
		n := g.InScope(s).Norm(p).Cast(tensor.Float64)
		switch p {
		case 2:
			total.AddInPlace(n.Square())
		case math.Inf(1):
			total.CopyFrom(total.Maximum(n))
		default:
			total.AddInPlace(n.PowScalar(p))
		}
	}
	switch v := total.Item(); p {
	case 2:
		return math.Sqrt(v)
	case math.Inf(1):
		return v
	default:
		return math.Pow(v, 1/p)
	}
}

// ClipGradNorm scales all gradients by one factor so that their Euclidean norm, as if they were one vector, is at most
// limit. It returns the norm before. Call it between Backward and Step. If the norm is NaN or infinite, gradients
// become NaN or 0 as in PyTorch: check the result to stop instead.
//
// https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
func ClipGradNorm(params []tensor.Tensor, limit float64) float64 {
	return ClipGradPNorm(params, limit, 2)
}

// ClipGradPNorm is ClipGradNorm with the p-norm of GradNorm.
func ClipGradPNorm(params []tensor.Tensor, limit, p float64) float64 {
	total := GradNorm(params, p)
	factor := limit / (total + 1e-6)
	if factor >= 1 {
		return total
	}
	for _, t := range params {
		if g := t.Grad(); g.Defined() {
			g.MulScalarInPlace(factor)
		}
	}
	return total
}

// ClipGradValue limits every element of every gradient to [−limit, limit]. NaN stays NaN.
//
// https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
func ClipGradValue(params []tensor.Tensor, limit float64) {
	for _, t := range params {
		if g := t.Grad(); g.Defined() {
			g.ClampInPlace(-limit, limit)
		}
	}
}
