package tensor

import (
	"fmt"
)

// Unfold returns all windows of size elements along dim, step apart, as a view: dim is the window's number, and a new
// last dimension the index in the window.
//
//	(a, n, b) → (a, (n−size)/step + 1, b, size) for dim 1
func (x Tensor) Unfold(dim, size, step int) Tensor {
	s := x.Shape()
	dim = s.axisOrNumber("unfold", dim)
	n := 1
	if s.rank > 0 {
		n = s.dims[dim]
	}
	if size < 0 || size > n || step <= 0 {
		fail("unfold", fmt.Sprintf("there are no windows of %d elements with step %d along a dimension of size %d",
			size, step, n), s)
	}
	if s.rank == MaxRank {
		fail("unfold", "the result would have too many dimensions", s)
	}
	out := s
	if s.rank > 0 {
		out.dims[dim] = (n-size)/step + 1
	}
	out.dims[s.rank] = size
	out.rank++
	out.checkSize("unfold", s)
	return Apply1(unfold{dim: dim, size: size, step: step}, x)
}

type unfold struct {
	SavesNothing
	dim, size, step int
}

func (o unfold) Forward(s *Scope, x Tensor) Tensor {
	h := s.view(x.h)
	h.Dims[h.Rank], h.Strides[h.Rank] = o.size, 1
	if h.Rank > 0 {
		h.Strides[h.Rank] = x.h.Strides[o.dim]
		h.Dims[o.dim] = (x.h.Dims[o.dim]-o.size)/o.step + 1
		h.Strides[o.dim] *= o.step
	}
	h.Rank++
	h.Refresh()
	return h.handle()
}

// Backward adds each window of dy to the positions that it was read from.
func (o unfold) Backward(x, y, dy Tensor) Tensor {
	s := x.Shape()
	if s.rank == 0 {
		return dy.Sum(-1)
	}
	windows := y.Dim(o.dim)
	// Move the windows' elements next to the windows, and join both to one dimension.
	var order permute
	for i := range s.rank + 1 {
		switch {
		case i <= o.dim:
			order.dims[i] = i
		case i == o.dim+1:
			order.dims[i] = s.rank
		default:
			order.dims[i] = i - 1
		}
	}
	src := Apply1(order, dy).reshape(s.With(o.dim, windows*o.size))
	places := dy.arange(windows, 0, float64(o.step)).Unsqueeze(1).Add(dy.arange(o.size, 0, 1)).reshape(Shape{rank: 1,
		dims: [MaxRank]int{windows * o.size}})
	return Apply2(gatherGrad{o.dim, s}, places.expandIndex(s, o.dim), src)
}
