package tensor

import "fmt"

// IndexAdd returns x with the parts of src added along dim: part i to place index[i]. src has x's sizes elsewhere, and its type.
func (x Tensor) IndexAdd(dim int, index, src Tensor) Tensor {
	s := x.Shape()
	dim = s.axis("index_add", dim)
	x.checkIndex("index_add", dim, index)
	if src.Shape() != s.With(dim, index.Len()) || src.DType() != x.DType() {
		fail("index_add", "the source does not fit in shape or type", s, src.Shape())
	}
	return Apply3(scatterAdd{dim: dim}, x, index.expandIndex(s, dim), src)
}

// Scatter returns x with the elements of src at the places that index names along dim: y[i… with i[dim] = index[i…]] = src[i…].
// Of equal places the last in row-major order stays; the gradient of src is then not defined. src has x's type, index at most
// its sizes, and at most x's beside dim.
func (x Tensor) Scatter(dim int, index, src Tensor) Tensor {
	dim, src = x.checkScatter("scatter", dim, index, src)
	return Apply3(scatter{dim: dim}, x, index, src)
}

// ScatterScalar is Scatter of one number.
func (x Tensor) ScatterScalar(dim int, index Tensor, v float64) Tensor {
	dim = x.checkGather("scatter", dim, index)
	x.DType().checkBounds("scatter", v, x.Shape())
	return Apply3(scatter{dim: dim}, x, index, x.Detach().NewFull(v).expand(index.Shape()))
}

// ScatterAdd returns x with the elements of src added at the places that index names along dim, in row-major order:
// y[i… with i[dim] = index[i…]] += src[i…]. src has x's type, index at most its sizes, and at most x's beside dim.
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
		fail(op, "the source does not fit the index", src.Shape(), si)
	}
	for i := range si.rank {
		switch n := src.h.Dims[i]; {
		case n < si.dims[i]:
			fail(op, "the source does not fit the index", src.Shape(), si)
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
	y := s.Empty(x, x.DType(), x.Shape())
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
	y := s.Empty(x, x.DType(), x.Shape())
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

// OneHot returns for each class number a row with 1 in that place and 0 elsewhere, int64. With classes 0 there are as many places
// as the largest number asks for.
//
//	(…) → (…, classes)
func (x Tensor) OneHot(classes int) Tensor {
	s := x.Shape()
	if x.DType() != Int64 {
		fail("one_hot", "class numbers are int64, not "+x.DType().String(), s)
	}
	if s.rank == MaxRank {
		fail("one_hot", "the result would have too many dimensions", s)
	}
	if classes < 0 || classes == 0 && x.Len() == 0 {
		fail("one_hot", fmt.Sprintf("%d classes for %d class numbers", classes, x.Len()), s)
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
