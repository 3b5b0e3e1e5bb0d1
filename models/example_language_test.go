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
