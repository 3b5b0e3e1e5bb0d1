package vec

// Conversions to and from float32. They give the results of Go's conversions, also for numbers outside the other type's range.

// WidenF64 sets dst to x.
func WidenF64(dst []float64, x []float32) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		widenF64At(isa, &dst[0], &x[0], done)
	}
	convert(dst[done:], x[done:])
}

// NarrowF64 sets dst to x, rounded.
func NarrowF64(dst []float32, x []float64) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		narrowF64At(isa, &dst[0], &x[0], done)
	}
	convert(dst[done:], x[done:])
}

// FromInt32 sets dst to x, rounded.
func FromInt32(dst []float32, x []int32) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		fromInt32At(isa, &dst[0], &x[0], done)
	}
	convert(dst[done:], x[done:])
}

// FromUint8 sets dst to x.
func FromUint8(dst []float32, x []uint8) {
	same(len(dst), len(x))
	isa, done := fullVectors(len(dst))
	if done > 0 {
		fromUint8At(isa, &dst[0], &x[0], done)
	}
	convert(dst[done:], x[done:])
}

// The kernels for int64 are correct below 2⁵¹ and report larger numbers; the elements around those are converted again.
const someElements = 1 << 12

// FromInt64 sets dst to x, rounded.
func FromInt64(dst []float32, x []int64) {
	same(len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), someElements)
		isa, done := fullVectors(n)
		if done > 0 {
			var bad [8]uint64
			if fromInt64At(isa, &dst[0], &x[0], done, &bad[0]); bad != [8]uint64{} {
				done = 0
			}
		}
		convert(dst[done:n], x[done:n])
		dst, x = dst[n:], x[n:]
	}
}

// ToInt64 sets dst to x, towards zero.
func ToInt64(dst []int64, x []float32) {
	same(len(dst), len(x))
	for len(dst) > 0 {
		n := min(len(dst), someElements)
		isa, done := fullVectors(n)
		if done > 0 {
			var bad [8]uint64
			if toInt64At(isa, &dst[0], &x[0], done, &bad[0]); bad != [8]uint64{} {
				done = 0
			}
		}
		convert(dst[done:n], x[done:n])
		dst, x = dst[n:], x[n:]
	}
}

type number interface {
	float32 | float64 | int64 | int32 | uint8
}

func convert[D, S number](dst []D, x []S) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = D(x[i])
	}
}
