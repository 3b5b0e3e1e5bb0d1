//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func layerNormAt(_ cpu.Level, dst, mean, rstd, x, gamma, beta *float32, rows, cols int, perCol, eps float32) {
	layerNormNEON(dst, mean, rstd, x, gamma, beta, rows, cols, perCol, eps)
}

func layerNormGradAt(_ cpu.Level, dx, dy, x, mean, rstd, gamma *float32, rows, cols int, perCol float32) {
	layerNormGradNEON(dx, dy, x, mean, rstd, gamma, rows, cols, perCol)
}

func gammaGradAt(_ cpu.Level, dgamma, dy, x, mean, rstd *float32, rows, cols, stride int) {
	gammaGradNEON(dgamma, dy, x, mean, rstd, rows, cols, stride)
}

//go:noescape
func layerNormNEON(dst, mean, rstd, x, gamma, beta *float32, rows, cols int, perCol, eps float32)

//go:noescape
func layerNormGradNEON(dx, dy, x, mean, rstd, gamma *float32, rows, cols int, perCol float32)

//go:noescape
func gammaGradNEON(dgamma, dy, x, mean, rstd *float32, rows, cols, stride int)
