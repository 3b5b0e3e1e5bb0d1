package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Widen returns x, as float32 if it holds 16-bit floats: the type in which PyTorch computes those (opmath). What takes several steps is
// computed so, and rounded once by a Cast to x's type at its end. No tensor stays no tensor.
//
//	x.Widen().Square().Sum().Sqrt().Cast(x.DType())
func (x Tensor) Widen() Tensor {
	if x.h == nil || !x.DType().IsFloat() {
		return x
	}
	return x.Cast(DType(device.DType(x.DType()).Compute()))
}
