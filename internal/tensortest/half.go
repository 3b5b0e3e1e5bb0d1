package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// A format is a 16-bit float: how many bits its fraction has, and the exponents of its smallest and largest normal
// numbers.
type format struct{ fraction, least, most int }

var formats = map[tensor.DType]format{
	tensor.BFloat16: {7, -126, 127},
	tensor.Float16:  {10, -14, 15},
}

var halves = []tensor.DType{tensor.BFloat16, tensor.Float16}

func isHalf(dt tensor.DType) bool { return dt == tensor.BFloat16 || dt == tensor.Float16 }

// halfValue reads a 16-bit float by the definition of IEEE 754: (−1)ˢ·2ᵉ·1.fraction, and 0.fraction for the least
// exponent.
func halfValue(dt tensor.DType, b uint16) float64 {
	f := formats[dt]
	sign, rest := 1.0, int(b&0x7fff)
	if b>>15 != 0 {
		sign = -1
	}
	exponent, fraction := rest>>f.fraction, rest&(1<<f.fraction-1)
	switch {
	case exponent == 1<<(15-f.fraction)-1 && fraction != 0:
		return math.NaN()
	case exponent == 1<<(15-f.fraction)-1:
		return math.Inf(int(sign))
	case exponent == 0:
		return sign * math.Ldexp(float64(fraction), f.least-f.fraction)
	}
	return sign * math.Ldexp(float64(fraction+1<<f.fraction), exponent-1+f.least-f.fraction)
}

// halfBits rounds a number to float32 and from there to a 16-bit float, each to the nearest, ties to even, as PyTorch
// does.
func halfBits(dt tensor.DType, x float64) uint16 {
	f := formats[dt]
	x = float64(float32(x))
	var sign uint16
	if math.Signbit(x) {
		sign = 1 << 15
	}
	infinity := uint16(1<<(15-f.fraction)-1) << f.fraction
	if x != x {
		return infinity | 1<<(f.fraction-1)
	}
	if x == 0 {
		return sign
	}
	_, e := math.Frexp(x)
	e = max(e-1, f.least)
	n := math.RoundToEven(math.Ldexp(math.Abs(x), f.fraction-e)) // in units of the last place
	if !(math.Ldexp(n, e-f.fraction) < math.Ldexp(2, f.most)) {
		return sign | infinity
	}
	return sign + uint16(n) + uint16(e-f.least)<<f.fraction // the leading bit of n counts the exponent up
}
