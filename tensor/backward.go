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
	e.run(t)
}

// Gradient returns the gradients of y, a single number, with respect to xs: leaves that asked for a gradient, or results on the way
// to y. The leaves' own Grad is left alone, and nothing is computed that does not lead to xs. With create, the computation is recorded too, so that the
// results have gradients in turn. Where y does not depend on an x, its gradient is no tensor.
func Gradient(y Tensor, xs []Tensor, create bool) []Tensor {
	out := make([]Tensor, len(xs)) // this is inlined: a caller of two gradients that keeps them to itself has them on its stack
	gradient(out, y, xs, create)
	return out
}

func gradient(out []Tensor, y Tensor, xs []Tensor, create bool) {
	s := y.header().scope
	var g *Scope // nil: gradients with a graph of their own lie on the heap, as y does
	var e *engine
	if create && s == nil {
		e = new(engine)
	} else {
		g = innerScope(s, y.h.store.dev, create)
		e = &g.engine
	}
	if !create {
		defer closeInner(g)
	}
	e.start(g, create)
	e.collect(xs)
	e.run(y)
	for i, d := range e.found {
		if d.h == nil || create {
			out[i] = d
			continue
		}
		st := d.h.store
		if st.holds > 1 {
			d = d.copyTo(s) // the memory is another target's gradient, too
		}
		st.holds-- // it may outlive this pass
		out[i] = s.adopt(d, g)
	}
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
	hooks   []leafGradient
	direct  *header // the leaf whose gradient the op under way may compute in place
}

// paused is the gradient of a node that another pass has computed so far: a hook of that pass called Backward or Gradient, which
// went through the same node.
type paused struct {
	n    *node
	pass uint64
	grad Tensor
}

// resume gives the nodes of an outer pass their gradients back.
func (e *engine) resume() {
	for _, p := range e.paused {
		p.n.pass, p.n.grad = p.pass, p.grad
	}
	clear(e.paused)
	e.paused = e.paused[:0]
}

var enginePass atomic.Uint64

func (e *engine) start(grads *Scope, create bool) {
	e.pass = enginePass.Add(1)
	e.grads, e.create, e.direct = grads, create, nil
	if grads != nil {
		grads.hint = nil // of a pass that a panic ended
	}
	e.scopes, e.heap = e.scopes[:0], e.heap[:0]
	e.targets, e.found, e.hooks, e.results = e.targets[:0], e.found[:0], e.hooks[:0], 0
}

func (e *engine) collect(xs []Tensor) {
	for _, x := range xs {
		if x.header().node != nil {
			e.results++
		} else if !x.h.requires {
			fail("Gradient", "this tensor neither asked for a gradient nor comes from one that did", x.Shape())
		}
	}
	e.targets = append(e.targets, xs...)
	e.found = append(e.found, xs...)
	clear(e.found)
}

func (e *engine) run(y Tensor) {
	defer e.resume()
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
	one := e.grads.Empty(y, y.DType(), y.Shape())
	h.store.dev.Fill(&one.h.Array, 1)
	e.add(y, one)
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
			if n := s.tape[i].base(); n.live && n.pass == e.pass {
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
	e.finishHooks()
}

// step runs one node's Backward, then takes back the memory of what nobody waits for any more.
func (e *engine) step(n *node) {
	if len(n.out.header().hooks) > 0 {
		n.grad = e.hooked(n.out, n.grad)
	}
	wanted := e.results > 0 && e.wants(n)
	if wanted {
		for i, x := range e.targets {
			if x.h.node == n {
				e.found[i] = n.grad
				e.hold(n.grad, 1)
			}
		}
	}
	mark := 0
	if e.grads != nil {
		mark = e.grads.nstores
	}
	st := n.grad.h.store
	n.grad.h.spare = !e.create && !wanted && st.holds == 1 && st.scope == e.grads && n.grad.h.Dense
	n.self.backward(e)
	n.grad.h.spare, e.direct = false, nil
	e.hold(n.grad, -1)
	n.grad, n.pass = Tensor{}, 0
	if !e.create {
		for _, st := range e.grads.stores[mark:e.grads.nstores] {
			if st.holds == 0 {
				e.grads.free(st)
			}
		}
	}
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

// leads reports whether a gradient is to flow to x: for Backward wherever one can, for Gradient only on the way to a target.
func (e *engine) leads(x Tensor) bool {
	n := x.header().node // which panics for an input whose step ended: what led there is not known any more
	if len(e.targets) == 0 {
		return x.h.needs()
	}
	if n == nil {
		return slices.Contains(e.targets, x)
	}
	if n.visit != e.pass {
		n.visit = e.pass
		n.lead = e.results > 0 && e.wants(n)
		for i := 0; ; i++ {
			in := n.self.input(i)
			if in.h == nil {
				break
			}
			if e.leads(in) { // all inputs are looked at: the answers are kept
				n.lead = true
			}
		}
	}
	return n.lead
}

// local returns x as a tensor of the gradient scope, so that what Backward computes from inputs alone is recycled with the rest.
func (e *engine) local(x Tensor) Tensor {
	h := x.header()
	if e.grads == nil || h.scope == e.grads {
		return x
	}
	if e.create {
		return x.In(e.grads)
	}
	v := e.grads.view(h)
	v.wants = e.leads(x)
	return v.handle()
}

// offer lets an op compute the gradient of x, if that is a leaf without one, where it is to stay: large weights then need no second
// place for their gradient. The offer is for the next tensor of that shape which the op allocates. That may turn out to be another
// one, so settle looks at what came of it.
func (e *engine) offer(x Tensor) {
	h := x.h
	if h.node != nil || !h.requires || h.hasGrad || len(h.hooks) > 0 || e.create || len(e.targets) > 0 || h.store.dev != e.grads.dev {
		return
	}
	if e.direct != nil && e.direct.Size >= h.Size {
		return
	}
	if h.grad.h == nil {
		h.grad = h.scope.alloc(h.store.dev, x.DType(), x.Shape())
	}
	e.direct, e.grads.hint = h, h
}

// settle returns dx, moved out of the memory that was offered for another input's gradient.
func (e *engine) settle(x, dx Tensor) Tensor {
	if e.grads == nil {
		return dx
	}
	e.grads.hint = nil
	if e.direct == nil || dx.h == nil || dx.header().store != e.direct.grad.h.store || x.h == e.direct && dx.h.Dense {
		return dx
	}
	return dx.copyTo(e.grads)
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

// add gives x another part of its gradient.
func (e *engine) add(x, dx Tensor) {
	if dx.h == nil || !e.leads(x) {
		return
	}
	if dx.header().Array.Rank != x.h.Rank || dx.h.Dims != x.h.Dims || dx.h.DType != x.h.DType {
		fail("Backward", "a gradient has another shape or type ("+dx.DType().String()+" for "+x.DType().String()+
			"): an op returned it, or the tensor was converted since",
			x.Shape(), dx.Shape())
	}
	n := x.h.node
	if n == nil {
		if len(x.h.hooks) > 0 {
			e.waitForHooks(x, dx)
		} else {
			e.addLeaf(x, dx)
		}
		return
	}
	if n.pass != e.pass {
		if n.pass != 0 {
			e.paused = append(e.paused, paused{n, n.pass, n.grad})
		}
		n.pass, n.grad = e.pass, dx
		e.hold(dx, 1)
		if n.scope == nil {
			heap.Push(&e.heap, n)
			return
		}
		for _, s := range e.scopes {
			if s == n.scope {
				return
			}
		}
		e.scopes = append(e.scopes, n.scope)
		return
	}
	n.grad = e.sum(n.grad, dx)
}

// A windower is an op whose result is a part of its input, so that its gradient is 0 elsewhere.
type windower interface {
	window(h *header) *header // makes of the input's header, or that of a tensor like it, the part's
}

// addPart adds dy to its part of x's gradient, if there is one already that nobody else sees, and reports whether it did. Many parts of
// one tensor then cost no more than the whole.
func (e *engine) addPart(x, dy Tensor, w windower) bool {
	if e.create || len(e.targets) > 0 {
		return false
	}
	var g *header
	if h, n := x.header(), x.h.node; n == nil {
		if !h.requires || !h.hasGrad || len(h.hooks) > 0 {
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
	part := &w.window(e.grads.view(g)).Array
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
	if h.grad.h == nil {
		h.grad = h.scope.alloc(h.store.dev, x.DType(), x.Shape())
	}
	g := &h.grad.h.Array
	switch in := dx.header().store == h.grad.h.store; {
	case h.hasGrad:
		h.store.dev.Binary(addRow, g, g, &dx.h.Array, device.Params{})
	case !in || !dx.h.Dense:
		h.store.dev.Copy(g, &dx.h.Array)
	}
	h.grad.h.store.version++
	h.hasGrad = true
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
