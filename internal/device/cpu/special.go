package cpu

import "math"

// Loops of rows that have no kernel in package vec: each element is computed in float64 and rounded once. They are spelled out,
// since a call through a function value costs as much as the cheaper of these functions.

func expm1Loop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Expm1(float64(v)))
	}
}

func log1pLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Log1p(float64(v)))
	}
}

func floorLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Floor(float64(v)))
	}
}

func ceilLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Ceil(float64(v)))
	}
}

func roundLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.RoundToEven(float64(v)))
	}
}

func truncLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Trunc(float64(v)))
	}
}

func sinLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Sin(float64(v)))
	}
}

func cosLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Cos(float64(v)))
	}
}

func tanLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(Tan(float64(v)))
	}
}

func asinLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Asin(float64(v)))
	}
}

func acosLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Acos(float64(v)))
	}
}

func atanLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Atan(float64(v)))
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

func erfLoop[T float](dst, x []T) {
	for i, v := range x {
		dst[i] = T(math.Erf(float64(v)))
	}
}

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
