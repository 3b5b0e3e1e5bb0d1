package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Reductions take the dimensions to reduce; no dimensions means all. The result lacks the reduced dimensions; the
// methods of x.KeepDim() keep them with size 1.

// reduce computes a reduction of x over dims. The result has type dt and lacks the reduced dimensions.
func (s *Scope) reduce(kind device.Reduction, x Tensor, dims [MaxRank]bool, dt DType) Tensor {
	keep, shape := reduced(x.Shape(), dims)
	y := s.NewEmpty(x, dt, keep)
	x.h.store.dev.Reduce(kind, &y.h.Array, &x.h.Array)
	y.h.SetContiguous(shape.dims[:shape.rank])
	return y
}

// reduced returns the shape of a reduction of x over dims: keep has size 1 in the reduced dimensions, shape lacks them.
func reduced(x Shape, dims [MaxRank]bool) (keep, shape Shape) {
	keep = x
	for i := range x.rank {
		if dims[i] {
			keep.dims[i] = 1
		} else {
			shape.dims[shape.rank] = x.dims[i]
			shape.rank++
		}
	}
	return keep, shape
}

// expandReduced expands a reduction over dims back to the shape x that was reduced.
func (y Tensor) expandReduced(x Shape, dims [MaxRank]bool) Tensor {
	keep, _ := reduced(x, dims)
	return y.reshape(keep).expand(x)
}

// keepDims returns y, a reduction over dims of a tensor of shape x, as a view with size 1 in those dimensions.
func (s *Scope) keepDims(y Tensor, x Shape, dims [MaxRank]bool) Tensor {
	keep, _ := reduced(x, dims)
	h := s.view(y.h)
	h.SetContiguous(keep.dims[:keep.rank])
	return h.handle()
}

// freeTemporary frees the memory of an intermediate result that nothing else refers to.
func (s *Scope) freeTemporary(t Tensor) {
	if s != nil {
		s.free(t.h.store)
	}
}

// count returns how many elements a reduction over dims combines.
func (s Shape) count(dims [MaxRank]bool) int {
	n := 1
	for i := range s.rank {
		if dims[i] {
			n *= s.dims[i]
		}
	}
	return n
}

// Sum returns the sum over dims. Integers and booleans are summed in int64.
func (x Tensor) Sum(dims ...int) Tensor { return Apply1(sum{dims: x.Shape().axes("sum", dims)}, x) }

type sum struct {
	SavesNothing
	dims [MaxRank]bool
}

func (o sum) Forward(s *Scope, x Tensor) Tensor { return s.reduce(device.Sum, x, o.dims, x.sumType()) }
func (o sum) Backward(x, y, dy Tensor) Tensor   { return dy.expandReduced(x.Shape(), o.dims) }

// sumType is the type of sums and products of x's elements.
func (x Tensor) sumType() DType {
	if x.DType().IsFloat() {
		return x.DType()
	}
	return Int64
}

// Mean returns the mean over dims, NaN for no elements. x must be floating point.
func (x Tensor) Mean(dims ...int) Tensor {
	x.needsFloat("mean")
	return Apply1(mean{dims: x.Shape().axes("mean", dims)}, x)
}

type mean struct {
	SavesNothing
	dims [MaxRank]bool
}

func (o mean) Forward(s *Scope, x Tensor) Tensor { return s.reduce(device.Mean, x, o.dims, x.DType()) }
func (o mean) Backward(x, y, dy Tensor) Tensor {
	return dy.DivScalar(float64(x.Shape().count(o.dims))).expandReduced(x.Shape(), o.dims)
}

// Prod returns the product over dims. Integers and booleans are multiplied in int64.
func (x Tensor) Prod(dims ...int) Tensor { return Apply1(prod{x.Shape().axes("prod", dims)}, x) }

type prod struct{ dims [MaxRank]bool }

func (prod) Saves() Saved { return SaveInputs }

func (o prod) Forward(s *Scope, x Tensor) Tensor {
	return s.reduce(device.Prod, x, o.dims, x.sumType())
}

// Backward returns dy times the product of the other factors, computed as the product of those before and of those
// after each factor. Without a division, zeros need no special case, and derivatives of all orders are exact.
func (o prod) Backward(x, y, dy Tensor) Tensor {
	// Move the reduced dimensions to the end, as one dimension.
	var kept, order permute
	n, rank := 1, x.h.Rank
	for i, k := 0, 0; i < rank; i++ {
		if o.dims[i] {
			n *= x.h.Dims[i]
		} else {
			order.dims[k] = i
			k++
		}
	}
	at := rank
	for i := rank - 1; i >= 0; i-- {
		if o.dims[i] {
			at--
			order.dims[at] = i
		}
	}
	for i := range rank {
		kept.dims[order.dims[i]] = i
	}
	moved := Apply1(order, x)
	rows := Shape{rank: 2, dims: [MaxRank]int{dy.Len(), n}}
	f := moved.reshape(rows)
	others := f.shiftOnes(1).scanProduct(1).Mul(f.shiftOnes(-1).scanProduct(-1))
	dx := others.Mul(dy.reshape(Shape{rank: 2, dims: [MaxRank]int{dy.Len(), 1}}))
	return Apply1(kept, dx.reshape(moved.Shape()))
}

// shiftOnes shifts the elements of each row by places and fills the gap with ones.
func (x Tensor) shiftOnes(places int) Tensor {
	n := x.h.Dims[1]
	from, to := 0, places
	if places < 0 {
		from, to = -places, 0
	}
	o := slice{dim: 1, start: from, step: 1, n: max(0, n-max(places, -places)), whole: n}
	back := o
	back.start = to
	kept := Apply1(unslice{from: back}, Apply1(o, x))
	ones := Apply1(unslice{from: back}, Apply1(o, x.NewOnes().expand(x.Shape())))
	return kept.Add(ones.Neg().AddScalar(1))
}

// scanProduct multiplies each element by all those before it in its row, or after it for direction −1, in log₂ n
// rounds.
func (x Tensor) scanProduct(direction int) Tensor {
	for reach := 1; reach < x.h.Dims[1]; reach *= 2 {
		x = x.Mul(x.shiftOnes(direction * reach))
	}
	return x
}

// Max returns the largest element over dims, NaN if there is one. Equal elements share the gradient, as in PyTorch's
// amax.
func (x Tensor) Max(dims ...int) Tensor {
	return Apply1(extreme{device.Max, x.extremeDims("max", dims)}, x)
}

// Min returns the smallest element over dims, NaN if there is one. Equal elements share the gradient, as in PyTorch's
// amin.
func (x Tensor) Min(dims ...int) Tensor {
	return Apply1(extreme{device.Min, x.extremeDims("min", dims)}, x)
}

func (x Tensor) extremeDims(op string, dims []int) [MaxRank]bool {
	set := x.Shape().axes(op, dims)
	for i, d := range x.h.Dims[:x.h.Rank] {
		if set[i] && d == 0 {
			fail(op, "a reduced dimension has size 0", x.Shape())
		}
	}
	return set
}

type extreme struct {
	kind device.Reduction
	dims [MaxRank]bool
}

func (o extreme) Forward(s *Scope, x Tensor) Tensor { return s.reduce(o.kind, x, o.dims, x.DType()) }
func (o extreme) Backward(x, y, dy Tensor) Tensor {
	isExtreme := x.Equal(y.expandReduced(x.Shape(), o.dims))
	count := Apply1(sum{dims: o.dims}, isExtreme)
	wide := dy.Widen() // there may be more equal elements than a 16-bit float can count
	share := wide.Div(count.Cast(wide.DType())).Cast(dy.DType())
	return share.expandReduced(x.Shape(), o.dims).Mul(isExtreme.Cast(dy.DType()))
}

// ArgMax returns the int64 index of the largest element along dim, the first of equal ones; NaN counts as the largest.
func (x Tensor) ArgMax(dim int) Tensor {
	return Apply1(argExtreme{kind: device.ArgMax, dim: x.argDim("argmax", dim)}, x)
}

// ArgMin returns the int64 index of the smallest element along dim, the first of equal ones; NaN counts as the
// smallest.
func (x Tensor) ArgMin(dim int) Tensor {
	return Apply1(argExtreme{kind: device.ArgMin, dim: x.argDim("argmin", dim)}, x)
}

func (x Tensor) argDim(op string, dim int) int {
	dim = x.Shape().axisOrNumber(op, dim)
	if x.h.Rank > 0 && x.h.Dims[dim] == 0 {
		fail(op, "the dimension has size 0", x.Shape())
	}
	return dim
}

type argExtreme struct {
	SavesNothing
	kind device.Reduction
	dim  int
}

func (o argExtreme) Forward(s *Scope, x Tensor) Tensor {
	var dims [MaxRank]bool
	dims[o.dim] = true
	return s.reduce(o.kind, x, dims, Int64)
}
func (argExtreme) Backward(x, y, dy Tensor) Tensor { return Tensor{} }

// sumTo is the gradient of broadcasting from shape to x's shape: it sums over the dimensions that were added or
// expanded.
func (x Tensor) sumTo(shape Shape) Tensor {
	from := x.Shape()
	if from == shape {
		return x
	}
	var dims [MaxRank]bool
	extra := from.rank - shape.rank
	for i := range from.rank {
		dims[i] = i < extra || shape.dims[i-extra] == 1 && from.dims[i] != 1
	}
	return Apply1(sum{dims: dims}, x).reshape(shape)
}

// MaxDim returns the largest elements along dim, NaN if there is one, and their indices, the first of equal ones. The
// gradient flows to that element.
func (x Tensor) MaxDim(dim int) (values, indices Tensor) {
	return x.extremeAlong("max", device.ArgMax, dim)
}

// MinDim returns the smallest elements along dim, NaN if there is one, and their indices, the first of equal ones. The
// gradient flows to that element.
func (x Tensor) MinDim(dim int) (values, indices Tensor) {
	return x.extremeAlong("min", device.ArgMin, dim)
}

func (x Tensor) extremeAlong(op string, kind device.Reduction, dim int) (values, indices Tensor) {
	dim = x.argDim(op, dim)
	indices = Apply1(argExtreme{kind: kind, dim: dim}, x.Detach())
	if x.h.Rank == 0 {
		return x.Clone(), indices
	}
	s := x.Shape().With(dim, 1)
	return Apply2(gather{dim: dim}, x, indices.reshape(s)).reshape(indices.Shape()), indices
}

// ArgMaxAll returns the row-major index of the largest of all elements, as ArgMax does along one dimension.
func (x Tensor) ArgMaxAll() Tensor { return x.Detach().reshape(ShapeOf(x.Len())).ArgMax(0) }

// ArgMinAll returns the row-major index of the smallest of all elements, as ArgMin does along one dimension.
func (x Tensor) ArgMinAll() Tensor { return x.Detach().reshape(ShapeOf(x.Len())).ArgMin(0) }
