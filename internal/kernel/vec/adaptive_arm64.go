//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func adagradAt(_ cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	adagradNEON(p, grad, a, b, n, scalars, flags)
}

func adadeltaAt(_ cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	adadeltaNEON(p, grad, a, b, n, scalars, flags)
}

func adamaxAt(_ cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	adamaxNEON(p, grad, a, b, n, scalars, flags)
}

func nadamAt(_ cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	nadamNEON(p, grad, a, b, n, scalars, flags)
}

func radamAt(_ cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	radamNEON(p, grad, a, b, n, scalars, flags)
}

//go:noescape
func adagradNEON(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func adadeltaNEON(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func adamaxNEON(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func nadamNEON(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func radamNEON(p, grad, a, b *float32, n int, scalars *float32, flags int)
