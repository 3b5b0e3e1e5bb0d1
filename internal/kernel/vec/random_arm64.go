//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func twistAt(_ cpu.Level, state, out *uint32) { twistNEON(state, out) }

func uniformAt(_ cpu.Level, dst *float32, words *uint32, n int, from, scale, to float32) {
	uniformNEON(dst, words, n, from, scale, to)
}

func boxMullerAt(_ cpu.Level, x *float32, n int, mean, std float32) { boxMullerNEON(x, n, mean, std) }

func bernoulliAt(_ cpu.Level, dst *float32, words *uint32, n int, ones float64) {
	bernoulliNEON(dst, words, n, ones)
}

func exponentialAt(_ cpu.Level, dst *float32, words *uint32, n int, mean float64) {
	exponentialNEON(dst, words, n, mean)
}

func remaindersAt(_ cpu.Level, x *uint32, count int, n float64, even *float64) {
	remaindersNEON(x, count, n, even)
}

//go:noescape
func twistNEON(state, out *uint32)

//go:noescape
func uniformNEON(dst *float32, words *uint32, n int, from, scale, to float32)

//go:noescape
func boxMullerNEON(x *float32, n int, mean, std float32)

//go:noescape
func bernoulliNEON(dst *float32, words *uint32, n int, ones float64)

//go:noescape
func exponentialNEON(dst *float32, words *uint32, n int, mean float64)

//go:noescape
func remaindersNEON(x *uint32, count int, n float64, even *float64)
