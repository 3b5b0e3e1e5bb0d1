//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func sgdAt(_ cpu.Level, p, grad, buf *float32, n int, scalars *float32, flags int) {
	sgdNEON(p, grad, buf, n, scalars, flags)
}

func rmspropAt(_ cpu.Level, p, grad, sq, avg, buf *float32, n int, scalars *float32, flags int) {
	rmspropNEON(p, grad, sq, avg, buf, n, scalars, flags)
}

func adamAt(_ cpu.Level, p, grad, m, v, vmax *float32, n int, scalars *float32, flags int) {
	adamNEON(p, grad, m, v, vmax, n, scalars, flags)
}

//go:noescape
func sgdNEON(p, grad, buf *float32, n int, scalars *float32, flags int)

//go:noescape
func rmspropNEON(p, grad, sq, avg, buf *float32, n int, scalars *float32, flags int)

//go:noescape
func adamNEON(p, grad, m, v, vmax *float32, n int, scalars *float32, flags int)
