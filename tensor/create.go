package tensor

import (
	"fmt"
	"unsafe"

	"github.com/lamina-ml/lamina/rng"
)

// Number is any Go type that a tensor can be made from.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64
}

// Options say where and of what type a tensor is made: float32 on the CPU, where nothing else is said. The package's functions
// use the zero value.
//
//	w := tensor.Options{DType: tensor.Float64}.Zeros(3, 3)
type Options struct {
	DType  DType
	Device Device
}

// From returns a tensor on the heap with a copy of data, in row-major order. Its type is float64 for float64, float32 for float32,
// int64 for Go's other integers but uint8 and int32, which stay. Without dims it is a vector. It panics for a number beyond int64.
func From[T Number](data []T, dims ...int) Tensor {
	return Fill(Options{DType: dtypeOf[T]()}, data, dims...)
}

// Fill returns a tensor on the heap with a copy of data, converted to the type that o names.
func Fill[T Number](o Options, data []T, dims ...int) Tensor {
	shape := ShapeOf(len(data))
	if len(dims) > 0 {
		shape = ShapeOf(dims...)
	}
	if shape.Size() != len(data) {
		fail("from", fmt.Sprintf("%d numbers do not fill the shape", len(data)), shape)
	}
	host := convert[T](data)
	t := o.empty(shape, dtypeOf[T]())
	o.Device.Impl().Upload(&t.h.Array, host)
	return t.Cast(o.DType)
}

// Scalar returns a tensor with one number and no dimensions.
func Scalar[T Number](v T) Tensor { return From([]T{v}).reshape(Shape{}) }

// FromBools returns a boolean tensor on the heap with a copy of data, in row-major order. Without dims it is a vector.
func FromBools(data []bool, dims ...int) Tensor {
	shape := ShapeOf(len(data))
	if len(dims) > 0 {
		shape = ShapeOf(dims...)
	}
	if shape.Size() != len(data) {
		fail("from", fmt.Sprintf("%d numbers do not fill the shape", len(data)), shape)
	}
	t := Options{}.empty(shape, Bool)
	SetBytes(t, bytesOf(data)) // false and true lie in memory as 0 and 1
	return t
}

// dtypeOf is the tensor type for a slice of T.
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

// convert returns data as the bytes of dtypeOf[T].
func convert[T Number](data []T) []byte {
	var v T
	dt := dtypeOf[T]()
	if int(unsafe.Sizeof(v)) == dt.Size() {
		if v--; v > 0 && dt == Int64 { // unsigned
			for _, x := range data {
				if int64(x) < 0 {
					fail("from", fmt.Sprintf("%v is too large for int64", x))
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
	return (*Scope)(nil).alloc(o.Device.Impl(), dt, shape)
}

// Full returns a tensor on the heap whose elements are all v.
func (o Options) Full(v float64, dims ...int) Tensor {
	t := o.empty(ShapeOf(dims...), o.DType)
	o.Device.Impl().Fill(&t.h.Array, v)
	return t
}

// Zeros returns a tensor of zeros on the heap.
func (o Options) Zeros(dims ...int) Tensor { return o.Full(0, dims...) }

// Ones returns a tensor of ones on the heap.
func (o Options) Ones(dims ...int) Tensor { return o.Full(1, dims...) }

// Rand returns uniform numbers in [0, 1), drawn from g as torch.rand draws them.
func (o Options) Rand(g *rng.Torch, dims ...int) Tensor { return o.Uniform(g, 0, 1, dims...) }

// Uniform returns uniform numbers from lo to hi, drawn from g as Tensor.uniform_ draws them.
func (o Options) Uniform(g *rng.Torch, lo, hi float64, dims ...int) Tensor {
	t := o.empty(ShapeOf(dims...), o.DType)
	switch o.DType {
	case Float32:
		drawInto(t, func(x []float32) { g.Uniform32(x, lo, hi) })
	case Float64:
		drawInto(t, func(x []float64) { g.Uniform64(x, lo, hi) })
	default:
		o.needsFloat("Uniform")
		wide := Options{Device: o.Device}
		return wide.Uniform(g, lo, hi, dims...).Cast(o.DType)
	}
	return t
}

// needsFloat panics for what cannot be drawn. 16-bit floats are drawn in float32 and rounded, as PyTorch's are.
func (o Options) needsFloat(op string) {
	if !o.DType.IsFloat() {
		fail(op, "random numbers are floating point, not "+o.DType.String())
	}
}

// drawInto fills t with what draw gives, a part at a time: a large weight needs no second copy in the host's memory.
func drawInto[T Number](t Tensor, draw func(x []T)) {
	const part = 1 << 14
	flat := t.reshape(ShapeOf(t.Len()))
	buf := make([]T, min(part, t.Len()))
	for i := 0; i < t.Len(); i += part {
		x := buf[:min(part, t.Len()-i)]
		draw(x)
		SetFrom(flat.Narrow(0, i, len(x)), x)
	}
}

// RandN returns normal numbers with mean 0 and variance 1, drawn from g as torch.randn draws them.
func (o Options) RandN(g *rng.Torch, dims ...int) Tensor {
	o.needsFloat("RandN")
	return o.random(dims, func(x []float32) { g.Normal32(x, 0, 1) }, func(x []float64) { g.Normal64(x, 0, 1) })
}

func (o Options) random(dims []int, f32 func([]float32), f64 func([]float64)) Tensor {
	n := ShapeOf(dims...).Size()
	if o.DType == Float64 {
		data := make([]float64, n)
		f64(data)
		return Fill(o, data, dims...)
	}
	data := make([]float32, n)
	f32(data)
	if len(dims) == 0 {
		return Fill(o, data).reshape(Shape{})
	}
	return Fill(o, data, dims...)
}

// Full returns a float32 tensor on the heap whose elements are all v.
func Full(v float64, dims ...int) Tensor { return Options{}.Full(v, dims...) }

// Zeros returns a float32 tensor of zeros on the heap.
func Zeros(dims ...int) Tensor { return Options{}.Zeros(dims...) }

// Ones returns a float32 tensor of ones on the heap.
func Ones(dims ...int) Tensor { return Options{}.Ones(dims...) }

// NewFull returns a tensor of x's type whose elements are all v, in x's scope and on its device: a constant for a step. Without
// dims it is a single number.
func (x Tensor) NewFull(v float64, dims ...int) Tensor {
	h := x.header()
	y := h.scope.alloc(h.store.dev, x.DType(), ShapeOf(dims...))
	h.store.dev.Fill(&y.h.Array, v)
	return y
}

// NewZeros returns zeros of x's type in x's scope.
func (x Tensor) NewZeros(dims ...int) Tensor { return x.NewFull(0, dims...) }

// NewOnes returns ones of x's type in x's scope.
func (x Tensor) NewOnes(dims ...int) Tensor { return x.NewFull(1, dims...) }

// FromBytes returns a tensor on the heap from raw elements, little-endian and in row-major order: how weight files hold them.
func (o Options) FromBytes(raw []byte, dims ...int) Tensor {
	t := o.empty(ShapeOf(dims...), o.DType)
	SetBytes(t, raw)
	return t
}
