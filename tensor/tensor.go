package tensor

import (
	"github.com/lamina-ml/lamina/internal/device"
)

// Tensor is a handle of a multi-dimensional array, or of a view of one: a small comparable value. The zero value is "no
// tensor". A handle is good until its scope is recycled; then every use panics, however much later.
type Tensor struct {
	h   *header
	gen uint64
}

// A header is what handles point to. Scopes reuse headers; gen tells handles of different lives apart.
type header struct {
	device.Array
	gen   uint64
	scope *Scope // nil on the heap
	store *storage
	sgen  uint64 // store.gen when this header was made
	node  *node  // the recorded op that made it; nil for leaves and constants

	requires bool // a leaf that wants its gradient
	frozen   bool // SetRequiresGrad(false) was called since
	isData   bool // made by Data: in-place writes are allowed
	wants    bool // stands for an input that needs a gradient while Backward runs
	hasGrad  bool
	hooks    []*hook // of a leaf
	after    []*hook // of a leaf, run when its gradient has been added
	leaf     *header // while Backward runs: the leaf that this stands for, if its gradient may be written where it stays

	consumable bool   // a gradient that only the Backward under way will read
	grad       Tensor // memory for the gradient, kept while absent
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
	h.requires, h.frozen, h.isData, h.wants, h.consumable, h.hasGrad = false, false, false, false, false, false
	h.grad, h.data, h.hooks, h.after, h.leaf = Tensor{}, Tensor{}, nil, nil, nil
}

// header returns what t points to, after checking that it still is what it was.
func (t Tensor) header() *header {
	h := t.h
	if h == nil || h.gen != t.gen || h.store.gen != h.sgen {
		t.dead()
	}
	return h
}

// geometry returns what t points to where only its shape, type or device is wanted: Backward sees inputs that are no more than that.
func (t Tensor) geometry() *header {
	h := t.h
	if h == nil || h.gen != t.gen || h.store.gen != h.sgen && h.sgen != noMemory {
		t.dead()
	}
	return h
}

// alive returns what t points to, after checking that its step has not ended. Its memory may have been released.
func (t Tensor) alive() *header {
	if t.h == nil || t.h.gen != t.gen {
		t.dead()
	}
	return t.h
}

// geometryShape is Shape for a tensor whose memory may have been released.
func (t Tensor) geometryShape() Shape { return Shape{rank: t.h.Rank, dims: t.h.Dims} }

func (t Tensor) dead() {
	if t.h == nil {
		fail("tensor", "there is no tensor here: this is the zero value of tensor.Tensor")
	}
	if t.h.gen != t.gen {
		fail("tensor", "used after its step ended: its scope was recycled (a loader does that when the next batch is asked for); "+
			"call Keep on a tensor that is to outlive its step")
	}
	if t.h.sgen == noMemory {
		fail("tensor", "Backward reads elements of an input or result that the op does not save: its method Saves must name it", t.geometryShape())
	}
	if t.h.store.released {
		fail("tensor", "used after its memory was released, by Release or by a container such as nn.Sequential, which keeps only what "+
			"gradients need; call Keep on a tensor before that", t.geometryShape())
	}
	if s := t.h.scope; s != nil && t.h.store.scope == s {
		fail("tensor", "its memory was taken back before the step's end: that of a gradient on the way (Keep it), or of what an op's Forward "+
			"computed (Scope.Save keeps it)", t.geometryShape())
	}
	fail("tensor", "a view of memory whose step ended; call Keep on a tensor that is to outlive its step")
}

// Defined reports whether t is a tensor at all, not the zero value.
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

// Device returns where the elements lie.
func (t Tensor) Device() Device { return deviceOf(t.geometry().store.dev) }

// Scope returns the scope that t belongs to, nil for a tensor on the heap.
func (t Tensor) Scope() *Scope { return t.geometry().scope }

// array returns the place of t in device memory; nil for no tensor.
func (t Tensor) array() *device.Array {
	if t.h == nil {
		return nil
	}
	return &t.header().Array
}

// IsContiguous reports whether the elements lie in row-major order without gaps, as those of a new tensor do.
func (t Tensor) IsContiguous() bool { return t.header().Dense }

// Stride returns how far apart, counted in elements, neighbors along dimension i lie in memory; negative i counts from the end.
func (t Tensor) Stride(i int) int {
	h := t.header()
	return h.Strides[t.Shape().axis("stride", i)]
}

// SharesMemory reports whether x and y are views of the same memory, or one is a view of the other, so that a write to one may
// change the other.
func SharesMemory(x, y Tensor) bool { return x.header().store == y.header().store }

// NeedsGrad reports whether a gradient would flow into or through t. An op's Backward skips inputs that need none, among them those
// that are absent.
func (t Tensor) NeedsGrad() bool { return t.h != nil && t.geometry().needs() }

// SetRequiresGrad says whether Backward computes a gradient for the leaf t, and returns t: requires_grad_(). Off makes t a frozen
// parameter, which an optimizer leaves as it is; see [Tensor.Frozen]. It panics for the result of an op, and with true for types that are
// not floating point.
func (t Tensor) SetRequiresGrad(on bool) Tensor {
	h := t.header()
	if h.node != nil {
		fail("SetRequiresGrad", "only leaves can ask for a gradient; this tensor is an op's result", t.Shape())
	}
	if on && !t.DType().IsFloat() {
		fail("SetRequiresGrad", "a gradient needs a floating-point type, not "+t.DType().String(), t.Shape())
	}
	h.requires, h.frozen = on, !on
	if h.data.h == nil {
		d := h.scope.view(h)
		d.isData = true
		h.data = d.handle()
	}
	return t
}

// RequiresGrad reports whether t is a leaf that asked for its gradient.
func (t Tensor) RequiresGrad() bool { return t.header().requires }

// Frozen reports whether SetRequiresGrad(false) was called on the leaf t. A tensor for which SetRequiresGrad was never
// called is not frozen: an optimizer that gets it asks for its gradient.
func (t Tensor) Frozen() bool { return t.header().frozen }

// Data returns t's elements as a tensor that is not recorded and that may be written in place: how an optimizer changes a
// parameter.
func (t Tensor) Data() Tensor {
	h := t.header()
	if h.data.h != nil {
		return h.data
	}
	d := h.scope.view(h)
	d.isData = true
	return d.handle()
}

// Detach returns a view of t that no gradient flows through.
func (t Tensor) Detach() Tensor {
	h := t.header()
	return h.scope.view(h).handle()
}

// Keep returns a copy of t on the heap, without its history: a value that outlives its step.
func (t Tensor) Keep() Tensor {
	return t.copyTo(nil)
}

// copyTo returns a copy of t in s, on the heap where s is nil, without its history.
func (t Tensor) copyTo(s *Scope) Tensor {
	h := t.header()
	y := s.alloc(h.store.dev, t.DType(), t.Shape())
	h.store.dev.Copy(&y.h.Array, &h.Array)
	return y
}

// InScope returns t as a tensor of s, sharing its memory: what is computed from the result belongs to s. Gradients flow through it,
// which puts a penalty on parameters into a step. To give it a value of another step, Keep that first.
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
		fail("InScope", "the tensor belongs to a scope that was opened after this one: what is computed from it ends before; "+
			"Keep it first", t.Shape())
	}
	return s.alias(t, h.needs())
}

// in is the identity; it only carries gradients out of a scope.
type in struct{ SavesNothing }

func (in) Forward(s *Scope, x Tensor) Tensor { return s.view(x.h).handle() }
func (in) Backward(x, y, dy Tensor) Tensor   { return dy }

// NoGrad runs f on x without recording, moves its result to x's scope and takes back the memory of everything else that f
// computed, at once. The result has no history.
func NoGrad(x Tensor, f func(x Tensor) Tensor) Tensor {
	s := x.header().scope
	c := innerScope(s, x.h.store.dev, false)
	defer closeInner(c)
	return s.adopt(f(x.InScope(c)), c)
}

// MoveTo copies t's elements to d and changes t itself, so that every handle of a parameter follows it there. Views of it stay
// behind; so does a loss that was computed from it, whose Backward may panic now. It panics for a tensor of a step or of an op.
func (t Tensor) MoveTo(d Device) {
	if t.header().store.dev != d.kernels() {
		t.become("MoveTo", func(x Tensor) Tensor { return x.To(d) })
	}
}

// ConvertTo converts t's elements to dt and changes t itself, its gradient too, so that every handle of a parameter follows. Like
// MoveTo it leaves views and computed losses behind, and panics for a tensor of a step or of an op; and for a leaf that asked for its
// gradient where dt is not floating point.
func (t Tensor) ConvertTo(dt DType) {
	h := t.header()
	if h.requires && !dt.IsFloat() {
		fail("ConvertTo", "a gradient needs a floating-point type, not "+dt.String(), t.Shape())
	}
	if t.DType() != dt {
		t.become("ConvertTo", func(x Tensor) Tensor { return x.Cast(dt) })
	}
}

// become puts what f makes of t in t's place, and likewise its gradient.
func (t Tensor) become(op string, f func(Tensor) Tensor) {
	h := t.header()
	if h.scope != nil || h.node != nil {
		fail(op, "only leaves on the heap can be changed", t.Shape())
	}
	y := f(t.Detach()).h
	y.store.version = h.store.version + 1 // what a tape remembers of t is no longer there
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
