//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func layerNormAt(isa cpu.Level, dst, mean, rstd, x, gamma, beta *float32, rows, cols int, perCol, eps float32) {
	if isa == cpu.AVX512 {
		layerNormAVX512(dst, mean, rstd, x, gamma, beta, rows, cols, perCol, eps)
	} else {
		layerNormAVX2(dst, mean, rstd, x, gamma, beta, rows, cols, perCol, eps)
	}
}

func layerNormGradAt(isa cpu.Level, dx, dy, x, mean, rstd, gamma *float32, rows, cols int, perCol float32) {
	if isa == cpu.AVX512 {
		layerNormGradAVX512(dx, dy, x, mean, rstd, gamma, rows, cols, perCol)
	} else {
		layerNormGradAVX2(dx, dy, x, mean, rstd, gamma, rows, cols, perCol)
	}
}

func gammaGradAt(isa cpu.Level, dgamma, dy, x, mean, rstd *float32, rows, cols, stride int) {
	if isa == cpu.AVX512 {
		gammaGradAVX512(dgamma, dy, x, mean, rstd, rows, cols, stride)
	} else {
		gammaGradAVX2(dgamma, dy, x, mean, rstd, rows, cols, stride)
	}
}

//go:noescape
func layerNormAVX512(dst, mean, rstd, x, gamma, beta *float32, rows, cols int, perCol, eps float32)

//go:noescape
func layerNormAVX2(dst, mean, rstd, x, gamma, beta *float32, rows, cols int, perCol, eps float32)

//go:noescape
func layerNormGradAVX512(dx, dy, x, mean, rstd, gamma *float32, rows, cols int, perCol float32)

//go:noescape
func layerNormGradAVX2(dx, dy, x, mean, rstd, gamma *float32, rows, cols int, perCol float32)

//go:noescape
func gammaGradAVX512(dgamma, dy, x, mean, rstd *float32, rows, cols, stride int)

//go:noescape
func gammaGradAVX2(dgamma, dy, x, mean, rstd *float32, rows, cols, stride int)
