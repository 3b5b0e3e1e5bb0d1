package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Linear computes dst = x·wᵀ + b and, with relu, the ReLU of that.
func (*Device) Linear(dst, x, w, b *device.Array, relu bool, p device.Precision) {
	switch dst.DType {
	case device.Float32:
		linear(gemm.Float32, dst, x, w, b, relu, p)
	case device.Float64:
		linear(gemm.Float64, dst, x, w, b, relu, p)
	default:
		linearHalf(dst, x, w, b, relu)
	}
}

func linear[T float](product func(c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int,
	e gemm.Epilogue[T]), dst, x, w, b *device.Array, relu bool, p device.Precision) {
	if dst.Size == 0 {
		return
	}
	n, k := w.Dims[0], w.Dims[1]
	if k == 0 { // an empty sum
		c := elements[T](dst)
		clear(c[:n])
		if b != nil {
			copy(c, elements[T](b))
		}
		if relu {
			vec.MaxScalar(c[:n], c[:n], 0)
		}
		for i := n; i < len(c); i += n {
			copy(c[i:], c[:n])
		}
		return
	}
	rows, cols := k, 1 // strides of x
	if x.Rank == 2 {
		rows, cols = x.Strides[0], x.Strides[1]
	}
	e := gemm.Epilogue[T]{ReLU: relu, Precision: gemm.Precision(p)}
	if b != nil {
		e.Bias = elements[T](b)
	}
	product(elements[T](dst), n, dst.Size/n, n, k, fromOffset[T](x), rows, cols, fromOffset[T](w), w.Strides[1],
		w.Strides[0], e)
}
