//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func adagradAt(isa cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	if isa == cpu.AVX512 {
		adagradAVX512(p, grad, a, b, n, scalars, flags)
	} else {
		adagradAVX2(p, grad, a, b, n, scalars, flags)
	}
}

func adadeltaAt(isa cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	if isa == cpu.AVX512 {
		adadeltaAVX512(p, grad, a, b, n, scalars, flags)
	} else {
		adadeltaAVX2(p, grad, a, b, n, scalars, flags)
	}
}

func adamaxAt(isa cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	if isa == cpu.AVX512 {
		adamaxAVX512(p, grad, a, b, n, scalars, flags)
	} else {
		adamaxAVX2(p, grad, a, b, n, scalars, flags)
	}
}

func nadamAt(isa cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	if isa == cpu.AVX512 {
		nadamAVX512(p, grad, a, b, n, scalars, flags)
	} else {
		nadamAVX2(p, grad, a, b, n, scalars, flags)
	}
}

func radamAt(isa cpu.Level, p, grad, a, b *float32, n int, scalars *float32, flags int) {
	if isa == cpu.AVX512 {
		radamAVX512(p, grad, a, b, n, scalars, flags)
	} else {
		radamAVX2(p, grad, a, b, n, scalars, flags)
	}
}

//go:noescape
func adagradAVX512(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func adagradAVX2(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func adadeltaAVX512(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func adadeltaAVX2(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func adamaxAVX512(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func adamaxAVX2(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func nadamAVX512(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func nadamAVX2(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func radamAVX512(p, grad, a, b *float32, n int, scalars *float32, flags int)

//go:noescape
func radamAVX2(p, grad, a, b *float32, n int, scalars *float32, flags int)
