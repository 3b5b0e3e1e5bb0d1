package vec

import (
	"math"
	"unsafe"
)

// FloorDivide sets dst = ⌊a/b⌋, consistent with Remainder; if b is zero, a/b.
func FloorDivide[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	done := divided(opFloorDivide, dst, a, b)
	if done && !hasNaN(dst) {
		return
	}
	for i := range dst {
		if !done || dst[i] != dst[i] {
			dst[i] = floorDivide(a[i], b[i])
		}
	}
}

// Remainder sets dst = a - b·⌊a/b⌋, which has b's sign.
func Remainder[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	done := divided(opRemainder, dst, a, b)
	if done && !hasNaN(dst) {
		return
	}
	for i := range dst {
		if !done || dst[i] != dst[i] {
			dst[i] = remainder(a[i], b[i])
		}
	}
}

// divided runs a kernel that gives NaN if it has no exact result. It does so only if dst does not overwrite an operand.
func divided[T Float](op int, dst, a, b []T) bool {
	return first(dst) != first(a) && first(dst) != first(b) && map2(op, dst, a, b, 0, 0)
}

func hasNaN[T Float](x []T) bool {
	most := MaxOf(x)
	return most != most
}

func remainder[T Float](a, b T) T {
	d := float64(b)
	r := mod[T](float64(a), d)
	if r != 0 && (d < 0) != (r < 0) {
		r += d
	}
	return T(r)
}

func floorDivide[T Float](a, b T) T {
	n, d := float64(a), float64(b)
	if d == 0 {
		return T(n / d)
	}
	r := mod[T](n, d)
	q := (n - r) / d
	if r != 0 && (d < 0) != (r < 0) {
		q--
	}
	if q == 0 {
		return T(math.Copysign(0, n/d))
	}
	f := math.Floor(q)
	if q-f > 0.5 {
		f++
	}
	return T(f)
}

// mod is a faster math.Mod, which takes a step for each bit of the quotient. The quotient of two float32s is mostly so
// small that its product with y is exact in float64.
func mod[T Float](x, y float64) float64 {
	if unsafe.Sizeof(T(0)) == 4 {
		if q := math.Trunc(x / y); math.Abs(q) < 1<<28 {
			r := x - float64(q*y)
			if r*x < 0 { // x/y was rounded up to a whole number
				r += math.Copysign(y, x)
			}
			if r == 0 {
				return math.Copysign(0, x)
			}
			if r == r {
				return r
			}
		}
	}
	return math.Mod(x, y)
}
