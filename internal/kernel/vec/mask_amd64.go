//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func compareAt(isa cpu.Level, op int, dst *bool, a, b *float32, n int) {
	if isa == cpu.AVX512 {
		compareAVX512(op, dst, a, b, n)
	} else {
		compareAVX2(op, dst, a, b, n)
	}
}

func compareScalarAt(isa cpu.Level, op int, dst *bool, x *float32, n int, s float32) {
	if isa == cpu.AVX512 {
		compareScalarAVX512(op, dst, x, n, s)
	} else {
		compareScalarAVX2(op, dst, x, n, s)
	}
}

func chooseAt(isa cpu.Level, dst *float32, cond *bool, a, b *float32, n int) {
	if isa == cpu.AVX512 {
		chooseAVX512(dst, cond, a, b, n)
	} else {
		chooseAVX2(dst, cond, a, b, n)
	}
}

//go:noescape
func compareAVX512(op int, dst *bool, a, b *float32, n int)

//go:noescape
func compareAVX2(op int, dst *bool, a, b *float32, n int)

//go:noescape
func compareScalarAVX512(op int, dst *bool, x *float32, n int, s float32)

//go:noescape
func compareScalarAVX2(op int, dst *bool, x *float32, n int, s float32)

//go:noescape
func chooseAVX512(dst *float32, cond *bool, a, b *float32, n int)

//go:noescape
func chooseAVX2(dst *float32, cond *bool, a, b *float32, n int)
