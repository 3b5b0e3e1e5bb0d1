package nn_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// ones returns rows of blocks of Q8_0 whose weights are all 0.5·1.
func ones(rows int) tensor.Tensor {
	block := make([]uint8, 34)
	block[1] = 0x38 // the scale 0.5 as a float16
	for i := range 32 {
		block[2+i] = 1
	}
	return tensor.From(block, 1, 34).Repeat(rows, 1)
}

func ExampleQuantizedLinear() {
	l := &nn.QuantizedLinear{Weight: ones(2), Bias: tensor.From([]float32{0, 100}), Format: tensor.Q8_0}
	fmt.Println(l)
	fmt.Println(l.Forward(tensor.Ones(1, 32)))
	// Output:
	// QuantizedLinear(32, 2, Q8_0)
	// tensor([[ 16., 116.]])
}

func ExampleQuantizedEmbedding() {
	l := &nn.QuantizedEmbedding{Weight: ones(7), Format: tensor.Q8_0}
	y := l.Forward(tensor.From([]int64{6, 0, 6}))
	fmt.Println(l, y.Shape(), y.At(0, 31))
	// Output: QuantizedEmbedding(7, 32, Q8_0) (3, 32) 0.5
}
