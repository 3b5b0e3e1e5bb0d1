package tensor

// RegisterHook has f see t's gradient in every Backward and [Gradient] that computes it, once all its parts have come together and
// before it flows on, or is added to a leaf's Grad. What f returns takes its place, unless that is no tensor. The gradient lives
// in the pass under way: Keep what is to outlast it. The returned function takes the hook away; a step's end takes away those
// of its tensors. It panics for a tensor that no gradient flows through.
//
//	y.RegisterHook(func(g tensor.Tensor) tensor.Tensor { return g.Clamp(-1, 1) })
func (t Tensor) RegisterHook(f func(g Tensor) Tensor) (remove func()) {
	h := t.header()
	if !h.needs() {
		fail("RegisterHook", "no gradient flows through this tensor", t.Shape())
	}
	k := &hook{f}
	h.hooks = append(h.hooks, k)
	return func() {
		if h.gen != t.gen {
			return
		}
		for i, o := range h.hooks {
			if o == k {
				h.hooks = append(h.hooks[:i:i], h.hooks[i+1:]...)
			}
		}
	}
}

type hook struct{ f func(g Tensor) Tensor }

// leafGradient is the gradient of a leaf with hooks, as far as it has come together.
type leafGradient struct{ x, dx Tensor }

// hooked gives the gradient g of x to x's hooks and returns what they make of it. The pass holds the result in place of g.
func (e *engine) hooked(x, g Tensor) Tensor {
	for _, k := range x.h.hooks {
		y := k.f(g)
		if y.h == nil || y == g {
			continue
		}
		if y.Shape() != g.Shape() || y.DType() != g.DType() {
			fail("RegisterHook", "the hook returned a gradient of another shape or type", g.Shape(), y.Shape())
		}
		e.hold(y, 1)
		e.hold(g, -1)
		g = y
	}
	return g
}

// waitForHooks adds dx to the gradient of a leaf with hooks, which see it when the pass ends.
func (e *engine) waitForHooks(x, dx Tensor) {
	for i := range e.hooks {
		if e.hooks[i].x == x {
			e.hooks[i].dx = e.sum(e.hooks[i].dx, dx)
			return
		}
	}
	e.hold(dx, 1)
	e.hooks = append(e.hooks, leafGradient{x, dx})
}

// finishHooks ends the pass for leaves with hooks.
func (e *engine) finishHooks() {
	for _, l := range e.hooks {
		dx := e.hooked(l.x, l.dx)
		e.addLeaf(l.x, dx)
		e.hold(dx, -1)
	}
	e.hooks = e.hooks[:0]
}
