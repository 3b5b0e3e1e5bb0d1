package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

var _ = add(
	&Op{Name: "neg", Go: []string{"Tensor.Neg"}, Elementwise: true, DTypes: numbers, Inputs: []Input{{}},
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].Neg() },
		Ref:  elementwise(func(x []float64, _ Attrs) float64 { return -x[0] }),
	},
	&Op{Name: "exp", Go: []string{"Tensor.Exp"}, Elementwise: true, DTypes: allTypes, Inputs: []Input{{}},
		Call: func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].Exp() },
		Ref:  elementwise(func(x []float64, _ Attrs) float64 { return math.Exp(x[0]) }),
		Tol:  transcendental,
	},
	&Op{Name: "add", Go: []string{"Tensor.Add"}, Elementwise: true, DTypes: numbers, Inputs: []Input{{}, {}},
		Call:   func(x []tensor.Tensor, _ Attrs) tensor.Tensor { return x[0].Add(x[1]) },
		Ref:    elementwise(func(x []float64, _ Attrs) float64 { return x[0] + x[1] }),
		Tol:    arithmetic,
		Errors: noBroadcast,
	},
)

// Tolerances of families.
var (
	arithmetic     = Tol{Grad: 2, Why: "the operation is exact; the gradient of a stretched input is a sum, joined in another order"}
	transcendental = Tol{ULP: 2, Torch: 2, Grad: 6, Why: "kernels are good to 2 ulp, PyTorch's to 1 or 2; the gradient is a product with such a number"}
)

var noBroadcast = []Mistake{{Shapes: [][]int{{2, 3}, {2, 4}}, Text: "shapes do not broadcast: (2, 3) × (2, 4)"}}
