package tensor

import "github.com/lamina-ml/lamina/internal/device"

// resample multiplies each of the last dims dimensions by the matrix that its axis describes. 16-bit floats are
// computed in float32.
func (x Tensor) resample(op string, dims int, axes [3]device.Axis) Tensor {
	shape := spatialShape(op, x, dims, &axes)
	if !x.DType().IsFloat() {
		fail(op, "the input must be floating point, not "+x.DType().String(), x.Shape())
	}
	v := x.asVolumes(dims, &axes).Widen()
	for i := range axes {
		axes[i].Single = v.DType() == Float32
	}
	o := resample{axes: axes}
	var y Tensor
	if _, ok := x.h.store.dev.(device.Resampler); ok {
		y = Apply1(o, v)
	} else {
		y = o.composite(v)
	}
	return y.Cast(x.DType()).reshape(shape)
}

// resample computes y = (D ⊗ H ⊗ W)·x for each part of x (n, d, h, w), with a sparse matrix for each dimension, or
// the product with the transposed matrices. So its gradient is the same with the other.
type resample struct {
	SavesNothing
	axes       [3]device.Axis
	transposed bool
}

func (o *resample) Forward(s *Scope, x Tensor) Tensor {
	y := s.NewEmpty(x, x.DType(), volumesOf(x, &o.axes, o.transposed))
	x.h.store.dev.(device.Resampler).Resample(y.array(), x.array(), &o.axes, o.transposed)
	return y
}

// Backward multiplies by the transposed matrices: in NewGrad's memory, or by an op if the pass is recorded.
func (o *resample) Backward(x, y, dy Tensor) Tensor {
	dy = dy.Contiguous()
	kernels, ok := dy.h.store.dev.(device.Resampler)
	if s := x.h.scope; !ok || s == nil || s.record {
		return Apply1(resample{axes: o.axes, transposed: !o.transposed}, dy)
	}
	dx := x.NewGrad()
	kernels.Resample(dx.array(), dy.array(), &o.axes, !o.transposed)
	return dx
}

// composite computes the same by ops, dimension by dimension: Σ over k of weight[i, k]·x[at[i, k]].
func (o resample) composite(x Tensor) Tensor {
	for i := range o.axes {
		a := &o.axes[i]
		if a.Mode == device.Same {
			continue
		}
		most := 0
		var at []int32
		var weights []float64
		for j := range a.Out {
			at, weights = a.Taps(j, at[:0], weights[:0])
			most = max(most, len(at))
		}
		index, weight := make([]int64, a.Out*most), make([]float64, a.Out*most)
		unused := make([]int64, a.Out*most)
		for j := range a.Out {
			at, weights = a.Taps(j, at[:0], weights[:0])
			for k := range most {
				if k < len(at) {
					index[j*most+k], weight[j*most+k] = int64(at[k]), weights[k]
				} else {
					unused[j*most+k] = 1
				}
			}
		}
		split := x.Shape().With(i+1, a.Out)
		split.rank++
		copy(split.dims[i+3:], split.dims[i+2:])
		split.dims[i+2] = most
		var wide [MaxRank]int // (out, k) in front of the later dimensions
		for j := range wide {
			wide[j] = 1
		}
		wide[0], wide[1] = a.Out, most
		column := wide[:4-i]
		places := NewFrom(x.arange(0, 0, 1), index)
		terms := x.IndexSelect(i+1, places).reshape(split)
		if a.Out*most == 0 {
			x = terms.Sum(i + 2)
			continue
		}
		terms = terms.Mul(NewFrom(x.Detach(), weight, column...))
		x = terms.MaskedFill(NewFrom(places, unused, column...).NotEqualScalar(0), 0).Sum(i + 2)
	}
	return x
}
