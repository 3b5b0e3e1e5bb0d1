package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/conv"
)

// Conv computes a convolution with bias and, with relu, the larger of its result and 0.
func (*Device) Conv(y, x, w, b *device.Array, c *device.Convolution, relu bool) {
	switch y.DType {
	case device.Float32:
		conv.Forward(dense[float32](y), dense[float32](x), dense[float32](w), optional[float32](b), (*conv.Shape)(c), relu)
	case device.Float64:
		conv.Forward(dense[float64](y), dense[float64](x), dense[float64](w), optional[float64](b), (*conv.Shape)(c), relu)
	default:
		missing("conv", y.DType)
	}
}

// ConvGradInput computes the gradient of a convolution's input.
func (*Device) ConvGradInput(dx, dy, w *device.Array, c *device.Convolution) {
	switch dx.DType {
	case device.Float32:
		conv.GradInput(dense[float32](dx), dense[float32](dy), dense[float32](w), (*conv.Shape)(c))
	case device.Float64:
		conv.GradInput(dense[float64](dx), dense[float64](dy), dense[float64](w), (*conv.Shape)(c))
	default:
		missing("conv gradient", dx.DType)
	}
}

// ConvGradWeight computes the gradient of a convolution's weight.
func (*Device) ConvGradWeight(dw, dy, x *device.Array, c *device.Convolution) {
	switch dw.DType {
	case device.Float32:
		conv.GradWeight(dense[float32](dw), dense[float32](dy), dense[float32](x), (*conv.Shape)(c))
	case device.Float64:
		conv.GradWeight(dense[float64](dw), dense[float64](dy), dense[float64](x), (*conv.Shape)(c))
	default:
		missing("conv gradient", dw.DType)
	}
}
