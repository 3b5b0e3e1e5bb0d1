package models_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A GPT-2 of two layers for a vocabulary of 65 characters: scores for the token after each of three tokens.
func ExampleGPT2Config() {
	m := models.GPT2Config{Vocabulary: 65, Context: 64, Width: 32, Layers: 2, Heads: 4}.New(rng.NewTorch(0))
	nn.Eval(m)
	logits := m.Forward(tensor.From([]int64{20, 43, 50}, 1, 3))
	fmt.Println(logits.Shape(), nn.Count(m))
	// Output: (1, 3, 65) 29600
}

// The output layer and the table of tokens are one parameter.
func ExampleGPT2() {
	m := models.GPT2Config{Vocabulary: 65, Context: 64, Width: 32, Layers: 2, Heads: 4}.New(rng.NewTorch(0))
	fmt.Println(m.LMHead.Weight == m.Transformer.WTE.Weight)
	// Output: true
}

// Features of each token.
func ExampleGPT2Decoder() {
	m := models.GPT2Config{Vocabulary: 65, Context: 64, Width: 32, Layers: 2, Heads: 4}.New(rng.NewTorch(0))
	nn.Eval(m)
	fmt.Println(m.Transformer.Forward(tensor.From([]int64{20, 43, 50}, 1, 3)).Shape())
	// Output: (1, 3, 32)
}

func ExampleLlamaConfig() {
	m := models.LlamaConfig{Vocabulary: 100, Width: 32, Inner: 64, Layers: 2, Heads: 4, KVHeads: 2}.New(rng.NewTorch(0))
	logits := m.Forward(tensor.From([]int64{1, 2, 3, 4}, 1, 4))
	fmt.Println(logits.Shape(), m.Config().HeadSize)
	// Output: (1, 4, 100) 8
}

func ExampleLlama() {
	m, err := models.LoadLlama("../testdata/torch/llama/llama-q4_1.gguf", models.LlamaLoadConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	cache := m.NewCache(1, 8) // keys and values of up to 8 tokens
	ids, positions := tensor.From([]int64{5, 17, 40}, 1, 3), tensor.From([]int64{0, 1, 2}, 1, 3)
	logits := tensor.NoGrad(ids, func(ids tensor.Tensor) tensor.Tensor { return m.Next(ids, positions, tensor.Tensor{}, cache) })
	fmt.Println(logits.Shape(), cache.Len(), m.LMHead)
	// Output: (1, 64) 3 QuantizedLinear(64, 64, Q8_0, bias=False)
}

func ExampleLlamaDecoder() {
	m, err := models.LoadLlama("../testdata/torch/llama/bf16", models.LlamaLoadConfig{DType: tensor.Float64})
	if err != nil {
		fmt.Println(err)
		return
	}
	features := m.Model.Forward(tensor.From([]int64{5, 17, 40}, 1, 3))
	fmt.Println(features.Shape(), features.DType())
	// Output: (1, 3, 64) float64
}

func ExampleLlamaLoadConfig() {
	m, err := models.LoadLlama("../testdata/torch/llama/llama-q4_1.gguf", models.LlamaLoadConfig{Dequantize: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Model.EmbedTokens)
	// Output: Embedding(64, 64)
}
