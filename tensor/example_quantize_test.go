package tensor_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

func ExampleBlockFormat() {
	for _, f := range []tensor.BlockFormat{tensor.Q8_0, tensor.Q4_1, tensor.Q6_K} {
		fmt.Println(f, f.Weights(), "weights in", f.Bytes(), "bytes")
	}
	// Output:
	// Q8_0 32 weights in 34 bytes
	// Q4_1 32 weights in 20 bytes
	// Q6_K 256 weights in 210 bytes
}

func ExampleDequantize() {
	block := make([]uint8, 20)      // of Q4_1: d, m and 32 numbers of 4 bits
	block[1], block[3] = 0x38, 0x3c // d = 0.5 and m = 1 as float16 numbers
	for i := range 16 {
		block[4+i] = uint8(i) // weights 0 to 15 are 0.5·i + 1, weights 16 to 31 are 1
	}
	w := tensor.Dequantize(tensor.From(block), tensor.Q4_1)
	fmt.Println(w.Shape(), w.At(0), w.At(15), w.At(31))
	// Output: (32,) 1 8.5 1
}

func ExampleQuantizedLinear() {
	block := make([]uint8, 34) // of Q8_0: d and 32 numbers of 8 bits
	block[1] = 0x38            // d = 0.5
	block[2], block[3] = 3, 255
	w := tensor.From(block, 1, 34) // a row of the weights 1.5, −0.5, 0, …
	y := tensor.QuantizedLinear(tensor.Ones(2, 32), w, tensor.Tensor{}, tensor.Q8_0)
	fmt.Println(y)
	// Output:
	// tensor([[1.],
	//         [1.]])
}
