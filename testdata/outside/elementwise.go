package outside

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

var isru = tensor.NewElementwise(tensor.Elementwise{
	Name:       "isru",
	F:          func(x float64, p [2]float64) float64 { return x / math.Sqrt(1+p[0]*x*x) },
	Derivative: func(x float64, p [2]float64) float64 { return math.Pow(1+p[0]*x*x, -1.5) },
	Second: func(x tensor.Tensor, p [2]float64) tensor.Tensor {
		return x.Square().MulScalar(p[0]).AddScalar(1).PowScalar(-2.5).Mul(x).MulScalar(-3 * p[0])
	},
})

// ISRU returns x/√(1+αx²), an activation (https://arxiv.org/abs/1710.09967).
func ISRU(x tensor.Tensor, alpha float64) tensor.Tensor { return isru.Of(x, alpha) }
