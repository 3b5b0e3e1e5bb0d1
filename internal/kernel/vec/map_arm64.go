//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func map1At(_ cpu.Level, op int, dst, x *float32, n int, s, t float32, stream int) {
	map1NEON(op, dst, x, n, s, t, stream)
}

func map2At(_ cpu.Level, op int, dst, a, b *float32, n int, s, t float32, stream int) {
	map2NEON(op, dst, a, b, n, s, t, stream)
}

func dropoutAt(_ cpu.Level, dst, x *float32, keep *bool, n int, scale float32) {
	dropoutNEON(dst, x, keep, n, scale)
}

//go:noescape
func map1NEON(op int, dst, x *float32, n int, s, t float32, stream int)

//go:noescape
func map2NEON(op int, dst, a, b *float32, n int, s, t float32, stream int)

//go:noescape
func dropoutNEON(dst, x *float32, keep *bool, n int, scale float32)
