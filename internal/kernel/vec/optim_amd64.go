//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func sgdAt(isa cpu.Level, p, grad, buf *float32, n int, scalars *float32, flags int) {
	if isa == cpu.AVX512 {
		sgdAVX512(p, grad, buf, n, scalars, flags)
	} else {
		sgdAVX2(p, grad, buf, n, scalars, flags)
	}
}

func rmspropAt(isa cpu.Level, p, grad, sq, avg, buf *float32, n int, scalars *float32, flags int) {
	if isa == cpu.AVX512 {
		rmspropAVX512(p, grad, sq, avg, buf, n, scalars, flags)
	} else {
		rmspropAVX2(p, grad, sq, avg, buf, n, scalars, flags)
	}
}

func adamAt(isa cpu.Level, p, grad, m, v, vmax *float32, n int, scalars *float32, flags int) {
	if isa == cpu.AVX512 {
		adamAVX512(p, grad, m, v, vmax, n, scalars, flags)
	} else {
		adamAVX2(p, grad, m, v, vmax, n, scalars, flags)
	}
}

//go:noescape
func sgdAVX512(p, grad, buf *float32, n int, scalars *float32, flags int)

//go:noescape
func sgdAVX2(p, grad, buf *float32, n int, scalars *float32, flags int)

//go:noescape
func rmspropAVX512(p, grad, sq, avg, buf *float32, n int, scalars *float32, flags int)

//go:noescape
func rmspropAVX2(p, grad, sq, avg, buf *float32, n int, scalars *float32, flags int)

//go:noescape
func adamAVX512(p, grad, m, v, vmax *float32, n int, scalars *float32, flags int)

//go:noescape
func adamAVX2(p, grad, m, v, vmax *float32, n int, scalars *float32, flags int)
