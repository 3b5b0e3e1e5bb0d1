package vec

// Add sets dst = a + b.
func Add[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// Sub sets dst = a - b.
func Sub[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

// Mul sets dst = a · b, elementwise.
func Mul[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// Div sets dst = a / b, elementwise.
func Div[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}

// Max sets dst to the larger of a and b, elementwise; NaN if either is NaN; +0 is larger than -0.
func Max[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = max(a[i], b[i])
	}
}

// Min sets dst to the smaller of a and b, elementwise; NaN if either is NaN; -0 is smaller than +0.
func Min[T Float](dst, a, b []T) {
	same(len(dst), len(a), len(b))
	for i := range dst {
		dst[i] = min(a[i], b[i])
	}
}

// AddScalar sets dst = x + s.
func AddScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	for i := range dst {
		dst[i] = x[i] + s
	}
}

// SubScalar sets dst = x - s.
func SubScalar[T Float](dst, x []T, s T) { AddScalar(dst, x, -s) }

// RSubScalar sets dst = s - x.
func RSubScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	for i := range dst {
		dst[i] = s - x[i]
	}
}

// Scale sets dst = s·x.
func Scale[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	for i := range dst {
		dst[i] = x[i] * s
	}
}

// DivScalar sets dst = x / s.
func DivScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	for i := range dst {
		dst[i] = x[i] / s
	}
}

// RDivScalar sets dst = s / x.
func RDivScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	for i := range dst {
		dst[i] = s / x[i]
	}
}

// MaxScalar sets dst to the larger of x and s; NaN if either is NaN.
func MaxScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	for i := range dst {
		dst[i] = max(x[i], s)
	}
}

// MinScalar sets dst to the smaller of x and s; NaN if either is NaN.
func MinScalar[T Float](dst, x []T, s T) {
	same(len(dst), len(x))
	for i := range dst {
		dst[i] = min(x[i], s)
	}
}

// AXPY sets dst = s·x + y, rounded once. It is torch.add(y, x, alpha=s).
func AXPY[T Float](dst []T, s T, x, y []T) {
	same(len(dst), len(x), len(y))
	for i := range dst {
		dst[i] = fma(s, x[i], y[i])
	}
}

// Dropout sets dst = x · (keep ? scale : 0). As in PyTorch the dropped elements are multiplied by zero: an infinity
// becomes NaN. Its gradient is itself, applied to dy.
func Dropout[T Float](dst, x []T, keep []bool, scale T) {
	same(len(dst), len(x), len(keep))
	for i := range dst {
		var m T
		if keep[i] {
			m = scale
		}
		dst[i] = x[i] * m
	}
}

// Fill sets every element of dst to s.
func Fill[T Float](dst []T, s T) {
	for i := range dst {
		dst[i] = s
	}
}
