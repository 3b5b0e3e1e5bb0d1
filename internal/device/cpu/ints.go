package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// Loops over integers, which wrap around.

func sameInts(dst, x []int64, _ device.Params) { copy(dst, x) }

func negInts(dst, x []int64, _ device.Params) {
	for i, v := range x {
		dst[i] = -v
	}
}

func absInts(dst, x []int64, _ device.Params) {
	for i, v := range x {
		dst[i] = max(v, -v)
	}
}

func signInts(dst, x []int64, _ device.Params) {
	for i, v := range x {
		dst[i] = max(-1, min(1, v))
	}
}

func squareInts(dst, x []int64, _ device.Params) {
	for i, v := range x {
		dst[i] = v * v
	}
}

func reluInts(dst, x []int64, _ device.Params) {
	for i, v := range x {
		dst[i] = max(v, 0)
	}
}

func addScalarInts(dst, x []int64, p device.Params) {
	c := int64(p[0])
	for i, v := range x {
		dst[i] = v + c
	}
}

func mulScalarInts(dst, x []int64, p device.Params) {
	c := int64(p[0])
	for i, v := range x {
		dst[i] = v * c
	}
}

func clampInts(dst, x []int64, p device.Params) {
	lo, hi := saturated(p[0]), saturated(p[1])
	for i, v := range x {
		dst[i] = min(max(v, lo), hi)
	}
}

// saturated converts a whole or infinite number to the nearest int64.
func saturated(x float64) int64 {
	switch {
	case x >= 1<<63:
		return math.MaxInt64
	case x < -1<<63:
		return math.MinInt64
	}
	return int64(x)
}

func addInts(dst, x, y []int64, _ device.Params) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func subInts(dst, x, y []int64, _ device.Params) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

func mulInts(dst, x, y []int64, _ device.Params) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func maxInts(dst, x, y []int64, _ device.Params) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = max(x[i], y[i])
	}
}

func minInts(dst, x, y []int64, _ device.Params) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = min(x[i], y[i])
	}
}

func axpyInts(dst, x, y []int64, p device.Params) {
	c := int64(p[0])
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + c*y[i]
	}
}

// remainderInts and floorDivInts round the quotient towards −∞. The caller ensures that no y is 0.
func remainderInts(dst, x, y []int64, _ device.Params) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i, d := range y {
		r := x[i] % d
		if r != 0 && r^d < 0 {
			r += d
		}
		dst[i] = r
	}
}

func floorDivInts(dst, x, y []int64, _ device.Params) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i, d := range y {
		q := x[i] / d
		if r := x[i] - q*d; r != 0 && r^d < 0 {
			q--
		}
		dst[i] = q
	}
}
