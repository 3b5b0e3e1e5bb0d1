package optim

import (
	"errors"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// AdafactorConfig holds the settings of Adafactor.
type AdafactorConfig struct {
	LR         float64 // largest relative step η; 0 means 1e-2
	Beta2Decay float64 // δ, exponent of the second moment's decay 1 − t^δ; 0 means −0.8
	// ε₁, lower bound of the second moment's root; 0 means the machine epsilon of the parameter's type
	Eps1        float64
	Eps2        float64 // ε₂, lower bound of a parameter's RMS; 0 means 1e-3
	D           float64 // clipping threshold d of the update's root mean square; 0 means 1
	WeightDecay float64 // λ, decoupled
	Maximize    bool    // maximize the loss instead of minimizing it
}

// Adafactor stores the row and column means of a matrix's squared gradients instead of all of them, and scales the step
// by the RMS, the root mean square, of the parameter:
//
//	ρ ← min(η, 1/√t),  α ← max(ε₂, RMS(p))·ρ
//	p ← p − ηλp
//	r ← r + t^δ(mean of g² over columns − r),  c ← c + t^δ(mean of g² over rows − c)
//	v ← rc/max(mean(r), ε₁)             (fewer than two dimensions: v ← v + t^δ(g² − v))
//	u ← g/√max(v, ε₁²)
//	p ← p − α·u/max(1, RMS(u)/d)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Adafactor.html
type Adafactor = Base[AdafactorConfig]

// NewAdafactor returns an optimizer of params. AddGroup adds parameters with other settings.
func NewAdafactor(params []tensor.Tensor, c AdafactorConfig) *Adafactor { return New(params, c) }

// Name returns "Adafactor".
func (c *AdafactorConfig) Name() string { return "Adafactor" }

// Settings lists the settings.
func (c *AdafactorConfig) Settings() []Setting {
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-2},
		{Name: "beta2_decay", Value: &c.Beta2Decay, Default: -0.8, Min: math.Inf(-1)},
		{Name: "eps.0", Value: &c.Eps1},
		{Name: "eps.1", Value: &c.Eps2, Default: 1e-3},
		{Name: "d", Value: &c.D, Default: 1, Min: 1},
		{Name: "weight_decay", Value: &c.WeightDecay},
		{Name: "maximize", Value: &c.Maximize},
	}
}

// Check refuses a positive Beta2Decay.
func (c *AdafactorConfig) Check([]tensor.Tensor) error {
	if c.Beta2Decay > 0 {
		return errors.New("Beta2Decay must not be positive")
	}
	return nil
}

// State lists the means of squares over columns and rows, or all squares of a parameter with fewer than two dimensions.
func (c *AdafactorConfig) State(p tensor.Tensor) []State {
	n := p.Rank()
	if n < 2 {
		return []State{{Name: "variance"}}
	}
	shape := p.Shape()
	return []State{{Name: "row_var", Dims: shape.With(n-1, 1).Dims()},
		{Name: "col_var", Dims: shape.With(n-2, 1).Dims()}}
}

// Step updates the parameter with tensor operations.
func (c *AdafactorConfig) Step(s *Step) {
	p, g := s.Param, s.Grad
	if c.Maximize {
		g = g.Neg()
	}
	t := float64(s.Count)
	eps, weight, inf := c.eps1(p.DType()), math.Pow(t, c.Beta2Decay), math.Inf(1)
	size := atLeast(c.Eps2, p.Norm(2).Widen().DivScalar(math.Sqrt(float64(p.Len()))))
	if c.WeightDecay != 0 {
		p.MulScalarInPlace(1 - float64(c.LR*c.WeightDecay))
	}
	var v tensor.Tensor
	if n := p.Rank(); n < 2 {
		v = s.State("variance")
		v.LerpInPlace(g.Square(), weight)
	} else {
		row, col := s.State("row_var"), s.State("col_var")
		row.LerpInPlace(g.Norm(2, n-1).Unsqueeze(n-1).Square().DivScalar(float64(g.Dim(n-1))), weight)
		col.LerpInPlace(g.Norm(2, n-2).Unsqueeze(n-2).Square().DivScalar(float64(g.Dim(n-2))), weight)
		v = row.Mul(col).Div(row.Mean(n-2).Unsqueeze(n-2).Clamp(eps, inf))
	}
	u := v.Clamp(eps*eps, inf).Rsqrt().Mul(g)
	clip := atLeast(1, u.Norm(2).Widen().DivScalar(math.Sqrt(float64(u.Len()))*c.D))
	step := size.MulScalar(min(c.LR, 1/math.Sqrt(t))).Div(clip).Cast(p.DType())
	p.CopyFrom(p.Widen().Sub(u.Widen().Mul(step.Widen())))
}

// atLeast returns the larger of x and v, and v for NaN, as Python's max does: one NaN in a parameter does not spread to
// the others.
func atLeast(v float64, x tensor.Tensor) tensor.Tensor {
	return x.MaskedFill(x.IsNaN(), v).Clamp(v, math.Inf(1))
}

// eps1 returns ε₁ for parameters of a type.
func (c *AdafactorConfig) eps1(dt tensor.DType) float64 {
	switch {
	case c.Eps1 != 0:
		return c.Eps1
	case dt == tensor.Float64:
		return 0x1p-52
	case dt == tensor.Float16:
		return 0x1p-10
	case dt == tensor.BFloat16:
		return 0x1p-7
	}
	return 0x1p-23
}
