package tensor

// MaskedFill returns a copy of x with v where mask is true. mask must be boolean; both broadcast.
func (x Tensor) MaskedFill(mask Tensor, v float64) Tensor {
	if mask.DType() != Bool {
		fail("masked_fill", "the mask must be boolean, not "+mask.DType().String(), mask.Shape())
	}
	x.DType().checkBounds("masked_fill", v, x.Shape())
	return Apply2(maskedFill{v}, x, mask)
}

type maskedFill struct{ v float64 }

func (maskedFill) Saves() Saved { return SaveInput(1) }

func (o maskedFill) Forward(s *Scope, x, mask Tensor) Tensor {
	v := s.NewEmpty(x, x.DType(), Shape{})
	y := s.NewEmpty(x, x.DType(), broadcast("masked_fill", x.Shape(), mask.Shape()))
	dev := x.h.store.dev
	dev.Fill(&v.h.Array, o.v)
	dev.Where(&y.h.Array, &mask.h.Array, &v.h.Array, &x.h.Array)
	return y
}

func (maskedFill) Backward(x, mask, y, dy Tensor) (dx, dm Tensor) {
	return Apply2(maskedFill{}, dy, mask).sumTo(x.Shape()), Tensor{}
}

// MaskedSelect returns the elements of x where mask is true, in row-major order, as a vector. mask must be boolean;
// both broadcast. It waits for the mask's values.
func (x Tensor) MaskedSelect(mask Tensor) Tensor {
	if mask.DType() != Bool {
		fail("masked_select", "the mask must be boolean, not "+mask.DType().String(), mask.Shape())
	}
	commonScope("masked_select", x, mask)
	s := broadcast("masked_select", x.Shape(), mask.Shape())
	flat := Shape{rank: 1, dims: [MaxRank]int{s.Size()}}
	places := mask.expand(s).reshape(flat).NonZero()
	return x.expand(s).reshape(flat).indexSelect(0,
		places.reshape(Shape{rank: 1, dims: [MaxRank]int{places.h.Dims[0]}}))
}

// NonZero returns the indices of the nonzero elements in row-major order, a row for each element: int64 (count, rank of
// x). It waits for x's values.
func (x Tensor) NonZero() Tensor {
	h := x.header()
	count, err := h.store.dev.CountNonZero(&h.Array)
	checkDeviceError(err)
	y := h.scope.alloc(h.store.dev, Int64, Shape{rank: 2, dims: [MaxRank]int{count, h.Rank}})
	h.store.dev.NonZero(&y.h.Array, &h.Array)
	return y
}

// nonzero returns whether x is nonzero, elementwise.
func (x Tensor) nonzero() Tensor {
	if x.DType() == Bool {
		return x
	}
	return x.NotEqual(x.Detach().NewZeros())
}

// Where returns a where cond is true, and b elsewhere. cond must be boolean; all three broadcast.
func Where(cond, a, b Tensor) Tensor {
	a, b = toCommonType(a, b)
	if cond.DType() != Bool {
		fail("where", "the condition must be boolean, not "+cond.DType().String(), cond.Shape())
	}
	return Apply3(where{}, cond, a, b)
}

type where struct{}

func (where) Saves() Saved { return SaveInput(0) }

func (where) Forward(s *Scope, cond, a, b Tensor) Tensor {
	y := s.NewEmpty(a, a.DType(), broadcast("where", cond.Shape(), broadcast("where", a.Shape(), b.Shape())))
	a.h.store.dev.Where(&y.h.Array, &cond.h.Array, &a.h.Array, &b.h.Array)
	return y
}

func (where) Backward(cond, a, b, y, dy Tensor) (dc, da, db Tensor) {
	zero := dy.NewZeros()
	if a.NeedsGrad() {
		da = Where(cond, dy, zero).sumTo(a.Shape())
	}
	if b.NeedsGrad() {
		db = Where(cond, zero, dy).sumTo(b.Shape())
	}
	return Tensor{}, da, db
}
