//go:build !noasm

package quant

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

//lint:file-ignore U1000 the assembly reads these constants

//go:generate go run ../../asmgen/quant

// The offsets of the fields in a kernel's arguments. The assembler reads these constants from go_asm.h.
const (
	dotsY      = unsafe.Offsetof(dots{}.y)
	dotsW      = unsafe.Offsetof(dots{}.w)
	dotsX      = unsafe.Offsetof(dots{}.x)
	dotsRows   = unsafe.Offsetof(dots{}.rows)
	dotsStride = unsafe.Offsetof(dots{}.stride)
	dotsGroups = unsafe.Offsetof(dots{}.groups)
	dotsTail   = unsafe.Offsetof(dots{}.tail)

	dotsXStride = unsafe.Offsetof(dots{}.xStride)
	dotsYStride = unsafe.Offsetof(dots{}.yStride)

	roundedQ     = unsafe.Offsetof(roundedBlock{}.q)
	roundedSums  = unsafe.Offsetof(roundedBlock{}.sums)
	roundedScale = unsafe.Offsetof(roundedBlock{}.scale)
	roundedSize  = unsafe.Sizeof(roundedBlock{})
)

// The kernels by format. AVX2 reads one block at a time, AVX-512 four blocks of 4-bit weights; both read one of 256.
var (
	avx2Kernels = [numFormats]*kernel{
		Q8_0: {blocks: 1, size: 32, prepare: copyInputs, run: dotsQ80AVX2},
		Q4_0: {blocks: 1, size: 32, prepare: copyInputs, run: dotsQ40AVX2},
		Q4_1: {blocks: 1, size: 32, prepare: copyInputs, run: dotsQ41AVX2},
		Q4_K: {blocks: 8, size: 256 + 16, prepare: prepareSums, run: dotsQ4KAVX2},
		Q6_K: {blocks: 8, size: 256, prepare: copyInputs, run: dotsQ6KAVX2},
	}
	avx512Kernels = [numFormats]*kernel{
		Q8_0: {blocks: 1, size: 32, prepare: copyInputs, run: dotsQ80AVX512},
		Q4_0: {blocks: 4, size: 9 * 16, prepare: prepareFloats, run: dotsQ40AVX512},
		Q4_1: {blocks: 4, size: 9 * 16, prepare: prepareFloats, run: dotsQ41AVX512},
		Q4_K: {blocks: 8, size: 256 + 16, prepare: prepareSums, run: dotsQ4KAVX512},
		Q6_K: {blocks: 8, size: 256, prepare: copyInputs, run: dotsQ6KAVX512},
	}
	vnniKernels = [numFormats]*kernel{
		Q8_0: {blocks: 2, size: 3 * 16, prepare: prepareBytes8, run: dotsQ80VNNI, runSeveral: dotsQ80VNNI4},
		Q4_0: {blocks: 4, size: 5 * 16, prepare: prepareBytesQ40, run: dotsQ40VNNI, runSeveral: dotsQ40VNNI4},
		Q4_1: {blocks: 4, size: 5 * 16, prepare: prepareBytesQ41, run: dotsQ41VNNI, runSeveral: dotsQ41VNNI4},
		Q4_K: {blocks: 8, size: 64 + 16, prepare: prepareBytesQ4K, run: dotsQ4KVNNI, runSeveral: dotsQ4KVNNI4},
		Q6_K: {blocks: 8, size: 2*64 + 16, prepare: prepareBytesQ6K, run: dotsQ6KVNNI, runSeveral: dotsQ6KVNNI4},
	}
)

// kernelFor returns the kernel for a format, or nil if there is none. With rounded it may round the inputs to 8 bits.
func kernelFor(f Format, rounded bool) *kernel {
	switch {
	case rounded && cpu.VNNI():
		return vnniKernels[f]
	case cpu.ISA() == cpu.AVX512:
		return avx512Kernels[f]
	case cpu.ISA() == cpu.AVX2:
		return avx2Kernels[f]
	}
	return nil
}

// roundInputs rounds x to 8 bits, in groups of 32.
func roundInputs(dst []roundedBlock, x []float32) {
	if !cpu.VNNI() {
		roundInputsPlain(dst, x)
		return
	}
	roundInputsVNNI(&dst[0], &x[0], len(dst))
}

// dequantizeFast computes Dequantize if there is assembly for it.
func dequantizeFast(f Format, dst []float32, blocks []byte) bool {
	if cpu.ISA() < cpu.AVX2 || len(dst) == 0 {
		return false
	}
	run := [numFormats]func(dst *float32, blocks *byte, n int){
		dequantizeQ80AVX2, dequantizeQ40AVX2, dequantizeQ41AVX2, dequantizeQ4KAVX2, dequantizeQ6KAVX2,
	}[f]
	run(&dst[0], &blocks[0], len(dst)/formats[f].weights)
	return true
}
