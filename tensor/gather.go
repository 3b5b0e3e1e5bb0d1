package tensor

// Gather selects elements along dim: y[i…] = x[i… with i[dim] replaced by index[i…]]. index is int64, has x's rank, and
// is no larger than x in the other dimensions. The result has index's shape.
func (x Tensor) Gather(dim int, index Tensor) Tensor {
	dim = x.checkGather("gather", dim, index)
	return Apply2(gather{dim: dim}, x, index)
}

// checkGather checks the type, shape and values of an index of Gather and Scatter, and returns dim as a non-negative
// number.
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
		fail(op, "the index must have the input's rank and at most its sizes in the other dimensions", s, si)
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
	y := s.NewEmpty(x, x.DType(), index.Shape())
	x.h.store.dev.Gather(&y.h.Array, &x.h.Array, &index.h.Array, o.dim)
	return y
}

func (o gather) Backward(x, index, y, dy Tensor) (dx, di Tensor) {
	return Apply2(gatherGrad{o.dim, x.Shape()}, index, dy), Tensor{}
}

// gatherGrad adds src to zeros of a shape, at the positions that gather reads: the gradient of gather.
type gatherGrad struct {
	dim   int
	shape Shape
}

func (gatherGrad) Saves() Saved { return SaveInput(0) }

func (o gatherGrad) Forward(s *Scope, index, src Tensor) Tensor {
	y := s.NewEmpty(src, src.DType(), o.shape)
	dev := src.h.store.dev
	dev.Fill(&y.h.Array, 0)
	dev.ScatterAdd(&y.h.Array, &index.h.Array, &src.h.Array, o.dim)
	return y
}

func (o gatherGrad) Backward(index, src, y, dy Tensor) (di, dsrc Tensor) {
	return Tensor{}, Apply2(gather{o.dim}, dy, index)
}

// IndexSelect selects along dim: y[…, i, …] = x[…, index[i], …]. index is int64 with at most one dimension. If x has no
// dimensions it counts as a vector of one element, and index must have one element.
//
//	(a, n, b), (k,) → (a, k, b) for dim 1
func (x Tensor) IndexSelect(dim int, index Tensor) Tensor {
	const op = "index_select"
	dim = x.Shape().axisOrNumber(op, dim)
	if x.h.Rank == 0 {
		if index.Len() != 1 {
			fail(op, "the index must have one element for a tensor without dimensions", x.Shape(), index.Shape())
		}
		x = x.reshape(ShapeOf(1))
		return x.indexSelect(0, x.checkIndex(op, 0, index)).reshape(Shape{})
	}
	return x.indexSelect(dim, x.checkIndex("index_select", dim, index))
}

// checkIndex checks the type, shape and values of an index vector along dim.
func (x Tensor) checkIndex(op string, dim int, index Tensor) Tensor {
	s, si := x.Shape(), index.Shape()
	if index.DType() != Int64 {
		fail(op, "the index must be int64, not "+index.DType().String(), si)
	}
	if si.rank > 1 {
		fail(op, "the index has more than one dimension", s, si)
	}
	commonScope(op, x, index)
	checkIndex(op, index, dim, s.dims[dim], s)
	return index
}

// indexSelect is IndexSelect for an index that was checked.
func (x Tensor) indexSelect(dim int, index Tensor) Tensor {
	return Apply2(gather{dim: dim}, x, index.expandIndex(x.Shape(), dim))
}

// expandIndex expands an index vector to the form that gather takes: the shape s with the vector's length along dim.
func (index Tensor) expandIndex(s Shape, dim int) Tensor {
	n := index.Len()
	row := Shape{rank: s.rank}
	for i := range s.rank {
		row.dims[i] = 1
	}
	row.dims[dim] = n
	out := s
	out.dims[dim] = n
	return index.reshape(row).expand(out.checkSize("index", s, index.Shape()))
}
