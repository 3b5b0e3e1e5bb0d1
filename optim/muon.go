package optim

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// MuonConfig holds the settings of Muon.
type MuonConfig struct {
	LR          float64    // learning rate η; 0 means 1e-3
	WeightDecay float64    // λ, decoupled; 0 means 0.1, Zero means none
	Momentum    float64    // μ; 0 means 0.95
	NoNesterov  bool       // no Nesterov momentum
	NSCoeffs    [3]float64 // a, b, c of the Newton–Schulz iteration; 0 means 3.4445, −4.775 and 2.0315
	NSSteps     int        // iterations; 0 means 5
	Eps         float64    // ε, lower bound of the norm that the iteration divides by; 0 means 1e-7
	AdjustLR    AdjustLR   // how the learning rate depends on a matrix's shape
}

// AdjustLR says by what factor Muon multiplies the learning rate of a matrix (m, n).
type AdjustLR int

// The adjustments, with PyTorch's names.
const (
	AdjustOriginal          AdjustLR = iota // √max(1, m/n)
	AdjustMatchRMSAdamW                     // 0.2·√max(m, n): AdamW's learning rates fit
	AdjustSpectralUnclamped                 // √(m/n)
)

// Muon orthogonalizes the update of each matrix. Use it for the matrices of hidden layers, and another optimizer for
// biases, embeddings and the last layer:
//
//	b ← b + (1 − μ)(g − b)
//	u ← g + μ(b − g)              (NoNesterov: u ← b)
//	X ← u/max(‖u‖, ε)             (transposed if it has more rows than columns)
//	A ← XXᵀ,  X ← aX + (bA + cAA)X     (NSSteps times, in bfloat16)
//	p ← p − ηλp − η·adjust(m, n)·X
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.Muon.html
type Muon = Base[MuonConfig]

// NewMuon returns an optimizer of params, which are matrices. AddGroup adds parameters with other settings.
func NewMuon(params []tensor.Tensor, c MuonConfig) *Muon { return New(params, c) }

// Name returns "Muon".
func (c *MuonConfig) Name() string { return "Muon" }

// Settings lists the settings.
func (c *MuonConfig) Settings() []Setting {
	anything := math.Inf(-1)
	return []Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-3},
		{Name: "weight_decay", Value: &c.WeightDecay, Default: 0.1},
		{Name: "momentum", Value: &c.Momentum, Default: 0.95},
		{Name: "nesterov", Value: &c.NoNesterov, Inverted: true},
		{Name: "ns_coefficients.0", Value: &c.NSCoeffs[0], Default: 3.4445, Min: anything},
		{Name: "ns_coefficients.1", Value: &c.NSCoeffs[1], Default: -4.775, Min: anything},
		{Name: "ns_coefficients.2", Value: &c.NSCoeffs[2], Default: 2.0315, Min: anything},
		{Name: "ns_steps", Value: &c.NSSteps, Default: 5, Below: 100},
		{Name: "eps", Value: &c.Eps, Default: 1e-7},
		{Name: "adjust_lr_fn", Value: (*int)(&c.AdjustLR), Below: 3},
	}
}

// Check refuses parameters that are not matrices.
func (c *MuonConfig) Check(params []tensor.Tensor) error {
	for i, p := range params {
		if p.Rank() != 2 {
			return fmt.Errorf("parameter %d has shape %s; Muon takes matrices, give the others to AdamW", i, p.Shape())
		}
	}
	return nil
}

// State lists the momentum buffer.
func (c *MuonConfig) State(tensor.Tensor) []State { return []State{{Name: "momentum_buffer"}} }

// Step updates the parameter with tensor operations.
func (c *MuonConfig) Step(s *Step) {
	p, g, b := s.Param, s.Grad, s.State("momentum_buffer")
	b.LerpInPlace(g, 1-c.Momentum)
	u := b
	if !c.NoNesterov {
		u = g.Lerp(b, c.Momentum)
	}
	x := c.orthogonal(u)
	p.MulScalarInPlace(1 - float64(c.LR*c.WeightDecay))
	wider := p.Widen()
	p.CopyFrom(wider.Add(x.Cast(wider.DType()).MulScalar(-c.LR * c.AdjustLR.factor(float64(p.Dim(0)),
		float64(p.Dim(1))))))
}

// orthogonal returns a matrix with u's singular vectors whose singular values are near 1, by the Newton–Schulz
// iteration. It holds bfloat16 numbers, as float32.
func (c *MuonConfig) orthogonal(u tensor.Tensor) tensor.Tensor {
	round := func(x tensor.Tensor) tensor.Tensor { return x.Cast(tensor.BFloat16).Cast(tensor.Float32) }
	tall := u.Dim(0) > u.Dim(1)
	if tall {
		u = u.T()
	}
	x := u.Cast(tensor.BFloat16)
	x = x.Div(x.Norm(2).Clamp(c.Eps, math.Inf(1))).Cast(tensor.Float32)
	for range c.NSSteps {
		a := round(x.MatMul(x.T()))
		q := round(a.MulScalar(c.NSCoeffs[1]).Add(a.MatMul(a).MulScalar(c.NSCoeffs[2])))
		x = round(x.MulScalar(c.NSCoeffs[0]).Add(q.MatMul(x)))
	}
	if tall {
		x = x.T()
	}
	return x
}

// factor returns the factor on the learning rate of a matrix (m, n).
func (a AdjustLR) factor(m, n float64) float64 {
	switch a {
	case AdjustMatchRMSAdamW:
		return 0.2 * math.Sqrt(max(m, n))
	case AdjustSpectralUnclamped:
		return math.Sqrt(m / n)
	}
	return math.Sqrt(max(1, m/n))
}
