//go:build !noasm

package conv

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func kernels32() *kernels[float32] {
	if cpu.ISA() == cpu.NEON {
		return neon32
	}
	return generic32
}

func kernels64() *kernels[float64] {
	if cpu.ISA() == cpu.NEON {
		return neon64
	}
	return generic64
}

var (
	neon32 = new32(4, []int{8, 8, 8, 6}, wholeVectors(4, tilesNEONF32), planesGeneric[float32], planesGradGeneric[float32])
	neon64 = new64(2, []int{8, 8, 8, 6}, wholeVectors(2, tilesNEONF64), planesGeneric[float64], planesGradGeneric[float64])
)

// wholeVectors returns a kernel for all numbers of columns, given one for multiples of lanes. The columns of the last,
// partial vector are computed by tilesGeneric.
func wholeVectors[T Float](lanes int, kernel func(*tiles[T])) func(*tiles[T]) {
	return func(t *tiles[T]) {
		b, c, bias, n := t.b, t.c, t.bias, t.n
		whole := n &^ (lanes - 1)
		if t.n = whole; whole > 0 {
			kernel(t)
		}
		if whole < n {
			t.n, t.b, t.c = n-whole, after(b, whole), c[whole:]
			if bias != nil && !t.rowBias {
				t.bias = bias[whole:]
			}
			tilesGeneric(t)
		}
		t.b, t.c, t.bias, t.n = b, c, bias, n
	}
}
