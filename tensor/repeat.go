package tensor

import "fmt"

// Repeat returns a copy of x repeated counts[i] times along dimension i. More counts than dimensions add dimensions in
// front.
//
//	(a, b) repeated (r, s) times → (r·a, s·b)
func (x Tensor) Repeat(counts ...int) Tensor {
	s := x.Shape()
	if len(counts) < s.rank || len(counts) > MaxRank {
		fail("repeat", fmt.Sprintf("%d counts are too few or too many", len(counts)), s)
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
	x = x.reshapeUnitDims(out)
	if !changes {
		return x.Clone()
	}
	for i, n := range counts {
		if n != 1 {
			x = x.repeatPieces("repeat", i, n, 1)
		}
	}
	return x
}

// RepeatInterleave returns a copy of x with each slice along dim repeated n times, one after another.
func (x Tensor) RepeatInterleave(n, dim int) Tensor {
	s := x.Shape()
	dim = s.axis("repeat_interleave", dim)
	if n < 0 {
		fail("repeat_interleave", fmt.Sprintf("%d times", n), s)
	}
	return x.repeatPieces("repeat_interleave", dim, n, s.dims[dim])
}

// repeatPieces divides dimension dim into pieces of equal size, and returns a copy of x with each piece repeated n
// times.
func (x Tensor) repeatPieces(op string, dim, n, pieces int) Tensor {
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

// Roll returns a copy of x with the elements shifted by places along dim; those that leave at one end enter at the
// other.
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

// Flip returns a copy of x with the elements reversed along dims; no dims means all.
func (x Tensor) Flip(dims ...int) Tensor {
	return Apply1(flip{dims: x.Shape().axes("flip", dims)}, x)
}

type flip struct {
	SavesNothing
	dims [MaxRank]bool
}

func (o flip) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), x.Shape())
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
