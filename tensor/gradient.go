package tensor

// Gradient returns the gradients of y, a single number, with respect to xs: leaves that require a gradient, or results
// of ops that y is computed from. It leaves the leaves' own Grad unchanged, and computes no gradient that does not
// lead to xs. With create, the computation itself is recorded, so that the results are differentiable. If y does not
// depend on an x, its gradient is the zero Tensor. Gradient panics for an x that neither requires a gradient nor comes
// from a tensor that does.
//
//	torch.autograd.grad(y, xs, create_graph=create, allow_unused=True)
func Gradient(y Tensor, xs []Tensor, create bool) []Tensor {
	out := make([]Tensor, len(xs)) // Gradient is inlined, so that the slice can live on the caller's stack
	gradient(out, y, xs, create)
	return out
}

func gradient(out []Tensor, y Tensor, xs []Tensor, create bool) {
	s := y.header().scope
	e, g := newPass(s, y, create)
	if !create {
		defer closeInner(g)
	}
	defer e.resume()
	for _, x := range xs {
		if x.header().node == nil && !x.h.requires {
			fail("grad", "this tensor neither requires a gradient nor is computed from one that does", x.Shape())
		}
	}
	e.setTargets(xs)
	e.seed(y)
	e.run()
	e.writeGrads(out, s)
}

// newPass starts a pass for gradients of results in s, on y's device. Gradients that are recorded belong to the scope
// of y; on the Go heap such a pass has no scope.
func newPass(s *Scope, y Tensor, create bool) (e *engine, g *Scope) {
	if create && s == nil {
		e = new(engine)
	} else {
		g = innerScope(s, y.h.store.dev, create)
		e = &g.engine
	}
	e.start(g, create)
	return e, g
}

// setTargets makes xs the targets of the pass.
func (e *engine) setTargets(xs []Tensor) {
	for _, x := range xs {
		if x.h.node != nil {
			e.results++
		}
	}
	e.targets = append(e.targets, xs...)
	e.targetGrads = append(e.targetGrads, xs...)
	clear(e.targetGrads)
}

// writeGrads writes the targets' gradients to out, as tensors of s.
func (e *engine) writeGrads(out []Tensor, s *Scope) {
	for i, d := range e.targetGrads {
		if d.h == nil || e.create {
			out[i] = d
			continue
		}
		st := d.h.store
		if st.refs > 1 {
			d = d.copyTo(s) // another target's gradient has the same memory
		}
		st.refs-- // the memory may outlive this pass
		out[i] = s.adopt(d, e.grads.outermostBelow(s))
	}
}

// outermostBelow returns the scope directly below s that contains c; for a nil s, the outermost scope that contains c.
func (c *Scope) outermostBelow(s *Scope) *Scope {
	for c.parent != nil && c.parent != s {
		c = c.parent
	}
	return c
}

// VJP writes to dxs the gradients of xs through y = f(xs), given the gradient dy of y: the vector-Jacobian product, as
// torch.func.vjp computes it. f is called once, recorded, with tensors that replace xs. Gradients flow to those xs for
// which [Tensor.NeedsGrad] is true, and to nothing else that f uses; the gradient of an absent x is the zero Tensor.
// VJP is for an op's Backward that recomputes what its Forward did not keep (torch.utils.checkpoint). If the pass
// under way is recorded, so are the results.
func VJP(f func(xs []Tensor) Tensor, xs []Tensor, dy Tensor, dxs []Tensor) {
	if len(dxs) != len(xs) {
		fail("vjp", "xs and dxs must have the same length: dxs takes the gradient of each input")
	}
	dys := [1]Tensor{dy}
	vjp(funcComposer(f), xs, nil, dys[:], dxs)
}

// VJPWithLeaves is VJP for a function that also uses leaves that are not among its arguments, such as the parameters
// of a layer. Gradients flow to those leaves as well; dxs takes the gradients of xs, then those of leaves. An absent
// leaf has none. Hooks of the leaves are not called: the pass under way calls them, if the gradients are those of an
// op's inputs.
func VJPWithLeaves(f func(xs []Tensor) Tensor, xs, leaves []Tensor, dy Tensor, dxs []Tensor) {
	if len(dxs) != len(xs)+len(leaves) {
		fail("vjp", "dxs must be as long as xs and leaves together: it takes the gradient of each of them")
	}
	for _, x := range leaves {
		if x.h != nil && x.header().node != nil {
			fail("vjp", "this tensor is no leaf, but the result of an operation", x.Shape())
		}
	}
	dys := [1]Tensor{dy}
	vjp(funcComposer(f), xs, leaves, dys[:], dxs)
}

// composer computes the results ys from xs by ops.
type composer interface{ compose(xs, ys []Tensor) }

type funcComposer func(xs []Tensor) Tensor

func (f funcComposer) compose(xs, ys []Tensor) { ys[0] = f(xs) }

// vjp is VJPWithLeaves for a composer with several results.
func vjp(f composer, xs, leaves, dys, dxs []Tensor) {
	var first Tensor
	var s *Scope
	for _, ts := range [2][]Tensor{xs, dys} {
		for _, t := range ts {
			if t.h == nil {
				continue
			}
			if s = newerScope(&f, s, t.alive().scope); first.h == nil {
				first = t
			}
		}
	}
	if first.h == nil {
		fail("vjp", "at least one input is needed")
	}
	create := s == nil || s.record
	r := s // the scope in which f is computed and recorded
	if !create {
		r = s.child(true)
		defer closeInner(r)
	}
	e, g := newPass(r, first, create)
	if !create {
		defer closeInner(g)
	}
	defer e.resume()
	zs, ys, targets, found := e.vjpBufs[0][:0], e.vjpBufs[1][:0], e.vjpBufs[2][:0], e.vjpBufs[3][:0]
	for _, x := range xs {
		var z Tensor
		if x.h != nil {
			z = r.alias(x, x.needs())
		}
		if z.needs() {
			targets, found = append(targets, z), append(found, Tensor{})
		}
		zs = append(zs, z)
	}
	for _, x := range leaves {
		if x.needs() {
			targets, found = append(targets, x), append(found, Tensor{})
		}
	}
	for range dys {
		ys = append(ys, Tensor{})
	}
	e.vjpBufs = [4][]Tensor{zs, ys, targets, found}
	f.compose(zs, ys)
	e.setTargets(targets)
	e.nested = true
	for i, dy := range dys {
		if dy.h != nil && e.flowsTo(ys[i]) {
			e.add(ys[i], dy)
		}
	}
	e.run()
	e.writeGrads(found, s)
	for i, z := range zs {
		if dxs[i] = (Tensor{}); z.needs() {
			dxs[i], found = found[0], found[1:]
		}
	}
	for i, x := range leaves {
		if dxs[len(xs)+i] = (Tensor{}); x.needs() {
			dxs[len(xs)+i], found = found[0], found[1:]
		}
	}
}

// throughComposite computes the gradients of b's inputs by differentiating the op's Composite, so that they are
// differentiable themselves.
func (e *engine) throughComposite(b recorded) {
	n := b.base()
	xs, dys, dxs := e.compositeBufs[0][:0], e.compositeBufs[1][:0], e.compositeBufs[2][:0]
	for i := range b.inputs() {
		x, version := b.input(i)
		switch {
		case x.h == nil:
		case n.saves.input(i):
			x = e.inputView(n, i, x, version, true)
		default:
			x = e.anyElements(x)
		}
		xs, dxs = append(xs, x), append(dxs, Tensor{})
	}
	dys = append(dys, e.resultGrad(n))
	for _, m := range n.more {
		dys = append(dys, e.resultGrad(m))
	}
	e.compositeBufs = [3][]Tensor{xs, dys, dxs}
	vjp(b, xs, nil, dys, dxs)
	e.addAll(b, dxs)
}

// anyElements returns x, an input that its op does not save, or zeros that stand for it if its memory was freed: the
// op's gradients do not depend on its elements.
func (e *engine) anyElements(x Tensor) Tensor {
	h := x.alive()
	if h.store.gen == h.sgen {
		return x
	}
	zeros := e.grads.alloc(h.store.dev, DType(h.DType), x.shapeUnchecked())
	h.store.dev.Fill(&zeros.h.Array, 0)
	zeros.h.node, zeros.h.requires = h.node, h.requires
	return zeros
}
