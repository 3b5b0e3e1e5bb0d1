// Package idx reads and writes IDX, the file format of the MNIST data set: a short header and one dense array of
// numbers.
//
//	byte 0-1   0
//	byte 2     element type: 0x08 uint8, 0x09 int8, 0x0B int16, 0x0C int32, 0x0D float32, 0x0E float64
//	byte 3     number of dimensions
//	then       each dimension as an uint32
//	then       the elements, the last dimension varying fastest
//
// All numbers are big-endian. Source: http://yann.lecun.com/exdb/mnist.
package idx

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// Type is the element type of an array. Its value is the type's code in the file.
type Type byte

// The element types of the format.
const (
	Uint8   Type = 0x08
	Int8    Type = 0x09
	Int16   Type = 0x0B
	Int32   Type = 0x0C
	Float32 Type = 0x0D
	Float64 Type = 0x0E
)

// Size returns the size of an element in bytes, or 0 for an unknown code.
func (t Type) Size() int {
	switch t {
	case Uint8, Int8:
		return 1
	case Int16:
		return 2
	case Int32, Float32:
		return 4
	case Float64:
		return 8
	}
	return 0
}

// String returns the name of the Go type, such as "uint8".
func (t Type) String() string {
	switch t {
	case Uint8:
		return "uint8"
	case Int8:
		return "int8"
	case Int16:
		return "int16"
	case Int32:
		return "int32"
	case Float32:
		return "float32"
	case Float64:
		return "float64"
	}
	return fmt.Sprintf("Type(0x%02x)", byte(t))
}

// Array is the content of an IDX file.
type Array struct {
	Type Type
	Dims []int  // dimensions; the last one varies fastest; empty for a scalar
	Data []byte // the elements, big-endian as in the file
}

// Len returns the number of elements in Data.
func (a *Array) Len() int {
	if a.Type.Size() == 0 {
		return 0
	}
	return len(a.Data) / a.Type.Size()
}

// Element is the constraint of Go types that a file can hold.
type Element interface {
	uint8 | int8 | int16 | int32 | float32 | float64
}

// New returns an array of values. Without dims it has one dimension. It panics if the product of dims is not the
// number of values.
func New[T Element](values []T, dims ...int) *Array {
	if len(dims) == 0 {
		dims = []int{len(values)}
	}
	var zero T
	a := &Array{Dims: append([]int(nil), dims...)}
	switch any(zero).(type) {
	case uint8:
		a.Type = Uint8
	case int8:
		a.Type = Int8
	case int16:
		a.Type = Int16
	case int32:
		a.Type = Int32
	case float32:
		a.Type = Float32
	case float64:
		a.Type = Float64
	}
	if n, ok := byteSize(a.Dims, 1); !ok || n != len(values) {
		panic(fmt.Sprintf("idx.New: dimensions %v for %d values, want a product of %[2]d", a.Dims, len(values)))
	}
	a.Data, _ = binary.Append(nil, binary.BigEndian, values) // the error is always nil, since T has a fixed size
	return a
}

// Values returns the elements of a, converted to T. For an integer T it returns an error, which names the element, if
// an element has a fraction or is out of T's range. For a float T it rounds as Go's conversion does.
func Values[T Element | int64](a *Array) ([]T, error) {
	var at func(b []byte) float64 // float64 holds every element exactly
	be := binary.BigEndian
	switch a.Type {
	case Uint8:
		at = func(b []byte) float64 { return float64(b[0]) }
	case Int8:
		at = func(b []byte) float64 { return float64(int8(b[0])) }
	case Int16:
		at = func(b []byte) float64 { return float64(int16(be.Uint16(b))) }
	case Int32:
		at = func(b []byte) float64 { return float64(int32(be.Uint32(b))) }
	case Float32:
		at = func(b []byte) float64 { return float64(math.Float32frombits(be.Uint32(b))) }
	case Float64:
		at = func(b []byte) float64 { return math.Float64frombits(be.Uint64(b)) }
	default:
		return nil, fmt.Errorf("idx: %v is not an element type, want Uint8, Int8, Int16, Int32, Float32 or Float64",
			a.Type)
	}
	half := 0.5
	integer := T(half) == 0
	values := make([]T, a.Len())
	for i := range values {
		v := at(a.Data[i*a.Type.Size():])
		// Outside ±2⁵³ the result of Go's conversion depends on the processor.
		if integer && (!(math.Abs(v) <= 1<<53) || float64(T(v)) != v) {
			return nil, fmt.Errorf("idx: element %d is %v, which %T cannot hold", i, v, values[i])
		}
		values[i] = T(v)
	}
	return values, nil
}

// byteSize returns the size of an array in bytes, and false if it overflows an int. With a dimension of zero the size
// is zero, but the product of the others must not overflow either, because callers may multiply some of them.
func byteSize(dims []int, size int) (int, bool) {
	n, empty := uint64(size), false
	for _, d := range dims {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			empty = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt {
			return 0, false
		}
		n = lo
	}
	if empty {
		return 0, true
	}
	return int(n), true
}
