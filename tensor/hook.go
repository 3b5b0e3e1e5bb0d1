package tensor

import "sync/atomic"

// RegisterHook registers f to be called with t's gradient in every Backward and [Gradient] that computes it. f is
// called as soon as the gradient is complete, before it flows on or is added to a leaf's Grad. The gradient that f
// returns replaces it, unless it is the zero Tensor. The gradient belongs to the pass under way: Keep copies it. The
// returned function removes the hook; hooks of a step's tensors are removed when the step ends. RegisterHook panics
// for a tensor through which no gradient flows.
//
//	y.RegisterHook(func(g tensor.Tensor) tensor.Tensor { return g.Clamp(-1, 1) })
func (t Tensor) RegisterHook(f func(g Tensor) Tensor) (remove func()) {
	h := t.header()
	if !h.needs() {
		fail("register_hook", "no gradient flows through this tensor", t.Shape())
	}
	if n := h.node; n != nil {
		return t.addHook(&n.hooks, &hook{replace: f})
	}
	return t.addHook(&h.hooks, &hook{replace: f})
}

// RegisterPostAccumulateGradHook registers f to be called in every Backward as soon as the gradient of the leaf t is
// complete and has been added to Grad. f may make the optimizer's step, or exchange the gradient between processes.
// The returned function removes the hook. It panics for a tensor that is not a leaf that requires a gradient.
func (t Tensor) RegisterPostAccumulateGradHook(f func(t Tensor)) (remove func()) {
	h := t.header()
	if h.node != nil || !h.requires {
		fail("register_post_accumulate_grad_hook", "the tensor is not a leaf that requires a gradient", t.Shape())
	}
	return t.addHook(&h.afterHooks, &hook{after: f})
}

type hook struct {
	replace func(g Tensor) Tensor
	after   func(t Tensor)
}

// leafHooks counts all hooks that were ever registered on leaves. If there are none, a pass need not find out when a
// leaf's gradient is complete.
var leafHooks atomic.Int64

func (t Tensor) addHook(to *[]*hook, k *hook) (remove func()) {
	h := t.h
	*to = append(*to, k)
	if h.node == nil {
		leafHooks.Add(1)
	}
	return func() {
		if h.gen != t.gen {
			return
		}
		for i, o := range *to {
			if o == k {
				*to = append((*to)[:i:i], (*to)[i+1:]...)
				return
			}
		}
	}
}

// hookedLeaf is a leaf with hooks in one pass.
type hookedLeaf struct {
	x     Tensor
	dx    Tensor // the sum of the gradients that were added so far, if the leaf has hooks that get the gradient
	uses  int    // entries with this input that have not run yet
	added bool   // something was added to Grad, so the hooks that run afterwards must be called
}

// hooked calls hooks with the gradient g and returns the gradient that replaces it. The pass refers to the result
// instead of g.
func (e *engine) hooked(hooks []*hook, g Tensor) Tensor {
	for _, k := range hooks {
		y := k.replace(g)
		if y.h == nil || y == g {
			continue
		}
		if y.Shape() != g.Shape() || y.DType() != g.DType() {
			fail("register_hook", "the hook returned a gradient of another shape or type", g.Shape(), y.Shape())
		}
		e.addRefs(y, 1)
		e.addRefs(g, -1)
		g = y
	}
	return g
}

// findHookedLeaves counts how often each leaf with hooks is used in the computation of y.
func (e *engine) findHookedLeaves(y Tensor) {
	if leafHooks.Load() == 0 {
		return
	}
	if h := y.alive(); h.node == nil {
		e.countLeaf(y, 0)
	} else {
		e.countLeaves(h.node.entry)
	}
}

func (e *engine) countLeaves(n *node) {
	if n.countPass == e.pass {
		return
	}
	n.countPass = e.pass
	for i := range n.self.inputs() {
		x, _ := n.self.input(i)
		if !e.flowsTo(x) {
			continue
		}
		if m := x.h.node; m != nil {
			e.countLeaves(m.entry)
		} else {
			e.countLeaf(x, 1)
		}
	}
}

func (e *engine) countLeaf(x Tensor, uses int) {
	if len(x.h.hooks) == 0 && len(x.h.afterHooks) == 0 {
		return
	}
	if l := e.hookedLeaf(x); l != nil {
		l.uses += uses
		return
	}
	e.leaves = append(e.leaves, hookedLeaf{x: x, uses: uses})
}

func (e *engine) hookedLeaf(x Tensor) *hookedLeaf {
	for i := range e.leaves {
		if e.leaves[i].x == x {
			return &e.leaves[i]
		}
	}
	return nil
}

// addHooked adds dx to the gradient of a leaf whose hooks get the complete gradient.
func (e *engine) addHooked(x, dx Tensor) {
	l := e.hookedLeaf(x)
	if l == nil { // the hook was registered during the pass
		e.leaves = append(e.leaves, hookedLeaf{x: x})
		l = &e.leaves[len(e.leaves)-1]
	}
	if l.dx.h != nil {
		l.dx = e.sum(l.dx, dx)
		return
	}
	e.addRefs(dx, 1)
	l.dx = dx
}

// usedLeaf notes that an entry with the input x has run.
func (e *engine) usedLeaf(x Tensor) {
	if x.h == nil || x.h.node != nil {
		return
	}
	for i := range e.leaves {
		if l := &e.leaves[i]; l.x == x {
			if l.uses--; l.uses == 0 {
				e.finishLeaf(i)
			}
			return
		}
	}
}

// finishLeaf calls the hooks of a leaf whose gradient is complete.
func (e *engine) finishLeaf(i int) {
	x, dx := e.leaves[i].x, e.leaves[i].dx
	e.leaves[i].dx = Tensor{}
	if dx.h != nil {
		dx = e.hooked(x.h.hooks, dx)
		e.addLeaf(x, dx)
		e.addRefs(dx, -1)
	}
	if e.leaves[i].added {
		e.leaves[i].added = false
		for _, k := range x.h.afterHooks {
			k.after(x)
		}
	}
}

// finishLeaves calls the hooks of leaves that some entry used without adding a gradient.
func (e *engine) finishLeaves() {
	for i := range e.leaves {
		e.finishLeaf(i)
	}
	clear(e.leaves)
	e.leaves = e.leaves[:0]
}
