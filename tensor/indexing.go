package tensor

import "fmt"

// IndexSelect picks along dim: place i of the result is place index[i] of x. index is int64 with at most one dimension. A single number
// counts as a vector of one element, from which one place is picked.
//
//	(a, n, b), (k,) → (a, k, b) for dim 1
func (x Tensor) IndexSelect(dim int, index Tensor) Tensor {
	const op = "index_select"
	dim = x.Shape().axisOrNumber(op, dim)
	if x.h.Rank == 0 {
		if index.Len() != 1 {
			fail(op, "one place is picked from a single number", x.Shape(), index.Shape())
		}
		x = x.reshape(ShapeOf(1))
		return x.pick(0, x.checkIndex(op, 0, index)).reshape(Shape{})
	}
	return x.pick(dim, x.checkIndex("index_select", dim, index))
}

// checkIndex checks a list of places along dim.
func (x Tensor) checkIndex(op string, dim int, index Tensor) Tensor {
	s, si := x.Shape(), index.Shape()
	if index.DType() != Int64 {
		fail(op, "the index must be int64, not "+index.DType().String(), si)
	}
	if si.rank > 1 {
		fail(op, "the index has more than one dimension", s, si)
	}
	commonScope((*gather)(nil), x, index)
	checkIndex(op, index, dim, s.dims[dim], s)
	return index
}

// pick is IndexSelect for places that exist.
func (x Tensor) pick(dim int, index Tensor) Tensor {
	return Apply2(gather{dim: dim}, x, index.alongDim(x.Shape(), dim))
}

// alongDim expands a list of places to the form that gather takes: the shape s, with as many places along dim.
func (index Tensor) alongDim(s Shape, dim int) Tensor {
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

// IndexAdd returns x with the parts of src added along dim: part i to place index[i]. src has x's sizes elsewhere, and its type.
func (x Tensor) IndexAdd(dim int, index, src Tensor) Tensor {
	s := x.Shape()
	dim = s.axis("index_add", dim)
	x.checkIndex("index_add", dim, index)
	if src.Shape() != s.With(dim, index.Len()) || src.DType() != x.DType() {
		fail("index_add", "the source does not fit in shape or type", s, src.Shape())
	}
	return Apply3(scatterAdd{dim: dim}, x, index.alongDim(s, dim), src)
}

// Scatter returns x with the elements of src at the places that index names along dim: y[i… with i[dim] = index[i…]] = src[i…].
// Of equal places the last in row-major order stays; the gradient of src is then not defined. src has x's type, index at most
// its sizes, and at most x's beside dim.
func (x Tensor) Scatter(dim int, index, src Tensor) Tensor {
	dim, src = x.checkScatter("scatter", dim, index, src)
	return Apply3(put{dim: dim}, x, index, src)
}

// ScatterScalar is Scatter of one number.
func (x Tensor) ScatterScalar(dim int, index Tensor, v float64) Tensor {
	dim = x.checkGather("scatter", dim, index)
	x.DType().checkBounds("scatter", v, x.Shape())
	return Apply3(put{dim: dim}, x, index, x.Detach().NewFull(v).expand(index.Shape()))
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

// put writes src over a copy of x.
type put struct{ dim int }

func (put) Saves() Saved { return SaveInput(1) }

func (o put) Forward(s *Scope, x, index, src Tensor) Tensor {
	y := s.Empty(x, x.DType(), x.Shape())
	dev := x.h.store.dev
	dev.Copy(&y.h.Array, &x.h.Array)
	dev.Scatter(&y.h.Array, &index.h.Array, &src.h.Array, o.dim)
	return y
}

func (o put) Backward(x, index, src, y, dy Tensor) (dx, di, dsrc Tensor) {
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

// MaskedFill returns x with v where mask is true. mask is boolean; both broadcast.
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
	v := s.Empty(x, x.DType(), Shape{})
	y := s.Empty(x, x.DType(), broadcast("masked_fill", x.Shape(), mask.Shape()))
	dev := x.h.store.dev
	dev.Fill(&v.h.Array, o.v)
	dev.Where(&y.h.Array, &mask.h.Array, &v.h.Array, &x.h.Array)
	return y
}

func (maskedFill) Backward(x, mask, y, dy Tensor) (dx, dm Tensor) {
	return Apply2(maskedFill{}, dy, mask).sumTo(x.Shape()), Tensor{}
}

// MaskedSelect returns the elements of x where mask is true, in row-major order, as a vector. mask is boolean; both broadcast. It
// waits for the mask's values.
func (x Tensor) MaskedSelect(mask Tensor) Tensor {
	if mask.DType() != Bool {
		fail("masked_select", "the mask must be boolean, not "+mask.DType().String(), mask.Shape())
	}
	commonScope((*gather)(nil), x, mask)
	s := broadcast("masked_select", x.Shape(), mask.Shape())
	flat := Shape{rank: 1, dims: [MaxRank]int{s.Size()}}
	places := mask.expand(s).reshape(flat).NonZero()
	return x.expand(s).reshape(flat).pick(0, places.reshape(Shape{rank: 1, dims: [MaxRank]int{places.h.Dims[0]}}))
}

// NonZero returns the places of the nonzero elements in row-major order, a row for each: int64 (count, rank of x). It waits for
// x's values.
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

// Unique returns x's different elements in ascending order; for each element of x the place of its value among them; and how often
// each occurs. NaN differs from NaN. It waits for x's values.
func (x Tensor) Unique() (values, inverse, counts Tensor) {
	s := x.Shape()
	v, order := x.Detach().reshape(Shape{rank: 1, dims: [MaxRank]int{s.Size()}}).Sort(0, false)
	n := v.Len()
	if n == 0 {
		return v, order.reshape(s), order
	}
	differs := v.Narrow(0, 1, n-1).NotEqual(v.Narrow(0, 0, n-1)) // from the element before
	firsts := differs.NonZero()
	zero := order.NewZeros(1)
	firsts = Cat(0, zero, firsts.reshape(ShapeOf(firsts.Len())).AddScalar(1))
	values = v.pick(0, firsts)
	counts = Cat(0, firsts.Narrow(0, 1, firsts.Len()-1), zero.AddScalar(float64(n))).Sub(firsts)
	group := Cat(0, zero.Cast(Bool), differs).CumSum(0)
	return values, order.Scatter(0, order, group).reshape(s), counts
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
