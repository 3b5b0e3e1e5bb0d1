package tensor

import (
	"math"
	"strconv"

	"github.com/lamina-ml/lamina/internal/device"
)

// DType is the type of a tensor's elements. The zero value is Float32.
type DType uint8

// The element types, named as PyTorch names them.
const (
	Float32  = DType(device.Float32)
	Float64  = DType(device.Float64)
	BFloat16 = DType(device.BFloat16)
	Float16  = DType(device.Float16)
	Int64    = DType(device.Int64)
	Int32    = DType(device.Int32)
	Int16    = DType(device.Int16)
	Int8     = DType(device.Int8)
	Uint8    = DType(device.Uint8)
	Bool     = DType(device.Bool)
)

// String returns PyTorch's name of the type, such as "float32".
func (t DType) String() string { return device.DType(t).String() }

// Size returns the number of bytes of one element. It panics if t is not one of the types above.
func (t DType) Size() int {
	if device.DType(t) >= device.NumDTypes {
		fail("dtype", "DType("+strconv.Itoa(int(t))+") is not a type: the largest is "+strconv.Itoa(int(device.NumDTypes)-1))
	}
	return device.DType(t).Size()
}

// IsFloat reports whether t is a floating-point type.
func (t DType) IsFloat() bool { return device.DType(t).IsFloat() }

// promote returns the type of the result of two types: the one of the higher kind (boolean, integer, float), else the
// wider one. Two different types of the same size and kind promote to the next wider type.
func promote(a, b DType) DType {
	switch ka, kb := a.kind(), b.kind(); {
	case a == b || ka > kb:
		return a
	case ka < kb:
		return b
	case a.Size() > b.Size():
		return a
	case a.Size() < b.Size():
		return b
	case a.IsFloat(): // bfloat16 and float16
		return Float32
	}
	return Int16 // int8 and uint8
}

func (t DType) kind() device.Kind { return device.DType(t).Kind() }

// outranks reports whether an array of type a keeps its type when it is combined with a single number of type b.
func outranks(a, b DType) bool { return a.kind() >= b.kind() }

// roundScalar returns c rounded to x's type if that has 16 bits. PyTorch rounds the numbers that it adds, compares or
// uses as exponents, but not factors.
func (x Tensor) roundScalar(c float64) float64 {
	fraction, least, most := 7, -126, 127
	switch x.DType() {
	case BFloat16:
	case Float16:
		fraction, least, most = 10, -14, 15
	default:
		return c
	}
	c = float64(float32(c))
	if c == 0 || c-c != 0 {
		return c
	}
	_, e := math.Frexp(c)
	unit := max(e-1, least) - fraction
	c = math.Ldexp(math.RoundToEven(math.Ldexp(c, -unit)), unit)
	if math.Abs(c) >= math.Ldexp(2, most) {
		return math.Copysign(math.Inf(1), c)
	}
	return c
}
