package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Reductions take the dimensions to reduce; none means all. The reduced dimensions are gone from the result: Unsqueeze with the
// same numbers brings them back with size 1, as PyTorch's keepdim does.

// reduce joins the elements over some dimensions; keep is the shape with size 1 there, shape the one without them.
func (s *Scope) reduce(kind device.Reduction, x Tensor, dims [MaxRank]bool, dt DType) Tensor {
	keep, shape := reduced(x.Shape(), dims)
	y := s.Empty(x, dt, keep)
	x.h.store.dev.Reduce(kind, &y.h.Array, &x.h.Array)
	y.h.SetDense(shape.dims[:shape.rank])
	return y
}

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

// spread brings a tensor of the reduced shape back to x's shape: size 1 where it was reduced, then stretched.
func (y Tensor) spread(x Shape, dims [MaxRank]bool) Tensor {
	keep, _ := reduced(x, dims)
	return y.reshape(keep).expand(x)
}

// Sum returns the sum over dims. Integers and booleans are summed in int64.
func (x Tensor) Sum(dims ...int) Tensor {
	set := x.Shape().axes("sum", dims)
	if !x.DType().IsFloat() {
		x = x.Cast(Int64)
	}
	return Apply1(sum{dims: set}, x)
}

type sum struct {
	SavesNothing
	dims [MaxRank]bool
}

func (o sum) Forward(s *Scope, x Tensor) Tensor { return s.reduce(device.Sum, x, o.dims, x.DType()) }
func (o sum) Backward(x, y, dy Tensor) Tensor   { return dy.spread(x.Shape(), o.dims) }

// Mean returns the mean over dims, NaN where there is nothing to average.
func (x Tensor) Mean(dims ...int) Tensor {
	x = x.float()
	n := 1
	for i, in := range x.Shape().axes("mean", dims) {
		if in {
			n *= x.h.Dims[i]
		}
	}
	return x.Sum(dims...).DivScalar(float64(n))
}

// Prod returns the product over dims.
func (x Tensor) Prod(dims ...int) Tensor {
	set := x.Shape().axes("prod", dims)
	if !x.DType().IsFloat() {
		x = x.Cast(Int64)
	}
	return Apply1(prod{set}, x)
}

type prod struct{ dims [MaxRank]bool }

func (o prod) Forward(s *Scope, x Tensor) Tensor { return s.reduce(device.Prod, x, o.dims, x.DType()) }

// Backward divides the product by each factor. Where a factor is 0 that says nothing, so there the product of the others is taken:
// with one zero it is the product of the rest, with two it is 0.
func (o prod) Backward(x, y, dy Tensor) Tensor {
	zero := x.EqualScalar(0)
	zeros := zero.Cast(x.DType())
	others := Apply1(sum{dims: o.dims}, zeros).spread(x.Shape(), o.dims).Sub(zeros)
	rest := Apply1(o, Where(zero, x.NewFull(1), x)).spread(x.Shape(), o.dims)
	rest = rest.Div(Where(zero, x.NewFull(1), x))
	return dy.spread(x.Shape(), o.dims).Mul(Where(others.EqualScalar(0), rest, rest.MulScalar(0)))
}

// Max returns the largest element over dims, NaN where there is one. The gradient is shared among equals, as PyTorch's amax does.
func (x Tensor) Max(dims ...int) Tensor {
	return Apply1(extreme{device.Max, x.extremeDims("max", dims)}, x)
}

// Min returns the smallest element over dims, NaN where there is one. The gradient is shared among equals, as PyTorch's amin does.
func (x Tensor) Min(dims ...int) Tensor {
	return Apply1(extreme{device.Min, x.extremeDims("min", dims)}, x)
}

func (x Tensor) extremeDims(op string, dims []int) [MaxRank]bool {
	set := x.Shape().axes(op, dims)
	for i, in := range set {
		if in && x.h.Dims[i] == 0 {
			fail(op, "nothing to choose from: a reduced dimension has size 0", x.Shape())
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
	hit := x.Equal(y.spread(x.Shape(), o.dims)).Cast(dy.DType())
	count := Apply1(sum{dims: o.dims}, hit)
	return dy.Div(count).spread(x.Shape(), o.dims).Mul(hit)
}

// ArgMax returns the position of the largest element along dim, the first of equals; NaN counts as the largest. The result
// is int64.
func (x Tensor) ArgMax(dim int) Tensor {
	return Apply1(arg{kind: device.ArgMax, dim: x.argDim("argmax", dim)}, x)
}

// ArgMin returns the position of the smallest element along dim, the first of equals; NaN counts as the smallest. The result
// is int64.
func (x Tensor) ArgMin(dim int) Tensor {
	return Apply1(arg{kind: device.ArgMin, dim: x.argDim("argmin", dim)}, x)
}

func (x Tensor) argDim(op string, dim int) int {
	dim = x.Shape().axis(op, dim)
	if x.h.Dims[dim] == 0 {
		fail(op, "nothing to choose from: the dimension has size 0", x.Shape())
	}
	return dim
}

type arg struct {
	SavesNothing
	kind device.Reduction
	dim  int
}

func (o arg) Forward(s *Scope, x Tensor) Tensor {
	var dims [MaxRank]bool
	dims[o.dim] = true
	return s.reduce(o.kind, x, dims, Int64)
}
func (arg) Backward(x, y, dy Tensor) Tensor { return Tensor{} }

// sumTo undoes broadcasting: it sums over the dimensions that were added or stretched to get from shape to x's shape.
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
