package tensor

import (
	"fmt"
	"slices"
	"unsafe"
)

// Number is any Go type that a tensor can be made from.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64
}

// Options set the type and the device of new tensors. The zero value means float32 on the CPU; the functions of the
// package use it.
//
//	w := tensor.Options{DType: tensor.Float64}.Zeros(3, 3)
type Options struct {
	DType  DType
	Device Device
}

// From returns a tensor on the Go heap with a copy of data, in row-major order: torch.tensor. Its type is that of the
// numbers; int and the unsigned types wider than uint8 become int64. Without dims it is a vector. It panics if the
// shape does not have len(data) elements, and for a number that int64 does not hold.
func From[T Number](data []T, dims ...int) Tensor {
	return FromAs(Options{DType: dtypeOf[T]()}, data, dims...)
}

// FromAs returns a tensor on the Go heap with a copy of data, converted to the type and device of o. Conversion to an
// integer type drops fractions. It panics for a number that an integer type does not hold.
func FromAs[T Number](o Options, data []T, dims ...int) Tensor {
	shape := shapeOf(data, dims)
	checkFit(o.DType, data, shape)
	host := convert[T](data)
	t := o.empty(shape, dtypeOf[T]())
	o.Device.kernels().Upload(&t.h.Array, host)
	return t.Cast(o.DType)
}

// shapeOf returns the shape that dims give to data: without dims that of a vector.
func shapeOf[T any](data []T, dims []int) Shape {
	if len(dims) == 0 {
		return ShapeOf(len(data))
	}
	if slices.Contains(dims, -1) {
		fail("shape", "negative size -1: give every size, or make a vector and call Reshape, which infers one size")
	}
	shape := ShapeOf(dims...)
	if shape.Size() != len(data) {
		fail("tensor", fmt.Sprintf("%d numbers do not fill the shape", len(data)), shape)
	}
	return shape
}

// checkFit panics if integers of type dt do not hold the data.
func checkFit[T Number](dt DType, data []T, shape Shape) {
	if from := dtypeOf[T](); dt == from || dt == Bool || dt.IsFloat() || dt == Int64 && !from.IsFloat() {
		return
	}
	for _, v := range data {
		dt.checkBounds("tensor", float64(v), shape)
	}
}

// Scalar returns a tensor with one number and no dimensions.
func Scalar[T Number](v T) Tensor { return From([]T{v}).reshape(Shape{}) }

// FromBools returns a boolean tensor on the Go heap with a copy of data, in row-major order. Without dims it is a
// vector.
func FromBools(data []bool, dims ...int) Tensor {
	t := Options{}.empty(shapeOf(data, dims), Bool)
	SetBytes(t, bytesOf(data)) // Go stores false and true as the bytes 0 and 1
	return t
}

// dtypeOf returns the tensor type for a slice of T.
func dtypeOf[T Number]() DType {
	var v T
	switch any(v).(type) {
	case float32:
		return Float32
	case float64:
		return Float64
	case uint8:
		return Uint8
	case int32:
		return Int32
	case int16:
		return Int16
	case int8:
		return Int8
	}
	half := 0.5
	if T(half) != 0 { // a named float type
		if unsafe.Sizeof(v) == 4 {
			return Float32
		}
		return Float64
	}
	return Int64
}

// convert returns data as bytes of type dtypeOf[T].
func convert[T Number](data []T) []byte {
	var v T
	dt := dtypeOf[T]()
	if int(unsafe.Sizeof(v)) == dt.Size() {
		if v--; v > 0 && dt == Int64 { // unsigned
			for _, x := range data {
				if int64(x) < 0 {
					fail("tensor", fmt.Sprintf("%v is too large for int64", x))
				}
			}
		}
		return bytesOf(data)
	}
	wide := make([]int64, len(data))
	for i, x := range data {
		wide[i] = int64(x)
	}
	return bytesOf(wide)
}

// bytesOf returns the memory of a slice of numbers.
func bytesOf[T any](data []T) []byte {
	if len(data) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), len(data)*int(unsafe.Sizeof(data[0])))
}

func (o Options) empty(shape Shape, dt DType) Tensor {
	return (*Scope)(nil).alloc(o.Device.kernels(), dt, shape)
}

// Full returns a tensor on the Go heap whose elements are all v. It panics if the type does not hold v.
func (o Options) Full(v float64, dims ...int) Tensor {
	shape := ShapeOf(dims...)
	o.DType.checkBounds("full", v, shape)
	t := o.empty(shape, o.DType)
	o.Device.kernels().Fill(&t.h.Array, v)
	return t
}

// Zeros returns a tensor of zeros on the heap.
func (o Options) Zeros(dims ...int) Tensor { return o.Full(0, dims...) }

// Ones returns a tensor of ones on the heap.
func (o Options) Ones(dims ...int) Tensor { return o.Full(1, dims...) }

// Full returns a float32 tensor on the heap whose elements are all v.
func Full(v float64, dims ...int) Tensor { return Options{}.Full(v, dims...) }

// Zeros returns a float32 tensor of zeros on the heap.
func Zeros(dims ...int) Tensor { return Options{}.Zeros(dims...) }

// Ones returns a float32 tensor of ones on the heap.
func Ones(dims ...int) Tensor { return Options{}.Ones(dims...) }

// NewFull returns a tensor of x's type whose elements are all v, in x's scope and on its device: x.new_full. Without
// dims it is a single number.
func (x Tensor) NewFull(v float64, dims ...int) Tensor {
	h, shape := x.header(), ShapeOf(dims...)
	x.DType().checkBounds("full", v, shape)
	y := h.scope.alloc(h.store.dev, x.DType(), shape)
	h.store.dev.Fill(&y.h.Array, v)
	return y
}

// NewZeros returns zeros of x's type in x's scope.
func (x Tensor) NewZeros(dims ...int) Tensor { return x.NewFull(0, dims...) }

// NewOnes returns ones of x's type in x's scope.
func (x Tensor) NewOnes(dims ...int) Tensor { return x.NewFull(1, dims...) }

// NewFrom returns a tensor with a copy of data, converted to x's type, in x's scope and on its device: PyTorch's
// x.new_tensor(data). So an op that computes its result in a Go slice makes a tensor of it. It panics where FromAs
// does. Without dims it is a vector.
func NewFrom[T Number](x Tensor, data []T, dims ...int) Tensor {
	h, dt, shape := x.geometry(), DType(x.geometry().DType), shapeOf(data, dims)
	checkFit(dt, data, shape)
	y := h.scope.alloc(h.store.dev, dtypeOf[T](), shape)
	h.store.dev.Upload(&y.h.Array, convert(data))
	if y.DType() == dt {
		return y
	}
	defer y.Release()
	return y.Cast(dt)
}

// FromBytes returns a tensor on the Go heap with raw elements, little-endian and in row-major order, as weight files
// store them. It panics if the number of bytes is wrong.
func (o Options) FromBytes(raw []byte, dims ...int) Tensor {
	t := o.empty(ShapeOf(dims...), o.DType)
	SetBytes(t, raw)
	return t
}

// FullLike returns a tensor of x's shape and type in x's scope whose elements are all v.
func (x Tensor) FullLike(v float64) Tensor {
	h := x.header()
	x.DType().checkBounds("full_like", v, x.Shape())
	y := h.scope.alloc(h.store.dev, x.DType(), x.Shape())
	h.store.dev.Fill(&y.h.Array, v)
	return y
}

// ZerosLike returns zeros of x's shape and type in x's scope.
func (x Tensor) ZerosLike() Tensor { return x.FullLike(0) }

// OnesLike returns ones of x's shape and type in x's scope.
func (x Tensor) OnesLike() Tensor { return x.FullLike(1) }
