package tensor

import "github.com/lamina-ml/lamina/internal/device"

// VecDot returns the inner product of x and y along the last dimension, Σ xᵢ·yᵢ: torch.linalg.vecdot.
//
//	(…, n), (…, n) → (…)
//
// The dimensions before the last broadcast. It panics if the last dimensions or the devices differ, and for integers.
func (x Tensor) VecDot(y Tensor) Tensor {
	if x.Rank() == 0 || y.Rank() == 0 || x.Dim(-1) != y.Dim(-1) {
		fail("vecdot", "the last dimensions differ", x.Shape(), y.Shape())
	}
	if !x.DType().IsFloat() || !y.DType().IsFloat() {
		fail("vecdot", "the inputs must be floating point, not "+x.DType().String()+" and "+y.DType().String(),
			x.Shape(), y.Shape())
	}
	dt := x.DType()
	_, fused := x.h.store.dev.(device.Dotter)
	if !fused || dt != y.DType() || dt != Float32 && dt != Float64 || x.Shape() != y.Shape() {
		return x.Mul(y).Sum(-1)
	}
	return Apply2(vecdot{}, x.Contiguous(), y.Contiguous())
}

type vecdot struct{ SavesInputs }

func (vecdot) Forward(s *Scope, a, b Tensor) Tensor {
	shape := a.Shape()
	shape.rank--
	shape.dims[shape.rank] = 0
	y := s.NewEmpty(a, a.DType(), shape)
	a.h.store.dev.(device.Dotter).Dots(y.array(), a.array(), b.array())
	return y
}

func (vecdot) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = b.Mul(dy.Unsqueeze(-1))
	}
	if b.NeedsGrad() {
		db = a.Mul(dy.Unsqueeze(-1))
	}
	return da, db
}
