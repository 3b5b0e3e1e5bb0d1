package tensor

import "fmt"

// Views share memory with their tensor: nothing is copied, and an in-place write to one changes the other.

// Reshape returns the elements, in row-major order, in another shape. One size may be −1: it is inferred. The result is
// a view if strides can describe it, else a copy, as in PyTorch.
func (x Tensor) Reshape(dims ...int) Tensor {
	n, open := 1, -1
	for i, d := range dims {
		switch {
		case d >= 0:
			n = saturatingMul(n, d)
		case d == -1 && open < 0:
			open = i
		default:
			fail("reshape", fmt.Sprintf("sizes must be positive, and one may be -1; got %d", d), x.Shape())
		}
	}
	if len(dims) > MaxRank {
		fail("reshape", fmt.Sprintf("at most %d dimensions are possible", MaxRank), x.Shape())
	}
	s := Shape{rank: len(dims)}
	copy(s.dims[:], dims)
	if open >= 0 {
		if n == 0 || x.Len()%n != 0 {
			fail("reshape", fmt.Sprintf("%d elements do not divide by %d", x.Len(), n), x.Shape())
		}
		s.dims[open] = x.Len() / n
	}
	return x.reshape(s.checkSize("reshape", x.Shape()))
}

// ReshapeTo returns x with another shape of the same number of elements: [Tensor.Reshape] for a Shape.
func (x Tensor) ReshapeTo(shape Shape) Tensor { return x.reshape(shape) }

func (x Tensor) reshape(shape Shape) Tensor {
	from := x.Shape()
	if from == shape {
		return x
	}
	if from.Size() != shape.Size() {
		fail("reshape", "the number of elements differs", from, shape)
	}
	if _, ok := x.h.stridesFor(shape); !ok {
		x = x.Contiguous()
	}
	return Apply1(reshape{shape: shape}, x)
}

// stridesFor returns the strides of a view of h in another shape. ok is false if there are none: each group of
// dimensions that becomes another group must be evenly spaced in memory.
func (h *header) stridesFor(shape Shape) (strides [MaxRank]int, ok bool) {
	if h.Contiguous {
		n := 1
		for i := shape.rank - 1; i >= 0; i-- {
			strides[i] = n
			n *= shape.dims[i]
		}
		return strides, true
	}
	j := shape.rank - 1
	for i := h.Rank - 1; i >= 0; {
		// A run of old dimensions with one spacing, and the new dimensions with the same number of elements.
		base, run := h.Strides[i], h.Dims[i]
		for i--; i >= 0 && (h.Dims[i] == 1 || run == 1 || h.Strides[i] == base*run); i-- {
			if run == 1 {
				base = h.Strides[i]
			}
			run *= h.Dims[i]
		}
		part := 1
		for ; j >= 0 && (part < run || shape.dims[j] == 1); j-- {
			strides[j] = base * part
			part *= shape.dims[j]
		}
		if part != run {
			return strides, false
		}
	}
	return strides, j < 0
}

type reshape struct {
	SavesNothing
	shape Shape
}

func (o reshape) Forward(s *Scope, x Tensor) Tensor {
	h := s.view(x.h)
	h.Rank, h.Dims = o.shape.rank, o.shape.dims
	h.Strides, _ = x.h.stridesFor(o.shape)
	h.Refresh()
	return h.handle()
}
func (o reshape) Backward(x, y, dy Tensor) Tensor { return dy.reshape(x.Shape()) }

// Flatten joins the dimensions from start to the last into one.
func (x Tensor) Flatten(start int) Tensor {
	s := x.Shape()
	if s.rank == 0 {
		s.axisOrNumber("flatten", start)
		return x.reshape(ShapeOf(1))
	}
	i := s.axis("flatten", start)
	flat := Shape{rank: i + 1}
	copy(flat.dims[:], s.dims[:i])
	flat.dims[i] = 1
	for _, d := range s.dims[i:s.rank] {
		flat.dims[i] *= d
	}
	return x.reshape(flat)
}

// Unsqueeze inserts dimensions of size 1, which are dimensions dims of the result.
func (x Tensor) Unsqueeze(dims ...int) Tensor {
	s := x.Shape()
	out := Shape{rank: s.rank + len(dims)}
	if out.rank > MaxRank {
		fail("unsqueeze", fmt.Sprintf("at most %d dimensions are possible", MaxRank), s)
	}
	inserted := out.axes("unsqueeze", dims)
	if len(dims) == 0 {
		return x
	}
	j := 0
	for i := range out.rank {
		if out.dims[i] = 1; !inserted[i] {
			out.dims[i] = s.dims[j]
			j++
		}
	}
	return x.reshapeUnitDims(out)
}

// Squeeze removes those of the given dimensions that have size 1; no dims means all of size 1.
func (x Tensor) Squeeze(dims ...int) Tensor {
	s := x.Shape()
	set := s.axes("squeeze", dims)
	var out Shape
	for i := range s.rank {
		if !(set[i] && s.dims[i] == 1) {
			out.dims[out.rank] = s.dims[i]
			out.rank++
		}
	}
	if out == s {
		return x
	}
	return x.reshapeUnitDims(out)
}

// reshapeUnitDims adds or removes dimensions of size 1, which needs no copy for any strides.
func (x Tensor) reshapeUnitDims(out Shape) Tensor { return Apply1(unitDims{shape: out}, x) }

type unitDims struct {
	SavesNothing
	shape Shape
}

func (o unitDims) Forward(s *Scope, x Tensor) Tensor {
	h := s.view(x.h)
	h.Rank, h.Dims = o.shape.rank, o.shape.dims
	h.Strides = [MaxRank]int{}
	j := 0
	for i := range o.shape.rank {
		if o.shape.dims[i] == 1 {
			continue
		}
		for x.h.Dims[j] == 1 {
			j++
		}
		h.Strides[i] = x.h.Strides[j]
		j++
	}
	h.Refresh()
	return h.handle()
}
func (o unitDims) Backward(x, y, dy Tensor) Tensor { return dy.reshapeUnitDims(x.Shape()) }

// Expand returns a view in which dimensions of size 1 are repeated to the given sizes, with new dimensions in front. −1
// keeps a size.
func (x Tensor) Expand(dims ...int) Tensor {
	s := x.Shape()
	if len(dims) < s.rank || len(dims) > MaxRank {
		fail("expand", fmt.Sprintf("%d sizes are too few or too many", len(dims)), s)
	}
	out := Shape{rank: len(dims)}
	for i, d := range dims {
		j := i - (len(dims) - s.rank)
		if d == -1 && j >= 0 {
			d = s.dims[j]
		}
		if d < 0 || j >= 0 && s.dims[j] != 1 && s.dims[j] != d {
			fail("expand", fmt.Sprintf("size %d of dimension %d does not fit", d, i), s)
		}
		out.dims[i] = d
	}
	return x.expand(out.checkSize("expand", s))
}

func (x Tensor) expand(shape Shape) Tensor {
	if x.Shape() == shape {
		return x
	}
	return Apply1(expand{shape: shape}, x)
}

type expand struct {
	SavesNothing
	shape Shape
}

func (o expand) Forward(s *Scope, x Tensor) Tensor {
	h := s.view(x.h)
	extra := o.shape.rank - h.Rank
	h.Rank, h.Dims = o.shape.rank, o.shape.dims
	for i := range o.shape.rank {
		h.Strides[i] = 0
		if j := i - extra; j >= 0 && x.h.Dims[j] == o.shape.dims[i] {
			h.Strides[i] = x.h.Strides[j]
		}
	}
	h.Refresh()
	return h.handle()
}
func (o expand) Backward(x, y, dy Tensor) Tensor { return dy.sumTo(x.Shape()) }

// Permute reorders the dimensions: dimension i of the result is dimension dims[i] of x.
func (x Tensor) Permute(dims ...int) Tensor {
	s := x.Shape()
	if len(dims) != s.rank {
		fail("permute", fmt.Sprintf("%d dimension numbers for %d dimensions", len(dims), s.rank), s)
	}
	if s.rank == 0 {
		return x
	}
	s.axes("permute", dims)
	var o permute
	for i, d := range dims {
		o.dims[i] = s.axis("permute", d)
	}
	return Apply1(o, x)
}

// Transpose swaps two dimensions.
func (x Tensor) Transpose(a, b int) Tensor {
	s := x.Shape()
	var o permute
	for i := range o.dims {
		o.dims[i] = i
	}
	i, j := s.axisOrNumber("transpose", a), s.axisOrNumber("transpose", b)
	o.dims[i], o.dims[j] = j, i
	return Apply1(o, x)
}

// T swaps the last two dimensions: the transpose of a matrix.
func (x Tensor) T() Tensor { return x.Transpose(-2, -1) }

type permute struct {
	SavesNothing
	dims [MaxRank]int
}

func (o permute) Forward(s *Scope, x Tensor) Tensor {
	h := s.view(x.h)
	for i := range h.Rank {
		h.Dims[i], h.Strides[i] = x.h.Dims[o.dims[i]], x.h.Strides[o.dims[i]]
	}
	h.Refresh()
	return h.handle()
}

func (o permute) Backward(x, y, dy Tensor) Tensor {
	var inverse permute
	for i := range x.Rank() {
		inverse.dims[o.dims[i]] = i
	}
	return Apply1(inverse, dy)
}

// Slice returns the elements start, start + step, … before end along dim, as a view. step must be positive. Negative
// start and end count from the end of the dimension, and both are clipped to it, as in Python.
func (x Tensor) Slice(dim, start, end, step int) Tensor {
	s := x.Shape()
	dim = s.axis("slice", dim)
	if step <= 0 {
		fail("slice", fmt.Sprintf("step %d is not positive", step), s)
	}
	n := s.dims[dim]
	bound := func(i int) int {
		if i < 0 {
			i += n
		}
		return max(0, min(i, n))
	}
	start, end = bound(start), bound(end)
	o := slice{dim: dim, start: start, step: step, n: max(0, (end-start+step-1)/step), whole: n}
	return Apply1(o, x)
}

// Narrow returns n elements from start along dim. A negative start counts from the end.
func (x Tensor) Narrow(dim, start, n int) Tensor {
	s := x.Shape()
	dim = s.axis("narrow", dim)
	first := start
	if start < 0 {
		start += s.dims[dim]
	}
	if start < 0 || n < 0 || n > s.dims[dim]-start {
		fail("narrow", fmt.Sprintf("elements %d to %d of dimension %d do not exist", first, first+n, dim), s)
	}
	return Apply1(slice{dim: dim, start: start, step: 1, n: n, whole: s.dims[dim]}, x)
}

// Select returns the slice of x at index i of dim, as a view without that dimension. Negative i counts from the end.
func (x Tensor) Select(dim, i int) Tensor {
	s := x.Shape()
	dim = s.axis("select", dim)
	j := i
	if j < 0 {
		j += s.dims[dim]
	}
	if j < 0 || j >= s.dims[dim] {
		fail("select", fmt.Sprintf("index %d of dimension %d does not exist", i, dim), s)
	}
	y := x.Narrow(dim, j, 1)
	out := Shape{rank: s.rank - 1}
	copy(out.dims[:dim], s.dims[:dim])
	copy(out.dims[dim:], s.dims[dim+1:s.rank])
	return y.reshapeUnitDims(out)
}

// slice selects n elements of a dimension of size whole.
type slice struct {
	SavesNothing
	dim, start, step, n, whole int
}

func (o slice) subview(h *header) *header {
	start := o.start * h.Strides[o.dim]
	h.Strides[o.dim] *= o.step
	h.Dims[o.dim] = o.n
	h.Refresh()
	if h.Size > 0 { // an empty view keeps an offset inside its memory
		h.Offset += start
	}
	return h
}

func (o slice) Forward(s *Scope, x Tensor) Tensor { return o.subview(s.view(x.h)).handle() }
func (o slice) Backward(x, y, dy Tensor) Tensor   { return Apply1(unslice{from: o}, dy) }

// unslice writes x to the positions that slice reads, and 0 elsewhere: the gradient of slice.
type unslice struct {
	SavesNothing
	from slice
}

func (o unslice) Forward(s *Scope, x Tensor) Tensor {
	shape := x.Shape()
	shape.dims[o.from.dim] = o.from.whole
	y := s.NewEmpty(x, x.DType(), shape)
	dev := x.h.store.dev
	dev.Fill(&y.h.Array, 0)
	dev.Copy(&o.from.subview(s.view(y.h)).Array, &x.h.Array)
	return y
}
func (o unslice) Backward(x, y, dy Tensor) Tensor { return Apply1(o.from, dy) }

// Contiguous returns x itself if its elements are stored in row-major order without gaps, else such a copy.
func (x Tensor) Contiguous() Tensor {
	if x.header().Contiguous {
		return x
	}
	return x.Clone()
}

// Clone returns a copy of x, through which gradients flow.
func (x Tensor) Clone() Tensor { return Apply1(cast{dt: x.DType()}, x) }

// Cast returns x with elements of another type; x itself if it has that type. Conversion from floats to integers drops
// the fraction.
func (x Tensor) Cast(dt DType) Tensor {
	if x.DType() == dt {
		return x
	}
	return Apply1(cast{dt: dt}, x)
}

// cast copies x to a new tensor of another or the same type.
type cast struct {
	SavesNothing
	dt DType
}

func (o cast) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, o.dt, x.Shape())
	x.h.store.dev.Copy(&y.h.Array, &x.h.Array)
	return y
}

func (o cast) Backward(x, y, dy Tensor) Tensor {
	if !x.DType().IsFloat() {
		return Tensor{}
	}
	return dy.Cast(x.DType())
}

// To returns a copy of x on another device, x itself if it is there already. It is for leaves on the heap: data and
// parameters before a step.
func (x Tensor) To(d Device) Tensor {
	h := x.header()
	if h.store.dev == d.kernels() {
		return x
	}
	if h.scope != nil || h.node != nil {
		fail("to", "only leaves on the heap move between devices", x.Shape())
	}
	buf := make([]byte, h.Size*x.DType().Size())
	x.read(buf)
	y := (*Scope)(nil).alloc(d.kernels(), x.DType(), x.Shape())
	d.kernels().Upload(&y.h.Array, buf)
	y.h.requires = h.requires
	return y
}
