package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
)

// read waits for x's elements and copies them in row-major order to buf, as bytes of x's type.
func (x Tensor) read(buf []byte) {
	h := x.header()
	if !h.Contiguous {
		c := (*Scope)(nil).alloc(h.store.dev, x.DType(), x.Shape())
		h.store.dev.Copy(&c.h.Array, &h.Array)
		h = c.h
	}
	checkDeviceError(h.store.dev.Download(buf, &h.Array))
}

// CopyTo copies x's elements in row-major order to dst. It panics if the length or the type differs. It allocates
// nothing if x is contiguous.
func CopyTo[T Number](dst []T, x Tensor) {
	if dtypeOf[T]() != x.DType() || len(bytesOf(dst)) != x.Len()*x.DType().Size() {
		fail("CopyTo", fmt.Sprintf("a slice of %d %T does not take %d elements of %s: length and type must be the same",
			len(dst), *new(T), x.Len(), x.DType()), x.Shape())
	}
	x.read(bytesOf(dst))
}

// SliceOf returns a copy of x's elements in row-major order, converted to T.
func SliceOf[T Number](x Tensor) []T {
	if dt := dtypeOf[T](); x.DType() != dt {
		x = x.Detach().Cast(dt)
	}
	if dtypeOf[T]().Size() != int(unsafe.Sizeof(*new(T))) { // an integer type without a tensor type
		wide := SliceOf[int64](x)
		out := hostSlice[T]("SliceOf", len(wide), x.Shape())
		for i, v := range wide {
			out[i] = T(v)
		}
		return out
	}
	out := hostSlice[T]("SliceOf", x.Len(), x.Shape())
	x.read(bytesOf(out))
	return out
}

// Float32s returns a copy of x's elements in row-major order, converted to float32.
func (x Tensor) Float32s() []float32 { return SliceOf[float32](x) }

// Float64s returns a copy of x's elements in row-major order, converted to float64.
func (x Tensor) Float64s() []float64 { return SliceOf[float64](x) }

// Int64s returns a copy of x's elements in row-major order, converted to int64.
func (x Tensor) Int64s() []int64 { return SliceOf[int64](x) }

// Bools returns, for each element of x in row-major order, whether it is nonzero.
func (x Tensor) Bools() []bool {
	out := hostSlice[bool]("Bools", x.Len(), x.Shape())
	x.Detach().nonzero().read(bytesOf(out))
	return out
}

// Item returns the only element of x: x.item(). It panics if x does not have exactly one element. An integer beyond
// 2⁵³ is rounded: read it with Int64s.
func (x Tensor) Item() float64 {
	h := x.header()
	if h.Size != 1 {
		fail("item", "the tensor must have exactly one element", x.Shape())
	}
	if !h.Contiguous || h.DType != device.Float32 && h.DType != device.Float64 && h.DType != device.Int64 {
		return x.Float64s()[0]
	}
	v := items.Get()
	defer items.Put(v)
	checkDeviceError(h.store.dev.Download(v[:x.DType().Size()], &h.Array))
	switch x.DType() {
	case Float32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v[:])))
	case Float64:
		return math.Float64frombits(binary.LittleEndian.Uint64(v[:]))
	}
	return float64(int64(binary.LittleEndian.Uint64(v[:])))
}

// items holds buffers that Download writes a single number to; one on the stack would escape.
var items freelist.List[[8]byte]

// At returns the element at the given index; negative numbers count from the end. An integer beyond 2⁵³ is rounded:
// read it with Int64s. It panics for an index out of range.
func (x Tensor) At(index ...int) float64 {
	h := x.header()
	if len(index) != h.Rank {
		fail("At", fmt.Sprintf("%d indices for %d dimensions", len(index), h.Rank), x.Shape())
	}
	offset := h.Offset
	for d, i := range index {
		j := i
		if j < 0 {
			j += h.Dims[d]
		}
		if j < 0 || j >= h.Dims[d] {
			fail("At", fmt.Sprintf("index %d of dimension %d does not exist", i, d), x.Shape())
		}
		offset += j * h.Strides[d]
	}
	one := (*Scope)(nil).view(h) // on the Go heap, so that reading adds nothing to a step
	one.Offset = offset
	one.SetContiguous(nil)
	return one.handle().Item()
}

// Bytes returns a copy of x's elements as raw bytes, little-endian and in row-major order.
func (x Tensor) Bytes() []byte {
	buf := hostSlice[byte]("Bytes", saturatingMul(x.Len(), x.DType().Size()), x.Shape())
	x.read(buf)
	return buf
}
