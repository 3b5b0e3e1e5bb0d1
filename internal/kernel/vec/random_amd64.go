//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func twistAt(isa cpu.Level, state, out *uint32) {
	if isa == cpu.AVX512 {
		twistAVX512(state, out)
	} else {
		twistAVX2(state, out)
	}
}

func uniformAt(isa cpu.Level, dst *float32, words *uint32, n int, from, scale, to float32) {
	if isa == cpu.AVX512 {
		uniformAVX512(dst, words, n, from, scale, to)
	} else {
		uniformAVX2(dst, words, n, from, scale, to)
	}
}

func boxMullerAt(isa cpu.Level, x *float32, n int, mean, std float32) {
	if isa == cpu.AVX512 {
		boxMullerAVX512(x, n, mean, std)
	} else {
		boxMullerAVX2(x, n, mean, std)
	}
}

func bernoulliAt(isa cpu.Level, dst *float32, words *uint32, n int, ones float64) {
	if isa == cpu.AVX512 {
		bernoulliAVX512(dst, words, n, ones)
	} else {
		bernoulliAVX2(dst, words, n, ones)
	}
}

func exponentialAt(isa cpu.Level, dst *float32, words *uint32, n int, mean float64) {
	if isa == cpu.AVX512 {
		exponentialAVX512(dst, words, n, mean)
	} else {
		exponentialAVX2(dst, words, n, mean)
	}
}

func remaindersAt(isa cpu.Level, x *uint32, count int, n float64, even *float64) {
	if isa == cpu.AVX512 {
		remaindersAVX512(x, count, n, even)
	} else {
		remaindersAVX2(x, count, n, even)
	}
}

//go:noescape
func twistAVX512(state, out *uint32)

//go:noescape
func twistAVX2(state, out *uint32)

//go:noescape
func uniformAVX512(dst *float32, words *uint32, n int, from, scale, to float32)

//go:noescape
func uniformAVX2(dst *float32, words *uint32, n int, from, scale, to float32)

//go:noescape
func boxMullerAVX512(x *float32, n int, mean, std float32)

//go:noescape
func boxMullerAVX2(x *float32, n int, mean, std float32)

//go:noescape
func bernoulliAVX512(dst *float32, words *uint32, n int, ones float64)

//go:noescape
func bernoulliAVX2(dst *float32, words *uint32, n int, ones float64)

//go:noescape
func exponentialAVX512(dst *float32, words *uint32, n int, mean float64)

//go:noescape
func exponentialAVX2(dst *float32, words *uint32, n int, mean float64)

//go:noescape
func remaindersAVX512(x *uint32, count int, n float64, even *float64)

//go:noescape
func remaindersAVX2(x *uint32, count int, n float64, even *float64)
