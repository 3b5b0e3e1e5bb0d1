package outside

import (
	"math"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// AdaBelief is Adam that divides by how far gradients lie from their mean (https://arxiv.org/abs/2010.07468).
type AdaBelief struct{ LR, Beta1, Beta2, Eps float64 }

// Name returns the optimizer's name.
func (c *AdaBelief) Name() string { return "AdaBelief" }

// Settings lists the settings.
func (c *AdaBelief) Settings() []optim.Setting {
	return []optim.Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-3},
		{Name: "betas.0", Value: &c.Beta1, Default: 0.9, Below: 1},
		{Name: "betas.1", Value: &c.Beta2, Default: 0.999, Below: 1},
		{Name: "eps", Value: &c.Eps, Default: 1e-16},
	}
}

// State lists the two running means.
func (c *AdaBelief) State(tensor.Tensor) []optim.State {
	return []optim.State{{Name: "mean"}, {Name: "variance"}}
}

// Step changes one parameter.
func (c *AdaBelief) Step(s *optim.Step) {
	m, v, t := s.State("mean"), s.State("variance"), float64(s.Count)
	m.LerpInPlace(s.Grad, 1-c.Beta1)
	v.LerpInPlace(s.Grad.Sub(m).Square().AddScalar(c.Eps), 1-c.Beta2)
	root := v.DivScalar(1 - math.Pow(c.Beta2, t)).Sqrt().AddScalar(c.Eps)
	s.Param.AddScaledInPlace(-c.LR/(1-math.Pow(c.Beta1, t)), m.Div(root))
}
