// Package idx reads and writes IDX, the file format of the MNIST data set: one
// dense array of numbers behind a header of a few bytes.
//
//	byte 0-1   0
//	byte 2     element type: 0x08 uint8, 0x09 int8, 0x0B int16, 0x0C int32, 0x0D float32, 0x0E float64
//	byte 3     number of dimensions
//	then       each dimension as an uint32
//	then       the elements, the last dimension varying fastest
//
// Every number is big-endian. The format is LeCun's: http://yann.lecun.com/exdb/mnist.
package idx

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// A Type says what the elements of an array are. Its value is the code in the file.
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

// Size returns the bytes that one element takes, 0 for a code that is no type.
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

// String returns Go's name of the type.
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

// An Array is what an IDX file holds.
type Array struct {
	Type Type
	Dims []int  // sizes, the last one varying fastest; none for a single number
	Data []byte // the elements as they stand in the file: big-endian; for Uint8 the values themselves
}

// Len returns the number of elements in Data.
func (a *Array) Len() int {
	if a.Type.Size() == 0 {
		return 0
	}
	return len(a.Data) / a.Type.Size()
}

// Element lists the Go types that a file can hold.
type Element interface {
	uint8 | int8 | int16 | int32 | float32 | float64
}

// New returns an array that holds values in the element type T. Its dimensions
// default to one, the number of values. It panics if the product of the
// dimensions is not the number of values.
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
	if n, ok := volume(a.Dims, 1); !ok || n != len(values) {
		panic(fmt.Sprintf("idx.New: dimensions %v do not hold %d values", a.Dims, len(values)))
	}
	a.Data, _ = binary.Append(nil, binary.BigEndian, values) // cannot fail: values have a fixed size
	return a
}

// Values returns the elements of a, converted to T. An integer T must hold each
// of them exactly: an element that is out of its range or has a fraction is an
// error, which names the element. A float T rounds, as Go's conversion does.
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
		return nil, fmt.Errorf("idx: %v is not an element type", a.Type)
	}
	half := 0.5
	integer := T(half) == 0
	values := make([]T, a.Len())
	for i := range values {
		v := at(a.Data[i*a.Type.Size():])
		// Beyond ±2⁵³ Go's conversion may saturate on one processor and wrap on another.
		if integer && (!(math.Abs(v) <= 1<<53) || float64(T(v)) != v) {
			return nil, fmt.Errorf("idx: element %d is %v, which %T cannot hold", i, v, values[i])
		}
		values[i] = T(v)
	}
	return values, nil
}

// volume returns the bytes of an array, and false where they overflow an int.
// A dimension of zero makes the volume zero, yet the others must still be
// sound: whoever multiplies some of them must not overflow either.
func volume(dims []int, size int) (int, bool) {
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
