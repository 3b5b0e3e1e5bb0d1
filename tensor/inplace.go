package tensor

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// These methods write to their receiver's memory. They are never recorded. They panic for the result of a recorded op,
// and for a leaf that requires a gradient; a parameter is changed through Data.

// writable returns the header of t. It panics if t must not be written in place.
func (t Tensor) writable(op string) *header {
	h := t.header()
	if h.node != nil {
		fail(op, "the tensor was computed by a recorded op; an in-place write would make its gradient wrong", t.Shape())
	}
	if h.requires && !h.isData {
		fail(op, "the tensor requires a gradient; change it through Data()", t.Shape())
	}
	for i, d := range h.Dims[:h.Rank] {
		if d > 1 && h.Strides[i] == 0 && h.Size > 0 {
			fail(op, "the tensor was expanded: several elements share one memory location; write to a copy", t.Shape())
		}
	}
	return h
}

// markWritten raises the version of h's memory, which is about to be written, so that a Backward that needs the old
// elements panics. It returns the array to write to.
func (h *header) markWritten() *device.Array {
	h.store.version++
	return &h.Array
}

// copyIfOverlapping returns x, or a copy of it if it shares memory with h in another order: a kernel would read
// elements that it has just overwritten.
func (h *header) copyIfOverlapping(x Tensor) Tensor {
	o := x.h
	if o.store != h.store || o.Size == 0 || h.Size == 0 || o.Offset == h.Offset && o.sameDims(h) &&
		o.Strides == h.Strides {
		return x
	}
	if lo, hi := h.memoryRange(); o.Offset > hi {
		return x
	} else if _, top := o.memoryRange(); top < lo {
		return x
	}
	c := h.scope.alloc(h.store.dev, x.DType(), x.Shape())
	h.store.dev.Copy(&c.h.Array, &o.Array)
	return c
}

// memoryRange returns the offsets of the first and the last of h's elements in memory.
func (h *header) memoryRange() (lo, hi int) {
	lo, hi = h.Offset, h.Offset
	for i, d := range h.Dims[:h.Rank] {
		hi += (d - 1) * h.Strides[i]
	}
	return lo, hi
}

// requireWhole returns t. It panics if t holds integers and c is not a whole number: the result would have another
// type.
func (t Tensor) requireWhole(op string, c float64) Tensor {
	if !t.DType().IsFloat() && (c != math.Trunc(c) || math.IsInf(c, 0)) {
		fail(op, fmt.Sprintf("%v is not a whole number, which a tensor of %s needs", c, t.DType()), t.Shape())
	}
	return t
}

// CopyFrom sets t's elements to those of x, which is broadcast and converted: t.copy_(x).
func (t Tensor) CopyFrom(x Tensor) {
	h := t.writable("copy_")
	if broadcast("copy_", t.Shape(), x.Shape()) != t.Shape() {
		fail("copy_", "the source does not broadcast to the tensor's shape", t.Shape(), x.Shape())
	}
	sameDevice("copy_", h, x.h)
	x = h.copyIfOverlapping(x)
	h.store.dev.Copy(h.markWritten(), &x.h.Array)
}

// FillInPlace sets every element of t to v: t.fill_(v). It panics if t's type does not hold v.
func (t Tensor) FillInPlace(v float64) {
	h := t.writable("fill_")
	t.DType().checkBounds("fill_", v, t.Shape())
	h.store.dev.Fill(h.markWritten(), v)
}

// SetFrom copies data, in row-major order, to t. It panics if t has another type or length, or gaps between its
// elements.
func SetFrom[T Number](t Tensor, data []T) {
	h := t.writable("SetFrom")
	if !h.Contiguous || dtypeOf[T]() != t.DType() || len(data) != h.Size {
		fail("SetFrom", fmt.Sprintf("%d elements of %T do not fill a tensor of %s, or it has gaps between its elements",
			len(data), *new(T), t.DType()), t.Shape())
	}
	h.store.dev.Upload(h.markWritten(), convert(data))
}

// SetFunc sets t to the elements that f writes to dst, in row-major order. On the CPU dst is t's memory, so nothing is
// copied; f must write all of it and not keep it. It panics if t has another type, or gaps between its elements.
func SetFunc[T Number](t Tensor, f func(dst []T)) {
	h := t.writable("SetFunc")
	if !h.Contiguous || dtypeOf[T]() != t.DType() || int(unsafe.Sizeof(*new(T))) != t.DType().Size() {
		fail("SetFunc", fmt.Sprintf("a slice of %T does not fill a tensor of %s, or it has gaps between its elements",
			*new(T), t.DType()), t.Shape())
	}
	if h.store.dev == theCPU && h.Size > 0 {
		f(unsafe.Slice((*T)(unsafe.Pointer(&cpu.Bytes(h.markWritten())[0])), h.Size))
		return
	}
	dst := make([]T, h.Size)
	f(dst)
	h.store.dev.Upload(h.markWritten(), bytesOf(dst))
}

// inplace computes t = f(t, x), elementwise.
func (t Tensor) inplace(op string, row *device.BinaryOp, x Tensor, c ...float64) {
	h := t.writable(op)
	if broadcast(op, t.Shape(), x.Shape()) != t.Shape() || x.h.DType != h.DType {
		fail(op, "the other tensor must have the same type, and a shape that broadcasts to this one", t.Shape(),
			x.Shape())
	}
	sameDevice(op, h, x.h)
	x = h.copyIfOverlapping(x)
	var p device.Params
	copy(p[:], c)
	h.store.dev.Binary(row, h.markWritten(), &h.Array, &x.h.Array, p)
}

func sameDevice(op string, a, b *header) {
	if a.store.dev != b.store.dev {
		fail(op, "one tensor is on "+a.store.dev.Name()+", the other on "+b.store.dev.Name())
	}
}

// AddInPlace sets t to t + x.
func (t Tensor) AddInPlace(x Tensor) { t.inplace("add_", addRow, x) }

// SubInPlace sets t to t − x.
func (t Tensor) SubInPlace(x Tensor) { t.notBool("sub_").inplace("sub_", subRow, x) }

// MulInPlace sets t to t·x, elementwise.
func (t Tensor) MulInPlace(x Tensor) { t.inplace("mul_", mulRow, x) }

// MulScalarInPlace sets t to c·t.
func (t Tensor) MulScalarInPlace(c float64) {
	h := t.notBool("mul_").requireWhole("mul_", c).writable("mul_")
	h.store.dev.Unary(mulScalarRow, h.markWritten(), &h.Array, device.Params{c})
}

// AddScaledInPlace sets t to t + c·x: t.add_(x, alpha=c). Gradient descent uses c = −learning rate.
func (t Tensor) AddScaledInPlace(c float64, x Tensor) {
	t.notBool("add_").requireWhole("add_", c).inplace("add_", axpyRow, x, t.roundScalar(c))
}

var axpyRow = device.NewBinary(device.BinaryOp{Name: "axpy",
	F:   func(t, x float64, p device.Params) float64 { return t + p[0]*x },
	Int: func(t, x int64, p device.Params) int64 { return t + int64(p[0])*x }})

// LerpInPlace sets t to t + w·(x − t): t.lerp_(x, w).
func (t Tensor) LerpInPlace(x Tensor, w float64) {
	t.needsFloat("lerp_")
	t.inplace("lerp_", lerpRow, x, w)
}

var lerpRow = device.NewBinary(device.BinaryOp{Name: "lerp scalar",
	F: func(t, x float64, p device.Params) float64 {
		if math.Abs(p[0]) < 0.5 {
			return math.FMA(p[0], x-t, t)
		}
		return math.FMA(x-t, p[0]-1, x)
	}})

// SetBytes copies raw elements of t's type, little-endian and in row-major order, to t. It panics if the number of
// bytes is wrong, or if t has gaps between its elements.
func SetBytes(t Tensor, raw []byte) {
	h := t.writable("SetBytes")
	if !h.Contiguous || len(raw) != h.Size*t.DType().Size() {
		fail("SetBytes", fmt.Sprintf("%d bytes do not fill a tensor of %s, or it has gaps between its elements",
			len(raw), t.DType()), t.Shape())
	}
	h.store.dev.Upload(h.markWritten(), raw)
}

// ClampInPlace limits t's elements to [lo, hi]: t.clamp_(lo, hi). NaN stays NaN. For integers lo and hi must be whole
// or infinite.
func (t Tensor) ClampInPlace(lo, hi float64) {
	for _, c := range [2]float64{lo, hi} {
		if !math.IsInf(c, 0) {
			t.requireWhole("clamp_", c)
		}
	}
	h := t.notBool("clamp_").writable("clamp_")
	h.store.dev.Unary(clampRow, h.markWritten(), &h.Array, device.Params{lo, hi})
}

// Set writes v to the element at the given index; negative numbers count from the end. [Tensor.SetIndex] writes parts
// of a tensor.
func (t Tensor) Set(v float64, index ...int) {
	t.writable("Set")
	if len(index) != t.Rank() {
		fail("Set", fmt.Sprintf("%d indices for %d dimensions", len(index), t.Rank()), t.Shape())
	}
	y := t.Detach()
	for _, i := range index {
		y = y.Select(0, i)
	}
	y.FillInPlace(v)
}
