package outside

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Model is a classifier of points in the plane, (N, 2) → (N, 2).
type Model struct {
	Hidden *nn.Linear
	Gate   *Gated
	Out    *nn.Linear
}

// NewModel returns a model with first weights drawn from g.
func NewModel(g *rng.Torch) *Model {
	return &Model{nn.NewLinear(g, 2, 16), NewGated(g, 16, 8), nn.NewLinear(g, 8, 2)}
}

// Forward returns the scores of the classes.
func (m *Model) Forward(x tensor.Tensor) tensor.Tensor {
	return m.Out.Forward(m.Gate.Forward(ISRU(m.Hidden.Forward(x), 0.5)))
}
