package vec

import (
	"math"
	"unsafe"
)

// Number is the element type of loops that compare and select.
type Number interface {
	float32 | float64 | int64 | int32 | uint16 | uint8
}

// Comparison is a comparison of two numbers, or a test of one. It is false for NaN, except NotEqual.
type Comparison int

// The comparisons. The last two test the first number only.
const (
	Equal     = Comparison(compareEqual)
	NotEqual  = Comparison(compareNotEqual)
	Less      = Comparison(compareLess)
	LessEq    = Comparison(compareLessEq)
	Greater   = Comparison(compareGreater)
	GreaterEq = Comparison(compareGreaterEq)
	Finite    = Comparison(compareFinite)
	Infinite  = Comparison(compareInfinite)
)

// Compare sets dst to the result of the comparison of a and b, elementwise.
func Compare[T Number](dst []bool, op Comparison, a, b []T) {
	same(len(dst), len(a), len(b))
	done := 0
	if isa, ok := vectors[T](); ok && op < Finite {
		if done = len(dst) &^ 15; done > 0 {
			compareAt(isa, int(op), &dst[0], first(a), first(b), done)
		}
	}
	dst, a, b = dst[done:], a[done:], b[done:]
	a, b = a[:len(dst)], b[:len(dst)] // so that the compiler removes bounds checks
	switch op {
	case Equal:
		for i := range dst {
			dst[i] = a[i] == b[i]
		}
	case NotEqual:
		for i := range dst {
			dst[i] = a[i] != b[i]
		}
	case Less:
		for i := range dst {
			dst[i] = a[i] < b[i]
		}
	case LessEq:
		for i := range dst {
			dst[i] = a[i] <= b[i]
		}
	case Greater:
		for i := range dst {
			dst[i] = a[i] > b[i]
		}
	case GreaterEq:
		for i := range dst {
			dst[i] = a[i] >= b[i]
		}
	default:
		CompareScalar(dst, op, a, 0)
	}
}

// CompareScalar sets dst to the result of the comparison of x and s, elementwise.
func CompareScalar[T Number](dst []bool, op Comparison, x []T, s T) {
	same(len(dst), len(x))
	done := 0
	if isa, ok := vectors[T](); ok {
		if done = len(dst) &^ 15; done > 0 {
			compareScalarAt(isa, int(op), &dst[0], first(x), done, float32(s))
		}
	}
	dst, x = dst[done:], x[done:]
	x = x[:len(dst)]
	switch op {
	case Equal:
		for i := range dst {
			dst[i] = x[i] == s
		}
	case NotEqual:
		for i := range dst {
			dst[i] = x[i] != s
		}
	case Less:
		for i := range dst {
			dst[i] = x[i] < s
		}
	case LessEq:
		for i := range dst {
			dst[i] = x[i] <= s
		}
	case Greater:
		for i := range dst {
			dst[i] = x[i] > s
		}
	case GreaterEq:
		for i := range dst {
			dst[i] = x[i] >= s
		}
	case Finite:
		for i := range dst {
			dst[i] = math.Abs(float64(x[i])) < math.Inf(1)
		}
	case Infinite:
		for i := range dst {
			dst[i] = math.Abs(float64(x[i])) == math.Inf(1)
		}
	}
}

// Choose sets dst to a where cond is true, else to b.
func Choose[T Number](dst []T, cond []bool, a, b []T) {
	same(len(dst), len(cond), len(a), len(b))
	done := 0
	if isa, ok := vectors[T](); ok {
		if done = len(dst) &^ 15; done > 0 {
			chooseAt(isa, first(dst), &cond[0], first(a), first(b), done)
		}
	}
	for i := done; i < len(dst); i++ {
		v := b[i]
		if cond[i] {
			v = a[i]
		}
		dst[i] = v
	}
}

// And, Or and Xor are the logical operations on booleans.
func And(dst, a, b []bool) {
	d, x, y := logicalWords(opAnd, dst, a, b)
	for i := range d {
		d[i] = x[i] & y[i]
	}
}

func Or(dst, a, b []bool) {
	d, x, y := logicalWords(opOr, dst, a, b)
	for i := range d {
		d[i] = x[i] | y[i]
	}
}

func Xor(dst, a, b []bool) {
	d, x, y := logicalWords(opXor, dst, a, b)
	for i := range d {
		d[i] = x[i] ^ y[i]
	}
}

// Not negates booleans.
func Not(dst, x []bool) {
	same(len(dst), len(x))
	done := 0
	if words := len(dst) / 4; words > 0 && map1(opXorBits, floats(dst, words), floats(x, words),
		math.Float32frombits(0x01010101), 0) {
		done = 4 * words
	}
	for i := done; i < len(dst); i++ {
		dst[i] = !x[i]
	}
}

// logicalWords computes op for the booleans that fill words of four with vector instructions, and returns the rest as
// bytes.
func logicalWords(op int, dst, a, b []bool) (d, x, y []uint8) {
	same(len(dst), len(a), len(b))
	done := 0
	if words := len(dst) / 4; words > 0 && map2(op, floats(dst, words), floats(a, words), floats(b, words), 0, 0) {
		done = 4 * words
	}
	raw := func(v []bool) []uint8 {
		return unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(v))), len(v))[done:]
	}
	return raw(dst), raw(a), raw(b)
}

// floats reinterprets words of four booleans as float32s, for kernels of bitwise operations.
func floats(v []bool, words int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(v))), words)
}
