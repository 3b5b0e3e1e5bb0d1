package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/quant"
)

// blockFormats are the kernels' formats.
var blockFormats = [device.NumBlockFormats]quant.Format{
	device.Q8_0: quant.Q8_0,
	device.Q4_0: quant.Q4_0,
	device.Q4_1: quant.Q4_1,
	device.Q4_K: quant.Q4_K,
	device.Q6_K: quant.Q6_K,
}

// Dequantize sets dst to the weights of the blocks w.
func (*Device) Dequantize(dst, w *device.Array, f device.BlockFormat) {
	if dst.Size > 0 {
		quant.Dequantize(blockFormats[f], elements[float32](dst), Bytes(w))
	}
}

// QuantizedLinear computes dst = x·wᵀ + b.
func (*Device) QuantizedLinear(dst, x, w, b *device.Array, f device.BlockFormat, p device.Precision) {
	if dst.Size == 0 {
		return
	}
	n, k := w.Dims[0], x.Dims[x.Rank-1]
	quant.Linear(blockFormats[f], elements[float32](dst), dst.Size/n, n, k, elements[float32](x), Bytes(w), optional[float32](b),
		p == device.Medium)
}
