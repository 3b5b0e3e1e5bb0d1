package outside

import (
	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Gated is a gated linear layer, SwiGLU(xU, xV) followed by a learned scale: (N, in) → (N, out).
type Gated struct{ U, V, Scale tensor.Tensor }

// NewGated returns a layer with first weights drawn from g.
func NewGated(g *rng.Torch, in, out int) *Gated {
	l := &Gated{U: tensor.Zeros(in, out), V: tensor.Zeros(in, out), Scale: tensor.Ones(out)}
	nninit.XavierUniform(g, l.U, 1)
	nninit.XavierUniform(g, l.V, 1)
	return l
}

// Forward applies the layer.
func (l *Gated) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(l)
	return nn.Report(l, x, SwiGLU(x.MatMul(l.U), x.MatMul(l.V)).Mul(l.Scale))
}
