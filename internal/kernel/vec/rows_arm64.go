//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func softmaxAt(_ cpu.Level, dst, x, stats *float32, rows, cols int, scale float32) {
	softmaxNEON(dst, x, stats, rows, cols, scale)
}

func logSumExpAt(_ cpu.Level, stats, x *float32, rows, cols int) {
	logSumExpNEON(stats, x, rows, cols)
}

func softmaxGradAt(_ cpu.Level, dx, dy, y *float32, rows, cols int) {
	softmaxGradNEON(dx, dy, y, rows, cols)
}

func logSoftmaxGradAt(_ cpu.Level, dx, dy, y *float32, rows, cols int) {
	logSoftmaxGradNEON(dx, dy, y, rows, cols)
}

//go:noescape
func softmaxNEON(dst, x, stats *float32, rows, cols int, scale float32)

//go:noescape
func logSumExpNEON(stats, x *float32, rows, cols int)

//go:noescape
func softmaxGradNEON(dx, dy, y *float32, rows, cols int)

//go:noescape
func logSoftmaxGradNEON(dx, dy, y *float32, rows, cols int)
