package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// powScalar computes a power with a constant exponent. PyTorch computes the same exponents as products, roots and
// quotients.
func powScalar(dst, x []float32, p device.Params) {
	switch c := p[0] + p[1]; c {
	case 0.5:
		vec.Sqrt(dst, x)
	case -0.5:
		vec.Rsqrt(dst, x)
	case 1:
		copy(dst, x)
	case 2:
		vec.Square(dst, x)
	case 3:
		s := scratches.Get()
		for i := 0; i < len(dst); i += chunk {
			d, x := dst[i:min(i+chunk, len(dst))], x[i:min(i+chunk, len(dst))]
			q := scratchBuffer[float32](s, 0)[:len(d)]
			vec.Mul(q, x, x)
			vec.Mul(d, q, x)
		}
		scratches.Put(s)
	case -1:
		vec.Reciprocal(dst, x)
	case -2:
		for i, v := range x {
			dst[i] = 1 / (v * v)
		}
	default:
		vec.PowScalar(dst, x, c)
	}
}

func pow(dst, x, y []float32, _ device.Params) { vec.Pow(dst, x, y) }
