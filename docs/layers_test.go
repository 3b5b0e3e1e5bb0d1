package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision/explain"
)

func Example_fullyConnected() {
	layer := nn.NewLinear(rng.NewTorch(42), 784, 128)
	x := tensor.Ones(1, 784)

	y := layer.Forward(x)
	byHand := x.MatMul(layer.Weight.T()).Add(layer.Bias) // x·Wᵀ + b
	fmt.Println(y.Shape(), y.Sub(byHand).Abs().Max().Item() < 1e-5)
	fmt.Println(nn.Count(layer), "=", 784*128, "+", 128)
	// Output:
	// (1, 128) true
	// 100480 = 100352 + 128
}

func Example_convolutionOfARow() {
	x := tensor.From([]float32{0, 0, 0, 1, 1, 1, 1, 0, 0})
	w := tensor.From([]float32{-1, 0, 1}) // the increase in brightness

	windows := x.Unfold(0, 3, 1) // (7, 3): every 3 neighbors, without a copy
	fmt.Println(windows.MatMul(w))
	// Output: tensor([ 0.,  1.,  1.,  0.,  0., -1., -1.])
}

func Example_convolution() {
	digits, err := mnist.Test()
	if err != nil {
		panic(err)
	}
	x := tensor.From(digits.Float32(), digits.Len(), 1, 28, 28).Narrow(0, 11, 1) // the 6
	w := tensor.From([]float32{
		-1, 0, 1, -2, 0, 2, -1, 0, 1, // vertical edges: dark on the left, light on the right
		-1, -2, -1, 0, 0, 0, 1, 2, 1, // horizontal edges: dark above, light below
	}, 2, 1, 3, 3)

	maps := tensor.Conv2d(x, w, tensor.Zeros(2), tensor.ConvOptions{}).ReLU()
	fmt.Println(x.Shape(), "→", maps.Shape(), "with", w.Len()+2, "weights")

	window := x.Narrow(2, 11, 3).Narrow(3, 6, 3)         // rows 11 to 13, columns 6 to 8
	neuron := window.Mul(w.Narrow(0, 0, 1)).Sum().ReLU() // its weighted sum with the first kernel
	fmt.Printf("%.4f = %.4f\n", neuron.Item(), maps.At(0, 0, 11, 6))
	// Output:
	// (1, 1, 28, 28) → (1, 2, 26, 26) with 20 weights
	// 3.8627 = 3.8627
}

func Example_convolutionLayer() {
	x := tensor.Options{}.Rand(rng.NewTorch(1), 1, 1, 28, 28)
	layer := nn.NewConv2d(rng.NewTorch(42), 1, 2, 3) // 2 kernels of 3×3 over 1 channel
	fmt.Println(layer, layer.Forward(x).Shape())

	// The window moves 2 pixels at a time, and a border of zeros lets it reach the edge.
	half := nn.Conv2dConfig{Stride: []int{2}, Padding: []int{1}}.New(rng.NewTorch(42), 1, 8, 3)
	fmt.Println(x.Shape(), "→", half.Forward(x).Shape())
	// Output:
	// Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1)) (1, 2, 26, 26)
	// (1, 1, 28, 28) → (1, 8, 14, 14)
}

// NewDigitNet returns a convolutional network for pictures of 28×28 pixels: (N, 1, 28, 28) → (N, 10).
func NewDigitNet(g *rng.Torch) nn.Sequential {
	return nn.Sequential{
		nn.NewConv2d(g, 1, 8, 5), // the first hidden layer: strokes
		&nn.ReLU{},
		nn.NewMaxPool2d(2),
		nn.NewConv2d(g, 8, 16, 5), // the second hidden layer: shapes
		&nn.ReLU{},
		nn.NewMaxPool2d(2),
		&nn.Flatten{},
		nn.NewLinear(g, 256, 10), // the output layer: a score for each digit
	}
}

func Example_trained() {
	net := NewDigitNet(rng.NewTorch(1))
	if err := safetensors.LoadModel("testdata/digits.safetensors", net); err != nil {
		panic(err)
	}
	digits, err := mnist.Test()
	if err != nil {
		panic(err)
	}
	pictures := tensor.From(digits.Float32(), digits.Len(), 1, 28, 28)

	for _, layer := range explain.FeatureMaps(net, pictures.Narrow(0, 11, 1)) { // the 6
		fmt.Println(layer.Type, layer.Output.Shape())
	}

	var right metrics.Accuracy
	right.Add(train.Probabilities(net, pictures), tensor.From(digits.Labels))
	fmt.Printf("%.1f%% of the test digits are read right\n", 100*right.Value())
	// Output:
	// Conv2d (1, 8, 24, 24)
	// ReLU (1, 8, 24, 24)
	// MaxPool2d (1, 8, 12, 12)
	// Conv2d (1, 16, 8, 8)
	// ReLU (1, 16, 8, 8)
	// MaxPool2d (1, 16, 4, 4)
	// Flatten (1, 256)
	// Linear (1, 10)
	// 98.8% of the test digits are read right
}
