package tensor

import (
	"fmt"
	"math"
)

// Cat joins tensors along dim; their other sizes are equal. Where types differ, the result has their common type. The gradient of
// each is its part of the result's. An empty vector may stand among tensors of any shape, as in PyTorch.
//
//	(a, n, b), (a, m, b) → (a, n+m, b)
func Cat(dim int, xs ...Tensor) Tensor {
	xs = withoutEmpty(alike("cat", xs))
	s := xs[0].Shape()
	if onlyEmpty(xs) {
		dim = 0 // whatever it is, as in PyTorch
	}
	dim = s.axis("cat", dim)
	all := s
	for _, x := range xs[1:] {
		o := x.Shape()
		if o.rank != s.rank || o.With(dim, 0) != s.With(dim, 0) {
			fail("cat", "sizes differ beside the dimension that is joined", s, o)
		}
		all.dims[dim] = saturatingAdd(all.dims[dim], o.dims[dim])
		all.checkSize("cat", s, o)
	}
	return cat{dim: dim}.of(xs)
}

// onlyEmpty reports whether all of xs are empty vectors.
func onlyEmpty(xs []Tensor) bool {
	for _, x := range xs {
		if x.h.Rank != 1 || x.h.Size != 0 {
			return false
		}
	}
	return true
}

// withoutEmpty returns xs without empty vectors where others are none.
func withoutEmpty(xs []Tensor) []Tensor {
	empty := ShapeOf(0)
	skip, others := false, false
	for _, x := range xs {
		skip = skip || x.Shape() == empty
		others = others || x.h.Rank != 1
	}
	if !skip || !others {
		return xs
	}
	var rest []Tensor
	for _, x := range xs {
		if x.Shape() != empty {
			rest = append(rest, x)
		}
	}
	return rest
}

// Stack joins tensors of one shape along a new dimension, which stands at place dim of the result.
//
//	(a, b), (a, b) → (2, a, b) for dim 0
func Stack(dim int, xs ...Tensor) Tensor {
	xs = alike("stack", xs)
	s := xs[0].Shape()
	if s.rank == MaxRank {
		fail("stack", "the result would have too many dimensions", s)
	}
	for _, x := range xs[1:] {
		if x.Shape() != s {
			fail("stack", "shapes differ", s, x.Shape())
		}
	}
	out := s
	out.rank++
	dim = out.axis("stack", dim)
	copy(out.dims[dim+1:], s.dims[dim:s.rank])
	out.dims[dim] = len(xs)
	out.checkSize("stack", s)
	return cat{dim: dim, fresh: true}.of(xs)
}

// alike returns xs in their common type; xs itself where they have one.
func alike(op string, xs []Tensor) []Tensor {
	if len(xs) == 0 {
		fail(op, "there is nothing to join")
	}
	dt := resultType(xs)
	for i, x := range xs {
		if x.DType() != dt {
			cast := append([]Tensor(nil), xs...)
			for j := i; j < len(xs); j++ {
				cast[j] = xs[j].Cast(dt)
			}
			return cast
		}
	}
	return xs
}

// cat joins along dim; fresh says that each input has size 1 in a dimension that it does not have.
type cat struct {
	SavesNothing
	dim   int
	fresh bool
}

func (o cat) of(xs []Tensor) Tensor {
	var y [1]Tensor
	ApplyN(o, y[:], xs...)
	return y[0]
}

func (o cat) Forward(s *Scope, xs, ys []Tensor) {
	shape := xs[0].Shape()
	if o.fresh {
		copy(shape.dims[o.dim+1:], shape.dims[o.dim:shape.rank])
		shape.rank++
		shape.dims[o.dim] = len(xs)
	} else {
		shape.dims[o.dim] = 0
		for _, x := range xs {
			shape.dims[o.dim] += x.h.Dims[o.dim]
		}
	}
	y := s.Empty(xs[0], xs[0].DType(), shape)
	part := s.view(y.h)
	at := 0
	for _, x := range xs {
		part.Array = y.h.Array
		part.Offset += at * part.Strides[o.dim]
		part.Rank, part.Dims = x.h.Rank, x.h.Dims
		if o.fresh {
			copy(part.Strides[o.dim:], y.h.Strides[o.dim+1:y.h.Rank])
			at++
		} else {
			at += x.h.Dims[o.dim]
		}
		part.Refresh()
		if part.Size > 0 {
			x.h.store.dev.Copy(&part.Array, &x.h.Array)
		}
	}
	ys[0] = y
}

func (o cat) Backward(xs, _, dys, dxs []Tensor) {
	dy := dys[0]
	at := 0
	for i, x := range xs {
		n := 1
		if !o.fresh {
			n = x.h.Dims[o.dim]
		}
		if x.NeedsGrad() {
			if o.fresh {
				dxs[i] = dy.Select(o.dim, i)
			} else {
				dxs[i] = dy.Narrow(o.dim, at, n)
			}
		}
		at += n
	}
}

// Split returns views of x with size elements each along dim; the last has what remains.
func (x Tensor) Split(size, dim int) []Tensor {
	s := x.Shape()
	dim = s.axis("split", dim)
	n := s.dims[dim]
	if size < 0 || size == 0 && n > 0 {
		fail("split", fmt.Sprintf("parts of %d elements", size), s)
	}
	parts := hostSlice[Tensor]("split", n/max(size, 1)+1, s)[:0]
	for at := 0; at < n || len(parts) == 0; at += size {
		parts = append(parts, x.Narrow(dim, at, min(size, n-at)))
	}
	return parts
}

// SplitSizes returns views of x with the given sizes along dim, which add up to x's.
func (x Tensor) SplitSizes(dim int, sizes ...int) []Tensor {
	s := x.Shape()
	dim = s.axis("split", dim)
	sum := 0
	for _, n := range sizes {
		sum += n
	}
	if sum != s.dims[dim] {
		fail("split", fmt.Sprintf("the sizes add up to %d, dimension %d has %d", sum, dim, s.dims[dim]), s)
	}
	parts := make([]Tensor, len(sizes))
	at := 0
	for i, n := range sizes {
		parts[i] = x.Narrow(dim, at, n)
		at += n
	}
	return parts
}

// Chunk returns n views of x along dim, each of ⌈size/n⌉ elements but the last, and fewer than n where those do not fill them, as
// torch.chunk does.
func (x Tensor) Chunk(n, dim int) []Tensor {
	s := x.Shape()
	dim = s.axis("chunk", dim)
	if n <= 0 {
		fail("chunk", fmt.Sprintf("%d parts", n), s)
	}
	size := (s.dims[dim] + n - 1) / n
	if size == 0 {
		parts := hostSlice[Tensor]("chunk", n, s)
		for i := range parts {
			parts[i] = x.Narrow(dim, 0, 0)
		}
		return parts
	}
	return x.Split(size, dim)
}

// Repeat returns a copy of x laid out counts[i] times along dimension i. More numbers than dimensions add dimensions in front.
//
//	(a, b) repeated (r, s) times → (r·a, s·b)
func (x Tensor) Repeat(counts ...int) Tensor {
	s := x.Shape()
	if len(counts) < s.rank || len(counts) > MaxRank {
		fail("repeat", fmt.Sprintf("%d numbers are too few or too many", len(counts)), s)
	}
	out := Shape{rank: len(counts)}
	for i := range counts {
		out.dims[i] = 1
		if j := i - (len(counts) - s.rank); j >= 0 {
			out.dims[i] = s.dims[j]
		}
	}
	final := out
	changes := false
	for i, n := range counts {
		if n < 0 {
			fail("repeat", fmt.Sprintf("%d times", n), s)
		}
		final.dims[i] = saturatingMul(out.dims[i], n)
		changes = changes || n != 1
	}
	final.checkSize("repeat", s)
	x = x.reshapeOnes(out)
	if !changes {
		return x.Clone()
	}
	for i, n := range counts {
		if n != 1 {
			x = x.laidOut("repeat", i, n, 1)
		}
	}
	return x
}

// RepeatInterleave returns a copy of x with each element along dim n times in a row.
func (x Tensor) RepeatInterleave(n, dim int) Tensor {
	s := x.Shape()
	dim = s.axis("repeat_interleave", dim)
	if n < 0 {
		fail("repeat_interleave", fmt.Sprintf("%d times", n), s)
	}
	return x.laidOut("repeat_interleave", dim, n, s.dims[dim])
}

// laidOut returns a copy of x with each of the given number of pieces of dimension dim repeated n times.
func (x Tensor) laidOut(op string, dim, n, pieces int) Tensor {
	s := x.Shape()
	outer, inner := 1, 1
	for i := range s.rank {
		if i < dim {
			outer *= s.dims[i]
		} else {
			inner *= s.dims[i]
		}
	}
	if pieces == 0 || s.dims[dim] == 0 {
		return x.Clone()
	}
	out := s
	out.dims[dim] = saturatingMul(s.dims[dim], n)
	out.checkSize(op, s)
	rows := Shape{rank: 3, dims: [MaxRank]int{outer * pieces, 1, inner / pieces}}
	return x.reshape(rows).expand(rows.With(1, n)).Clone().reshape(out)
}

// Roll returns a copy of x with the elements moved by places along dim; what leaves at one end comes in at the other.
func (x Tensor) Roll(places, dim int) Tensor {
	s := x.Shape()
	dim = s.axisOrNumber("roll", dim)
	n := s.dims[dim]
	if n < 2 || places%n == 0 {
		return x.Clone()
	}
	cut := ((-places)%n + n) % n
	return Cat(dim, x.Narrow(dim, cut, n-cut), x.Narrow(dim, 0, cut))
}

// Flip reverses the order of the elements along dims; none means all.
func (x Tensor) Flip(dims ...int) Tensor {
	return Apply1(flip{dims: x.Shape().axes("flip", dims)}, x)
}

type flip struct {
	SavesNothing
	dims [MaxRank]bool
}

func (o flip) Forward(s *Scope, x Tensor) Tensor {
	y := s.Empty(x, x.DType(), x.Shape())
	h := s.view(x.h)
	for i, n := range h.Dims[:h.Rank] {
		if o.dims[i] && n > 1 {
			h.Offset += (n - 1) * h.Strides[i]
			h.Strides[i] = -h.Strides[i]
		}
	}
	h.Refresh()
	if h.Size > 0 {
		x.h.store.dev.Copy(&y.h.Array, &h.Array)
	}
	return y
}
func (o flip) Backward(x, y, dy Tensor) Tensor { return Apply1(o, dy) }

// Pad returns a copy of x with v around it. There are two numbers for each dimension, from the last one backwards: how many elements to
// add before it and after; negative ones take away.
//
//	x.Pad(0, 1, 2) adds one zero before and two after along the last dimension
func (x Tensor) Pad(v float64, sides ...int) Tensor {
	x.checkPad(sides)
	x.DType().checkBounds("pad", v, x.Shape())
	grows := false
	s := x.Shape()
	out := s
	var o padding
	o.v = v
	for i := 0; i < len(sides); i += 2 {
		dim := x.h.Rank - 1 - i/2
		if cut := min(sides[i], 0) + min(sides[i+1], 0); cut < 0 {
			if x.h.Dims[dim]+cut < 0 {
				fail("pad", "more is taken away than there is", x.Shape())
			}
			x = x.Narrow(dim, -min(sides[i], 0), x.h.Dims[dim]+cut)
		}
		o.before[dim], o.after[dim] = max(sides[i], 0), max(sides[i+1], 0)
		out.dims[dim] = saturatingAdd(x.h.Dims[dim], saturatingAdd(o.before[dim], o.after[dim]))
		grows = grows || out.dims[dim] > x.h.Dims[dim]
	}
	out.checkSize("pad", s)
	if !grows {
		return x.Clone()
	}
	return Apply1(o, x)
}

func (x Tensor) checkPad(sides []int) {
	if len(sides)%2 != 0 || len(sides) > 2*x.Rank() {
		fail("pad", fmt.Sprintf("%d numbers: two for each dimension, at most all", len(sides)), x.Shape())
	}
}

type padding struct {
	SavesNothing
	before, after [MaxRank]int
	v             float64
}

func (o padding) Forward(s *Scope, x Tensor) Tensor {
	shape := x.Shape()
	for i := range shape.rank {
		shape.dims[i] += o.before[i] + o.after[i]
	}
	y := s.Empty(x, x.DType(), shape)
	dev := x.h.store.dev
	dev.Fill(&y.h.Array, o.v)
	if x.h.Size == 0 {
		return y
	}
	inside := s.view(y.h)
	inside.Dims = x.h.Dims
	for i := range shape.rank {
		inside.Offset += o.before[i] * inside.Strides[i]
	}
	inside.Refresh()
	dev.Copy(&inside.Array, &x.h.Array)
	return y
}

func (o padding) Backward(x, y, dy Tensor) Tensor {
	for i := range x.h.Rank {
		if o.before[i]+o.after[i] > 0 {
			dy = dy.Narrow(i, o.before[i], x.h.Dims[i])
		}
	}
	return dy
}

// PadReflect is Pad with x's elements mirrored at its first and last, which are not repeated: fewer than the size are possible.
func (x Tensor) PadReflect(sides ...int) Tensor {
	return x.padIndexed(sides, func(n int) int { return n - 1 }, func(i Tensor, n int) Tensor {
		return i.Abs().AddScalar(float64(1 - n)).Abs().Neg().AddScalar(float64(n - 1))
	})
}

// PadReplicate is Pad with copies of x's first and last element.
func (x Tensor) PadReplicate(sides ...int) Tensor {
	return x.padIndexed(sides, func(n int) int {
		if n == 0 {
			return 0
		}
		return math.MaxInt
	}, func(i Tensor, n int) Tensor { return i.Clamp(0, float64(n-1)) })
}

// PadCircular is Pad with x's elements from the other end: at most the size. What negative numbers take away goes first.
func (x Tensor) PadCircular(sides ...int) Tensor {
	x.checkPad(sides)
	grows := make([]int, len(sides))
	for i, n := range sides {
		grows[i] = max(n, 0)
		if n < 0 {
			x = x.cut(x.h.Rank-1-i/2, n, i%2 == 0)
		}
	}
	return x.padIndexed(grows, func(n int) int { return n }, func(i Tensor, n int) Tensor {
		return i.AddScalar(float64(n)).Remainder(i.NewFull(float64(n)))
	})
}

// cut takes −n elements away, from the front of a dimension or from its end.
func (x Tensor) cut(dim, n int, front bool) Tensor {
	size := x.h.Dims[dim]
	switch {
	case size+n < 0:
		fail("pad", "more is taken away than there is", x.Shape())
	case front:
		return x.Narrow(dim, -n, size+n)
	}
	return x.Narrow(dim, 0, size+n)
}

// padIndexed picks the elements that a map of places from −before to n+after names; at most most(n) are added at each end.
func (x Tensor) padIndexed(sides []int, most func(n int) int, place func(i Tensor, n int) Tensor) Tensor {
	x.checkPad(sides)
	s, changed := x.Shape(), false
	out := s
	for i := 0; i < len(sides); i += 2 {
		dim := s.rank - 1 - i/2
		out.dims[dim] = saturatingAdd(saturatingAdd(s.dims[dim], sides[i]), sides[i+1])
		out.With(dim, max(out.dims[dim], 0)).checkSize("pad", s)
	}
	for i := 0; i < len(sides); i += 2 {
		dim := s.rank - 1 - i/2
		n, before, after := s.dims[dim], sides[i], sides[i+1]
		if before == 0 && after == 0 {
			continue
		}
		if max(before, after) > most(n) || out.dims[dim] < 0 {
			fail("pad", fmt.Sprintf("%d before and %d after are impossible along dimension %d", before, after, dim), s)
		}
		x = x.pick(dim, place(x.counting(out.dims[dim], float64(-before), 1), n))
		changed = true
	}
	if !changed {
		return x.Clone()
	}
	return x
}

// counting returns n integers from start on, step apart, in x's scope.
func (x Tensor) counting(n int, start, step float64) Tensor {
	h := x.header()
	y := h.scope.alloc(h.store.dev, Int64, Shape{rank: 1, dims: [MaxRank]int{n}})
	h.store.dev.Range(&y.h.Array, start, step)
	return y
}
