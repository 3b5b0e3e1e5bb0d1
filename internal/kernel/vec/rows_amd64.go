//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func softmaxAt(isa cpu.Level, dst, x, stats *float32, rows, cols int, scale float32) {
	if isa == cpu.AVX512 {
		softmaxAVX512(dst, x, stats, rows, cols, scale)
	} else {
		softmaxAVX2(dst, x, stats, rows, cols, scale)
	}
}

func logSumExpAt(isa cpu.Level, stats, x *float32, rows, cols int) {
	if isa == cpu.AVX512 {
		logSumExpAVX512(stats, x, rows, cols)
	} else {
		logSumExpAVX2(stats, x, rows, cols)
	}
}

func softmaxGradAt(isa cpu.Level, dx, dy, y *float32, rows, cols int) {
	if isa == cpu.AVX512 {
		softmaxGradAVX512(dx, dy, y, rows, cols)
	} else {
		softmaxGradAVX2(dx, dy, y, rows, cols)
	}
}

func logSoftmaxGradAt(isa cpu.Level, dx, dy, y *float32, rows, cols int) {
	if isa == cpu.AVX512 {
		logSoftmaxGradAVX512(dx, dy, y, rows, cols)
	} else {
		logSoftmaxGradAVX2(dx, dy, y, rows, cols)
	}
}

//go:noescape
func softmaxAVX512(dst, x, stats *float32, rows, cols int, scale float32)

//go:noescape
func softmaxAVX2(dst, x, stats *float32, rows, cols int, scale float32)

//go:noescape
func logSumExpAVX512(stats, x *float32, rows, cols int)

//go:noescape
func logSumExpAVX2(stats, x *float32, rows, cols int)

//go:noescape
func softmaxGradAVX512(dx, dy, y *float32, rows, cols int)

//go:noescape
func softmaxGradAVX2(dx, dy, y *float32, rows, cols int)

//go:noescape
func logSoftmaxGradAVX512(dx, dy, y *float32, rows, cols int)

//go:noescape
func logSoftmaxGradAVX2(dx, dy, y *float32, rows, cols int)
