package vec

import (
	"math"
	"unsafe"
)

// fma returns x*y + z, rounded once to T: the processor's fused multiply-add.
func fma[T Float](x, y, z T) T {
	if unsafe.Sizeof(x) == 8 {
		return T(math.FMA(float64(x), float64(y), float64(z)))
	}
	return T(fma32(float32(x), float32(y), float32(z)))
}

// fma32 works in float64, where the product is exact. Rounding the sum to float64 and then to float32 could round
// twice; making the last bit of an inexact sum odd makes the second rounding correct.
func fma32(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	sum := p + c
	if half := math.Float64bits(sum)<<35 == 1<<63; !half && math.Abs(sum) >= 0x1p-126 {
		return float32(sum) // not halfway between two normal float32s: the second rounding is correct
	}
	back := sum - p
	lost := (p - (sum - back)) + (c - back)
	if bits := math.Float64bits(sum); lost != 0 && lost == lost && bits&1 == 0 {
		if (lost > 0) == (sum > 0) {
			bits++
		} else {
			bits--
		}
		sum = math.Float64frombits(bits)
	}
	return float32(sum)
}

// sqrt rounds once: the square root of a float32, taken in float64, rounds to the same float32 as the exact one.
func sqrt[T Float](x T) T { return T(math.Sqrt(float64(x))) }
