package tensor

import "fmt"

// IndexAdd returns a copy of x with src added along dim: y[…, index[i], …] += src[…, i, …]. src has x's type and x's
// sizes in the other dimensions.
func (x Tensor) IndexAdd(dim int, index, src Tensor) Tensor {
	s := x.Shape()
	dim = s.axis("index_add", dim)
	x.checkIndex("index_add", dim, index)
	if src.Shape() != s.With(dim, index.Len()) || src.DType() != x.DType() {
		fail("index_add", "the source must have the input's type, the index's length along the dimension, and the input's other sizes", s, src.Shape())
	}
	return Apply3(scatterAdd{dim: dim}, x, index.expandIndex(s, dim), src)
}

// Scatter returns a copy of x with elements of src written along dim: y[i… with i[dim] = index[i…]] = src[i…]. If
// several elements are written to one position, the last in row-major order stays, and the gradient of src is not
// defined. src has x's type. index is no larger than src, and no larger than x in the dimensions other than dim.
func (x Tensor) Scatter(dim int, index, src Tensor) Tensor {
	dim, src = x.checkScatter("scatter", dim, index, src)
	return Apply3(scatter{dim: dim}, x, index, src)
}

// ScatterScalar is Scatter with the number v for every element of src.
func (x Tensor) ScatterScalar(dim int, index Tensor, v float64) Tensor {
	dim = x.checkGather("scatter", dim, index)
	x.DType().checkBounds("scatter", v, x.Shape())
	return Apply3(scatter{dim: dim}, x, index, x.Detach().NewFull(v).expand(index.Shape()))
}

// ScatterAdd returns a copy of x with elements of src added along dim, in row-major order: y[i… with i[dim] =
// index[i…]] += src[i…]. src has x's type. index is no larger than src, and no larger than x in the dimensions other
// than dim.
func (x Tensor) ScatterAdd(dim int, index, src Tensor) Tensor {
	dim, src = x.checkScatter("scatter_add", dim, index, src)
	return Apply3(scatterAdd{dim: dim}, x, index, src)
}

func (x Tensor) checkScatter(op string, dim int, index, src Tensor) (int, Tensor) {
	dim = x.checkGather(op, dim, index)
	if src.DType() != x.DType() {
		fail(op, "the source is "+src.DType().String()+", not "+x.DType().String(), x.Shape(), src.Shape())
	}
	si := index.Shape()
	if src.Rank() != si.rank {
		fail(op, "the source must have the index's rank and at least its sizes", src.Shape(), si)
	}
	for i := range si.rank {
		switch n := src.h.Dims[i]; {
		case n < si.dims[i]:
			fail(op, "the source must have the index's rank and at least its sizes", src.Shape(), si)
		case n > si.dims[i]:
			src = src.Narrow(i, 0, si.dims[i])
		}
	}
	return dim, src
}

// scatter writes src over a copy of x.
type scatter struct{ dim int }

func (scatter) Saves() Saved { return SaveInput(1) }

func (o scatter) Forward(s *Scope, x, index, src Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	dev := x.h.store.dev
	dev.Copy(&y.h.Array, &x.h.Array)
	dev.Scatter(&y.h.Array, &index.h.Array, &src.h.Array, o.dim)
	return y
}

func (o scatter) Backward(x, index, src, y, dy Tensor) (dx, di, dsrc Tensor) {
	if x.NeedsGrad() {
		dx = Apply3(o, dy, index, dy.NewZeros().expand(index.Shape()))
	}
	if src.NeedsGrad() {
		dsrc = Apply2(gather(o), dy, index)
	}
	return dx, Tensor{}, dsrc
}

// scatterAdd adds src to a copy of x.
type scatterAdd struct{ dim int }

func (scatterAdd) Saves() Saved { return SaveInput(1) }

func (o scatterAdd) Forward(s *Scope, x, index, src Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
	dev := x.h.store.dev
	dev.Copy(&y.h.Array, &x.h.Array)
	dev.ScatterAdd(&y.h.Array, &index.h.Array, &src.h.Array, o.dim)
	return y
}

func (o scatterAdd) Backward(x, index, src, y, dy Tensor) (dx, di, dsrc Tensor) {
	if src.NeedsGrad() {
		dsrc = Apply2(gather(o), dy, index)
	}
	return dy, Tensor{}, dsrc
}

// OneHot returns for each class index a row of int64 with 1 at that index and 0 elsewhere. With classes 0 a row has
// max(x) + 1 elements.
//
//	(…) → (…, classes)
func (x Tensor) OneHot(classes int) Tensor {
	s := x.Shape()
	if x.DType() != Int64 {
		fail("one_hot", "class indices must be int64, not "+x.DType().String(), s)
	}
	if s.rank == MaxRank {
		fail("one_hot", "the result would have too many dimensions", s)
	}
	if classes < 0 || classes == 0 && x.Len() == 0 {
		fail("one_hot", fmt.Sprintf("%d classes for %d class indices", classes, x.Len()), s)
	}
	if classes == 0 {
		classes = int(x.Max().Item()) + 1
	}
	from := s
	s.dims[s.rank] = classes
	s.rank++
	s.checkSize("one_hot", from)
	return x.NewZeros().expand(s).ScatterScalar(-1, x.Unsqueeze(-1), 1)
}
