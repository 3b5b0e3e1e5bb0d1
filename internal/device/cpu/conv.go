package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/conv"
)

// Conv computes a convolution with bias and, with relu, the ReLU of its result.
func (*Device) Conv(y, x, w, b *device.Array, c *device.Convolution, relu bool) {
	switch y.DType {
	case device.Float32:
		conv.Forward(elements[float32](y), elements[float32](x), elements[float32](w), optional[float32](b), (*conv.Shape)(c), relu)
	case device.Float64:
		conv.Forward(elements[float64](y), elements[float64](x), elements[float64](w), optional[float64](b), (*conv.Shape)(c), relu)
	default:
		noKernel("conv", y.DType)
	}
}

// ConvGradInput computes the gradient of a convolution's input.
func (*Device) ConvGradInput(dx, dy, w *device.Array, c *device.Convolution) {
	switch dx.DType {
	case device.Float32:
		conv.GradInput(elements[float32](dx), elements[float32](dy), elements[float32](w), (*conv.Shape)(c))
	case device.Float64:
		conv.GradInput(elements[float64](dx), elements[float64](dy), elements[float64](w), (*conv.Shape)(c))
	default:
		noKernel("conv gradient", dx.DType)
	}
}

// ConvGradWeight computes the gradient of a convolution's weight.
func (*Device) ConvGradWeight(dw, dy, x *device.Array, c *device.Convolution) {
	switch dw.DType {
	case device.Float32:
		conv.GradWeight(elements[float32](dw), elements[float32](dy), elements[float32](x), (*conv.Shape)(c))
	case device.Float64:
		conv.GradWeight(elements[float64](dw), elements[float64](dy), elements[float64](x), (*conv.Shape)(c))
	default:
		noKernel("conv gradient", dw.DType)
	}
}
