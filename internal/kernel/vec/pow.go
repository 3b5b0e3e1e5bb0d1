package vec

import "math"

// Pow sets dst = xʸ. For x below zero and y not whole it is NaN; the special cases are those of C's pow.
func Pow(dst, x, y []float32) {
	same(len(dst), len(x), len(y))
	if map2(opPow, dst, x, y, 0, 0) {
		return
	}
	for i, v := range x {
		dst[i] = power(v, float64(y[i]))
	}
}

// PowScalar is Pow with one exponent, a float64.
func PowScalar(dst, x []float32, y float64) {
	same(len(dst), len(x))
	s := float32(y)
	rest := float32(y - float64(s))
	if s-s != 0 {
		rest = 0 // infinite or NaN: a power with an exponent beyond float32 is 0, 1 or infinite
	}
	near := float64(s) != y && s-s == 0 && math.Trunc(float64(s)) == float64(s) // whole after rounding to float32 only
	if near || !map1(opPowScalar, dst, x, s, rest) {
		slowPow(dst, x, y)
	}
}

// slowPow is PowScalar's plain loop.
func slowPow(dst, x []float32, y float64) {
	for i, v := range x {
		dst[i] = power(v, y)
	}
}

// power returns xʸ. The exponent of e, at most 104, is accurate enough in float64 for a power in float32.
func power(x float32, y float64) float32 {
	a := math.Abs(float64(x))
	if x < 0 || !(a > 0 && a <= math.MaxFloat32) || !(math.Abs(y) < 1<<53) {
		if x >= 0 || math.Trunc(y) != y || !(a > 0 && a <= math.MaxFloat32) || !(math.Abs(y) < 1<<53) {
			return float32(math.Pow(float64(x), y)) // the special cases
		}
		r := float32(math.Exp(y * math.Log(a)))
		if math.Mod(y, 2) != 0 {
			r = -r
		}
		return r
	}
	return float32(math.Exp(y * math.Log(a)))
}
