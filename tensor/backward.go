package tensor

import (
	"container/heap"
	"slices"
	"sync/atomic"

	"github.com/lamina-ml/lamina/internal/device"
)

// Backward computes the gradients of t, a single number, with respect to all leaves that require a gradient, and adds
// them to the leaves' Grad. It panics if t has more than one element, or if no gradient flows through it. The memory
// of intermediate gradients is reused as soon as they are consumed; the tensors of the step stay readable. Two
// goroutines must not run Backward through the same results at once.
//
//	loss.backward()
func (t Tensor) Backward() {
	s := t.header().scope
	g := innerScope(s, t.h.store.dev, false)
	defer closeInner(g)
	e := &g.engine
	e.start(g, false)
	defer e.resume()
	e.seed(t)
	e.run()
}

// engine is one pass of Backward, Gradient or VJP.
type engine struct {
	pass          uint64
	grads         *Scope // the scope of the gradients; nil: the Go heap, recorded
	create        bool
	nested        bool     // the gradients go to another pass, which calls the leaves' hooks
	scopes        []*Scope // scopes whose tapes hold entries that are due
	heap          nodesBySerial
	targets       []Tensor // the xs of Gradient; empty for Backward
	targetGrads   []Tensor // their gradients so far; the zero Tensor if there is none yet
	results       int      // how many of the targets are results of ops
	paused        []paused
	leaves        []hookedLeaf
	compositeBufs [3][]Tensor // reused by throughComposite
	vjpBufs       [4][]Tensor // reused by vjp
}

// paused is what an outer pass stored in a node. A hook of that pass started another pass, which goes through the same
// node.
type paused struct {
	n         *node
	due, pass uint64
	grad      Tensor
}

// pause saves what an outer pass stored in n until this pass ends.
func (e *engine) pause(n *node) {
	if n.pass != 0 || n.due != 0 {
		e.paused = append(e.paused, paused{n, n.due, n.pass, n.grad})
	}
}

// resume restores what outer passes stored in nodes.
func (e *engine) resume() {
	for _, p := range slices.Backward(e.paused) {
		p.n.due, p.n.pass, p.n.grad = p.due, p.pass, p.grad
	}
	clear(e.paused)
	e.paused = e.paused[:0]
}

var enginePass atomic.Uint64

func (e *engine) start(grads *Scope, create bool) {
	e.pass = enginePass.Add(1)
	e.grads, e.create, e.nested = grads, create, false
	e.scopes, e.heap = e.scopes[:0], e.heap[:0]
	e.targets, e.targetGrads, e.results, e.leaves = e.targets[:0], e.targetGrads[:0], 0, e.leaves[:0]
}

// seed starts a pass at y, a single number, whose gradient is 1.
func (e *engine) seed(y Tensor) {
	h := y.header()
	if h.Size != 1 {
		fail("backward", "gradients start from a single number; take a sum or mean first", y.Shape())
	}
	if h.node == nil && !h.requires {
		fail("backward", "this tensor depends on no tensor that requires a gradient, or was computed without recording", y.Shape())
	}
	if len(e.targets) > 0 && !e.flowsTo(y) {
		return // y depends on none of them
	}
	e.findHookedLeaves(y)
	one := e.grads.NewEmpty(y, y.DType(), y.Shape())
	h.store.dev.Fill(&one.h.Array, 1)
	e.add(y, one)
}

// run computes the gradients of all entries that are due, from the newest to the oldest.
func (e *engine) run() {
	for {
		// The newest scope comes first: a result belongs to the newest scope of its inputs, so no gradient flows from
		// an older scope to a newer one.
		last := -1
		for i, s := range e.scopes {
			if last < 0 || s.serial > e.scopes[last].serial {
				last = i
			}
		}
		if last < 0 {
			break
		}
		s := e.scopes[last]
		for i := s.pos - 1; i >= 0; i-- {
			if n := s.tape[i].base(); n.live && n.due == e.pass {
				e.step(n)
			}
		}
		for i, o := range e.scopes {
			if o == s {
				e.scopes = append(e.scopes[:i], e.scopes[i+1:]...)
				break
			}
		}
	}
	for len(e.heap) > 0 {
		e.step(heap.Pop(&e.heap).(*node))
	}
	e.finishLeaves()
}

// step runs the Backward of one entry, then frees the memory that it allocated and that has no references.
func (e *engine) step(n *node) {
	n.due = 0
	last := e.deliver(n)
	for _, m := range n.more {
		e.deliver(m)
	}
	mark := 0
	if e.grads != nil {
		mark = e.grads.nstores
	}
	if last && len(n.more) == 0 {
		st := n.grad.h.store
		n.grad.h.consumable = !e.create && st.refs == 1 && st.scope == e.grads && n.grad.h.Contiguous
	}
	n.self.backward(e)
	e.dropGrad(n)
	for _, m := range n.more {
		e.dropGrad(m)
	}
	if !e.create {
		for _, st := range e.grads.stores[mark:e.grads.nstores] {
			if st.refs == 0 {
				e.grads.free(st)
			}
		}
	}
	if len(e.leaves) > 0 {
		for i := range n.self.inputs() {
			x, _ := n.self.input(i)
			e.usedLeaf(x)
		}
	}
}

// deliver passes the gradient of n's result to its hooks and to the targets of Gradient. It reports whether there is a
// gradient that only n's Backward will read.
func (e *engine) deliver(n *node) bool {
	if n.pass != e.pass {
		return false
	}
	n.out.alive() // panics if the step of n ended
	if len(n.hooks) > 0 {
		n.grad = e.hooked(n.hooks, n.grad)
	}
	if e.results == 0 {
		return true
	}
	only := true
	for i, x := range e.targets {
		if x.h.node == n {
			e.targetGrads[i] = n.grad
			e.addRefs(n.grad, 1)
			only = false
		}
	}
	return only
}

// dropGrad drops the gradient of n's result, which has been used.
func (e *engine) dropGrad(n *node) {
	if n.pass == e.pass {
		n.grad.h.consumable = false
		e.addRefs(n.grad, -1)
		n.grad, n.pass = Tensor{}, 0
	}
}

// flowsTo reports whether this pass computes the gradient of x: for Backward if x needs a gradient, for Gradient if x
// is a target or is computed from one.
func (e *engine) flowsTo(x Tensor) bool {
	if x.h == nil {
		return false
	}
	h := x.alive() // panics if the step of x ended: its node may have been reused
	if len(e.targets) == 0 {
		return h.needs()
	}
	if h.node == nil {
		return slices.Contains(e.targets, x)
	}
	n := h.node.entry
	if n.flowPass != e.pass {
		n.flowPass, n.flows = e.pass, false
		if e.results > 0 {
			n.flows = e.isTarget(n)
			for _, m := range n.more {
				n.flows = n.flows || e.isTarget(m)
			}
		}
		for i := range n.self.inputs() {
			if in, _ := n.self.input(i); e.flowsTo(in) { // no early exit: every input's node stores its answer
				n.flows = true
			}
		}
	}
	return n.flows
}

// isTarget reports whether n's result is a target of Gradient.
func (e *engine) isTarget(n *node) bool {
	for _, x := range e.targets {
		if x.h.node == n {
			return true
		}
	}
	return false
}

// inputView returns x, input i of entry n, as Backward gets it: a tensor of the gradient scope, so that what Backward
// computes from inputs alone is freed with the gradients. An input that the op does not save has a shape and no
// memory. unique says that no other input of n is x.
func (e *engine) inputView(n *node, i int, x Tensor, version uint64, unique bool) Tensor {
	if x.h == nil {
		return Tensor{}
	}
	h := x.alive()
	if !n.saves.input(i) {
		v := e.grads.shapeOf(h)
		v.inputNeedsGrad = e.flowsTo(x)
		e.setGradDestination(v, h, unique)
		return v.handle()
	}
	checkVersion(h, version)
	if e.create {
		if e.grads == nil && h.sgen == h.store.gen {
			return x
		}
		return e.grads.alias(x, h.needs())
	}
	v := e.grads.view(h)
	v.sgen = h.store.gen
	v.inputNeedsGrad = e.flowsTo(x)
	e.setGradDestination(v, h, unique)
	return v.handle()
}

// resultView returns n's result as Backward gets it.
func (e *engine) resultView(n *node) Tensor {
	h := n.out.alive()
	if !n.entry.saves.output() {
		return e.grads.shapeOf(h).handle()
	}
	checkVersion(h, n.version)
	if e.create {
		if e.grads == nil && h.sgen == h.store.gen {
			return n.out
		}
		return e.grads.alias(n.out, h.needs())
	}
	v := e.grads.view(h)
	v.sgen = h.store.gen
	v.inputNeedsGrad = e.flowsTo(n.out)
	return v.handle()
}

// resultGrad returns the gradient of n's result, the zero Tensor if there is none.
func (e *engine) resultGrad(n *node) Tensor {
	if n.pass != e.pass {
		return Tensor{}
	}
	return n.grad
}

// checkVersion panics if elements that Backward reads were changed in place after Forward.
func checkVersion(h *header, version uint64) {
	if h.store.version != version {
		fail("backward", "a tensor that the gradient needs was changed in place after it was used "+
			"(an optimizer's step between two backward passes does that)", h.handle().shapeUnchecked())
	}
}

// addRefs changes the number of references to the memory of the gradient g, which may be absent. Memory without
// references is freed, unless the pass itself is recorded.
func (e *engine) addRefs(g Tensor, by int) {
	if e.create || g.h == nil {
		return
	}
	st := g.h.store
	st.refs += by
	if st.refs == 0 && st.scope == e.grads && by < 0 {
		e.grads.free(st)
	}
}

// addAll adds dxs to the gradients of b's inputs. It holds references to all of them first: two inputs may have got
// the same tensor.
func (e *engine) addAll(b recorded, dxs []Tensor) {
	for _, dx := range dxs {
		e.addRefs(dx, 1)
	}
	for i, dx := range dxs {
		x, _ := b.input(i)
		e.add(x, dx)
	}
	for _, dx := range dxs {
		e.addRefs(dx, -1)
	}
}

// add adds dx to the gradient of x.
func (e *engine) add(x, dx Tensor) {
	if dx.h == nil || !e.flowsTo(x) {
		return
	}
	h := dx.header()
	if h.Rank != x.h.Rank || h.Dims != x.h.Dims || h.DType != x.h.DType {
		fail("backward", "a gradient has another shape or type ("+dx.DType().String()+" for "+DType(x.h.DType).String()+
			"): an op returned it, or the tensor was converted since",
			x.shapeUnchecked(), dx.Shape())
	}
	if owner := h.store.gradOf; owner != nil && owner != x.h {
		fail("backward", "the memory of one input's gradient (NewGrad) was returned as another's", dx.Shape())
	}
	n := x.h.node
	if n == nil {
		if len(x.h.hooks) > 0 && !e.nested {
			e.addHooked(x, dx)
		} else {
			e.addLeaf(x, dx)
		}
		return
	}
	if n.pass == e.pass {
		n.grad = e.sum(n.grad, dx)
		return
	}
	e.pause(n)
	n.pass, n.grad = e.pass, dx
	e.addRefs(dx, 1)
	if n = n.entry; n.due == e.pass {
		return
	}
	e.pause(n)
	n.due = e.pass
	if n.scope == nil {
		heap.Push(&e.heap, n)
	} else if !slices.Contains(e.scopes, n.scope) {
		e.scopes = append(e.scopes, n.scope)
	}
}

// subviewer is an op whose result is a view of a part of its input (slice, select, diagonal). The gradient of the
// input is 0 elsewhere.
type subviewer interface {
	subview(h *header) *header // restricts a header with the input's geometry to the part
}

// addPart adds dy to the part of x's gradient that w names, in place, and reports whether it did. It requires a
// gradient of x that nothing else refers to. The gradients of many parts of a tensor then cost no more than one
// gradient of the whole.
func (e *engine) addPart(x, dy Tensor, w subviewer) bool {
	if e.create || len(e.targets) > 0 {
		return false
	}
	var g *header
	if h, n := x.alive(), x.h.node; n == nil {
		if !h.requires || !h.hasGrad || len(h.hooks) > 0 || len(h.afterHooks) > 0 {
			return false
		}
		g = h.grad.h
	} else {
		if n.pass != e.pass {
			return false
		}
		g = n.grad.header()
		if g.store.refs != 1 || g.store.scope != e.grads {
			return false
		}
	}
	if st := dy.header().store; !g.Contiguous || g.store == st || g.store.dev != st.dev || g.DType != dy.h.DType {
		return false // add reports the error, if there is one
	}
	part := &w.subview(e.grads.view(g)).Array
	g.store.dev.Binary(addRow, part, part, &dy.h.Array, device.Params{})
	g.store.version++
	return true
}

// sum returns g + dx. It adds in place if nothing else refers to g.
func (e *engine) sum(g, dx Tensor) Tensor {
	st := g.header().store
	if !e.create && st.refs == 1 && st.scope == e.grads && g.h.Contiguous && dx.h.store != st {
		st.dev.Binary(addRow, &g.h.Array, &g.h.Array, &dx.h.Array, device.Params{})
		return g
	}
	y := g.Add(dx)
	e.addRefs(y, 1)
	e.addRefs(g, -1)
	return y
}

// addLeaf adds dx to the gradient of the leaf x: to Grad, or for Gradient to the target's gradient.
func (e *engine) addLeaf(x, dx Tensor) {
	if len(e.targets) > 0 {
		for i, t := range e.targets {
			if t != x {
				continue
			}
			if e.targetGrads[i].h == nil {
				e.targetGrads[i] = dx
				e.addRefs(dx, 1)
			} else {
				e.targetGrads[i] = e.sum(e.targetGrads[i], dx)
			}
		}
		return
	}
	h := x.h
	sameDevice("backward", h, dx.header())
	h.ensureGrad()
	g := &h.grad.h.Array
	switch {
	case h.hasGrad:
		h.store.dev.Binary(addRow, g, g, &dx.h.Array, device.Params{})
	case dx.h.store.gradOf != h: // otherwise NewGrad returned this memory, and the gradient is there already
		h.store.dev.Copy(g, &dx.h.Array)
	}
	h.grad.h.store.gradOf = nil
	h.grad.h.store.version++
	h.hasGrad = true
	if len(h.afterHooks) > 0 {
		if l := e.hookedLeaf(x); l != nil {
			l.added = true
		} else {
			e.leaves = append(e.leaves, hookedLeaf{x: x, added: true})
		}
	}
}

// nodesBySerial is a heap with the newest node on top. On the Go heap a result is always newer than its inputs.
type nodesBySerial []*node

func (q nodesBySerial) Len() int           { return len(q) }
func (q nodesBySerial) Less(i, j int) bool { return q[i].serial > q[j].serial }
func (q nodesBySerial) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *nodesBySerial) Push(n any)        { *q = append(*q, n.(*node)) }
func (q *nodesBySerial) Pop() any {
	old := *q
	n := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return n
}
