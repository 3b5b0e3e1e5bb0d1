package tensor

// Grad returns the gradient that Backward has added up in the leaf t, or no tensor.
func (t Tensor) Grad() Tensor {
	h := t.header()
	if !h.hasGrad {
		return Tensor{}
	}
	return h.grad
}

// ZeroGrad marks the gradient absent. Its memory stays, and the next Backward writes there instead of adding: handles that Grad gave
// out before panic from now on.
func (t Tensor) ZeroGrad() {
	h := t.header()
	if h.hasGrad {
		h.grad.h.gen++
		h.grad = h.grad.h.handle()
		h.hasGrad = false
	}
}

// SetGradBuffer has the gradient of the leaf t lie in buf from now on, a tensor of t's shape and type without gaps: part of a large
// buffer that processes exchange at once, for example. A gradient that is there already is copied. buf must not be used while Backward
// runs. MoveTo and ConvertTo give the gradient memory of its own again.
func (t Tensor) SetGradBuffer(buf Tensor) {
	const op = "SetGradBuffer"
	h, b := t.header(), buf.header()
	if h.node != nil {
		fail(op, "only a leaf has a gradient that stays", t.Shape())
	}
	if !b.Dense || !b.sameDims(h) || b.DType != h.DType {
		fail(op, "the buffer must have the tensor's shape and type, and no gaps between its elements", t.Shape(), buf.Shape())
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

// needGrad returns the place of the gradient of the leaf h, which is made if need be.
func (h *header) needGrad() *header {
	if h.grad.h == nil {
		h.grad = h.scope.alloc(h.store.dev, DType(h.DType), Shape{rank: h.Rank, dims: h.Dims})
	}
	return h.grad.h
}

// NewGrad returns a dense tensor of x's shape and type whose elements are undefined: the place where an op's Backward writes the gradient
// of its input x, to return it as that and nothing else. For a leaf without a gradient it is the memory of Grad, so that the gradient of
// a large weight needs no second place; otherwise it is free again as soon as the gradient has been used.
func (x Tensor) NewGrad() Tensor {
	h := x.geometry()
	l := h.leaf
	if l == nil {
		return h.scope.alloc(h.store.dev, DType(h.DType), x.Shape())
	}
	h.leaf = nil // a second call gets another place
	g := l.needGrad()
	g.store.gradOf = l
	return h.scope.view(g).handle()
}

// giveDestination notes that v stands for the leaf h and its gradient may be written where it stays: if nothing is to be added to it,
// nothing else is to be seen of it, and it is one input of the op only.
func (e *engine) giveDestination(v, h *header, alone bool) {
	if alone && h.node == nil && h.requires && !h.hasGrad && len(h.hooks) == 0 && !e.create && len(e.targets) == 0 && h.store.dev == e.grads.dev {
		v.leaf = h
	}
}
