package device

// BlockFormat is a format of weights in blocks of few bits: ggml's. Package internal/kernel/quant describes them.
type BlockFormat uint8

// The formats.
const (
	Q8_0 BlockFormat = iota
	Q4_0
	Q4_1
	Q4_K
	Q6_K
	NumBlockFormats
)

// blockFormats is the table of formats.
var blockFormats = [NumBlockFormats]struct {
	name           string // ggml's
	weights, bytes int    // of a block
}{
	Q8_0: {"Q8_0", 32, 34},
	Q4_0: {"Q4_0", 32, 18},
	Q4_1: {"Q4_1", 32, 20},
	Q4_K: {"Q4_K", 256, 144},
	Q6_K: {"Q6_K", 256, 210},
}

// String returns ggml's name, such as "Q4_1".
func (f BlockFormat) String() string {
	if f >= NumBlockFormats {
		return "invalid"
	}
	return blockFormats[f].name
}

// Weights returns the number of weights in a block.
func (f BlockFormat) Weights() int { return blockFormats[f].weights }

// Bytes returns the bytes of a block.
func (f BlockFormat) Bytes() int { return blockFormats[f].bytes }

// Quantizer is implemented by devices with kernels for weights in blocks. All arrays are contiguous. w is uint8: (n,
// bytes of a row).
type Quantizer interface {
	// Dequantize sets dst, float32 (n, k), to the weights.
	Dequantize(dst, w *Array, f BlockFormat)
	// QuantizedLinear computes dst = x·wᵀ + b for float32 x (…, k) and b (n,). A nil b is 0. If p is Medium it may
	// round x to 8 bits.
	QuantizedLinear(dst, x, w, b *Array, f BlockFormat, p Precision)
}
