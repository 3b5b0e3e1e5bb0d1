//go:build !noasm

package gemm

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

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

var (
	avx512f32 = &kernels[float32]{
		lanes: 16, heights: []int{9, 9, 9, 6},
		kc: 512, mc: 240, nc: 768,
		packA: 1024, packB: 768, dotRows: 8,
		free:  generic32.free,
		tiles: tilesAVX512F32, dots: dotsAVX512F32, copy: copyAVX512F32, transpose: transposeAVX512F32,
	}
	avx2f32 = &kernels[float32]{
		lanes: 8, heights: []int{6, 6},
		kc: 512, mc: 240, nc: 768,
		packA: 512, packB: 512, dotRows: 8,
		free:  generic32.free,
		tiles: tilesAVX2F32, dots: dotsAVX2F32, copy: copyAVX2F32, transpose: transposeAVX2F32,
	}
	avx512f64 = &kernels[float64]{
		lanes: 8, heights: []int{9, 9, 9, 6},
		kc: 256, mc: 240, nc: 768,
		packA: 1024, packB: 768, dotRows: 8,
		free:  generic64.free,
		tiles: tilesAVX512F64, dots: dotsAVX512F64, copy: copyAVX512F64, transpose: transposeAVX512F64,
	}
	avx2f64 = &kernels[float64]{
		lanes: 4, heights: []int{6, 6},
		kc: 256, mc: 240, nc: 768,
		packA: 512, packB: 512, dotRows: 8,
		free:  generic64.free,
		tiles: tilesAVX2F64, dots: dotsAVX2F64, copy: copyAVX2F64, transpose: transposeAVX2F64,
	}
)
