package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// bfloat16 and float16 are stored in 16 bits and computed in float32 or float64. Each result is rounded to float32 and
// then to 16 bits, to nearest, ties to even, as PyTorch does on the CPU.

func half(t device.DType) bool { return t.IsHalf() }

// halfCode has the conversions of a 16-bit type from and to float32, for single numbers and for runs.
type halfCode struct {
	decode func(uint16) float32
	encode func(float32) uint16
	widen  func(dst []float32, x []uint16)
	narrow func(dst []uint16, x []float32)
}

// halfCodes are the conversions of bfloat16 and float16.
var halfCodes = [2]halfCode{
	{vec.BF16, vec.BF16Bits, vec.WidenBF16, vec.NarrowBF16},
	{vec.F16, vec.F16Bits, vec.WidenF16, vec.NarrowF16},
}

func codeOf(t device.DType) halfCode { return halfCodes[t-device.BFloat16] }

// loadHalf reads 16-bit floats.
func loadHalf[T float64 | int64](c halfCode, dst []T, a *device.Array, off, step int) {
	v := fromOffset[uint16](a)[off:]
	for i := range dst {
		dst[i] = T(c.decode(v[i*step]))
	}
}

// storeHalf writes 16-bit floats.
func storeHalf[T float64 | int64](c halfCode, a *device.Array, off, step int, src []T) {
	out := fromOffset[uint16](a)[off:]
	for i, v := range src {
		out[i*step] = c.encode(float32(v))
	}
}

// scatterAddHalf sums 16-bit floats in float32 and rounds once at the end.
func scatterAddHalf(dst, index, src *device.Array, dim int) {
	w := float32Temp(dst, true)
	view, step := indexedView(&w.Array, index, dim)
	d, v, idx := fromOffset[float32](&w.Array), fromOffset[uint16](src), fromOffset[int64](index)
	c := codeOf(dst.DType)
	for l := plan(index, &view, src, nil); l.left > 0; l.next() {
		for i := range l.n {
			d[l.off[1]+i*l.step[1]+int(idx[l.off[0]+i*l.step[0]])*step] += c.decode(v[l.off[2]+i*l.step[2]])
		}
	}
	(*Device)(nil).Copy(dst, &w.Array)
	w.free()
}

// halfPrecision is the precision of products of 16-bit floats that are computed in float32. Medium rounds to bfloat16,
// which changes no bfloat16 number.
func halfPrecision(t device.DType) device.Precision {
	if t == device.BFloat16 {
		return device.Medium
	}
	return device.Highest
}

// matMulHalf multiplies in float32 and rounds the results once.
func matMulHalf(dst, a, b *device.Array) {
	wd, wa, wb := float32Temp(dst, false), float32Matrices(a), float32Matrices(b)
	(*Device)(nil).MatMul(&wd.Array, &wa.Array, &wb.Array, halfPrecision(dst.DType))
	(*Device)(nil).Copy(dst, &wd.Array)
	wd.free()
	wa.free()
	wb.free()
}

// float32Matrices is float32Temp of a's elements, but transposed matrices stay so: a product reads both orders.
func float32Matrices(a *device.Array) *tempArray {
	r := a.Rank
	if r < 2 || a.Strides[r-2] != 1 || a.Strides[r-1] == 1 {
		return float32Temp(a, true)
	}
	t := *a
	swapMatrix(&t)
	w := float32Temp(&t, true)
	swapMatrix(&w.Array)
	return w
}

// swapMatrix exchanges the last two dimensions.
func swapMatrix(a *device.Array) {
	r := a.Rank
	a.Dims[r-2], a.Dims[r-1] = a.Dims[r-1], a.Dims[r-2]
	a.Strides[r-2], a.Strides[r-1] = a.Strides[r-1], a.Strides[r-2]
	a.Refresh()
}

// linearHalf computes an affine layer in float32 and rounds the results once.
func linearHalf(dst, x, w, b *device.Array, relu bool) {
	wd, wx, ww := float32Temp(dst, false), float32Matrices(x), float32Matrices(w)
	if b != nil {
		wb := float32Temp(b, true)
		(*Device)(nil).Linear(&wd.Array, &wx.Array, &ww.Array, &wb.Array, relu, halfPrecision(dst.DType))
		wb.free()
	} else {
		(*Device)(nil).Linear(&wd.Array, &wx.Array, &ww.Array, nil, relu, halfPrecision(dst.DType))
	}
	(*Device)(nil).Copy(dst, &wd.Array)
	wd.free()
	wx.free()
	ww.free()
}

// rowsHalf computes f32, a function of rows, in float32 and rounds the results once.
func rowsHalf(dst, x *device.Array, f32 func(dst, x []float32, cols int)) {
	w := float32Temp(x, true)
	v := elements[float32](&w.Array)
	f32(v, v, dst.Dims[dst.Rank-1])
	(*Device)(nil).Copy(dst, &w.Array)
	w.free()
}

// argExtremeHalf returns the index of the first largest or smallest element, or of the first NaN if there is one.
func argExtremeHalf(op device.Reduction, x *device.Array, off, step, n int) int {
	v, code := fromOffset[uint16](x)[off:], codeOf(x.DType)
	best, place := code.decode(v[0]), 0
	for i := 1; i < n && best == best; i++ {
		e := code.decode(v[i*step])
		if e != e || op == device.ArgMax && e > best || op == device.ArgMin && e < best {
			best, place = e, i
		}
	}
	return place
}
