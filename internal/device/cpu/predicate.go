package cpu

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Loops of predicates, whose results are booleans.

// comparison returns the row of a comparison.
func comparison(op vec.Comparison) *binaryRow {
	r := new(binaryRow)
	a := &r.predicate
	a.f32, a.f64, a.i64 = compare[float32](op), compare[float64](op), compare[int64](op)
	a.u8 = compare[uint8](op)
	a.s32, a.s64, a.si64 = compareWith[float32](op), compareWith[float64](op), compareWith[int64](op)
	return r
}

func compare[T vec.Number](op vec.Comparison) func(dst []bool, x, y []T, p device.Params) {
	return func(dst []bool, x, y []T, _ device.Params) { vec.Compare(dst, op, x, y) }
}

func compareWith[T vec.Number](op vec.Comparison) func(dst []bool, x []T, y T) {
	return func(dst []bool, x []T, y T) { vec.CompareScalar(dst, op, x, y) }
}

// scalarComparison returns the row of a comparison with a constant. Integers and a whole constant are compared as
// integers, because float64 cannot represent all integers beyond 2⁵³.
func scalarComparison(op vec.Comparison) *unaryRow {
	r := new(unaryRow)
	a := &r.predicate
	a.f32 = func(dst []bool, x []float32, p device.Params) { vec.CompareScalar(dst, op, x, float32(p[0])) }
	a.f64 = func(dst []bool, x []float64, p device.Params) { vec.CompareScalar(dst, op, x, p[0]) }
	a.i64 = func(dst []bool, x []int64, p device.Params) {
		if c := int64(p[0]); float64(c) == p[0] {
			vec.CompareScalar(dst, op, x, c)
			return
		}
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			v := scratchBuffer[float64](s, 0)[:n]
			convert(v, x[i:i+n])
			vec.CompareScalar(dst[i:i+n], op, v, p[0])
		}
		scratches.Put(s)
	}
	others := convertingPredicate1(a.i64, convert[int64, uint8])
	a.u8 = func(dst []bool, x []uint8, p device.Params) {
		if c := uint8(int64(p[0])); float64(c) == p[0] {
			vec.CompareScalar(dst, op, x, c)
			return
		}
		others(dst, x, p)
	}
	if op == vec.Equal {
		a.bool = func(dst []bool, x []uint8, p device.Params) {
			if p[0] == 0 {
				vec.Not(dst, asBools(x))
				return
			}
			a.u8(dst, x, p)
		}
	}
	return r
}

// classification returns the row of a predicate of one number, whose result is ofInt for all integers.
func classification(f32 func(dst []bool, x []float32, p device.Params),
	f64 func(dst []bool, x []float64, p device.Params), ofInt bool) *unaryRow {
	r := new(unaryRow)
	r.predicate.f32, r.predicate.f64 = f32, f64
	r.predicate.i64 = func(dst []bool, _ []int64, _ device.Params) {
		for i := range dst {
			dst[i] = ofInt
		}
	}
	return r
}

func isNaN[T float](dst []bool, x []T, _ device.Params) { vec.Compare(dst, vec.NotEqual, x, x) }

func isInf[T float](dst []bool, x []T, _ device.Params) {
	vec.CompareScalar(dst, vec.Infinite, x, 0)
}

func isFinite[T float](dst []bool, x []T, _ device.Params) {
	vec.CompareScalar(dst, vec.Finite, x, 0)
}

// logical returns the row of a logical function.
func logical(combine func(dst, x, y []bool)) *binaryRow {
	r := new(binaryRow)
	a := &r.predicate
	a.f32, a.f64, a.i64 = logicalLoop[float32](combine), logicalLoop[float64](combine), logicalLoop[int64](combine)
	a.u8 = logicalLoop[uint8](combine)
	a.bool = func(dst []bool, x, y []uint8, _ device.Params) { combine(dst, asBools(x), asBools(y)) }
	return r
}

func logicalLoop[T vec.Number](combine func(dst, x, y []bool)) func(dst []bool, x, y []T, p device.Params) {
	return func(dst []bool, x, y []T, _ device.Params) {
		s := scratches.Get()
		for i := 0; i < len(dst); i += chunk {
			n := min(chunk, len(dst)-i)
			d, other := dst[i:i+n], scratchBuffer[bool](s, 0)[:n]
			vec.CompareScalar(d, vec.NotEqual, x[i:i+n], 0)
			vec.CompareScalar(other, vec.NotEqual, y[i:i+n], 0)
			combine(d, d, other)
		}
		scratches.Put(s)
	}
}

func asBools(x []uint8) []bool {
	return unsafe.Slice((*bool)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}
