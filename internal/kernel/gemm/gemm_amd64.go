//go:build !noasm

package gemm

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

func kernels32() *kernels[float32] {
	switch cpu.ISA() {
	case cpu.AVX512:
		return avx512f32
	case cpu.AVX2:
		return avx2f32
	}
	return generic32
}

func kernels64() *kernels[float64] {
	switch cpu.ISA() {
	case cpu.AVX512:
		return avx512f64
	case cpu.AVX2:
		return avx2f64
	}
	return generic64
}

// kc determines the bits of a product, so it does not depend on the processor. 384 terms of a tile's rows and columns
// suit L1 caches of 32 and 48 KiB.
var (
	avx512f32 = tuned(&kernels[float32]{
		lanes: 16, heights: []int{9, 9, 9, 6}, kc: 384, dotRows: 8, free: generic32.free,
		tiles: tilesAVX512F32, dots: dotsAVX512F32, copy: copyAVX512F32, transpose: transposeAVX512F32, panels: panelsAVX512F32,
	}, cpu.Here())
	avx2f32 = tuned(&kernels[float32]{
		lanes: 8, heights: []int{6, 6}, kc: 512, dotRows: 8, free: generic32.free,
		tiles: tilesAVX2F32, dots: dotsAVX2F32, copy: copyAVX2F32, transpose: transposeAVX2F32, panels: panelsAVX2F32,
	}, cpu.Here())
	avx512f64 = tuned(&kernels[float64]{
		lanes: 8, heights: []int{9, 9, 9, 6}, kc: 192, dotRows: 8, free: generic64.free,
		tiles: tilesAVX512F64, dots: dotsAVX512F64, copy: copyAVX512F64, transpose: transposeAVX512F64, panels: panelsAVX512F64,
	}, cpu.Here())
	avx2f64 = tuned(&kernels[float64]{
		lanes: 4, heights: []int{6, 6}, kc: 256, dotRows: 8, free: generic64.free,
		tiles: tilesAVX2F64, dots: dotsAVX2F64, copy: copyAVX2F64, transpose: transposeAVX2F64, panels: panelsAVX2F64,
	}, cpu.Here())
)

// tuned sets the block sizes and the packing thresholds of kr for a processor and returns kr. If the size of a cache is
// not known, it assumes that of Intel's server cores.
func tuned[T Float](kr *kernels[T], p cpu.Processor) *kernels[T] {
	l2, l3 := p.L2, p.L3
	if l2 == 0 {
		l2 = 2 << 20
	}
	term := kr.kc * int(unsafe.Sizeof(T(0))) // bytes of a packed row or column
	nr := kr.lanes * len(kr.heights)
	kr.mc = limit(l2/5/term, 12, 72, 480)
	columns := l2 * 4 / 5
	kr.packACols, kr.packBRows = nr, 12
	if p.AMD { // one core may fill the L3 cache, and reading B without packing is fast
		columns = max(columns, l3/16)
		kr.packACols, kr.packBRows = 4*nr, 48
	}
	kr.nc = limit(columns/term, nr, 512, 2048) // with a small L2 cache, B is read from L3
	return kr
}

// limit rounds n down to a multiple of unit and clamps the result to [low, high].
func limit(n, unit, low, high int) int { return min(max(n/unit*unit, low), high) }
