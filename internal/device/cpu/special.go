package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Loops of rows that have no kernel in package vec: each element is computed in float64 and rounded once. They are spelled out,
// since a call through a function value costs as much as the cheaper of these functions.

func tanLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(Tan(float64(v)))
	}
}

func sinhLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(Sinh(float64(v)))
	}
}

func coshLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(Cosh(float64(v)))
	}
}

// axpy is rounded once.
func axpy[T float](dst, t, x []T, p device.Params) { vec.AXPY(dst, T(p[0]), x, t) }

// powScalar takes the powers that PyTorch makes of products.
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
			q := room[float32](s, 0)[:len(d)]
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

// Tan is math.Tan, which loses a dozen units in the last place of small numbers.
func Tan(x float64) float64 { return math.Sin(x) / math.Cos(x) }

// Sinh is math.Sinh, which overflows too soon.
func Sinh(x float64) float64 {
	if math.Abs(x) > 700 {
		h := math.Exp(math.Abs(x) / 2)
		return math.Copysign(h/2*h, x)
	}
	return math.Sinh(x)
}

// Cosh is math.Cosh, which overflows too soon.
func Cosh(x float64) float64 {
	if math.Abs(x) > 700 {
		h := math.Exp(math.Abs(x) / 2)
		return h / 2 * h
	}
	return math.Cosh(x)
}
