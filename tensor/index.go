package tensor

// Gather picks along dim: y[i…] = x[i… with i[dim] replaced by index[i…]]. index is int64, has x's rank, and is no larger than
// x in the other dimensions; the result has its shape.
func (x Tensor) Gather(dim int, index Tensor) Tensor {
	dim = x.checkGather("gather", dim, index)
	return Apply2(gather{dim: dim}, x, index)
}

// checkGather checks an index for gather and its like, its values included.
func (x Tensor) checkGather(op string, dim int, index Tensor) int {
	s, si := x.Shape(), index.Shape()
	dim = s.axisOrNumber(op, dim)
	if index.DType() != Int64 {
		fail(op, "the index must be int64, not "+index.DType().String(), si)
	}
	fits := s.rank == si.rank
	for i := 0; fits && i < s.rank; i++ {
		fits = i == dim || si.dims[i] <= s.dims[i]
	}
	if !fits {
		fail(op, "the index does not fit", s, si)
	}
	n := 1
	if s.rank > 0 {
		n = s.dims[dim]
	}
	checkIndex(op, index, dim, n, s)
	return dim
}

type gather struct{ dim int }

func (gather) Saves() Saved { return SaveInput(1) }

func (o gather) Forward(s *Scope, x, index Tensor) Tensor {
	y := s.Empty(x, x.DType(), index.Shape())
	x.h.store.dev.Gather(&y.h.Array, &x.h.Array, &index.h.Array, o.dim)
	return y
}

func (o gather) Backward(x, index, y, dy Tensor) (dx, di Tensor) {
	return Apply2(scatter{o.dim, x.Shape()}, index, dy), Tensor{}
}

// scatter adds src into zeros of a shape, at the places that gather would pick.
type scatter struct {
	dim   int
	shape Shape
}

func (scatter) Saves() Saved { return SaveInput(0) }

func (o scatter) Forward(s *Scope, index, src Tensor) Tensor {
	y := s.Empty(src, src.DType(), o.shape)
	dev := src.h.store.dev
	dev.Fill(&y.h.Array, 0)
	dev.ScatterAdd(&y.h.Array, &index.h.Array, &src.h.Array, o.dim)
	return y
}

func (o scatter) Backward(index, src, y, dy Tensor) (di, dsrc Tensor) {
	return Tensor{}, Apply2(gather{o.dim}, dy, index)
}
