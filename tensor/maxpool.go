package tensor

import (
	"github.com/lamina-ml/lamina/internal/device"
)

func (x Tensor) maxPool(op string, dims int, axes [3]device.Axis) Tensor {
	shape := spatialShape(op, x, dims, &axes)
	if x.DType() == Bool {
		fail(op, "the input must hold numbers, not bool", x.Shape())
	}
	v := x.asVolumes(dims, &axes)
	if hasMaxPool(v.Widen()) {
		return Apply1(maxPool{axes: axes}, v.Widen()).Cast(x.DType()).reshape(shape)
	}
	return v.elementsAt(v.largestInWindows(axes)).reshape(shape)
}

func (x Tensor) maxPoolIndices(dims int, axes [3]device.Axis) (y, index Tensor) {
	shape := spatialShape("max_pool", x, dims, &axes)
	if x.DType() == Bool {
		fail("max_pool", "the input must hold numbers, not bool", x.Shape())
	}
	v := x.asVolumes(dims, &axes)
	if w := v.Widen(); hasMaxPool(w) {
		index = Apply1(maxPoolIndex{axes: axes}, w.Detach()).Cast(Int64)
	} else {
		index = v.largestInWindows(axes)
	}
	return v.elementsAt(index).reshape(shape), index.reshape(shape)
}

// hasMaxPool reports whether x's device has the kernels for its type.
func hasMaxPool(x Tensor) bool {
	_, ok := x.h.store.dev.(device.MaxPooler)
	return ok && (x.DType() == Float32 || x.DType() == Float64)
}

// maxPool takes the largest element of each window of x (n, axes' In): (n, axes' Out).
type maxPool struct {
	SavesNothing
	axes  [3]device.Axis
	index Tensor
}

func (o *maxPool) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), volumesOf(x, &o.axes, false))
	o.index = s.Save(s.NewEmpty(x, Int32, y.Shape()))
	x.h.store.dev.(device.MaxPooler).MaxPool(y.array(), o.index.array(), x.array(), &o.axes)
	return y
}

// Backward returns dx[index] = Σ dy.
func (o *maxPool) Backward(x, y, dy Tensor) Tensor {
	return Apply2(maxPoolGrad{axes: o.axes}, dy.Contiguous(), o.index)
}

// maxPoolGrad is maxPool's gradient. Its own gradient takes the elements that dy was added to.
type maxPoolGrad struct {
	axes [3]device.Axis
}

func (*maxPoolGrad) Saves() Saved { return SaveInput(1) }

func (o *maxPoolGrad) Forward(s *Scope, dy, index Tensor) Tensor {
	dx := s.NewEmpty(dy, dy.DType(), volumesOf(dy, &o.axes, true))
	dy.h.store.dev.(device.MaxPooler).MaxPoolGrad(dx.array(), dy.array(), index.array(), &o.axes)
	return dx
}

func (o *maxPoolGrad) Backward(dy, index, dx, ddx Tensor) (ddy, none Tensor) {
	return ddx.elementsAt(index.Cast(Int64)), Tensor{}
}

// maxPoolIndex returns the positions alone.
type maxPoolIndex struct {
	SavesNothing
	axes [3]device.Axis
}

func (o *maxPoolIndex) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), volumesOf(x, &o.axes, false))
	index := s.NewEmpty(x, Int32, y.Shape())
	x.h.store.dev.(device.MaxPooler).MaxPool(y.array(), index.array(), x.array(), &o.axes)
	return index
}

func (*maxPoolIndex) Backward(x, y, dy Tensor) Tensor { return Tensor{} }

// volumesOf returns the shape (x's first size, axes' Out), or with in (…, axes' In).
func volumesOf(x Tensor, axes *[3]device.Axis, in bool) Shape {
	s := Shape{rank: 4, dims: [MaxRank]int{x.Dim(0)}}
	for i := range axes {
		s.dims[i+1] = axes[i].Out
		if in {
			s.dims[i+1] = axes[i].In
		}
	}
	return s
}

// elementsAt returns the elements of each part of x (n, …) at the row-major positions index (n, …).
func (x Tensor) elementsAt(index Tensor) Tensor {
	return x.Flatten(1).Gather(1, index.Flatten(1)).reshape(index.Shape())
}

// largestInWindows returns the positions of the largest elements of windows of x (n, axes' In), as maxPool finds
// them, by ops.
func (x Tensor) largestInWindows(axes [3]device.Axis) Tensor {
	x = x.Detach().Flatten(1)
	places := positionsInWindows(&axes)
	out := axes[0].Out * axes[1].Out * axes[2].Out
	if out == 0 || x.Dim(0) == 0 {
		return x.NewZeros(x.Dim(0), axes[0].Out, axes[1].Out, axes[2].Out).Cast(Int64)
	}
	index := NewFrom(x.arange(0, 0, 1), places)
	size := len(places) / out
	values := x.IndexSelect(1, index).Reshape(x.Dim(0), out, size)
	best := values.ArgMax(-1)
	if x.DType().IsFloat() { // of several NaN the last
		nan := values.IsNaN()
		best = Where(nan.Any(-1), nan.Cast(Int64).Mul(x.arange(size, 1, 1)).ArgMax(-1), best)
	}
	best = best.Add(x.arange(out, 0, float64(size)))
	return index.IndexSelect(0, best.Flatten(0)).Reshape(x.Dim(0), axes[0].Out, axes[1].Out, axes[2].Out)
}

// positionsInWindows returns the row-major positions of the elements of each window. Windows of fewer elements than
// the largest begin with their first element several times.
func positionsInWindows(axes *[3]device.Axis) []int64 {
	size := 1
	for i := range axes {
		most := 0
		for j := range axes[i].Out {
			lo, hi, step := axes[i].Window(j)
			most = max(most, (hi-lo+step-1)/step)
		}
		size *= most
	}
	var all, window []int64
	for od := range axes[0].Out {
		for oh := range axes[1].Out {
			for ow := range axes[2].Out {
				window = window[:0]
				d0, d1, dstep := axes[0].Window(od)
				h0, h1, hstep := axes[1].Window(oh)
				w0, w1, wstep := axes[2].Window(ow)
				for d := d0; d < d1; d += dstep {
					for h := h0; h < h1; h += hstep {
						for w := w0; w < w1; w += wstep {
							window = append(window, int64((d*axes[1].In+h)*axes[2].In+w))
						}
					}
				}
				for range size - len(window) {
					all = append(all, window[0])
				}
				all = append(all, window...)
			}
		}
	}
	return all
}
