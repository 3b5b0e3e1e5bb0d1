package vec

// Add sets dst = a + b.
func Add[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	if map2(opAdd, dst, a, b, 0, 0) {
		return
	}
	for i := map2Wide(opAddWide, dst, a, b); i < len(dst); i++ {
		dst[i] = a[i] + b[i]
	}
}

// Sub sets dst = a - b.
func Sub[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	if map2(opSub, dst, a, b, 0, 0) {
		return
	}
	for i := map2Wide(opSubWide, dst, a, b); i < len(dst); i++ {
		dst[i] = a[i] - b[i]
	}
}

// Mul sets dst = a · b, elementwise.
func Mul[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	if map2(opMul, dst, a, b, 0, 0) {
		return
	}
	for i := map2Wide(opMulWide, dst, a, b); i < len(dst); i++ {
		dst[i] = a[i] * b[i]
	}
}

// Div sets dst = a / b, elementwise.
func Div[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	if map2(opDiv, dst, a, b, 0, 0) {
		return
	}
	for i := map2Wide(opDivWide, dst, a, b); i < len(dst); i++ {
		dst[i] = a[i] / b[i]
	}
}

// Max sets dst to the larger of a and b, elementwise; NaN if either is NaN. If both are zero, the result is b.
func Max[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	if map2(opMax, dst, a, b, 0, 0) {
		return
	}
	for i := range dst {
		dst[i] = larger(a[i], b[i])
	}
}

// Min sets dst to the smaller of a and b, elementwise; NaN if either is NaN. If both are zero, the result is b.
func Min[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	if map2(opMin, dst, a, b, 0, 0) {
		return
	}
	for i := range dst {
		dst[i] = smaller(a[i], b[i])
	}
}

func larger[T Float](a, b T) T {
	if a > b || a != a {
		return a
	}
	return b
}

func smaller[T Float](a, b T) T {
	if a < b || a != a {
		return a
	}
	return b
}

// AddScalar sets dst = x + s.
func AddScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	if map1(opAddScalar, dst, x, s, 0) {
		return
	}
	for i := range dst {
		dst[i] = x[i] + s
	}
}

// SubScalar sets dst = x - s.
func SubScalar[T Float](dst, x []T, s T) { AddScalar(dst, x, -s) }

// RSubScalar sets dst = s - x.
func RSubScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	if map1(opRSubScalar, dst, x, s, 0) {
		return
	}
	for i := range dst {
		dst[i] = s - x[i]
	}
}

// Scale sets dst = s·x.
func Scale[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	if map1(opScale, dst, x, s, 0) {
		return
	}
	for i := range dst {
		dst[i] = x[i] * s
	}
}

// DivScalar sets dst = x / s.
func DivScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	if map1(opDivScalar, dst, x, s, 0) {
		return
	}
	for i := range dst {
		dst[i] = x[i] / s
	}
}

// RDivScalar sets dst = s / x.
func RDivScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	if map1(opRDivScalar, dst, x, s, 0) {
		return
	}
	for i := range dst {
		dst[i] = s / x[i]
	}
}

// MaxScalar sets dst to the larger of x and s; NaN if either is NaN.
func MaxScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	if map1(opMaxScalar, dst, x, s, 0) {
		return
	}
	for i := range dst {
		dst[i] = larger(x[i], s)
	}
}

// MinScalar sets dst to the smaller of x and s; NaN if either is NaN.
func MinScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	if map1(opMinScalar, dst, x, s, 0) {
		return
	}
	for i := range dst {
		dst[i] = smaller(x[i], s)
	}
}

// AXPY sets dst = s·x + y, rounded once. It is torch.add(y, x, alpha=s).
func AXPY[T Float](dst []T, s T, x, y []T) {
	same(len(dst), len(x), len(y))
	if map2(opAXPY, dst, x, y, s, 0) {
		return
	}
	for i := range dst {
		dst[i] = fma(s, x[i], y[i])
	}
}

// Lerp sets dst = a + w·(b - a), or b + (w - 1)(b - a) if w ≥ ½; the sum is rounded once, as in PyTorch.
func Lerp[T Float](dst, a, b []T, w T) {
	same(len(dst), len(a), len(b))
	if -0.5 < w && w < 0.5 {
		if map2(opLerp, dst, a, b, w, 0) {
			return
		}
	} else if map2(opLerpFar, dst, a, b, w-1, 0) {
		return
	}
	for i := range dst {
		dst[i] = lerp(a[i], b[i], w)
	}
}
