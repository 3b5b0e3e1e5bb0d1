package gemm

import "fmt"

// The kernels that pack also move matrices for others.

// Transpose32 sets dst[j*ldd+i] = src[i*lds+j] for i < rows, j < cols. Elements are moved, whatever their bits mean.
func Transpose32(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	transpose(kernels32(), dst, ldd, src, lds, rows, cols)
}

// Transpose64 is Transpose32 for elements of 64 bits.
func Transpose64(dst []float64, ldd int, src []float64, lds, rows, cols int) {
	transpose(kernels64(), dst, ldd, src, lds, rows, cols)
}

// Copy32 sets dst[i*ldd+j] = src[i*lds+j] for i < rows, j < cols. Elements are moved, whatever their bits mean.
func Copy32(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	copyRows(kernels32(), dst, ldd, src, lds, rows, cols)
}

// Copy64 is Copy32 for elements of 64 bits.
func Copy64(dst []float64, ldd int, src []float64, lds, rows, cols int) {
	copyRows(kernels64(), dst, ldd, src, lds, rows, cols)
}

func copyRows[T Float](kr *kernels[T], dst []T, ldd int, src []T, lds, rows, cols int) {
	checkMove("copying", len(dst), ldd, rows, cols, len(src), lds, rows, cols)
	if rows > 0 && cols > 0 {
		kr.copy(dst, ldd, src, lds, rows, cols)
	}
}

// transpose goes through src in strips of a few columns, so that the rows of dst that are under way stay in the first cache.
func transpose[T Float](kr *kernels[T], dst []T, ldd int, src []T, lds, rows, cols int) {
	checkMove("transposing", len(dst), ldd, cols, rows, len(src), lds, rows, cols)
	if rows == 0 {
		return
	}
	const strip = 64
	for j := 0; j < cols; j += strip {
		kr.transpose(dst[j*ldd:], ldd, src[j:], lds, rows, min(strip, cols-j))
	}
}

// checkMove panics unless the slices hold the matrices, and the destination's rows lie apart.
func checkMove(what string, lenDst, ldd, rowsDst, colsDst, lenSrc, lds, rows, cols int) {
	apart := ldd >= colsDst || rowsDst <= 1 && ldd >= 0
	if rows < 0 || cols < 0 || lds < 0 || !apart || lenDst < extent(rowsDst, ldd, colsDst, 1) || lenSrc < extent(rows, lds, cols, 1) {
		panic(fmt.Sprintf("gemm: %s %d×%d, row strides %d and %d, from %d to %d elements", what, rows, cols, lds, ldd, lenSrc, lenDst))
	}
}
