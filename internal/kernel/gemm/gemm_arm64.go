//go:build !noasm

package gemm

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func kernels32() *kernels[float32] {
	if cpu.ISA() == cpu.NEON {
		return neon32
	}
	return generic32
}

func currentSplitKernels() *splitKernels { return nil }

func kernels64() *kernels[float64] {
	if cpu.ISA() == cpu.NEON {
		return neon64
	}
	return generic64
}

var (
	neon32 = &kernels[float32]{
		lanes: 4, heights: []int{8, 8, 8, 6}, wholeVectors: true,
		kc: 512, mc: 128, nc: 2048,
		packACols: 512, packBRows: 128, dotRows: 4,
		free:  generic32.free,
		tiles: tilesNEONF32, dots: dotsNEONF32,
		copy: copyGeneric[float32], transpose: transposeNEON(4, transposeNEONF32), panels: panelsGeneric[float32],
	}
	neon64 = &kernels[float64]{
		lanes: 2, heights: []int{8, 8, 8, 6}, wholeVectors: true,
		kc: 256, mc: 128, nc: 2048,
		packACols: 512, packBRows: 128, dotRows: 4,
		free:  generic64.free,
		tiles: tilesNEONF64, dots: dotsNEONF64,
		copy: copyGeneric[float64], transpose: transposeNEON(2, transposeNEONF64), panels: panelsGeneric[float64],
	}
)

// transposeNEON returns a kernel for all sizes, given a kernel for multiples of lanes.
func transposeNEON[T Float](
	lanes int, blocks func(dst []T, ldd int, src []T, lds, rows, cols int),
) func(dst []T, ldd int, src []T, lds, rows, cols int) {
	return func(dst []T, ldd int, src []T, lds, rows, cols int) {
		r, c := rows&^(lanes-1), cols&^(lanes-1)
		if r > 0 && c > 0 {
			blocks(dst, ldd, src, lds, r, c)
		}
		if r < rows {
			transposeGeneric(dst[r:], ldd, src[r*lds:], lds, rows-r, cols)
		}
		if c < cols {
			transposeGeneric(dst[c*ldd:], ldd, src[c:], lds, r, cols-c)
		}
	}
}
