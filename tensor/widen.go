package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Widen returns x converted to float32 if it holds 16-bit floats, else x: the type in which PyTorch computes (opmath).
// An op that takes several steps computes in this type and rounds once, with a Cast to x's type at the end. The zero
// Tensor stays the zero Tensor.
//
//	x.Widen().Square().Sum().Sqrt().Cast(x.DType())
func (x Tensor) Widen() Tensor {
	if x.h == nil || !x.DType().IsFloat() {
		return x
	}
	return x.Cast(DType(device.DType(x.DType()).Compute()))
}

// widenIn is p.Widen() for an operand of a layer that computes x, such as a parameter. If that needs a copy, the copy
// belongs to x's scope. An absent p stays absent.
func (p Tensor) widenIn(x Tensor) Tensor {
	if !p.Defined() || device.DType(p.DType()).Compute() == device.DType(p.DType()) {
		return p
	}
	return p.InScopeOf(x).Widen()
}
