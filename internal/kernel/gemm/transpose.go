package gemm

import "fmt"

// The kernels that pack A and B are also available to other packages, for copying and transposing.

// Transpose32 sets dst[j*ldd+i] = src[i*lds+j] for i < rows, j < cols. The elements may be any 32-bit data.
func Transpose32(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	transpose(kernels32(), dst, ldd, src, lds, rows, cols)
}

// Transpose64 is [Transpose32] for elements of 64 bits.
func Transpose64(dst []float64, ldd int, src []float64, lds, rows, cols int) {
	transpose(kernels64(), dst, ldd, src, lds, rows, cols)
}

// Copy32 sets dst[i*ldd+j] = src[i*lds+j] for i < rows, j < cols. The elements may be any 32-bit data.
func Copy32(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	copyRows(kernels32(), dst, ldd, src, lds, rows, cols)
}

// Copy64 is [Copy32] for elements of 64 bits.
func Copy64(dst []float64, ldd int, src []float64, lds, rows, cols int) {
	copyRows(kernels64(), dst, ldd, src, lds, rows, cols)
}

// copyRows checks the arguments and copies.
func copyRows[T Float](kr *kernels[T], dst []T, ldd int, src []T, lds, rows, cols int) {
	checkMove("copying", len(dst), ldd, rows, cols, len(src), lds, rows, cols)
	if rows > 0 && cols > 0 {
		kr.copy(dst, ldd, src, lds, rows, cols)
	}
}

// transpose checks the arguments and transposes src in strips of 64 columns, so that the rows of dst that are being
// written stay in the L1 cache.
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

// checkMove panics unless the slices hold the matrices and the destination's rows do not overlap.
func checkMove(what string, lenDst, ldd, rowsDst, colsDst, lenSrc, lds, rows, cols int) {
	switch needSrc, needDst := extent(rows, lds, cols, 1), extent(rowsDst, ldd, colsDst, 1); {
	case rows < 0 || cols < 0 || lds < 0 || ldd < 0:
		panic(fmt.Sprintf("gemm: %s %d×%d with row strides %d (source) and %d (destination), want at least 0",
			what, rows, cols, lds, ldd))
	case rowsDst > 1 && ldd < colsDst:
		panic(fmt.Sprintf("gemm: %s %d×%d: destination's row stride %d, want at least %d", what, rows, cols, ldd, colsDst))
	case lenSrc < needSrc || lenDst < needDst:
		panic(fmt.Sprintf("gemm: %s %d×%d from %d to %d elements, want at least %d and %d",
			what, rows, cols, lenSrc, lenDst, needSrc, needDst))
	}
}
