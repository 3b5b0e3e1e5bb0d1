package docs

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// derivative returns f′(x), elementwise, by automatic differentiation.
func derivative(f func(tensor.Tensor) tensor.Tensor, x tensor.Tensor) tensor.Tensor {
	x = x.Keep().SetRequiresGrad(true)
	f(x).Sum().Backward()
	return x.Grad()
}

func Example_sigmoid() {
	x := tensor.From([]float32{-4, -1, 1, 4})
	y := x.Sigmoid()
	dy := y.Mul(y.Neg().AddScalar(1)) // σ(x)·(1 − σ(x))
	fmt.Println(y)
	fmt.Println(dy)
	fmt.Println(derivative(tensor.Tensor.Sigmoid, x))
	// Output:
	// tensor([0.0180, 0.2689, 0.7311, 0.9820])
	// tensor([0.0177, 0.1966, 0.1966, 0.0177])
	// tensor([0.0177, 0.1966, 0.1966, 0.0177])
}

func Example_tanh() {
	x := tensor.From([]float32{-4, -1, 1, 4})
	y := x.Tanh()
	dy := y.Square().Neg().AddScalar(1) // 1 − tanh²(x)
	fmt.Println(y)
	fmt.Println(dy)
	fmt.Println(derivative(tensor.Tensor.Tanh, x))
	// Output:
	// tensor([-0.9993, -0.7616,  0.7616,  0.9993])
	// tensor([0.0013, 0.4200, 0.4200, 0.0013])
	// tensor([0.0013, 0.4200, 0.4200, 0.0013])
}

func Example_relu() {
	x := tensor.From([]float32{-4, -1, 1, 4})
	y := x.ReLU()
	dy := x.GreaterScalar(0) // true where the derivative is 1
	fmt.Println(y)
	fmt.Println(dy)
	fmt.Println(derivative(tensor.Tensor.ReLU, x))
	// Output:
	// tensor([0., 0., 1., 4.])
	// tensor([false, false,  true,  true])
	// tensor([0., 0., 1., 1.])
}

func Example_leakyReLU() {
	x := tensor.From([]float32{-4, -1, 1, 4})
	const alpha = 0.01
	y := x.LeakyReLU(alpha)
	byHand := x.MulScalar(alpha).Maximum(x) // max(αx, x)
	fmt.Println(y)
	fmt.Println(byHand)
	fmt.Println(derivative(func(x tensor.Tensor) tensor.Tensor { return x.LeakyReLU(alpha) }, x))
	// Output:
	// tensor([-0.0400, -0.0100,  1.0000,  4.0000])
	// tensor([-0.0400, -0.0100,  1.0000,  4.0000])
	// tensor([0.0100, 0.0100, 1.0000, 1.0000])
}

func Example_elu() {
	x := tensor.From([]float32{-4, -1, 1, 4})
	const alpha = 1
	y := x.ELU(alpha)
	dy := tensor.Where(x.GreaterScalar(0), x.OnesLike(), y.AddScalar(alpha)) // αeˣ = y + α below 0
	fmt.Println(y)
	fmt.Println(dy)
	fmt.Println(derivative(func(x tensor.Tensor) tensor.Tensor { return x.ELU(alpha) }, x))
	// Output:
	// tensor([-0.9817, -0.6321,  1.0000,  4.0000])
	// tensor([0.0183, 0.3679, 1.0000, 1.0000])
	// tensor([0.0183, 0.3679, 1.0000, 1.0000])
}

func Example_gelu() {
	x := tensor.From([]float32{-2, -1, 1, 2})
	y := x.GELU()
	Phi := x.DivScalar(math.Sqrt2).Erf().AddScalar(1).MulScalar(0.5)          // Φ(x), the normal distribution function
	phi := x.Square().MulScalar(-0.5).Exp().DivScalar(math.Sqrt(2 * math.Pi)) // φ(x), its density
	dy := Phi.Add(x.Mul(phi))
	fmt.Println(y)
	fmt.Println(dy)
	fmt.Println(derivative(tensor.Tensor.GELU, x))
	// Output:
	// tensor([-0.0455, -0.1587,  0.8413,  1.9545])
	// tensor([-0.0852, -0.0833,  1.0833,  1.0852])
	// tensor([-0.0852, -0.0833,  1.0833,  1.0852])
}

func Example_activationLayers() {
	g := rng.NewTorch(0)
	model := nn.Sequential{
		nn.NewLinear(g, 784, 128), &nn.ReLU{},
		nn.NewLinear(g, 128, 64), &nn.LeakyReLU{NegativeSlope: 0.1},
		nn.NewLinear(g, 64, 10),
	}
	fmt.Println(model.Forward(tensor.Zeros(1, 784)).Shape())
	// Output: (1, 10)
}

func Example_vanishing() {
	through := func(f func(tensor.Tensor) tensor.Tensor) {
		x := tensor.From([]float32{0.5}).SetRequiresGrad(true)
		y := x
		for range 10 {
			y = f(y)
		}
		y.Sum().Backward()
		fmt.Printf("%.7f\n", x.Grad().Item())
	}
	through(tensor.Tensor.Sigmoid)
	through(tensor.Tensor.ReLU)
	// Output:
	// 0.0000003
	// 1.0000000
}

func Example_softmaxSlope() {
	x := tensor.From([]float32{2, 0, -1})
	p := x.Softmax(0)
	jacobian := tensor.Eye(3).Mul(p).Sub(p.Outer(p)) // pᵢ(δᵢⱼ − pⱼ)
	fmt.Println(jacobian)
	// Output:
	// tensor([[ 0.1318, -0.0964, -0.0354],
	//         [-0.0964,  0.1012, -0.0048],
	//         [-0.0354, -0.0048,  0.0402]])
}
