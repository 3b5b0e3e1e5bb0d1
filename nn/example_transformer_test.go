package nn_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Rotating queries and keys makes their products depend on the distance of their positions only.
func ExampleRotary() {
	rope := nn.NewRotary(4)
	cos, sin := rope.Angles(tensor.From([]int64{3, 5, 10, 12}))
	x := tensor.Ones(4, 4)
	y := tensor.Rotary(x, cos, sin)
	fmt.Printf("%.4f %.4f\n", y.Select(0, 0).Dot(y.Select(0, 1)).Item(), y.Select(0, 2).Dot(y.Select(0, 3)).Item())
	// Output:
	// 1.1673 1.1673
}

// The frequencies of Llama 3.1.
func ExampleRotaryScaling() {
	s := nn.RotaryScaling{Type: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPositions: 8192}
	_, sin := nn.Rotary{Base: 500000, Scaling: s}.New(8).Angles(tensor.From([]int64{1}))
	fmt.Println(sin)
	// Output:
	// tensor([[8.4147e-01, 3.7597e-02, 5.2485e-04, 6.6479e-06]])
}

func ExampleSinusoidalPositions() {
	fmt.Println((&nn.SinusoidalPositions{}).Forward(tensor.Zeros(3, 4)))
	// Output:
	// tensor([[ 0.0000,  1.0000,  0.0000,  1.0000],
	//         [ 0.8415,  0.5403,  0.0100,  0.9999],
	//         [ 0.9093, -0.4161,  0.0200,  0.9998]])
}

func ExampleLearnedPositions() {
	l := nn.NewLearnedPositions(rng.NewTorch(1), 10, 2)
	x := tensor.Zeros(1, 3, 2)
	fmt.Println(l, l.Forward(x).Shape())
	// Output:
	// LearnedPositions(10, 2) (1, 3, 2)
}

func ExampleALiBi() {
	fmt.Println(nn.ALiBi(tensor.Ones(1), 2, 3, 3).Select(0, 0))
	// Output:
	// tensor([[ 0.0000, -0.0625, -0.1250],
	//         [-0.0625,  0.0000, -0.0625],
	//         [-0.1250, -0.0625,  0.0000]])
}

func ExampleSwiGLU() {
	l := nn.NewSwiGLU(rng.NewTorch(1), 4, 8)
	fmt.Println(l.Forward(tensor.Ones(2, 3, 4)).Shape())
	for _, p := range nn.NamedParameters(l) {
		fmt.Println(p.Name, p.Tensor.Shape())
	}
	// Output:
	// (2, 3, 4)
	// gate_proj.weight (8, 4)
	// up_proj.weight (8, 4)
	// down_proj.weight (4, 8)
}

// A cache returns the keys and values of all positions so far.
func ExampleKVCache() {
	cache := nn.NewKVCache(1, 1, 1, 10, 2)
	cache.Append(0, tensor.Ones(1, 1, 3, 2), tensor.Ones(1, 1, 3, 2))
	keys, values := cache.Append(0, tensor.Zeros(1, 1, 1, 2), tensor.Zeros(1, 1, 1, 2))
	fmt.Println(keys.Shape(), values.Shape(), cache.Len(), "of", cache.Capacity())
	// Output:
	// (1, 1, 4, 2) (1, 1, 4, 2) 4 of 10
}

func ExampleKVCacheConfig() {
	cache := nn.KVCacheConfig{DType: tensor.BFloat16}.New(2, 1, 4, 512, 64)
	fmt.Println(len(cache.Keys), cache.Keys[0].DType(), cache.Keys[0].Shape())
	// Output:
	// 2 bfloat16 (1, 4, 512, 64)
}
