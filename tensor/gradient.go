package tensor

// Gradient returns the gradients of y, a single number, with respect to xs: leaves that asked for a gradient, or results on the way
// to y. The leaves' own Grad is left alone, and nothing is computed that does not lead to xs. With create, the computation is recorded
// too, so that the results have gradients in turn. Where y does not depend on an x, its gradient is no tensor.
func Gradient(y Tensor, xs []Tensor, create bool) []Tensor {
	out := make([]Tensor, len(xs)) // this is inlined: a caller of two gradients that keeps them to itself has them on its stack
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
			fail("Gradient", "this tensor neither asked for a gradient nor comes from one that did", x.Shape())
		}
	}
	e.collect(xs)
	e.seed(y)
	e.run()
	e.give(out, s)
}

// newPass opens a pass for gradients of results in s, on y's device. Gradients with a graph of their own lie where y does: then a
// pass on the heap has no scope.
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

// collect makes xs the targets of the pass.
func (e *engine) collect(xs []Tensor) {
	for _, x := range xs {
		if x.h.node != nil {
			e.results++
		}
	}
	e.targets = append(e.targets, xs...)
	e.found = append(e.found, xs...)
	clear(e.found)
}

// give writes the targets' gradients to out, as tensors of s.
func (e *engine) give(out []Tensor, s *Scope) {
	for i, d := range e.found {
		if d.h == nil || e.create {
			out[i] = d
			continue
		}
		st := d.h.store
		if st.holds > 1 {
			d = d.copyTo(s) // the memory is another target's gradient, too
		}
		st.holds-- // it may outlive this pass
		out[i] = s.adopt(d, e.grads.outermost(s))
	}
}

// outermost returns the scope directly below s that c is in, c's outermost one where s is nil.
func (c *Scope) outermost(s *Scope) *Scope {
	for c.parent != nil && c.parent != s {
		c = c.parent
	}
	return c
}

// VJP writes to dxs the gradients of xs through y = f(xs), given that of y: vector-Jacobian products, as torch.func.vjp computes them. f
// is called once, recorded, with tensors that stand for xs; gradients flow to those xs for which NeedsGrad is true, and to nothing
// else that f uses. An absent gradient is no tensor. It is for an op's Backward that computes again what its Forward did not keep
// (PyTorch's checkpoint). Where the pass under way is recorded, so are the results.
func VJP(f func(xs []Tensor) Tensor, xs []Tensor, dy Tensor, dxs []Tensor) {
	if len(dxs) != len(xs) {
		fail("VJP", "there must be a place for the gradient of each input")
	}
	dys := [1]Tensor{dy}
	vjp(funcComposer(f), xs, dys[:], dxs)
}

// composer computes the results ys from xs by ops.
type composer interface{ compose(xs, ys []Tensor) }

type funcComposer func(xs []Tensor) Tensor

func (f funcComposer) compose(xs, ys []Tensor) { ys[0] = f(xs) }

func vjp(f composer, xs, dys, dxs []Tensor) {
	var first Tensor
	var s *Scope
	for _, ts := range [2][]Tensor{xs, dys} {
		for _, t := range ts {
			if t.h == nil {
				continue
			}
			if s = newer(&f, s, t.alive().scope); first.h == nil {
				first = t
			}
		}
	}
	if first.h == nil {
		fail("VJP", "at least one input is needed")
	}
	create := s == nil || s.record
	r := s // where f is computed and recorded
	if !create {
		r = s.child(true)
		defer closeInner(r)
	}
	e, g := newPass(r, first, create)
	if !create {
		defer closeInner(g)
	}
	defer e.resume()
	zs, ys, targets, found := e.within[0][:0], e.within[1][:0], e.within[2][:0], e.within[3][:0]
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
	for range dys {
		ys = append(ys, Tensor{})
	}
	e.within = [4][]Tensor{zs, ys, targets, found}
	f.compose(zs, ys)
	e.collect(targets)
	for i, dy := range dys {
		if dy.h != nil && e.leads(ys[i]) {
			e.add(ys[i], dy)
		}
	}
	e.run()
	e.give(found, s)
	for i, z := range zs {
		if dxs[i] = (Tensor{}); z.needs() {
			dxs[i], found = found[0], found[1:]
		}
	}
}

// throughComposite computes the gradients of b's inputs by way of the op's composite, so that they have gradients themselves.
func (e *engine) throughComposite(b recorded) {
	n := b.base()
	xs, dys, dxs := e.through[0][:0], e.through[1][:0], e.through[2][:0]
	for i := range b.inputs() {
		x, version := b.input(i)
		if x.h != nil && (n.saves.input(i) || x.h.store.version != version) {
			x = e.local(n, i, x, version, true)
		}
		xs, dxs = append(xs, x), append(dxs, Tensor{})
	}
	dys = append(dys, e.gradient(n))
	for _, m := range n.more {
		dys = append(dys, e.gradient(m))
	}
	e.through = [3][]Tensor{xs, dys, dxs}
	vjp(b, xs, dys, dxs)
	e.addAll(b, dxs)
}
