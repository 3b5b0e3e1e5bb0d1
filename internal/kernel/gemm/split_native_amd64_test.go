//go:build !noasm

package gemm

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

// nativeSplit returns the kernel split in assembly, or nil if the processor cannot run it.
func nativeSplit() func(*split) {
	if levels := cpu.Levels(); levels[len(levels)-1] >= cpu.AVX512 {
		return splitAVX512
	}
	return nil
}
