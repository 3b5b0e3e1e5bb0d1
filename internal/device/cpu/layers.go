package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Linear computes dst = x·wᵀ + b and, with relu, the larger of that and 0.
func (*Device) Linear(dst, x, w, b *device.Array, relu bool) {
	switch dst.DType {
	case device.Float32:
		linear(gemm.Float32, dst, x, w, b, relu)
	case device.Float64:
		linear(gemm.Float64, dst, x, w, b, relu)
	default:
		linearHalf(dst, x, w, b, relu)
	}
}

func linear[T float](product func(c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int, e gemm.Epilogue[T]), dst, x, w, b *device.Array, relu bool) {
	if dst.Size == 0 {
		return
	}
	n, k := w.Dims[0], w.Dims[1]
	rows, cols := k, 1 // strides of x
	if x.Rank == 2 {
		rows, cols = x.Strides[0], x.Strides[1]
	}
	e := gemm.Epilogue[T]{ReLU: relu, Precision: dst.Precision}
	if b != nil {
		e.Bias = dense[T](b)
	}
	product(dense[T](dst), n, dst.Size/n, n, k, from[T](x), rows, cols, from[T](w), w.Strides[1], w.Strides[0], e)
}

// CrossEntropy computes loss = −log softmax(x)[target] for each row of x.
func (*Device) CrossEntropy(loss, x, target *device.Array) {
	if loss.Size == 0 {
		return
	}
	cols := x.Dims[1]
	switch x.DType {
	case device.Float32:
		vec.CrossEntropy(dense[float32](loss), nil, dense[float32](x), dense[int64](target), cols, noTarget, 1)
	case device.Float64:
		vec.CrossEntropy(dense[float64](loss), nil, dense[float64](x), dense[int64](target), cols, noTarget, 1)
	default:
		missing("cross_entropy", x.DType)
	}
}

// noTarget is a class number that no row has.
const noTarget = -1

// CrossEntropyGrad computes dx = dloss·(softmax(x) − onehot(target)), row by row.
func (*Device) CrossEntropyGrad(dx, dloss, x, target *device.Array) {
	switch x.DType {
	case device.Float32:
		crossEntropyGrad[float32](dx, dloss, x, target)
	case device.Float64:
		crossEntropyGrad[float64](dx, dloss, x, target)
	default:
		missing("cross_entropy gradient", x.DType)
	}
}

func crossEntropyGrad[T float](dx, dloss, x, target *device.Array) {
	if x.Size == 0 {
		return
	}
	d, cols := dense[T](dx), x.Dims[1]
	vec.Softmax(d, dense[T](x), cols)
	targets := dense[int64](target)
	for i, g := range dense[T](dloss) {
		row := d[i*cols:][:cols]
		vec.Scale(row, row, g)
		row[targets[i]] -= g
	}
}
