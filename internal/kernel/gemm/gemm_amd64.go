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

// kc is part of what a product is: it decides the bits. 384 terms of a tile's rows and columns suit first caches of 32 and 48 KiB.
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

// tuned chooses what depends on the processor: how much is packed at a time, and from which sizes on. Where a cache's size is not known it
// takes Intel's server cores for an example.
func tuned[T Float](kr *kernels[T], p cpu.Processor) *kernels[T] {
	l2, l3 := p.L2, p.L3
	if l2 == 0 {
		l2 = 2 << 20
	}
	term := kr.kc * int(unsafe.Sizeof(T(0))) // bytes of a packed row or column
	nr := kr.lanes * len(kr.heights)
	kr.mc = limit(l2/5/term, 12, 72, 480)
	columns := l2 * 3 / 5
	kr.packA, kr.packB = nr, 12
	if p.AMD { // the third cache gives a core as much as a product asks for, and reading B where it lies costs little
		columns = max(columns, l3/16)
		kr.packA, kr.packB = 4*nr, 48
	}
	kr.nc = limit(columns/term, nr, 512, 2048) // with a small second cache B comes from the third
	return kr
}

// limit returns n as a multiple of unit, from least to most.
func limit(n, unit, least, most int) int { return min(max(n/unit*unit, least), most) }
