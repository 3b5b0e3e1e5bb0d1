package tensor

import (
	"fmt"
	"math"
	"reflect"

	"github.com/lamina-ml/lamina/internal/device"
)

// A Range is Python's start:stop:step in square brackets: the indices of a dimension from start to before stop, step
// apart. [Slice] returns one.
type Range struct{ start, stop, step int }

// None is a bound of [Slice] that is not given: the range begins or ends at the dimension's end.
const None = math.MinInt

// Slice returns the range start:stop:step for [Tensor.Index] and [Tensor.SetIndex]. Without step it is 1. Negative
// bounds count from the end of the dimension, and both are clipped to it. A negative step goes backwards, as in NumPy;
// PyTorch refuses it.
//
//	Slice(1, 3)            1:3
//	Slice(None, -1)        :-1
//	Slice(None, None, -2)  ::-2
func Slice(start, stop int, step ...int) Range {
	r := Range{start, stop, 1}
	if len(step) > 0 {
		r.step = step[0]
	}
	if len(step) > 1 || r.step == 0 || r.step == None {
		fail("slice", "the step must be one number other than 0")
	}
	return r
}

// resolve returns the range in a dimension of size n with a positive step: count elements from first on, step apart,
// and whether their order is reversed.
func (r Range) resolve(n int) (first, count, step int, reversed bool) {
	bound := func(i, missing, lo, hi int) int {
		if i == None {
			return missing
		}
		if i < 0 {
			i += n
		}
		return max(lo, min(i, hi))
	}
	if r.step > 0 {
		start, stop := bound(r.start, 0, 0, n), bound(r.stop, n, 0, n)
		return start, max(0, (stop-start+r.step-1)/r.step), r.step, false
	}
	step = -r.step
	start, stop := bound(r.start, n-1, -1, n-1), bound(r.stop, -1, -1, n-1)
	count = max(0, (start-stop+step-1)/step)
	if count == 0 {
		return 0, 0, step, false
	}
	return start - (count-1)*step, count, step, true
}

type placeholder uint8

// Placeholders in an index of [Tensor.Index] and [Tensor.SetIndex]: All selects all of a dimension, like a colon in
// Python's square brackets. Ellipsis means as many All as dimensions are left. NewAxis inserts a dimension of size 1,
// like None.
const (
	All placeholder = iota
	Ellipsis
	NewAxis
)

// subscript is a partly applied index: the view that its ints and ranges select, and the index tensors that are left.
type subscript struct {
	view      Tensor
	indices   [MaxRank]Tensor // int64 index tensors, by dimension of the view
	n         int             // how many index tensors there are
	reversed  [MaxRank]int    // dimensions of the view whose order is not yet reversed
	nReversed int
}

// reverse returns v with the dimensions s.reversed flipped.
func (s *subscript) reverse(v Tensor) Tensor {
	if s.nReversed == 0 {
		return v
	}
	return v.Flip(s.reversed[:s.nReversed]...)
}

// subscript checks an index and applies its ints and ranges to x.
func (x Tensor) subscript(op string, index []any) (s subscript) {
	shape := x.Shape()
	used, ellipses := 0, 0
	for i, e := range index {
		switch e := e.(type) {
		case int, Range, []int:
			used++
		case placeholder:
			switch e {
			case All:
				used++
			case Ellipsis:
				ellipses++
			}
		case []bool:
			used++
		case Tensor:
			used++
			if e.DType() == Bool {
				used += e.Rank() - 1
			} else if e.DType().IsFloat() {
				fail(op, fmt.Sprintf("index %d is a %s tensor: an index tensor has integers or booleans", i,
					e.DType()), shape, e.Shape())
			}
			commonScope(op, x, e)
		default:
			fail(op, fmt.Sprintf("index %d is of type %v: an index is an int, a Slice, All, Ellipsis, NewAxis, a tensor of integers or booleans, "+
				"an []int or a []bool", i, reflect.TypeOf(e)), shape) // %T would put every index on the Go heap
		}
	}
	if used > shape.rank {
		fail(op, fmt.Sprintf("%d indices for %d dimensions", used, shape.rank), shape)
	}
	if ellipses > 1 {
		fail(op, "there is more than one Ellipsis", shape)
	}
	s.view = x
	dim, from := 0, 0 // the dimension of the view, and of x
	for _, e := range index {
		switch e := e.(type) {
		case int:
			s.selectIndex(op, shape, &dim, &from, e)
		case Range:
			n := s.view.h.Dims[dim]
			first, count, step, reversed := e.resolve(n)
			if first != 0 || count != n || step != 1 {
				s.view = Apply1(slice{dim: dim, start: first, step: step, n: count, whole: n}, s.view)
			}
			if reversed && count > 1 {
				s.reversed[s.nReversed] = dim
				s.nReversed++
			}
			dim++
			from++
		case placeholder:
			switch e {
			case All:
				dim++
				from++
			case NewAxis:
				s.view = s.view.Unsqueeze(dim)
				dim++
			case Ellipsis:
				dim += shape.rank - used
				from += shape.rank - used
			}
		case []int:
			s.addIndex(&dim, &from, From(e).To(x.Device()))
		case []bool:
			s.addMask(op, shape, &dim, &from, FromBools(e).To(x.Device()))
		case Tensor:
			switch {
			case e.DType() == Bool:
				s.addMask(op, shape, &dim, &from, e)
			case e.Rank() == 0: // a number, as in PyTorch
				s.selectIndex(op, shape, &dim, &from, int(e.Detach().Cast(Int64).Item()))
			default:
				s.addIndex(&dim, &from, e.Detach().Cast(Int64))
			}
		}
	}
	return s
}

// selectIndex selects index i of a dimension.
func (s *subscript) selectIndex(op string, shape Shape, dim, from *int, i int) {
	n := s.view.h.Dims[*dim]
	if i < -n || i >= n {
		fail(op, fmt.Sprintf("index %d of dimension %d does not exist", i, *from), shape)
	}
	s.view = s.view.Select(*dim, i)
	*from++
}

// addIndex records an index tensor for a dimension.
func (s *subscript) addIndex(dim, from *int, places Tensor) {
	s.indices[*dim] = places
	s.n++
	*dim++
	*from++
}

// addMask records the indices at which a mask over some dimensions is true. A mask without dimensions indexes a new
// dimension of size 1.
func (s *subscript) addMask(op string, shape Shape, dim, from *int, mask Tensor) {
	m := mask.Shape()
	for i := range m.rank {
		if n := s.view.h.Dims[*dim+i]; n != m.dims[i] {
			fail(op, fmt.Sprintf("the mask has size %d, dimension %d has %d", m.dims[i], *from+i, n), shape, m)
		}
	}
	if m.rank == 0 {
		s.view = s.view.Unsqueeze(*dim)
		*from--
		s.addIndex(dim, from, mask.Detach().reshape(ShapeOf(1)).NonZero().Select(1, 0))
		return
	}
	places := mask.Detach().NonZero()
	for i := range m.rank {
		s.addIndex(dim, from, places.Select(1, i))
	}
}

// indexedFirst returns the order of the view's dimensions with the indexed ones first, and at, the position of the
// indices' dimensions in the result: that of the indexed dimensions if they are adjacent, else 0.
func (s *subscript) indexedFirst() (order permute, at int) {
	k, rest, first, last := 0, s.n, -1, -1
	for i := range s.view.h.Rank {
		if s.indices[i].Defined() {
			if first < 0 {
				first = i
			}
			last = i
			order.dims[k] = i
			k++
		} else {
			order.dims[rest] = i
			rest++
		}
	}
	if last-first+1 == s.n {
		at = first
	}
	return order, at
}

// packedIndices returns the index tensors without gaps.
func (s *subscript) packedIndices() (indices [MaxRank]Tensor) {
	k := 0
	for i := range s.view.h.Rank {
		if s.indices[i].Defined() {
			indices[k] = s.indices[i]
			k++
		}
	}
	return indices
}

// moveIndexed returns the order of dimensions that moves the first n of rank dimensions to position at; back is the
// inverse order.
func moveIndexed(n, at, rank int) (there, back permute) {
	for i := range rank {
		from := i
		switch {
		case i < at:
			from = n + i
		case i < at+n:
			from = i - at
		}
		there.dims[i] = from
		back.dims[from] = i
	}
	return there, back
}

// Index returns x[index…], as PyTorch's square brackets do. Each index applies to the next dimension of x; dimensions
// after the last index stay whole.
//
//	int                 one element; the dimension is removed
//	Slice(1, 3)         a range
//	Ellipsis, NewAxis   all dimensions between; a new dimension of size 1
//	tensor of integers  elements in any order; []int is a vector
//	tensor of booleans  the elements where it is true, in row-major order; it covers as many dimensions as it has; []bool is a vector
//
// Negative indices count from the end. Index tensors broadcast against each other. Their common shape replaces the
// dimensions that they index, or comes first if these are not adjacent. A tensor of one integer without dimensions is
// an int. Index waits for the values of such tensors and of masks. Without index tensors the result is a view, else a
// copy.
//
//	x.Index(tensor.Slice(1, 3), tensor.Ellipsis, []int{0, 2})
//
// It is described at https://docs.pytorch.org/cppdocs/notes/tensor_indexing.html and
// https://numpy.org/doc/stable/user/basics.indexing.html.
func (x Tensor) Index(index ...any) Tensor {
	s := x.subscript("index", index)
	v := s.reverse(s.view)
	if s.n == 0 {
		return v
	}
	order, at := s.indexedFirst()
	if s.n == 1 && s.indices[at].Rank() == 1 {
		return v.indexSelect(at, v.normalizeIndex("index", s.indices[at], at, x.Shape()))
	}
	v = v.permuted(order)
	indices := s.packedIndices()
	flat, linear, shape := v.linearIndex("index", indices[:s.n])
	y := flat.indexSelect(0, linear).reshape(shape)
	if at > 0 {
		there, _ := moveIndexed(shape.rank-(s.view.h.Rank-s.n), at, shape.rank)
		y = y.permuted(there)
	}
	return y
}

// SetIndex writes y, which broadcasts and is cast, to the elements of t that [Tensor.Index] selects: t[index…] = y. If
// an element is selected several times, the last value in row-major order stays.
func (t Tensor) SetIndex(y Tensor, index ...any) {
	h := t.writable("index_put_")
	sameDevice("index_put_", h, y.header())
	s := t.Detach().subscript("index_put_", index)
	v := s.view
	y = y.Detach()
	if s.n == 0 {
		v.CopyFrom(s.reverse(y.expandValues("index_put_", v.Shape())))
		return
	}
	order, at := s.indexedFirst()
	v = s.reverse(v).permuted(order)
	indices := s.packedIndices()
	rows, linear, shape := v.linearIndex("index_put_", indices[:s.n])
	result := shape
	lead := shape.rank - (s.view.h.Rank - s.n)
	there, back := moveIndexed(lead, at, shape.rank)
	for i := range shape.rank {
		result.dims[i] = shape.dims[there.dims[i]]
	}
	y = y.Cast(t.DType()).expandValues("index_put_", result).permuted(back).reshape(rows.Shape().With(0, linear.Len()))
	inPlace := rows.h.store == h.store // else linearIndex had to copy, or the view was reversed
	if y.h.store == rows.h.store {     // an element could be overwritten before it is read
		y = y.copyTo(h.scope)
	}
	places := linear.expandIndex(rows.Shape(), 0)
	rows.h.store.dev.Scatter(rows.h.markWritten(), &places.h.Array, &y.h.Array, 0)
	if inPlace {
		return
	}
	s.view.CopyFrom(s.reverse(rows.reshape(v.Shape()).permuted(invert(order, v.h.Rank))))
}

// expandValues returns y expanded to shape. Extra leading dimensions of size 1 are removed.
func (y Tensor) expandValues(op string, shape Shape) Tensor {
	for y.Rank() > shape.rank && y.h.Dims[0] == 1 {
		y = y.Select(0, 0)
	}
	if broadcast(op, shape, y.Shape()) != shape {
		fail(op, "the values do not broadcast to the selected elements", shape, y.Shape())
	}
	return y.expand(shape)
}

// permuted is Permute by a valid order; x itself if the order changes nothing.
func (x Tensor) permuted(o permute) Tensor {
	for i := range x.h.Rank {
		if o.dims[i] != i {
			return Apply1(o, x)
		}
	}
	return x
}

// invert returns the order that undoes another.
func invert(o permute, rank int) (inverse permute) {
	for i := range rank {
		inverse.dims[o.dims[i]] = i
	}
	return inverse
}

// IndexPut returns a copy of x with values, which broadcast, written to the elements that [Tensor.Index] selects. If an
// element is selected several times, the last value in row-major order stays. With accumulate the values are added
// instead. Gradients flow to x and to values. It panics if values have another type than x. It takes 8 bytes for each
// element of x unless all indices are int64 tensors.
func (x Tensor) IndexPut(values Tensor, accumulate bool, index ...any) Tensor {
	s := x.Shape()
	flat, linear, shape := x.indexPositions(index)
	if values.DType() != x.DType() {
		fail("index_put", "the values are "+values.DType().String()+", not "+x.DType().String(), shape, values.Shape())
	}
	values = values.expandValues("index_put", shape).reshape(flat.Shape().With(0, linear.Len()))
	places := linear.expandIndex(flat.Shape(), 0)
	if accumulate {
		return Apply3(scatterAdd{}, flat, places, values).reshape(s)
	}
	return Apply3(scatter{}, flat, places, values).reshape(s)
}

// indexPositions returns x with its leading dimensions joined to one, the indices along that dimension of the elements
// that index selects, and the shape of the selection.
func (x Tensor) indexPositions(index []any) (flat, linear Tensor, shape Shape) {
	var indices [MaxRank]Tensor
	n := 0
	for i, e := range index[:min(len(index), MaxRank)] {
		if t, ok := e.(Tensor); ok && t.DType() == Int64 {
			indices[i] = t
			n++
		}
	}
	if n > 0 && n == len(index) {
		return x.linearIndex("index_put", indices[:n])
	}
	all := x.arange(x.Len(), 0, 1).reshape(x.Shape()).Index(index...)
	return x.reshape(ShapeOf(x.Len())), all.reshape(ShapeOf(all.Len())), all.Shape()
}

// normalizeIndex checks the values of an index tensor along dim, and replaces negative ones by those from the front. It
// returns the index in the result's scope, so that what is computed from it takes its memory there.
func (x Tensor) normalizeIndex(op string, t Tensor, dim int, shape Shape) Tensor {
	if s := commonScope(op, x, t); s != nil {
		t = t.InScope(s)
	}
	d := x.h.Dims[dim]
	c := device.Check{Op: op, Lo: float64(-d), Hi: float64(d - 1), Format: outsideDimension, Args: [2]int{dim, d},
		Shapes: [2]device.Shape{shape.deviceShape(), t.Shape().deviceShape()}}
	negative := true // assumed if the device does not know yet
	if checkRange(t, c) {
		c.Lo = 0
		negative = t.h.store.dev.Check(&t.h.Array, c).Failed
	}
	if negative {
		t = t.Add(t.LessScalar(0).Cast(Int64).MulScalar(float64(d)))
	}
	return t
}

// linearIndex joins the leading dimensions of x to one, and the index tensors to linear indices along it. shape is that
// of the selection.
func (x Tensor) linearIndex(op string, indices []Tensor) (flat, index Tensor, shape Shape) {
	s := x.Shape()
	k := len(indices)
	if k == 0 || k > s.rank {
		fail(op, fmt.Sprintf("%d indices", k), s)
	}
	n := 1
	for i, t := range indices {
		t = x.normalizeIndex(op, t, i, s)
		if i == 0 {
			index = t
		} else {
			index = index.MulScalar(float64(s.dims[i])).Add(t)
		}
		n *= s.dims[i]
	}
	shape = index.Shape()
	rest := Shape{rank: s.rank - k + 1}
	if shape.rank+s.rank-k > MaxRank {
		fail(op, "the result would have too many dimensions", s, shape)
	}
	rest.dims[0] = n
	copy(rest.dims[1:], s.dims[k:s.rank])
	copy(shape.dims[shape.rank:], s.dims[k:s.rank])
	shape.rank += s.rank - k
	shape.checkSize(op, s, index.Shape())
	return x.reshape(rest), index.reshape(ShapeOf(index.Len())), shape
}
