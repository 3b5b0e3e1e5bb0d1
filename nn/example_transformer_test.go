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

// Each position reads from itself and the positions before it.
func ExampleMultiheadAttention() {
	l := nn.MultiheadAttentionConfig{BatchFirst: true}.New(rng.NewTorch(1), 8, 2)
	x := tensor.Options{}.RandN(rng.NewTorch(2), 1, 3, 8)
	y, weights := l.ForwardWeights(x, x, x, nn.AttentionMask{Causal: true}, false)
	fmt.Println(y.Shape())
	fmt.Println(weights.Select(0, 0))
	// Output:
	// (1, 3, 8)
	// tensor([[1.0000, 0.0000, 0.0000],
	//         [0.5068, 0.4932, 0.0000],
	//         [0.2317, 0.2828, 0.4854]])
}

func ExampleMultiheadAttentionConfig() {
	l := nn.MultiheadAttentionConfig{KDim: 3, VDim: 5, NoBias: true}.New(rng.NewTorch(1), 8, 2)
	fmt.Println(l)
	for _, p := range nn.NamedParameters(l) {
		fmt.Println(p.Name, p.Tensor.Shape())
	}
	// Output:
	// MultiheadAttention(embed_dim=8, num_heads=2, dropout=0, batch_first=False)
	// q_proj_weight (8, 8)
	// k_proj_weight (8, 3)
	// v_proj_weight (8, 5)
	// out_proj.weight (8, 8)
}

// The second sequence of the batch has two positions, the third is padding.
func ExampleAttentionMask() {
	l := nn.MultiheadAttentionConfig{BatchFirst: true}.New(rng.NewTorch(1), 8, 2)
	x := tensor.Ones(2, 3, 8)
	padding := tensor.FromBools([]bool{false, false, false, false, false, true}, 2, 3)
	_, weights := l.ForwardWeights(x, x, x, nn.AttentionMask{KeyPadding: padding}, false)
	fmt.Println(weights.Select(0, 1))
	// Output:
	// tensor([[0.5000, 0.5000, 0.0000],
	//         [0.5000, 0.5000, 0.0000],
	//         [0.5000, 0.5000, 0.0000]])
}

func ExampleTransformerEncoderLayer() {
	l := nn.NewTransformerEncoderLayer(rng.NewTorch(1), 512, 8)
	nn.Eval(l)
	y := l.Forward(tensor.Ones(10, 32, 512), nn.AttentionMask{})
	fmt.Println(y.Shape(), nn.Count(l))
	// Output:
	// (10, 32, 512) 3152384
}

// A layer of GPT: the norm comes first, the activation is GELU, and the batch is the first dimension.
func ExampleTransformerLayerConfig() {
	c := nn.TransformerLayerConfig{FeedForward: 32, NormFirst: true, BatchFirst: true, Activation: tensor.Tensor.GELU}
	l := c.NewEncoder(rng.NewTorch(1), 8, 2)
	fmt.Println(l.Forward(tensor.Ones(2, 5, 8), nn.AttentionMask{Causal: true}).Shape())
	// Output:
	// (2, 5, 8)
}

func ExampleTransformerDecoderLayer() {
	l := nn.TransformerLayerConfig{FeedForward: 16}.NewDecoder(rng.NewTorch(1), 8, 2)
	y := l.Forward(tensor.Ones(3, 1, 8), tensor.Ones(7, 1, 8), nn.AttentionMask{Causal: true}, nn.AttentionMask{})
	fmt.Println(y.Shape())
	// Output:
	// (3, 1, 8)
}

func ExampleTransformerEncoder() {
	g := rng.NewTorch(1)
	layer := nn.TransformerLayerConfig{FeedForward: 16}.NewEncoder(g, 8, 2)
	enc := nn.NewTransformerEncoder(layer, 6, nn.NewLayerNorm(8))
	fmt.Println(len(enc.Layers), enc.Forward(tensor.Ones(3, 1, 8), nn.AttentionMask{}).Shape())
	// Output:
	// 6 (3, 1, 8)
}

func ExampleTransformerDecoder() {
	g := rng.NewTorch(1)
	dec := nn.NewTransformerDecoder(nn.TransformerLayerConfig{FeedForward: 16}.NewDecoder(g, 8, 2), 2, nil)
	y := dec.Forward(tensor.Ones(3, 1, 8), tensor.Ones(7, 1, 8), nn.AttentionMask{Causal: true}, nn.AttentionMask{})
	fmt.Println(y.Shape())
	// Output:
	// (3, 1, 8)
}

func ExampleTransformer() {
	model := nn.TransformerConfig{EncoderLayers: 2, DecoderLayers: 2,
		Layer: nn.TransformerLayerConfig{FeedForward: 32}}.New(rng.NewTorch(1), 16, 4)
	y := model.Forward(tensor.Ones(10, 2, 16), tensor.Ones(5, 2, 16), nn.TransformerMasks{Target: nn.AttentionMask{Causal: true}})
	fmt.Println(y.Shape())
	// Output:
	// (5, 2, 16)
}

func ExampleTransformerConfig() {
	model := nn.TransformerConfig{DecoderLayers: -1, Layer: nn.TransformerLayerConfig{FeedForward: 32}}.New(rng.NewTorch(1), 16, 4)
	fmt.Println(len(model.Encoder.Layers), len(model.Decoder.Layers))
	// Output:
	// 6 0
}

func ExampleTransformerMasks() {
	model := nn.TransformerConfig{EncoderLayers: 1, DecoderLayers: 1,
		Layer: nn.TransformerLayerConfig{FeedForward: 32}}.New(rng.NewTorch(1), 16, 4)
	padding := nn.AttentionMask{KeyPadding: tensor.FromBools([]bool{false, false, true}, 1, 3)}
	m := nn.TransformerMasks{Source: padding, Memory: padding, Target: nn.AttentionMask{Causal: true}}
	fmt.Println(model.Forward(tensor.Ones(3, 1, 16), tensor.Ones(4, 1, 16), m).Shape())
	// Output:
	// (4, 1, 16)
}

func ExampleSwiGLUConfig() {
	l := nn.SwiGLUConfig{Bias: true}.New(rng.NewTorch(1), 4, 8)
	fmt.Println(l.UpProj, l.DownProj.(*nn.Linear).Bias.Shape())
	// Output:
	// Linear(in_features=4, out_features=8, bias=True) (4,)
}
