package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// QuantizedLinear is [Linear] with a weight that stays in blocks of few bits:
//
//	y = x·Wᵀ + b        (…, in) → (…, out)
//
// The weight is not trained; a gradient flows to the input and the bias. [tensor.QuantizedLinear] says how it is
// computed.
type QuantizedLinear struct {
	Weight tensor.Tensor `nn:",buffer"` // uint8 (out, in / Format.Weights() · Format.Bytes())
	Bias   tensor.Tensor // (out,); undefined if the layer has no bias
	Format tensor.BlockFormat
}

// Forward returns x·Wᵀ + b. It panics if x's last dimension is not in.
func (l *QuantizedLinear) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkWeighted("quantized_linear", l, l.Weight)
	return Report(l, x, tensor.QuantizedLinear(x, l.Weight, l.Bias, l.Format))
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *QuantizedLinear) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return outputs[0].Size() * inputs[0].Dim(-1)
}

// String returns a line such as "QuantizedLinear(576, 1536, Q4_1)".
func (l *QuantizedLinear) String() string {
	if l == nil || !l.Weight.Defined() {
		return "QuantizedLinear()"
	}
	bias := ""
	if !l.Bias.Defined() {
		bias = ", bias=False"
	}
	return fmt.Sprintf("QuantizedLinear(%d, %d, %s%s)", l.Weight.Dim(1)/l.Format.Bytes()*l.Format.Weights(),
		l.Weight.Dim(0), l.Format, bias)
}

// QuantizedEmbedding is [Embedding] with a table that stays in blocks of few bits: (…) int64 → (…, size), float32.
type QuantizedEmbedding struct {
	Weight tensor.Tensor `nn:",buffer"` // uint8 (count, size / Format.Weights() · Format.Bytes())
	Format tensor.BlockFormat
}

// Forward returns the rows of the table with the indices x. It panics if x is not int64 or int32, or if an index is
// out of range.
func (l *QuantizedEmbedding) Forward(x tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	checkWeighted("quantized_embedding", l, l.Weight)
	return Report(l, x, tensor.QuantizedEmbedding(x, l.Weight, l.Format))
}

// String returns a line such as "QuantizedEmbedding(49152, 576, Q8_0)".
func (l *QuantizedEmbedding) String() string {
	if l == nil || !l.Weight.Defined() {
		return "QuantizedEmbedding()"
	}
	return fmt.Sprintf("QuantizedEmbedding(%d, %d, %s)", l.Weight.Dim(0),
		l.Weight.Dim(1)/l.Format.Bytes()*l.Format.Weights(), l.Format)
}
