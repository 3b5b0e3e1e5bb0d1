package tensor

import (
	"fmt"
	"math"
)

// Pad returns a copy of x padded with v. sides has two numbers for each dimension, from the last dimension backwards:
// how many elements to add before and after; negative numbers remove elements.
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
				fail("pad", "more elements are removed than the dimension has", x.Shape())
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
		fail("pad", fmt.Sprintf("%d numbers; there must be two for each padded dimension", len(sides)), x.Shape())
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
	y := s.NewEmpty(x, x.DType(), shape)
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

// PadReflect is Pad with elements of x mirrored at the first and at the last, which are not repeated. It adds fewer
// elements to each end than the dimension's size.
func (x Tensor) PadReflect(sides ...int) Tensor {
	return x.padIndexed(sides, func(n int) int { return n - 1 }, func(i Tensor, n int) Tensor {
		return i.Abs().AddScalar(float64(1 - n)).Abs().Neg().AddScalar(float64(n - 1))
	})
}

// PadReplicate is Pad with copies of the first and the last element along each dimension.
func (x Tensor) PadReplicate(sides ...int) Tensor {
	return x.padIndexed(sides, func(n int) int {
		if n == 0 {
			return 0
		}
		return math.MaxInt
	}, func(i Tensor, n int) Tensor { return i.Clamp(0, float64(n-1)) })
}

// PadCircular is Pad with elements from the other end. It adds at most the dimension's size to each end. Negative
// numbers remove elements before any are added.
func (x Tensor) PadCircular(sides ...int) Tensor {
	x.checkPad(sides)
	grows := make([]int, len(sides))
	for i, n := range sides {
		grows[i] = max(n, 0)
		if n < 0 {
			x = x.trim(x.h.Rank-1-i/2, n, i%2 == 0)
		}
	}
	return x.padIndexed(grows, func(n int) int { return n }, func(i Tensor, n int) Tensor {
		return i.AddScalar(float64(n)).Remainder(i.NewFull(float64(n)))
	})
}

// trim removes −n elements from the front of a dimension or from its end.
func (x Tensor) trim(dim, n int, front bool) Tensor {
	size := x.h.Dims[dim]
	switch {
	case size+n < 0:
		fail("pad", "more elements are removed than the dimension has", x.Shape())
	case front:
		return x.Narrow(dim, -n, size+n)
	}
	return x.Narrow(dim, 0, size+n)
}

// padIndexed selects x[place(i)] for i from −before to n+after along each padded dimension. At most most(n) elements
// are added at each end.
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
		x = x.indexSelect(dim, place(x.arange(out.dims[dim], float64(-before), 1), n))
		changed = true
	}
	if !changed {
		return x.Clone()
	}
	return x
}

// arange returns n integers from start on, step apart, in x's scope.
func (x Tensor) arange(n int, start, step float64) Tensor {
	h := x.header()
	y := h.scope.alloc(h.store.dev, Int64, Shape{rank: 1, dims: [MaxRank]int{n}})
	h.store.dev.Range(&y.h.Array, start, step)
	return y
}
