package tensor

import "fmt"

// ArgSort returns the int64 indices that sort x along dim in ascending or descending order. The sort is stable, and NaN
// counts as the largest.
func (x Tensor) ArgSort(dim int, descending bool) Tensor {
	return Apply1(argSort{dim: x.Shape().axisOrNumber("sort", dim), descending: descending, first: -1}, x)
}

type argSort struct {
	SavesNothing
	dim        int
	descending bool
	first      int // how many indices to return; −1 means all
}

func (o argSort) Forward(s *Scope, x Tensor) Tensor {
	shape := x.Shape()
	if o.first >= 0 {
		shape.dims[o.dim] = o.first
	}
	y := s.NewEmpty(x, Int64, shape)
	x.h.store.dev.ArgSort(&y.h.Array, &x.h.Array, o.dim, o.descending)
	return y
}
func (argSort) Backward(x, y, dy Tensor) Tensor { return Tensor{} }

// Sort returns x's elements in ascending or descending order along dim, and their indices in x. The sort is stable, and
// NaN counts as the largest.
func (x Tensor) Sort(dim int, descending bool) (values, indices Tensor) {
	dim = x.Shape().axisOrNumber("sort", dim)
	indices = x.Detach().ArgSort(dim, descending)
	return Apply2(gather{dim: dim}, x, indices), indices
}

// TopK returns the k largest, or smallest, elements along dim in sorted order, and their indices in x. Of equal
// elements it takes the first.
func (x Tensor) TopK(k, dim int, largest bool) (values, indices Tensor) {
	s := x.Shape()
	dim = s.axisOrNumber("topk", dim)
	n := 1
	if s.rank > 0 {
		n = s.dims[dim]
	}
	if k < 0 || k > n {
		fail("topk", fmt.Sprintf("there are not %d elements along dimension %d", k, dim), s)
	}
	if s.rank == 0 {
		if k == 0 {
			fail("topk", "k is 0 for a tensor without dimensions", s)
		}
		return x.Clone(), x.Detach().ArgSort(dim, largest)
	}
	indices = Apply1(argSort{dim: dim, descending: largest, first: k}, x.Detach())
	return Apply2(gather{dim: dim}, x, indices), indices
}

// Unique returns the distinct values of x in ascending order; inverse, for each element of x the index of its value in
// values; and counts, how often each value occurs. NaN differs from NaN. It waits for x's values.
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
	values = v.indexSelect(0, firsts)
	counts = Cat(0, firsts.Narrow(0, 1, firsts.Len()-1), zero.AddScalar(float64(n))).Sub(firsts)
	group := Cat(0, zero.Cast(Bool), differs).CumSum(0)
	return values, order.Scatter(0, order, group).reshape(s), counts
}
