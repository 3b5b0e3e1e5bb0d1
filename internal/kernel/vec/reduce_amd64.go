//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func sumAt(isa cpu.Level, result *float64, x *float32, n int) {
	if isa == cpu.AVX512 {
		sumAVX512(result, x, n)
	} else {
		sumAVX2(result, x, n)
	}
}

func dotAt(isa cpu.Level, result *float64, a, b *float32, n int) {
	if isa == cpu.AVX512 {
		dotAVX512(result, a, b, n)
	} else {
		dotAVX2(result, a, b, n)
	}
}

func largestAt(isa cpu.Level, result, x *float32, n int) {
	if isa == cpu.AVX512 {
		largestAVX512(result, x, n)
	} else {
		largestAVX2(result, x, n)
	}
}

func smallestAt(isa cpu.Level, result, x *float32, n int) {
	if isa == cpu.AVX512 {
		smallestAVX512(result, x, n)
	} else {
		smallestAVX2(result, x, n)
	}
}

func columnSumsAt(isa cpu.Level, dst, x *float32, rows, cols, stride int) {
	if isa == cpu.AVX512 {
		columnSumsAVX512(dst, x, rows, cols, stride)
	} else {
		columnSumsAVX2(dst, x, rows, cols, stride)
	}
}

//go:noescape
func sumAVX512(result *float64, x *float32, n int)

//go:noescape
func sumAVX2(result *float64, x *float32, n int)

//go:noescape
func dotAVX512(result *float64, a, b *float32, n int)

//go:noescape
func dotAVX2(result *float64, a, b *float32, n int)

//go:noescape
func largestAVX512(result, x *float32, n int)

//go:noescape
func largestAVX2(result, x *float32, n int)

//go:noescape
func smallestAVX512(result, x *float32, n int)

//go:noescape
func smallestAVX2(result, x *float32, n int)

//go:noescape
func columnSumsAVX512(dst, x *float32, rows, cols, stride int)

//go:noescape
func columnSumsAVX2(dst, x *float32, rows, cols, stride int)
