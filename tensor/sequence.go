package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
)

// Arange returns start, start + step, … up to before end, as a vector on the heap: ⌈(end−start)/step⌉ numbers.
// It panics where an integer type does not hold them all.
func (o Options) Arange(start, end, step float64) Tensor {
	n := math.Ceil((end - start) / step)
	if step == 0 || !(n >= 0) || n > 1<<40 {
		fail("arange", fmt.Sprintf("from %g to %g by steps of %g", start, end, step))
	}
	if last := start + float64((n-1)*step); n > 0 && !o.DType.IsFloat() {
		o.DType.mustHold("arange", start, ShapeOf(int(n)))
		o.DType.mustHold("arange", last, ShapeOf(int(n)))
	}
	t := o.empty(ShapeOf(int(n)), o.DType)
	o.Device.Impl().Range(&t.h.Array, start, step)
	return t
}

// Linspace returns n numbers from start to end, both included, equally far apart, as a vector on the heap.
func (o Options) Linspace(start, end float64, n int) Tensor {
	if n < 0 {
		fail("linspace", fmt.Sprintf("%d numbers", n))
	}
	v := hostSlice[float64]("linspace", n)
	step := (end - start) / float64(max(1, n-1))
	for i := range v {
		// From both ends, so that each is met and the numbers lie the same way around the middle.
		if v[i] = end - float64(step*float64(n-1-i)); i < n/2 || n == 1 {
			v[i] = start + float64(step*float64(i))
		}
	}
	return Fill(o, v, n)
}

// Eye returns the identity matrix with n rows and columns, on the heap.
func (o Options) Eye(n int) Tensor {
	t := o.Zeros(n, n)
	if n > 0 {
		t.Diagonal(0, 0, 1).SetAll(1)
	}
	return t
}

// RandInt returns whole numbers from lo to before hi, drawn from g as torch.randint draws them. The type is int64 where o names
// none but float32.
func (o Options) RandInt(g *rng.Torch, lo, hi int64, dims ...int) Tensor {
	if o.DType == Float32 {
		o.DType = Int64
	}
	return (*Scope)(nil).integers("RandInt", o, ShapeOf(dims...), g, lo, hi)
}

// RandPerm returns the numbers 0 to n−1 in an order drawn from g as torch.randperm draws it, int64.
func (o Options) RandPerm(g *rng.Torch, n int) Tensor {
	checkGenerator("randperm", g)
	v := hostSlice[int64]("randperm", n)
	g.Randperm(v)
	o.DType = Int64
	return Fill(o, v, n)
}

// Arange returns int64 numbers from 0 to before n, on the heap.
func Arange(n int) Tensor { return Options{DType: Int64}.Arange(0, float64(n), 1) }

// Linspace returns n float32 numbers from start to end, both included, on the heap.
func Linspace(start, end float64, n int) Tensor { return Options{}.Linspace(start, end, n) }

// Eye returns the float32 identity matrix with n rows and columns, on the heap.
func Eye(n int) Tensor { return Options{}.Eye(n) }

// FullLike returns a tensor of x's shape and type in x's scope whose elements are all v.
func (x Tensor) FullLike(v float64) Tensor {
	h := x.header()
	x.DType().mustHold("full_like", v, x.Shape())
	y := h.scope.alloc(h.store.dev, x.DType(), x.Shape())
	h.store.dev.Fill(&y.h.Array, v)
	return y
}

// ZerosLike returns zeros of x's shape and type in x's scope.
func (x Tensor) ZerosLike() Tensor { return x.FullLike(0) }

// OnesLike returns ones of x's shape and type in x's scope.
func (x Tensor) OnesLike() Tensor { return x.FullLike(1) }

// RandLike returns uniform numbers in [0, 1) of x's shape and type in x's scope, as torch.rand_like draws them.
func (x Tensor) RandLike(g *rng.Torch) Tensor {
	return x.Scope().uniform("RandLike", x.options(), x.Shape(), g, 0, 1)
}

// RandNLike returns normal numbers of x's shape and type in x's scope, as torch.randn_like draws them: the noise of a step.
func (x Tensor) RandNLike(g *rng.Torch) Tensor {
	return x.Scope().normal("RandNLike", x.options(), x.Shape(), g)
}

// RandIntLike returns whole numbers from lo to before hi of x's shape and type in x's scope, as torch.randint_like draws them.
func (x Tensor) RandIntLike(g *rng.Torch, lo, hi int64) Tensor {
	return x.Scope().integers("RandIntLike", x.options(), x.Shape(), g, lo, hi)
}

func (x Tensor) options() Options { return Options{x.DType(), x.Device()} }

// Set writes v to the element at the given place. Parts of a tensor are written through views: x.Narrow(…).CopyFrom(y).
func (t Tensor) Set(v float64, index ...int) {
	t.writable("Set")
	if len(index) != t.Rank() {
		fail("Set", fmt.Sprintf("%d numbers for %d dimensions", len(index), t.Rank()), t.Shape())
	}
	y := t.Detach()
	for _, i := range index {
		y = y.Select(0, i)
	}
	y.SetAll(v)
}
