package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
)

// MatMul computes dst = a·b over the last two dimensions; leading dimensions broadcast. dst is dense.
func (*Device) MatMul(dst, a, b *device.Array) {
	m, n, k := dst.Dims[dst.Rank-2], dst.Dims[dst.Rank-1], a.Dims[a.Rank-1]
	if dst.Size == 0 {
		return
	}
	ars, acs := a.Strides[a.Rank-2], a.Strides[a.Rank-1]
	brs, bcs := b.Strides[b.Rank-2], b.Strides[b.Rank-1]
	// Walk the leading dimensions, one product each.
	d, x, y := *dst, *a, *b
	for _, v := range []*device.Array{&d, &x, &y} {
		v.Dims[v.Rank-1], v.Dims[v.Rank-2] = 1, 1
		v.Refresh()
	}
	for l := plan(&d, &x, &y, nil); l.left > 0; l.next() {
		for i := range l.n {
			at, ax, ay := l.at[0]+i*l.step[0], l.at[1]+i*l.step[1], l.at[2]+i*l.step[2]
			switch dst.DType {
			case device.Float32:
				gemm.Float32(from[float32](dst)[at:], n, m, n, k, from[float32](a)[ax:], ars, acs, from[float32](b)[ay:], brs, bcs, gemm.Epilogue[float32]{})
			case device.Float64:
				gemm.Float64(from[float64](dst)[at:], n, m, n, k, from[float64](a)[ax:], ars, acs, from[float64](b)[ay:], brs, bcs, gemm.Epilogue[float64]{})
			case device.Int64:
				intMatMul(from[int64](dst)[at:], m, n, k, from[int64](a)[ax:], ars, acs, from[int64](b)[ay:], brs, bcs)
			case device.Int32:
				intMatMul(from[int32](dst)[at:], m, n, k, from[int32](a)[ax:], ars, acs, from[int32](b)[ay:], brs, bcs)
			case device.Uint8:
				intMatMul(from[uint8](dst)[at:], m, n, k, from[uint8](a)[ax:], ars, acs, from[uint8](b)[ay:], brs, bcs)
			default:
				missing("matmul", dst.DType)
			}
		}
	}
}

// intMatMul multiplies integers, which wrap around.
func intMatMul[T int64 | int32 | uint8](c []T, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int) {
	for i := range m {
		for j := range n {
			var sum T
			for p := range k {
				sum += a[i*ars+p*acs] * b[p*brs+j*bcs]
			}
			c[i*n+j] = sum
		}
	}
}
