//go:build !noasm

package peak

import (
	"runtime"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

//go:noescape
func fmaAVX512(iterations int)

//go:noescape
func fmaAVX2(iterations int)

// lanes returns the number of float32 numbers in a vector.
func lanes() int {
	switch cpu.ISA() {
	case cpu.AVX512:
		return 16
	case cpu.AVX2:
		return 8
	}
	return 1
}

func run(iterations int) {
	switch {
	case iterations <= 0:
	case cpu.ISA() == cpu.AVX512:
		fmaAVX512(iterations)
	case cpu.ISA() == cpu.AVX2:
		fmaAVX2(iterations)
	default:
		runtime.KeepAlive(generic(iterations))
	}
}
