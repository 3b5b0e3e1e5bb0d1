//go:build !noasm

package conv

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
	avx512f32 = new32(16, []int{14, 14, 9, 6}, tilesAVX512F32, planesAVX512F32, planesGradAVX512F32)
	avx512f64 = new64(8, []int{14, 14, 9, 6}, tilesAVX512F64, planesAVX512F64, planesGradAVX512F64)
	avx2f32   = new32(8, []int{12, 6}, tilesAVX2F32, planesAVX2F32, planesGradAVX2F32)
	avx2f64   = new64(4, []int{12, 6}, tilesAVX2F64, planesAVX2F64, planesGradAVX2F64)
)

func init() {
	avx512f32.split, avx512f64.split = splitAVX512F32, splitAVX512F64
	avx512f32.spread, avx512f64.spread = spreadAVX512F32, spreadAVX512F64
	avx512f32.winogradInput = winogradInputAVX512F32
	avx512f32.winogradOutput = winogradOutputAVX512F32
	avx512f32.winogradWeights = winogradWeightsAVX512F32
}
