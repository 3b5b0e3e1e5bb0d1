package tensor

import (
	"github.com/lamina-ml/lamina/internal/device"
)

// Tensor is a handle of a multi-dimensional array, or of a view of one: a small comparable value. The zero value means
// "no tensor". A handle is valid until its scope is recycled; then every use panics.
type Tensor struct {
	h   *header
	gen uint64
}

// header is what handles point to. Scopes reuse headers; gen tells handles of different uses apart.
type header struct {
	device.Array
	gen   uint64
	scope *Scope // nil on the heap
	store *storage
	sgen  uint64 // store.gen when the header was made
	node  *node  // the recorded result; nil for leaves and constants

	requires       bool // a leaf that requires a gradient
	frozen         bool // a leaf for which SetRequiresGrad(false) was called
	isData         bool // returned by Data: in-place writes are allowed
	inputNeedsGrad bool // during Backward: the view of an input that needs a gradient
	hasGrad        bool
	hooks          []*hook // of a leaf
	afterHooks     []*hook // of a leaf, called when its gradient has been added to Grad
	// during Backward: the leaf of which this is a view, if its gradient may be computed in the memory of Grad
	gradLeaf *header

	consumable bool   // a gradient that only the running Backward will read
	grad       Tensor // memory of the gradient, kept while the gradient is absent
	data       Tensor // what Data returns
}

func (h *header) handle() Tensor { return Tensor{h, h.gen} }

func (h *header) sameDims(o *header) bool {
	if h.Rank != o.Rank {
		return false
	}
	for i := range h.Rank {
		if h.Dims[i] != o.Dims[i] {
			return false
		}
	}
	return true
}

func (h *header) recycle() {
	h.gen++
	h.store, h.node, h.Mem = nil, nil, nil
	h.requires, h.frozen, h.isData, h.inputNeedsGrad, h.consumable, h.hasGrad = false, false, false, false, false, false
	h.grad, h.data, h.hooks, h.afterHooks, h.gradLeaf = Tensor{}, Tensor{}, nil, nil, nil
}

// header returns the header of t. It panics if t is not valid any more.
func (t Tensor) header() *header {
	h := t.h
	if h == nil || h.gen != t.gen || h.store.gen != h.sgen {
		t.failInvalid()
	}
	return h
}

// geometry returns the header of t for reading its shape, type or device. It accepts the tensors without memory that
// Backward gets for inputs that are not saved.
func (t Tensor) geometry() *header {
	h := t.h
	if h == nil || h.gen != t.gen || h.store.gen != h.sgen && h.sgen != noMemory {
		t.failInvalid()
	}
	return h
}

// alive returns the header of t if its step has not ended, else it panics. The memory may have been released.
func (t Tensor) alive() *header {
	if t.h == nil || t.h.gen != t.gen {
		t.failInvalid()
	}
	return t.h
}

// shapeUnchecked is Shape for a tensor whose memory may have been released.
func (t Tensor) shapeUnchecked() Shape { return Shape{rank: t.h.Rank, dims: t.h.Dims} }

// failInvalid panics with the reason why t is not valid.
func (t Tensor) failInvalid() {
	if t.h == nil {
		fail("tensor", "there is no tensor: this is the zero value of tensor.Tensor")
	}
	if t.h.gen != t.gen {
		fail("tensor", "used after its step ended: its scope was recycled (a loader does that when it returns the next batch); "+
			"call Keep to use a tensor after its step")
	}
	if t.h.sgen == noMemory {
		fail("tensor", "Backward reads elements of an input or result that the op does not save: its method Saves must name it", t.shapeUnchecked())
	}
	if t.h.store.released {
		fail("tensor", "used after its memory was released, by Release or by a container such as nn.Sequential, which keeps only what "+
			"gradients need; call Keep on a tensor before that", t.shapeUnchecked())
	}
	if s := t.h.scope; s != nil && t.h.store.scope == s {
		fail("tensor", "its memory was freed before the end of the step: an intermediate gradient (Keep copies it), or a tensor that an op's Forward "+
			"computed (Scope.Save keeps it)", t.shapeUnchecked())
	}
	fail("tensor", "a view of memory whose step ended; call Keep to use a tensor after its step")
}

// Defined reports whether t is a tensor, and not the zero value.
func (t Tensor) Defined() bool { return t.h != nil }

// Shape returns the sizes of the dimensions.
func (t Tensor) Shape() Shape {
	h := t.geometry()
	return Shape{rank: h.Rank, dims: h.Dims}
}

// Rank returns the number of dimensions.
func (t Tensor) Rank() int { return t.geometry().Rank }

// Dim returns the size of dimension i; negative i counts from the end.
func (t Tensor) Dim(i int) int { return t.Shape().Dim(i) }

// Len returns the number of elements.
func (t Tensor) Len() int { return t.geometry().Size }

// DType returns the type of the elements.
func (t Tensor) DType() DType { return DType(t.geometry().DType) }

// Device returns the device of the elements.
func (t Tensor) Device() Device { return deviceOf(t.geometry().store.dev) }

// Scope returns the scope that t belongs to, nil for a tensor on the Go heap.
func (t Tensor) Scope() *Scope { return t.geometry().scope }

// array returns the strided array of t in device memory; nil for the zero Tensor.
func (t Tensor) array() *device.Array {
	if t.h == nil {
		return nil
	}
	return &t.header().Array
}

// IsContiguous reports whether the elements are stored in row-major order without gaps, as those of a new tensor are.
func (t Tensor) IsContiguous() bool { return t.header().Contiguous }

// Stride returns the distance, in elements, between neighbors along dimension i in memory; negative i counts from the
// end.
func (t Tensor) Stride(i int) int {
	h := t.header()
	return h.Strides[t.Shape().axis("stride", i)]
}

// SharesMemory reports whether x and y are views of the same memory, so that a write to one may change the other.
func SharesMemory(x, y Tensor) bool { return x.header().store == y.header().store }

// NeedsGrad reports whether a gradient flows into or through t. An op's Backward leaves out the gradients of inputs
// that need none, including absent ones.
func (t Tensor) NeedsGrad() bool { return t.h != nil && t.geometry().needs() }

// SetRequiresGrad sets whether Backward computes a gradient for the leaf t, and returns t: t.requires_grad_(on). With
// false, t becomes a frozen parameter, which an optimizer does not change; see [Tensor.Frozen]. It panics for the
// result of an op, and with true for types that are not floating point.
func (t Tensor) SetRequiresGrad(on bool) Tensor {
	h := t.header()
	if h.node != nil {
		fail("requires_grad_", "only a leaf can require a gradient; this tensor is an op's result", t.Shape())
	}
	if on && !t.DType().IsFloat() {
		fail("requires_grad_", "a gradient needs a floating-point type, not "+t.DType().String(), t.Shape())
	}
	h.requires, h.frozen = on, !on
	if h.data.h == nil {
		d := h.scope.view(h)
		d.isData = true
		h.data = d.handle()
	}
	return t
}

// RequiresGrad reports whether t is a leaf that requires a gradient: t.requires_grad.
func (t Tensor) RequiresGrad() bool { return t.header().requires }

// Frozen reports whether SetRequiresGrad(false) was called on the leaf t. A tensor for which SetRequiresGrad was never
// called is not frozen: an optimizer calls SetRequiresGrad(true) on the parameters that it gets.
func (t Tensor) Frozen() bool { return t.header().frozen }

// Data returns a view of t that is not recorded and that may be written in place: t.data. Optimizers change parameters
// through it.
func (t Tensor) Data() Tensor {
	h := t.header()
	if h.data.h != nil {
		return h.data
	}
	d := h.scope.view(h)
	d.isData = true
	return d.handle()
}

// Detach returns a view of t through which no gradient flows.
func (t Tensor) Detach() Tensor {
	h := t.header()
	return h.scope.view(h).handle()
}

// Keep returns a copy of t on the Go heap, without its history. The copy stays valid when t's step ends.
func (t Tensor) Keep() Tensor {
	return t.copyTo(nil)
}

// copyTo returns a copy of t in s, without its history; a nil s is the Go heap.
func (t Tensor) copyTo(s *Scope) Tensor {
	h := t.header()
	y := s.alloc(h.store.dev, t.DType(), t.Shape())
	h.store.dev.Copy(&y.h.Array, &h.Array)
	return y
}

// InScope returns t as a tensor of s that shares its memory. Results computed from it belong to s. Gradients flow
// through it, which lets a penalty on parameters be part of a step. It panics if s is nil, if the devices differ, and
// for a tensor of a scope that was opened after s: Keep that tensor first.
func (t Tensor) InScope(s *Scope) Tensor {
	h := t.header()
	if h.scope == s {
		return t
	}
	if s == nil {
		fail("InScope", "there is no scope; Keep copies a tensor to the heap", t.Shape())
	}
	if h.store.dev != s.dev {
		fail("InScope", "the scope's memory is on "+s.dev.Name()+", the tensor on "+h.store.dev.Name(), t.Shape())
	}
	if h.scope != nil && h.scope.serial > s.serial {
		fail("InScope", "the tensor belongs to a scope that was opened after this one and may end before it; "+
			"Keep it first", t.Shape())
	}
	return s.alias(t, h.needs())
}

// InScopeOf returns t in x's scope if t is on the heap and x is not, and t otherwise. A layer calls it before it
// computes something from a parameter alone, which then belongs to the step and not to the heap.
func (t Tensor) InScopeOf(x Tensor) Tensor {
	if s := x.header().scope; s != nil && t.header().scope == nil {
		return t.InScope(s)
	}
	return t
}

// inScope is the identity. It only passes gradients out of a scope.
type inScope struct{ SavesNothing }

func (inScope) Forward(s *Scope, x Tensor) Tensor { return s.view(x.h).handle() }
func (inScope) Backward(x, y, dy Tensor) Tensor   { return dy }

// NoGrad computes f(x) without recording (torch.no_grad). It moves the result to x's scope and frees all other memory
// that f allocated. The result has no history.
func NoGrad(x Tensor, f func(x Tensor) Tensor) Tensor {
	s := x.header().scope
	c := innerScope(s, x.h.store.dev, false)
	defer closeInner(c)
	return s.adopt(f(x.InScope(c)), c)
}

// MoveTo copies t's elements to the device d and changes t itself, so that every handle of a parameter follows. Views
// of t keep the old memory. Backward may panic for a loss that was computed from t before. MoveTo panics for a tensor
// of a scope and for the result of an op.
//
//	model.to(device)
func (t Tensor) MoveTo(d Device) {
	if t.header().store.dev != d.kernels() {
		t.replaceData("MoveTo", func(x Tensor) Tensor { return x.To(d) })
	}
}

// ConvertTo converts t's elements to dt and changes t itself and its gradient, so that every handle of a parameter
// follows. Views and losses computed before keep the old memory, as with MoveTo. ConvertTo panics for a tensor of a
// scope, for the result of an op, and for a leaf that requires a gradient if dt is not floating point.
//
//	model.to(dtype)
func (t Tensor) ConvertTo(dt DType) {
	h := t.header()
	if h.requires && !dt.IsFloat() {
		fail("ConvertTo", "a gradient needs a floating-point type, not "+dt.String(), t.Shape())
	}
	if t.DType() != dt {
		t.replaceData("ConvertTo", func(x Tensor) Tensor { return x.Cast(dt) })
	}
}

// replaceData replaces the elements of t by those of f(t), and its gradient by f of the gradient.
func (t Tensor) replaceData(op string, f func(Tensor) Tensor) {
	h := t.header()
	if h.scope != nil || h.node != nil {
		fail(op, "only a leaf on the Go heap can be moved or converted; this tensor belongs to a scope or is an op's result", t.Shape())
	}
	y := f(t.Detach()).h
	y.store.version = h.store.version + 1 // the elements that a tape refers to no longer exist
	h.Array, h.store, h.sgen = y.Array, y.store, y.sgen
	if h.data.h != nil {
		h.data.h.Array, h.data.h.store, h.data.h.sgen = h.Array, h.store, h.sgen
	}
	if h.hasGrad {
		h.grad = f(h.grad.Detach())
	} else {
		h.grad = Tensor{}
	}
}
