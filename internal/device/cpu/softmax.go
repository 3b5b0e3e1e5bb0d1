package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Softmax computes the softmax of each row of the last dimension.
func (d *Device) Softmax(dst, x *device.Array) {
	d.rowwise(dst, x, vec.Softmax[float32], vec.Softmax[float64])
}

// LogSoftmax computes the logarithm of softmax of each row of the last dimension.
func (d *Device) LogSoftmax(dst, x *device.Array) {
	d.rowwise(dst, x, vec.LogSoftmax[float32], vec.LogSoftmax[float64])
}

func (d *Device) rowwise(dst, x *device.Array, f32 func(dst, x []float32, cols int), f64 func(dst, x []float64, cols int)) {
	if dst.Size == 0 {
		return
	}
	if !x.Dense {
		d.Copy(dst, x)
		x = dst
	}
	cols := dst.Dims[dst.Rank-1]
	switch dst.DType {
	case device.Float32:
		f32(dense[float32](dst), dense[float32](x), cols)
	case device.Float64:
		f64(dense[float64](dst), dense[float64](x), cols)
	default:
		rowsHalf(dst, x, f32)
	}
}
