package tensor

import (
	"fmt"
	"math"
)

// bounds returns the smallest and the largest finite number of a type, as float64. For int64 hi is 2⁶³, one too many.
func (t DType) bounds() (lo, hi float64) {
	switch t {
	case Float32:
		return -math.MaxFloat32, math.MaxFloat32
	case Float64:
		return -math.MaxFloat64, math.MaxFloat64
	case Float16:
		return -65504, 65504
	case BFloat16:
		return -0x1.fep127, 0x1.fep127
	case Uint8:
		return 0, 255
	case Bool:
		return 0, 1
	}
	half := math.Ldexp(1, 8*t.Size()-1)
	return -half, half - 1
}

// holds reports whether v is within the bounds of t.
func (t DType) holds(v int64) bool {
	lo, hi := t.bounds()
	return t == Int64 || float64(v) >= lo && float64(v) <= hi
}

// checkBounds panics if v is outside the bounds of t, as PyTorch's fill_ raises an error. Infinities and NaN are
// numbers of every floating-point type and of no integer type. For integer types the fraction of v is dropped first. A
// boolean accepts all numbers. PyTorch lets −1 to −255 wrap around in uint8 (but not in pad); here they panic, as in
// NumPy.
func (t DType) checkBounds(op string, v float64, shape Shape) {
	if t == Bool || t.IsFloat() && v-v != 0 {
		return
	}
	lo, hi := t.bounds()
	if !t.IsFloat() {
		v = math.Trunc(v)
	}
	if !(v >= lo && v <= hi) || t == Int64 && v == hi { // hi is 2⁶³ there
		fail(op, fmt.Sprintf("%s holds numbers from %v to %v, not %v", t, lo, hi, v), shape)
	}
}
