package nninit_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Weights for a layer that a ReLU follows: torch.manual_seed(42), then torch.nn.init.kaiming_normal_(l.weight,
// nonlinearity="relu").
func Example() {
	g := rng.NewTorch(42)
	l := &nn.Linear{Weight: tensor.Zeros(2, 3).SetRequiresGrad(true), Bias: tensor.Zeros(2).SetRequiresGrad(true)}
	nninit.KaimingNormal(g, l.Weight, nninit.Kaiming{Nonlinearity: nninit.ReLU})
	fmt.Println(l.Weight)
	// Output:
	// tensor([[ 0.2749,  0.1052,  0.1914],
	//         [ 0.1881, -0.9168, -0.1521]], requires grad)
}

func ExampleKaiming() {
	w := tensor.Zeros(50, 100)
	nninit.KaimingUniform(rng.NewTorch(0), w, nninit.Kaiming{FanOut: true})
	fmt.Printf("%.2f\n", w.Abs().Max().Item()) // √(6/50)
	// Output: 0.35
}

func ExampleNonlinearity() {
	fmt.Printf("%.4f %.4f\n", nninit.Gain(nninit.ReLU, 0), nninit.Gain(nninit.Tanh, 0))
	// Output: 1.4142 1.6667
}

func ExampleOrthogonal() {
	w := tensor.Zeros(2, 4)
	nninit.Orthogonal(rng.NewTorch(0), w, 1)
	fmt.Println(w.MatMul(w.T()).GreaterScalar(0.5))
	// Output:
	// tensor([[ true, false],
	//         [false,  true]])
}
