package tensor

import (
	"fmt"
)

// Cat concatenates tensors along dim; their other sizes must be equal. If types differ, the result has their common
// type. Empty vectors are ignored among tensors of other shapes, as in PyTorch.
//
//	(a, n, b), (a, m, b) → (a, n+m, b)
func Cat(dim int, xs ...Tensor) Tensor {
	xs = withoutEmpty(toResultType("cat", xs))
	s := xs[0].Shape()
	if onlyEmpty(xs) {
		dim = 0 // PyTorch accepts any dim here
	}
	dim = s.axis("cat", dim)
	all := s
	for _, x := range xs[1:] {
		o := x.Shape()
		if o.rank != s.rank || o.With(dim, 0) != s.With(dim, 0) {
			fail("cat", "sizes differ in a dimension other than the concatenated one", s, o)
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

// withoutEmpty returns xs without empty vectors if some tensors are not vectors.
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

// Stack concatenates tensors of one shape along a new dimension, which is dimension dim of the result.
//
//	(a, b), (a, b) → (2, a, b) for dim 0
func Stack(dim int, xs ...Tensor) Tensor {
	xs = toResultType("stack", xs)
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
	return cat{dim: dim, stack: true}.of(xs)
}

// toResultType returns xs cast to their common type; xs itself if they have one type.
func toResultType(op string, xs []Tensor) []Tensor {
	if len(xs) == 0 {
		fail(op, "there are no tensors")
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

// cat concatenates along dim. With stack, dim is a new dimension in which each input has size 1.
type cat struct {
	SavesNothing
	dim   int
	stack bool
}

func (o cat) of(xs []Tensor) Tensor {
	var y [1]Tensor
	ApplyN(o, y[:], xs...)
	return y[0]
}

func (o cat) Forward(s *Scope, xs, ys []Tensor) {
	shape := xs[0].Shape()
	if o.stack {
		copy(shape.dims[o.dim+1:], shape.dims[o.dim:shape.rank])
		shape.rank++
		shape.dims[o.dim] = len(xs)
	} else {
		shape.dims[o.dim] = 0
		for _, x := range xs {
			shape.dims[o.dim] += x.h.Dims[o.dim]
		}
	}
	y := s.NewEmpty(xs[0], xs[0].DType(), shape)
	part := s.view(y.h)
	at := 0
	for _, x := range xs {
		part.Array = y.h.Array
		part.Offset += at * part.Strides[o.dim]
		part.Rank, part.Dims = x.h.Rank, x.h.Dims
		if o.stack {
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
		if !o.stack {
			n = x.h.Dims[o.dim]
		}
		if x.NeedsGrad() {
			if o.stack {
				dxs[i] = dy.Select(o.dim, i)
			} else {
				dxs[i] = dy.Narrow(o.dim, at, n)
			}
		}
		at += n
	}
}

// Split returns views of x with size elements each along dim; the last has the remainder.
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

// SplitSizes returns views of x with the given sizes along dim, whose sum must be x's size.
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

// Chunk returns n views of x along dim, of ⌈size/n⌉ elements each except the last. It returns fewer than n if they hold
// all elements, as torch.chunk does.
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
