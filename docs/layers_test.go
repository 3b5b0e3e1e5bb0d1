package docs

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
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

// conv2d slides K kernels over pictures with C channels.
//
//	y[n, k, i, j] = b[k] + Σ_c Σ_u Σ_v w[k, c, u, v]·x[n, c, i+u, j+v]
//
// x is (N, C, H, W), w (K, C, h, v), b (K), and y (N, K, H−h+1, W−v+1).
func conv2d(x, w, b tensor.Tensor) tensor.Tensor {
	windows := x.Unfold(2, w.Dim(2), 1).Unfold(3, w.Dim(3), 1)          // (N, C, H', W', h, v)
	n, rows, cols := x.Dim(0), windows.Dim(2), windows.Dim(3)           // H', W'
	flat := windows.Permute(0, 2, 3, 1, 4, 5).Reshape(n, rows*cols, -1) // (N, H'·W', C·h·v)
	y := flat.MatMul(w.Flatten(1).T()).Add(b)                           // (N, H'·W', K)
	return y.T().Reshape(n, w.Dim(0), rows, cols)                       // (N, K, H', W')
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

	features := conv2d(x, w, tensor.Zeros(2)).ReLU()
	fmt.Println(x.Shape(), "→", features.Shape(), "with", w.Len()+2, "weights")
	// Output: (1, 1, 28, 28) → (1, 2, 26, 26) with 20 weights
}

func Example_convolutionLayer() {
	x := tensor.Options{}.Rand(rng.NewTorch(1), 1, 1, 28, 28)
	layer := nn.NewConv2d(rng.NewTorch(42), 1, 2, 3) // 2 kernels of 3×3 over 1 channel
	byHand := conv2d(x, layer.Weight, layer.Bias)
	fmt.Println(layer, layer.Forward(x).Sub(byHand).Abs().Max().Item() < 1e-6)

	// The window moves 2 pixels at a time, and a border of zeros lets it reach the edge.
	half := nn.Conv2dConfig{Stride: []int{2}, Padding: []int{1}}.New(rng.NewTorch(42), 1, 8, 3)
	fmt.Println(x.Shape(), "→", half.Forward(x).Shape())
	// Output:
	// Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1)) true
	// (1, 1, 28, 28) → (1, 8, 14, 14)
}

// TestConv2d compares conv2d and its gradients with torch.nn.functional.conv2d; testdata/conv2d.py made the numbers.
func TestConv2d(t *testing.T) {
	var g struct {
		XShape, WShape, YShape     []int
		X, W, B, Y, DY, DX, DW, DB []float32
	}
	text, err := os.ReadFile("testdata/conv2d.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	x := tensor.From(g.X, g.XShape...).SetRequiresGrad(true)
	w := tensor.From(g.W, g.WShape...).SetRequiresGrad(true)
	b := tensor.From(g.B).SetRequiresGrad(true)
	y := conv2d(x, w, b)
	y.Mul(tensor.From(g.DY, g.YShape...)).Sum().Backward()
	if y.Shape() != tensor.ShapeOf(g.YShape...) {
		t.Fatalf("shape %v, want %v", y.Shape(), g.YShape)
	}
	// Sums of at most 50 products, in another order than PyTorch's; 4e-6 is two units in the last place of the largest, 23.6.
	worst := 0.0
	for name, c := range map[string]struct {
		got  tensor.Tensor
		want []float32
	}{"y": {y, g.Y}, "dx": {x.Grad(), g.DX}, "dw": {w.Grad(), g.DW}, "db": {b.Grad(), g.DB}} {
		got := c.got.Float32s()
		if len(got) != len(c.want) || len(got) == 0 {
			t.Fatalf("%s has %d elements, want %d", name, len(got), len(c.want))
		}
		for i := range got {
			if d := math.Abs(float64(got[i] - c.want[i])); !(d <= 4e-6) {
				t.Errorf("%s[%d] = %v, want %v", name, i, got[i], c.want[i])
			} else {
				worst = max(worst, d)
			}
		}
	}
	t.Logf("largest difference: %.3g", worst)
}

func Example_deep() {
	g := rng.NewTorch(1)
	x := tensor.Options{}.Rand(g, 1, 1, 28, 28)
	x = nn.NewConv2d(g, 1, 8, 5).Forward(x).ReLU()  // strokes: 8 maps of 24×24
	x = nn.NewConv2d(g, 8, 16, 5).Forward(x).ReLU() // corners and loops: 16 maps of 20×20
	x = x.Unfold(2, 2, 2).Unfold(3, 2, 2).Max(4, 5) // the strongest of each 2×2: 16 maps of 10×10
	scores := nn.NewLinear(g, 1600, 10).Forward(x.Flatten(1))
	fmt.Println(x.Shape(), "→", scores.Shape())
	// Output: (1, 16, 10, 10) → (1, 10)
}
