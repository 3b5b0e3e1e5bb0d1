package tensor

import (
	"container/heap"
	"slices"
	"sync/atomic"

	"github.com/lamina-ml/lamina/internal/device"
)

// Backward computes the gradient of t, a single number, with respect to every leaf that asked for one, and adds it to the leaf's
// Grad. Memory of gradients on the way is used again as soon as they are consumed; the step's own tensors stay readable. What was
// recorded belongs to one goroutine: two must not walk through the same results at once.
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

// An engine is one pass of Backward.
type engine struct {
	pass    uint64
	grads   *Scope // where gradients are computed; nil: on the heap, recorded
	create  bool
	scopes  []*Scope // whose tapes hold nodes with a gradient and have not been walked
	heap    nodesBySerial
	targets []Tensor // Gradient's, none for Backward
	found   []Tensor // their gradients so far
	results int      // how many of the targets are results of ops
	paused  []paused
	leaves  []hookedLeaf
	through [3][]Tensor // scratch of throughComposite
	within  [4][]Tensor // scratch of vjp
}

// paused is what another pass noted at a node so far: a hook of that pass called Backward or Gradient, which goes through the same
// node.
type paused struct {
	n         *node
	due, pass uint64
	grad      Tensor
}

// pause remembers n's notes, if they are of another pass, until this pass ends.
func (e *engine) pause(n *node) {
	if n.pass != 0 || n.due != 0 {
		e.paused = append(e.paused, paused{n, n.due, n.pass, n.grad})
	}
}

// resume gives the nodes of an outer pass their notes back.
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
	e.grads, e.create = grads, create
	e.scopes, e.heap = e.scopes[:0], e.heap[:0]
	e.targets, e.found, e.results, e.leaves = e.targets[:0], e.found[:0], 0, e.leaves[:0]
}

// seed starts a pass at y, a single number, whose gradient is 1.
func (e *engine) seed(y Tensor) {
	h := y.header()
	if h.Size != 1 {
		fail("Backward", "gradients start from a single number; take a sum or mean first", y.Shape())
	}
	if h.node == nil && !h.requires {
		fail("Backward", "this tensor depends on nothing that asked for a gradient, or was computed without recording", y.Shape())
	}
	if len(e.targets) > 0 && !e.leads(y) {
		return // y depends on none of them
	}
	e.findHookedLeaves(y)
	one := e.grads.Empty(y, y.DType(), y.Shape())
	h.store.dev.Fill(&one.h.Array, 1)
	e.add(y, one)
}

// run takes the gradients from where they were added through all tapes.
func (e *engine) run() {
	for {
		// The newest scope first: results belong to the newest scope of their inputs, so nothing older leads into it.
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

// step runs one entry's Backward, then takes back the memory of what nobody waits for any more.
func (e *engine) step(n *node) {
	n.due = 0
	last := e.arrive(n)
	for _, m := range n.more {
		e.arrive(m)
	}
	mark := 0
	if e.grads != nil {
		mark = e.grads.nstores
	}
	if last && len(n.more) == 0 {
		st := n.grad.h.store
		n.grad.h.consumable = !e.create && st.holds == 1 && st.scope == e.grads && n.grad.h.Dense
	}
	n.self.backward(e)
	e.leave(n)
	for _, m := range n.more {
		e.leave(m)
	}
	if !e.create {
		for _, st := range e.grads.stores[mark:e.grads.nstores] {
			if st.holds == 0 {
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

// arrive gives the gradient of n's result to its hooks and to Gradient's targets. It reports whether the gradient is there and
// only n's Backward will read it.
func (e *engine) arrive(n *node) bool {
	if n.pass != e.pass {
		return false
	}
	n.out.alive() // which panics if n's step ended
	if len(n.hooks) > 0 {
		n.grad = e.hooked(n.hooks, n.grad)
	}
	if e.results == 0 {
		return true
	}
	only := true
	for i, x := range e.targets {
		if x.h.node == n {
			e.found[i] = n.grad
			e.hold(n.grad, 1)
			only = false
		}
	}
	return only
}

// leave forgets the gradient of n's result, which has been used.
func (e *engine) leave(n *node) {
	if n.pass == e.pass {
		n.grad.h.consumable = false
		e.hold(n.grad, -1)
		n.grad, n.pass = Tensor{}, 0
	}
}

// leads reports whether a gradient is to flow to x: for Backward wherever one can, for Gradient only on the way to a target.
func (e *engine) leads(x Tensor) bool {
	if x.h == nil {
		return false
	}
	h := x.alive() // which panics for an input whose step ended: what led there is not known any more
	if len(e.targets) == 0 {
		return h.needs()
	}
	if h.node == nil {
		return slices.Contains(e.targets, x)
	}
	n := h.node.entry
	if n.visit != e.pass {
		n.visit, n.lead = e.pass, false
		if e.results > 0 {
			n.lead = e.wants(n)
			for _, m := range n.more {
				n.lead = n.lead || e.wants(m)
			}
		}
		for i := range n.self.inputs() {
			if in, _ := n.self.input(i); e.leads(in) { // all inputs are looked at: the answers are kept
				n.lead = true
			}
		}
	}
	return n.lead
}

// wants reports whether one of Gradient's targets is n's result.
func (e *engine) wants(n *node) bool {
	for _, x := range e.targets {
		if x.h.node == n {
			return true
		}
	}
	return false
}

// local returns x, input i of entry n, as Backward sees it: a tensor of the gradient scope, so that what is computed from inputs
// alone is recycled with the rest. An input that the op does not save has a shape and no memory. alone says that x is no other
// input of n, too.
func (e *engine) local(n *node, i int, x Tensor, version uint64, alone bool) Tensor {
	if x.h == nil {
		return Tensor{}
	}
	h := x.alive()
	if !n.saves.input(i) {
		v := e.grads.shapeOf(h)
		v.wants = e.leads(x)
		e.giveDestination(v, h, alone)
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
	v.wants = e.leads(x)
	e.giveDestination(v, h, alone)
	return v.handle()
}

// result returns n's result as Backward sees it.
func (e *engine) result(n *node) Tensor {
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
	v.wants = e.leads(n.out)
	return v.handle()
}

// gradient returns the gradient of n's result, no tensor where there is none.
func (e *engine) gradient(n *node) Tensor {
	if n.pass != e.pass {
		return Tensor{}
	}
	return n.grad
}

// checkVersion panics where elements that a Backward reads were changed in place after Forward.
func checkVersion(h *header, version uint64) {
	if h.store.version != version {
		fail("Backward", "a tensor that the gradient needs was changed in place after it was used "+
			"(an optimizer's step between two backward passes does that)", h.handle().geometryShape())
	}
}

// hold counts who waits for the memory of g. What nobody waits for is free, unless the pass itself is recorded.
func (e *engine) hold(g Tensor, by int) {
	if e.create {
		return
	}
	st := g.h.store
	st.holds += by
	if st.holds == 0 && st.scope == e.grads && by < 0 {
		e.grads.free(st)
	}
}

// keep holds on to what an op's Backward returned until all of it has been added: two inputs may have got the same tensor.
func (e *engine) keep(dx Tensor, by int) {
	if dx.h != nil {
		e.hold(dx, by)
	}
}

// addAll gives b's inputs their gradients.
func (e *engine) addAll(b recorded, dxs []Tensor) {
	for _, dx := range dxs {
		e.keep(dx, 1)
	}
	for i, dx := range dxs {
		x, _ := b.input(i)
		e.add(x, dx)
	}
	for _, dx := range dxs {
		e.keep(dx, -1)
	}
}

// add gives x another part of its gradient.
func (e *engine) add(x, dx Tensor) {
	if dx.h == nil || !e.leads(x) {
		return
	}
	h := dx.header()
	if h.Rank != x.h.Rank || h.Dims != x.h.Dims || h.DType != x.h.DType {
		fail("Backward", "a gradient has another shape or type ("+dx.DType().String()+" for "+DType(x.h.DType).String()+
			"): an op returned it, or the tensor was converted since",
			x.geometryShape(), dx.Shape())
	}
	if owner := h.store.gradOf; owner != nil && owner != x.h {
		fail("Backward", "the memory of one input's gradient (NewGrad) was returned as another's", dx.Shape())
	}
	n := x.h.node
	if n == nil {
		if len(x.h.hooks) > 0 {
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
	e.hold(dx, 1)
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

// A windower is an op whose result is a part of its input, so that its gradient is 0 elsewhere.
type subviewer interface {
	subview(h *header) *header // makes of the input's header, or that of a tensor like it, the part's
}

// addPart adds dy to its part of x's gradient, if there is one already that nobody else sees, and reports whether it did. Many parts of
// one tensor then cost no more than the whole.
func (e *engine) addPart(x, dy Tensor, w subviewer) bool {
	if e.create || len(e.targets) > 0 {
		return false
	}
	var g *header
	if h, n := x.alive(), x.h.node; n == nil {
		if !h.requires || !h.hasGrad || len(h.hooks) > 0 || len(h.after) > 0 {
			return false
		}
		g = h.grad.h
	} else {
		if n.pass != e.pass {
			return false
		}
		g = n.grad.header()
		if g.store.holds != 1 || g.store.scope != e.grads {
			return false
		}
	}
	if st := dy.header().store; !g.Dense || g.store == st || g.store.dev != st.dev || g.DType != dy.h.DType {
		return false // add says what is wrong, if anything is
	}
	part := &w.subview(e.grads.view(g)).Array
	g.store.dev.Binary(addRow, part, part, &dy.h.Array, device.Params{})
	g.store.version++
	return true
}

// sum adds dx to a gradient that waits, in its place where nobody else can see that.
func (e *engine) sum(g, dx Tensor) Tensor {
	st := g.header().store
	if !e.create && st.holds == 1 && st.scope == e.grads && g.h.Dense && dx.h.store != st {
		st.dev.Binary(addRow, &g.h.Array, &g.h.Array, &dx.h.Array, device.Params{})
		return g
	}
	y := g.Add(dx)
	e.hold(y, 1)
	e.hold(g, -1)
	return y
}

func (e *engine) addLeaf(x, dx Tensor) {
	if len(e.targets) > 0 {
		for i, t := range e.targets {
			if t != x {
				continue
			}
			if e.found[i].h == nil {
				e.found[i] = dx
				e.hold(dx, 1)
			} else {
				e.found[i] = e.sum(e.found[i], dx)
			}
		}
		return
	}
	h := x.h
	sameDevice("Backward", h, dx.header())
	h.needGrad()
	g := &h.grad.h.Array
	switch {
	case h.hasGrad:
		h.store.dev.Binary(addRow, g, g, &dx.h.Array, device.Params{})
	case dx.h.store.gradOf != h: // else it was computed there
		h.store.dev.Copy(g, &dx.h.Array)
	}
	h.grad.h.store.gradOf = nil
	h.grad.h.store.version++
	h.hasGrad = true
	if len(h.after) > 0 {
		if l := e.hookedLeaf(x); l != nil {
			l.added = true
		} else {
			e.leaves = append(e.leaves, hookedLeaf{x: x, added: true})
		}
	}
}

// nodesBySerial is a heap with the newest node on top: on the Go heap a result is always newer than its inputs.
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
