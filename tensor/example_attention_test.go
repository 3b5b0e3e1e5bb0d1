package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

func ExampleScaledDotProductAttention() {
	// Three words, each with a query, a key and a value of two numbers.
	query := tensor.From([]float32{9, 0, 0, 9, 9, 9}, 3, 2)
	key := tensor.From([]float32{9, 0, 0, 9, -9, -9}, 3, 2)
	value := tensor.From([]float32{1, 2, 3, 4, 5, 6}, 3, 2)
	fmt.Println(tensor.ScaledDotProductAttention(query, key, value, tensor.AttentionConfig{}))
	// Output:
	// tensor([[1., 2.],
	//         [3., 4.],
	//         [2., 3.]])
}

func ExampleAttentionConfig() {
	// Word i of a language model sees words 0 to i; the second text of the batch is padded with one word at its end.
	x := tensor.Ones(2, 1, 3, 4)                                                         // (batch, heads, length, size)
	padding := tensor.FromBools([]bool{true, true, true, true, true, false}, 2, 1, 1, 3) // (batch, 1, 1, length)
	y := tensor.ScaledDotProductAttention(x, x, x, tensor.AttentionConfig{Causal: true, Mask: padding})
	fmt.Println(y.Shape())
	// Output: (2, 1, 3, 4)
}

func ExampleAttentionWeights() {
	// The first of two words sees itself only; the second one's query is like both keys.
	query := tensor.From([]float32{1, 0, 1, 1}, 2, 2)
	key := tensor.From([]float32{1, 0, 0, 1}, 2, 2)
	fmt.Println(tensor.AttentionWeights(query, key, tensor.AttentionConfig{Causal: true}))
	// Output:
	// tensor([[1.0000, 0.0000],
	//         [0.5000, 0.5000]])
}
