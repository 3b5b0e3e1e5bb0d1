package tensor

// Lerp returns the linear interpolation a + w·(b − a). Both must have one floating-point type.
func (a Tensor) Lerp(b Tensor, w float64) Tensor {
	if a.DType() != b.DType() || !a.DType().IsFloat() {
		fail("lerp", "the inputs are "+a.DType().String()+" and "+b.DType().String()+", not of one floating-point type",
			a.Shape(), b.Shape())
	}
	return Apply2(lerp{w: w}, a, b)
}

type lerp struct {
	SavesNothing
	w float64
}

func (o lerp) Forward(s *Scope, a, b Tensor) Tensor { return s.binary(lerpRow, a, b, o.w) }
func (o lerp) Backward(a, b, y, dy Tensor) (da, db Tensor) {
	if a.NeedsGrad() {
		da = dy.MulScalar(1 - o.w).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.MulScalar(o.w).sumTo(b.Shape())
	}
	return da, db
}

// LerpTensor is Lerp with a weight for each element. All three must have one floating-point type, and broadcast.
func (a Tensor) LerpTensor(b, w Tensor) Tensor {
	if a.DType() != b.DType() || a.DType() != w.DType() || !a.DType().IsFloat() {
		fail("lerp", "the inputs are "+a.DType().String()+", "+b.DType().String()+" and "+w.DType().String()+", not of one floating-point type")
	}
	commonScope("lerp", a, b, w)
	return Apply3(lerpTensor{}, a, b, w)
}

type lerpTensor struct{ SavesInputs }

func (lerpTensor) Forward(s *Scope, a, b, w Tensor) Tensor {
	// a + w·(b − a) for |w| < ½, and b − (b − a)·(1 − w) elsewhere, so that w = 0 gives a and w = 1 gives b exactly.
	d := s.binary(subRow, b, a)
	low := s.binary(addRow, a, s.binary(mulRow, w, d))
	high := s.binary(subRow, b, s.binary(mulRow, d, s.unary(addScalarRow, s.unary(negRow, w), 1)))
	small := s.unary(lessScalarRow, s.unary(absRow, w), 0.5)
	y := s.NewEmpty(a, a.DType(), low.Shape())
	a.h.store.dev.Where(&y.h.Array, &small.h.Array, &low.h.Array, &high.h.Array)
	return y
}

func (lerpTensor) Backward(a, b, w, y, dy Tensor) (da, db, dw Tensor) {
	if a.NeedsGrad() {
		da = dy.Mul(w.Neg().AddScalar(1)).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = dy.Mul(w).sumTo(b.Shape())
	}
	if w.NeedsGrad() {
		dw = dy.Mul(b.Sub(a)).sumTo(w.Shape())
	}
	return da, db, dw
}
