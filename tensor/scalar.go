package tensor

// Binary ops with a number. A method that ends in Scalar has the number on the right: x.SubScalar(1) is x − 1. One that
// also begins with R has it on the left: x.RSubScalar(1) is 1 − x. As with Python numbers in PyTorch, the number does
// not take part in type promotion: an integer tensor is cast to float32 unless the number is whole, and a boolean
// tensor to int64.

// withScalar returns x and the number c as a tensor without dimensions, both cast to the type of the computation.
func (x Tensor) withScalar(c float64) (Tensor, Tensor) {
	x = x.toScalarType(c)
	h, dt := x.header(), x.DType()
	if !dt.IsFloat() {
		dt = Int64 // a narrower type wraps, as in PyTorch
	}
	y := h.scope.alloc(h.store.dev, dt, Shape{})
	h.store.dev.Fill(&y.h.Array, x.roundScalar(c))
	return x, y.Cast(x.DType())
}

// SubScalar returns x − c.
func (x Tensor) SubScalar(c float64) Tensor { return x.notBool("sub").AddScalar(-c) }

// RSubScalar returns c − x.
func (x Tensor) RSubScalar(c float64) Tensor {
	x, n := x.notBool("rsub").withScalar(c)
	return n.Sub(x)
}

// RDivScalar returns c/x, always floating point.
func (x Tensor) RDivScalar(c float64) Tensor {
	x, n := x.float().withScalar(c)
	return n.Div(x)
}

// RPowScalar returns cˣ.
func (x Tensor) RPowScalar(c float64) Tensor {
	x, n := x.withScalar(c)
	return n.Pow(x)
}

// MaximumScalar returns the larger of x and c, elementwise; NaN if either is NaN. Where they are equal, x gets half of
// the gradient.
func (x Tensor) MaximumScalar(c float64) Tensor {
	if lo, _ := x.DType().bounds(); !x.DType().IsFloat() {
		c = max(c, lo) // no element is below that
	}
	x, n := x.withBoundedScalar("maximum", c)
	return x.Maximum(n)
}

// MinimumScalar returns the smaller of x and c, elementwise; NaN if either is NaN. Where they are equal, x gets half of
// the gradient.
func (x Tensor) MinimumScalar(c float64) Tensor {
	if _, hi := x.DType().bounds(); !x.DType().IsFloat() && x.DType() != Int64 {
		c = min(c, hi)
	}
	x, n := x.withBoundedScalar("minimum", c)
	return x.Minimum(n)
}

// withBoundedScalar is withScalar; it panics if the result's integer type does not hold c.
func (x Tensor) withBoundedScalar(op string, c float64) (Tensor, Tensor) {
	y, n := x.withScalar(c)
	if dt := y.DType(); !dt.IsFloat() {
		dt.checkBounds(op, c, x.Shape())
	}
	return y, n
}

// Atan2Scalar returns the angle of the point (c, x) in radians, [Tensor.Atan2] with the number c for its second
// argument.
func (x Tensor) Atan2Scalar(c float64) Tensor {
	x, n := x.float().withScalar(c)
	return x.Atan2(n)
}

// RAtan2Scalar returns the angle of the point (x, c) in radians, [Tensor.Atan2] with the number c for its first
// argument.
func (x Tensor) RAtan2Scalar(c float64) Tensor {
	x, n := x.float().withScalar(c)
	return n.Atan2(x)
}

// RemainderScalar returns x − c·⌊x/c⌋, which has c's sign. It panics if an integer is divided by 0.
func (x Tensor) RemainderScalar(c float64) Tensor {
	x, n := x.withScalar(c)
	return x.Remainder(n)
}

// RRemainderScalar returns c − x·⌊c/x⌋, which has x's sign. It panics if an integer is divided by 0.
func (x Tensor) RRemainderScalar(c float64) Tensor {
	x, n := x.withScalar(c)
	return n.Remainder(x)
}

// FloorDivScalar returns ⌊x/c⌋. Its gradient is 0. It panics if an integer is divided by 0.
func (x Tensor) FloorDivScalar(c float64) Tensor {
	x, n := x.withScalar(c)
	return x.FloorDiv(n)
}

// RFloorDivScalar returns ⌊c/x⌋. Its gradient is 0. It panics if an integer is divided by 0.
func (x Tensor) RFloorDivScalar(c float64) Tensor {
	x, n := x.withScalar(c)
	return n.FloorDiv(x)
}
