//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func map1At(isa cpu.Level, op int, dst, x *float32, n int, s, t float32, stream int) {
	if isa == cpu.AVX512 {
		map1AVX512(op, dst, x, n, s, t, stream)
	} else {
		map1AVX2(op, dst, x, n, s, t, stream)
	}
}

func map2At(isa cpu.Level, op int, dst, a, b *float32, n int, s, t float32, stream int) {
	if isa == cpu.AVX512 {
		map2AVX512(op, dst, a, b, n, s, t, stream)
	} else {
		map2AVX2(op, dst, a, b, n, s, t, stream)
	}
}

func dropoutAt(isa cpu.Level, dst, x *float32, keep *bool, n int, scale float32) {
	if isa == cpu.AVX512 {
		dropoutAVX512(dst, x, keep, n, scale)
	} else {
		dropoutAVX2(dst, x, keep, n, scale)
	}
}

//go:noescape
func map1AVX512(op int, dst, x *float32, n int, s, t float32, stream int)

//go:noescape
func map1AVX2(op int, dst, x *float32, n int, s, t float32, stream int)

//go:noescape
func map2AVX512(op int, dst, a, b *float32, n int, s, t float32, stream int)

//go:noescape
func map2AVX2(op int, dst, a, b *float32, n int, s, t float32, stream int)

//go:noescape
func dropoutAVX512(dst, x *float32, keep *bool, n int, scale float32)

//go:noescape
func dropoutAVX2(dst, x *float32, keep *bool, n int, scale float32)
