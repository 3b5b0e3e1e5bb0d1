//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func compareAt(_ cpu.Level, op int, dst *bool, a, b *float32, n int) { compareNEON(op, dst, a, b, n) }

func compareScalarAt(_ cpu.Level, op int, dst *bool, x *float32, n int, s float32) {
	compareScalarNEON(op, dst, x, n, s)
}

func chooseAt(_ cpu.Level, dst *float32, cond *bool, a, b *float32, n int) {
	chooseNEON(dst, cond, a, b, n)
}

//go:noescape
func compareNEON(op int, dst *bool, a, b *float32, n int)

//go:noescape
func compareScalarNEON(op int, dst *bool, x *float32, n int, s float32)

//go:noescape
func chooseNEON(dst *float32, cond *bool, a, b *float32, n int)
