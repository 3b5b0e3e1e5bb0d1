package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Softmax computes the softmax along the last dimension.
func (d *Device) Softmax(dst, x *device.Array) {
	d.rowwise(dst, x, vec.Softmax[float32], vec.Softmax[float64])
}

// LogSoftmax computes the logarithm of the softmax along the last dimension.
func (d *Device) LogSoftmax(dst, x *device.Array) {
	d.rowwise(dst, x, vec.LogSoftmax[float32], vec.LogSoftmax[float64])
}

func (d *Device) rowwise(dst, x *device.Array, f32 func(dst, x []float32, cols int),
	f64 func(dst, x []float64, cols int)) {
	if dst.Size == 0 {
		return
	}
	if !x.Contiguous {
		d.Copy(dst, x)
		x = dst
	}
	cols := dst.Dims[dst.Rank-1]
	switch dst.DType {
	case device.Float32:
		f32(elements[float32](dst), elements[float32](x), cols)
	case device.Float64:
		f64(elements[float64](dst), elements[float64](x), cols)
	default:
		rowsHalf(dst, x, f32)
	}
}

// SoftmaxGradient computes the gradient of softmax along the last dimension from its result y.
func (d *Device) SoftmaxGradient(dst, dy, y *device.Array) {
	d.rowwiseGradient(dst, dy, y, vec.SoftmaxGrad[float32], vec.SoftmaxGrad[float64])
}

// LogSoftmaxGradient computes the gradient of log-softmax along the last dimension from its result y.
func (d *Device) LogSoftmaxGradient(dst, dy, y *device.Array) {
	d.rowwiseGradient(dst, dy, y, vec.LogSoftmaxGrad[float32], vec.LogSoftmaxGrad[float64])
}

func (d *Device) rowwiseGradient(dst, dy, y *device.Array, f32 func(dx, dy, y []float32, cols int),
	f64 func(dx, dy, y []float64, cols int)) {
	if dst.Size == 0 {
		return
	}
	if !dy.Contiguous || dy.Size != dst.Size {
		d.Copy(dst, dy)
		dy = dst
	}
	cols := dst.Dims[dst.Rank-1]
	if dst.DType == device.Float64 {
		f64(elements[float64](dst), elements[float64](dy), elements[float64](y), cols)
	} else {
		f32(elements[float32](dst), elements[float32](dy), elements[float32](y), cols)
	}
}
