package tensor

// Grad returns the gradient that Backward has accumulated in the leaf t, the zero Tensor if there is none.
//
//	t.grad
func (t Tensor) Grad() Tensor {
	h := t.header()
	if !h.hasGrad {
		return Tensor{}
	}
	return h.grad
}

// ZeroGrad makes the gradient absent: t.grad = None. Its memory is kept, and the next Backward overwrites it. Handles
// that Grad returned before panic from now on.
func (t Tensor) ZeroGrad() {
	h := t.header()
	if h.hasGrad {
		h.grad.h.gen++
		h.grad = h.grad.h.handle()
		h.hasGrad = false
	}
}

// SetGradBuffer makes buf, a contiguous tensor of t's shape and type, the memory of the gradient of the leaf t, such as
// a part of a large buffer that processes exchange at once (all-reduce). A gradient that exists already is copied to
// buf. buf must not be used while Backward runs. MoveTo and ConvertTo give the gradient new memory. SetGradBuffer
// panics for the result of an op, for a buffer of another shape, type or device, and for a buffer whose step ends
// before t's.
func (t Tensor) SetGradBuffer(buf Tensor) {
	const op = "SetGradBuffer"
	h, b := t.header(), buf.header()
	if h.node != nil {
		fail(op, "only a leaf has a Grad; this tensor is an op's result", t.Shape())
	}
	if !b.Contiguous || !b.sameDims(h) || b.DType != h.DType {
		fail(op, "the buffer must have the tensor's shape and type, and no gaps between its elements", t.Shape(),
			buf.Shape())
	}
	sameDevice(op, h, b)
	if b.scope != nil && b.scope != h.scope {
		fail(op, "the buffer's step would end before the tensor's; make it on the heap", buf.Shape())
	}
	buf.writable(op)
	if h.hasGrad {
		h.store.dev.Copy(b.markWritten(), &h.grad.header().Array)
		h.grad.h.gen++
	}
	h.grad = h.scope.view(b).handle()
}

// ensureGrad returns the header of the gradient of the leaf h, and allocates its memory if there is none yet.
func (h *header) ensureGrad() *header {
	if h.grad.h == nil {
		h.grad = h.scope.alloc(h.store.dev, DType(h.DType), Shape{rank: h.Rank, dims: h.Dims})
	}
	return h.grad.h
}

// NewGrad returns a contiguous tensor of x's shape and type whose elements are undefined. An op's Backward writes the
// gradient of its input x to it and must return it as that gradient. For a leaf without a gradient it is the memory of
// Grad, so that the gradient of a large weight is not stored twice; otherwise the memory is freed as soon as the
// gradient has been used.
func (x Tensor) NewGrad() Tensor {
	h := x.geometry()
	l := h.gradLeaf
	if l == nil {
		return h.scope.alloc(h.store.dev, DType(h.DType), x.Shape())
	}
	h.gradLeaf = nil // a second call gets other memory
	g := l.ensureGrad()
	g.store.gradOf = l
	return h.scope.view(g).handle()
}

// setGradDestination notes in v, the view that Backward gets of the leaf h, that the leaf's gradient may be computed
// directly in the memory of Grad: nothing must be added to it, no hook may read it before, and no other input of the
// op may be the same leaf (unique).
func (e *engine) setGradDestination(v, h *header, unique bool) {
	if unique && h.node == nil && h.requires && !h.hasGrad && len(h.hooks) == 0 && !e.create && len(e.targets) == 0 &&
		h.store.dev == e.grads.dev {
		v.gradLeaf = h
	}
}
