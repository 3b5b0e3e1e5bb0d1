package tensor

import (
	"fmt"
	"math"
)

// Arange returns the vector start, start + step, … of all numbers before end, on the Go heap: ⌈(end−start)/step⌉
// numbers. It panics if the step is 0 or leads away from end, and if an integer type does not hold all numbers.
func (o Options) Arange(start, end, step float64) Tensor {
	n := math.Ceil((end - start) / step)
	if step == 0 || !(n >= 0) || n > 1<<40 {
		fail("arange", fmt.Sprintf("from %g to %g in steps of %g: the step must lead from start to end, in at most 2⁴⁰ numbers", start, end, step))
	}
	if last := start + float64((n-1)*step); n > 0 && !o.DType.IsFloat() {
		o.DType.checkBounds("arange", start, ShapeOf(int(n)))
		o.DType.checkBounds("arange", last, ShapeOf(int(n)))
	}
	t := o.empty(ShapeOf(int(n)), o.DType)
	o.Device.kernels().Range(&t.h.Array, start, step)
	return t
}

// Linspace returns n equally spaced numbers from start to end, both included, as a vector on the Go heap. It panics
// for a negative n.
func (o Options) Linspace(start, end float64, n int) Tensor {
	if n < 0 {
		fail("linspace", fmt.Sprintf("%d numbers: n must not be negative", n))
	}
	v := hostSlice[float64]("linspace", n)
	step := (end - start) / float64(max(1, n-1))
	for i := range v {
		// Computed from both ends, as in PyTorch, so that both are exact and the numbers are symmetric.
		if v[i] = end - float64(step*float64(n-1-i)); i < n/2 || n == 1 {
			v[i] = start + float64(step*float64(i))
		}
	}
	return FromAs(o, v, n)
}

// Eye returns the identity matrix with n rows and columns, on the Go heap.
func (o Options) Eye(n int) Tensor {
	t := o.Zeros(n, n)
	if n > 0 {
		t.Diagonal(0, 0, 1).FillInPlace(1)
	}
	return t
}

// Arange returns the int64 numbers 0 to n−1, on the Go heap.
func Arange(n int) Tensor { return Options{DType: Int64}.Arange(0, float64(n), 1) }

// Linspace returns n float32 numbers from start to end, both included, on the heap.
func Linspace(start, end float64, n int) Tensor { return Options{}.Linspace(start, end, n) }

// Eye returns the float32 identity matrix with n rows and columns, on the heap.
func Eye(n int) Tensor { return Options{}.Eye(n) }
