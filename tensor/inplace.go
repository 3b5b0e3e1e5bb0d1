package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// These methods write into their receiver's memory. They are never recorded: on a tensor that an op made while recording, and on
// a leaf that asked for its gradient, they panic; a parameter is changed through its Data.

// writable returns t's header after checking that t may be written.
func (t Tensor) writable(op string) *header {
	h := t.header()
	if h.node != nil {
		fail(op, "the tensor was computed by a recorded op; a write in place would spoil its gradient", t.Shape())
	}
	if h.requires && !h.isData {
		fail(op, "the tensor asked for its gradient; change it through Data()", t.Shape())
	}
	for i, d := range h.Dims[:h.Rank] {
		if d > 1 && h.Strides[i] == 0 && h.Size > 0 {
			fail(op, "the tensor was expanded: several elements lie in one place; write into a copy", t.Shape())
		}
	}
	return h
}

// written notes that h's memory is about to change, which a Backward that needs the old elements will see.
func (h *header) markWritten() *device.Array {
	h.store.version++
	return &h.Array
}

// apart returns x, or a copy of it where it shares memory with h in another order: a kernel would read what it has just written.
func (h *header) apart(x Tensor) Tensor {
	o := x.h
	if o.store != h.store || o.Size == 0 || h.Size == 0 || o.Offset == h.Offset && o.sameDims(h) && o.Strides == h.Strides {
		return x
	}
	if lo, hi := h.extent(); o.Offset > hi {
		return x
	} else if _, top := o.extent(); top < lo {
		return x
	}
	c := h.scope.alloc(h.store.dev, x.DType(), x.Shape())
	h.store.dev.Copy(&c.h.Array, &o.Array)
	return c
}

// extent returns the first and the last place in memory of h's elements.
func (h *header) extent() (lo, hi int) {
	lo, hi = h.Offset, h.Offset
	for i, d := range h.Dims[:h.Rank] {
		hi += (d - 1) * h.Strides[i]
	}
	return lo, hi
}

// keepsType returns t, and panics where t holds integers and c is no whole number: a result with c would be of another type.
func (t Tensor) keepsType(op string, c float64) Tensor {
	if !t.DType().IsFloat() && (c != math.Trunc(c) || math.IsInf(c, 0)) {
		fail(op, fmt.Sprintf("%v is no whole number, and the tensor is %s", c, t.DType()), t.Shape())
	}
	return t
}

// CopyFrom sets t's elements to those of x, which broadcasts and is converted.
func (t Tensor) CopyFrom(x Tensor) {
	h := t.writable("CopyFrom")
	if broadcast("CopyFrom", t.Shape(), x.Shape()) != t.Shape() {
		fail("CopyFrom", "the source does not fit", t.Shape(), x.Shape())
	}
	sameDevice("CopyFrom", h, x.h)
	x = h.apart(x)
	h.store.dev.Copy(h.markWritten(), &x.h.Array)
}

// FillInPlace sets every element of t to v. It panics where v is beyond the type's numbers.
func (t Tensor) FillInPlace(v float64) {
	h := t.writable("FillInPlace")
	t.DType().checkBounds("FillInPlace", v, t.Shape())
	h.store.dev.Fill(h.markWritten(), v)
}

// SetFrom copies data, in row-major order, into t, which has that type and no gaps between its elements.
func SetFrom[T Number](t Tensor, data []T) {
	h := t.writable("SetFrom")
	if !h.Dense || dtypeOf[T]() != t.DType() || len(data) != h.Size {
		fail("SetFrom", "the data's type or length does not fit", t.Shape(), ShapeOf(len(data)))
	}
	h.store.dev.Upload(h.markWritten(), convert(data))
}

// inplace computes t = f(t, x), elementwise.
func (t Tensor) inplace(op string, row *device.BinaryOp, x Tensor, c ...float64) {
	h := t.writable(op)
	if broadcast(op, t.Shape(), x.Shape()) != t.Shape() || x.h.DType != h.DType {
		fail(op, "the other tensor does not fit in shape or type", t.Shape(), x.Shape())
	}
	sameDevice(op, h, x.h)
	x = h.apart(x)
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
func (t Tensor) AddInPlace(x Tensor) { t.inplace("AddInPlace", addRow, x) }

// SubInPlace sets t to t − x.
func (t Tensor) SubInPlace(x Tensor) { t.notBool("SubInPlace").inplace("SubInPlace", subRow, x) }

// MulInPlace sets t to t·x, elementwise.
func (t Tensor) MulInPlace(x Tensor) { t.inplace("MulInPlace", mulRow, x) }

// MulScalarInPlace sets t to c·t.
func (t Tensor) MulScalarInPlace(c float64) {
	h := t.notBool("MulScalarInPlace").keepsType("MulScalarInPlace", c).writable("MulScalarInPlace")
	h.store.dev.Unary(mulScalarRow, h.markWritten(), &h.Array, device.Params{c})
}

// AddScaledInPlace sets t to t + c·x, the step of gradient descent with c = −η.
func (t Tensor) AddScaledInPlace(c float64, x Tensor) {
	t.notBool("AddScaledInPlace").keepsType("AddScaledInPlace", c).inplace("AddScaledInPlace", axpyRow, x, t.roundScalar(c))
}

var axpyRow = device.NewBinary(device.BinaryOp{Name: "axpy",
	F:   func(t, x float64, p device.Params) float64 { return t + p[0]*x },
	Int: func(t, x int64, p device.Params) int64 { return t + int64(p[0])*x }})

// LerpInPlace sets t to t + w·(x − t): t moves the part w of the way to x.
func (t Tensor) LerpInPlace(x Tensor, w float64) {
	t.needsFloat("LerpInPlace")
	t.inplace("LerpInPlace", lerpRow, x, w)
}

var lerpRow = device.NewBinary(device.BinaryOp{Name: "lerp scalar",
	F: func(t, x float64, p device.Params) float64 {
		if math.Abs(p[0]) < 0.5 {
			return math.FMA(p[0], x-t, t)
		}
		return math.FMA(x-t, p[0]-1, x)
	}})

// SetBytes copies raw elements of t's type, little-endian and in row-major order, into t, which has no gaps between its
// elements.
func SetBytes(t Tensor, raw []byte) {
	h := t.writable("SetBytes")
	if !h.Dense || len(raw) != h.Size*t.DType().Size() {
		fail("SetBytes", "the number of bytes does not fit", t.Shape())
	}
	h.store.dev.Upload(h.markWritten(), raw)
}

// ClampInPlace limits t's elements to [lo, hi]; NaN stays NaN. The limits of integers are whole or infinite.
func (t Tensor) ClampInPlace(lo, hi float64) {
	for _, c := range [2]float64{lo, hi} {
		if !math.IsInf(c, 0) {
			t.keepsType("ClampInPlace", c)
		}
	}
	h := t.notBool("ClampInPlace").writable("ClampInPlace")
	h.store.dev.Unary(clampRow, h.markWritten(), &h.Array, device.Params{lo, hi})
}

// Set writes v to the element at the given place. [Tensor.SetIndex] writes parts of a tensor.
func (t Tensor) Set(v float64, index ...int) {
	t.writable("Set")
	if len(index) != t.Rank() {
		fail("Set", fmt.Sprintf("%d numbers for %d dimensions", len(index), t.Rank()), t.Shape())
	}
	y := t.Detach()
	for _, i := range index {
		y = y.Select(0, i)
	}
	y.FillInPlace(v)
}
