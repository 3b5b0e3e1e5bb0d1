package docs

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_neuron() {
	a := tensor.From([]float32{0.5, 0.2, 0.9}) // the inputs
	w := tensor.From([]float32{1, -2, 3})      // how much each input counts
	b := 0.3

	z := a.Dot(w).AddScalar(b) // a₀w₀ + a₁w₁ + a₂w₂ + b
	y := z.Sigmoid()           // σ(z) = 1/(1 + e⁻ᶻ)
	fmt.Println(z, y)
	// Output: tensor(3.1000) tensor(0.9569)
}

// neuron computes the same without a library.
func neuron(a, w []float64, b float64) float64 {
	z := b
	for i := range a {
		z += a[i] * w[i]
	}
	return 1 / (1 + math.Exp(-z))
}

func Example_neuronByHand() {
	fmt.Printf("%.4f\n", neuron([]float64{0.5, 0.2, 0.9}, []float64{1, -2, 3}, 0.3))
	// Output: 0.9569
}

func Example_layer() {
	a := tensor.From([]float32{0.5, 0.2, 0.9})
	W := tensor.From([]float32{
		1, -2, 3, // the weights of neuron 0
		0, 1, -1, // and of neuron 1
	}, 2, 3)
	b := tensor.From([]float32{0.3, 0.5})

	y := W.MatMul(a).Add(b).Sigmoid() // σ(W·a + b)
	fmt.Println(y)

	layer := &nn.Linear{Weight: W, Bias: b}
	fmt.Println(layer.Forward(a).Sigmoid()) // the same
	// Output:
	// tensor([0.9569, 0.4502])
	// tensor([0.9569, 0.4502])
}

func Example_batch() {
	g := rng.NewTorch(42)          // draws the initial weights
	layer := nn.NewLinear(g, 3, 2) // 3 inputs, 2 neurons

	X := tensor.Zeros(32, 3) // 32 samples, one in each row
	fmt.Println(layer.Weight.Shape(), layer.Bias.Shape())
	fmt.Println(layer.Forward(X).Shape()) // X·Wᵀ + b
	// Output:
	// (2, 3) (2,)
	// (32, 2)
}

// Net takes 28×28 pixels and returns a score for each of ten digits.
type Net struct{ Hidden1, Hidden2, Out *nn.Linear }

// NewNet draws the initial weights from g.
func NewNet(g *rng.Torch) *Net {
	return &Net{nn.NewLinear(g, 784, 128), nn.NewLinear(g, 128, 64), nn.NewLinear(g, 64, 10)}
}

// Forward returns the scores (N, 10) of a batch of pictures (N, 784).
func (m *Net) Forward(x tensor.Tensor) tensor.Tensor {
	x = m.Hidden1.Forward(x).ReLU() // (N, 128)
	x = m.Hidden2.Forward(x).ReLU() // (N, 64)
	return m.Out.Forward(x)         // (N, 10)
}

func Example_network() {
	model := NewNet(rng.NewTorch(42))
	fmt.Println(model.Forward(tensor.Zeros(32, 784)).Shape())
	fmt.Println(nn.Count(model), "parameters")
	// Output:
	// (32, 10)
	// 109386 parameters
}

func Example_linear() {
	g := rng.NewTorch(0)
	x := tensor.Options{}.RandN(g, 5, 4)
	W1 := tensor.Options{}.RandN(g, 3, 4)
	W2 := tensor.Options{}.RandN(g, 2, 3)

	twoLayers := x.MatMul(W1.T()).MatMul(W2.T())
	oneLayer := x.MatMul(W2.MatMul(W1).T()) // W₂(W₁x) = (W₂W₁)x
	fmt.Println(twoLayers.Sub(oneLayer).Abs().Max().Item() < 1e-5)

	nonlinear := x.MatMul(W1.T()).ReLU().MatMul(W2.T())
	fmt.Println(nonlinear.Sub(oneLayer).Abs().Max().Item() < 1e-5)
	// Output:
	// true
	// false
}
