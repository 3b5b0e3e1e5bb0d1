//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func sumAt(_ cpu.Level, result *float64, x *float32, n int) {
	sumNEON(result, x, n)
}

func dotAt(_ cpu.Level, result *float64, a, b *float32, n int) {
	dotNEON(result, a, b, n)
}

func largestAt(_ cpu.Level, result, x *float32, n int) {
	largestNEON(result, x, n)
}

func smallestAt(_ cpu.Level, result, x *float32, n int) {
	smallestNEON(result, x, n)
}

func columnSumsAt(_ cpu.Level, dst, x *float32, rows, cols, stride int) {
	columnSumsNEON(dst, x, rows, cols, stride)
}

//go:noescape
func sumNEON(result *float64, x *float32, n int)

//go:noescape
func dotNEON(result *float64, a, b *float32, n int)

//go:noescape
func largestNEON(result, x *float32, n int)

//go:noescape
func smallestNEON(result, x *float32, n int)

//go:noescape
func columnSumsNEON(dst, x *float32, rows, cols, stride int)
