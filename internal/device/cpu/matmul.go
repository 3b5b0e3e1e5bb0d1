package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
)

// MatMul computes dst = a·b over the last two dimensions; leading dimensions broadcast. dst is contiguous.
func (d *Device) MatMul(dst, a, b *device.Array, p device.Precision) {
	m, n, k := dst.Dims[dst.Rank-2], dst.Dims[dst.Rank-1], a.Dims[a.Rank-1]
	if dst.Size == 0 {
		return
	}
	if k == 0 { // an empty sum: the operands have no elements
		d.Fill(dst, 0)
		return
	}
	if half(dst.DType) {
		matMulHalf(dst, a, b)
		return
	}
	ars, acs := a.Strides[a.Rank-2], a.Strides[a.Rank-1]
	brs, bcs := b.Strides[b.Rank-2], b.Strides[b.Rank-1]
	e := gemm.Epilogue[float32]{Precision: gemm.Precision(p)}
	if dst.Rank == 2 && dst.DType == device.Float32 { // the products of small networks, without the loop's overhead
		gemm.Float32(fromOffset[float32](dst), n, m, n, k, fromOffset[float32](a), ars, acs, fromOffset[float32](b),
			brs, bcs, e)
		return
	}
	// Loop over the leading dimensions, one product each.
	c, x, y := *dst, *a, *b
	for _, v := range []*device.Array{&c, &x, &y} {
		v.Dims[v.Rank-1], v.Dims[v.Rank-2] = 1, 1
		v.Refresh()
	}
	for l := plan(&c, &x, &y, nil); l.left > 0; l.next() {
		switch dst.DType {
		case device.Float32:
			gemm.Float32Batch(l.n, fromOffset[float32](dst)[l.off[0]:], l.step[0], n, m, n, k,
				fromOffset[float32](a)[l.off[1]:], l.step[1], ars, acs, fromOffset[float32](b)[l.off[2]:], l.step[2], brs, bcs, e)
		case device.Float64:
			gemm.Float64Batch(l.n, fromOffset[float64](dst)[l.off[0]:], l.step[0], n, m, n, k,
				fromOffset[float64](a)[l.off[1]:], l.step[1], ars, acs, fromOffset[float64](b)[l.off[2]:], l.step[2],
				brs, bcs, gemm.Epilogue[float64]{})
		default:
			product := types[dst.DType].matMul
			if product == nil {
				noKernel("matmul", dst.DType)
			}
			product(l, dst, a, b)
		}
	}
}

// intMatMul computes the products of a run of integer matrices; sums wrap around.
func intMatMul[T integer](l loop, dst, a, b *device.Array) {
	m, n, k := dst.Dims[dst.Rank-2], dst.Dims[dst.Rank-1], a.Dims[a.Rank-1]
	ars, acs := a.Strides[a.Rank-2], a.Strides[a.Rank-1]
	brs, bcs := b.Strides[b.Rank-2], b.Strides[b.Rank-1]
	for r := range l.n {
		c := fromOffset[T](dst)[l.off[0]+r*l.step[0]:]
		x := fromOffset[T](a)[l.off[1]+r*l.step[1]:]
		y := fromOffset[T](b)[l.off[2]+r*l.step[2]:]
		for i := range m {
			for j := range n {
				var sum T
				for p := range k {
					sum += x[i*ars+p*acs] * y[p*brs+j*bcs]
				}
				c[i*n+j] = sum
			}
		}
	}
}
