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
)

// The kernels by format. AVX2 reads one block at a time, AVX-512 four blocks of 4-bit weights; both read one of 256.
var (
	avx2Kernels = [numFormats]*kernel{
		Q8_0: {1, 32, copyInputs, dotsQ80AVX2},
		Q4_0: {1, 32, copyInputs, dotsQ40AVX2},
		Q4_1: {1, 32, copyInputs, dotsQ41AVX2},
		Q4_K: {8, 256 + 16, prepareSums, dotsQ4KAVX2},
		Q6_K: {8, 256, copyInputs, dotsQ6KAVX2},
	}
	avx512Kernels = [numFormats]*kernel{
		Q8_0: {1, 32, copyInputs, dotsQ80AVX512},
		Q4_0: {4, 9 * 16, prepareFloats, dotsQ40AVX512},
		Q4_1: {4, 9 * 16, prepareFloats, dotsQ41AVX512},
		Q4_K: {8, 256 + 16, prepareSums, dotsQ4KAVX512},
		Q6_K: {8, 256, copyInputs, dotsQ6KAVX512},
	}
	vnniKernels = [numFormats]*kernel{
		Q8_0: {2, 3 * 16, prepareBytes8, dotsQ80VNNI},
		Q4_0: {4, 5 * 16, func(dst, x []float32) { prepareBytes4(dst, x, -8) }, dotsQ40VNNI},
		Q4_1: {4, 5 * 16, func(dst, x []float32) { prepareBytes4(dst, x, 0) }, dotsQ41VNNI},
	}
)

// kernelFor returns the kernel for a format, or nil if there is none. With rounded it may round the inputs to 8 bits.
func kernelFor(f Format, rounded bool) *kernel {
	switch {
	case rounded && cpu.VNNI() && vnniKernels[f] != nil:
		return vnniKernels[f]
	case cpu.ISA() == cpu.AVX512:
		return avx512Kernels[f]
	case cpu.ISA() == cpu.AVX2:
		return avx2Kernels[f]
	}
	return nil
}

// dequantizeFast computes Dequantize if there is assembly for it.
func dequantizeFast(f Format, dst []float32, blocks []byte) bool {
	if cpu.ISA() < cpu.AVX2 || len(dst) == 0 {
		return false
	}
	run := [numFormats]func(*float32, *byte, int){dequantizeQ80AVX2, dequantizeQ40AVX2, dequantizeQ41AVX2, dequantizeQ4KAVX2, dequantizeQ6KAVX2}[f]
	run(&dst[0], &blocks[0], len(dst)/formats[f].weights)
	return true
}
