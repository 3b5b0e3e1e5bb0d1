package tensor

import "sync/atomic"

// A node is a result of an op on the tape, and the part of a tape entry that does not depend on the op's type.
type node struct {
	self    recorded
	entry   *node   // the entry's own node; another only for the second result of an OpN and those after it
	more    []*node // of an entry: the nodes of its results from the second on
	scope   *Scope
	live    bool   // recorded in this step
	serial  uint64 // order of creation, on the heap
	saves   Saved
	hooks   []*hook // of out
	shape   *header // see standIn
	out     Tensor
	version uint64 // of out's memory when it was recorded

	due  uint64 // of an entry: the pass of Backward that will reach it
	pass uint64 // the pass of Backward that grad belongs to
	grad Tensor // the gradient of out, as far as it has come together

	visit uint64 // the pass that lead belongs to
	lead  bool   // whether out's gradient leads to a target of Gradient

	counted uint64 // of an entry: the pass that has looked there for leaves with hooks
}

// recorded is a tape entry: a node, an op and its inputs in one object, used again in the next step when the op there has the
// same type.
type recorded interface {
	base() *node
	kind() any
	backward(e *engine)
	inputs() int
	input(i int) (x Tensor, version uint64)
	compose(xs, ys []Tensor) // computes the op's composite
	forget()                 // lets go of tensors
}

func (n *node) base() *node { return n }

func (n *node) forget() {
	n.out, n.grad = Tensor{}, Tensor{}
	for _, m := range n.more {
		m.forget()
	}
}

type kindOf[B any] struct{}

// slot returns the entry for the next op of s.
func slot[B any, P interface {
	*B
	recorded
}](s *Scope) P {
	if s == nil {
		return newEntry[B, P](nil)
	}
	i := s.pos
	s.pos++
	if i < len(s.tape) {
		if b, ok := s.tape[i].(P); ok {
			b.base().live = false
			return b
		}
	}
	b, _ := s.replace(i, kindOf[B]{}).(P)
	if b == nil {
		b = newEntry[B, P](s)
	}
	b.base().live = false
	s.tape[i] = b
	return b
}

func newEntry[B any, P interface {
	*B
	recorded
}](s *Scope) P {
	b := P(new(B))
	n := b.base()
	n.self, n.entry, n.scope = b, n, s
	return b
}

// replace parks the entry at position i, if there is one, and returns a parked entry of the wanted kind, if there is one.
func (s *Scope) replace(i int, want any) recorded {
	if i == len(s.tape) {
		s.tape = append(s.tape, nil)
	} else {
		if s.parked == nil {
			s.parked = map[any][]recorded{}
		}
		old := s.tape[i]
		s.parked[old.kind()] = append(s.parked[old.kind()], old)
	}
	waiting := s.parked[want]
	if len(waiting) == 0 {
		return nil
	}
	b := waiting[len(waiting)-1]
	s.parked[want] = waiting[:len(waiting)-1]
	return b
}

var nodeSerial atomic.Uint64

// records reports whether an op in s is recorded now, given whether an input needs a gradient.
func (n *node) records(s *Scope, needs bool) bool {
	n.pass, n.due = 0, 0
	return s.records(needs)
}

// save returns what the entry remembers of its input i, x, and the version of its memory. Of a heap's result that the op does not save it
// is a stand-in without memory, so that the garbage collector can take the memory.
func (n *node) save(i int, x Tensor) (Tensor, uint64) {
	switch {
	case x.h == nil:
		return x, 0
	case n.saves.input(i):
		x.h.store.keep()
	case n.scope == nil && x.h.node != nil:
		x = x.h.node.standIn(x.h)
	}
	return x, x.h.store.version
}

// standIn returns a tensor that has the shape of n's result h, and leads to n, without memory.
func (n *node) standIn(h *header) Tensor {
	if n.shape == nil {
		n.shape = (*Scope)(nil).shapeOf(h)
		n.shape.store = &storage{dev: h.store.dev}
		n.shape.node = n
	}
	return n.shape.handle()
}

// keep notes that a gradient needs the elements. Memory of the heap, which goroutines may share, has no such note: the garbage
// collector knows.
func (st *storage) keep() {
	if st.scope != nil && !st.saved {
		st.saved = true
	}
}

// record puts an entry on the tape whose one result is y.
func (n *node) record(s *Scope, y Tensor) {
	if !y.h.DType.IsFloat() {
		return
	}
	n.live = true
	if s == nil {
		n.serial = nodeSerial.Add(1)
	}
	n.result(y)
}

func (n *node) result(y Tensor) {
	n.pass, n.out, n.grad, n.hooks = 0, y, Tensor{}, nil
	n.version = y.h.store.version
	if y.h.DType.IsFloat() {
		y.h.node = n
	}
	if n.entry.saves.output() {
		y.h.store.keep()
	} else if n.scope == nil {
		n.out = n.standIn(y.h)
	}
}

// recordAll puts an entry on the tape whose results are ys.
func (n *node) recordAll(s *Scope, ys []Tensor) {
	for len(n.more) < len(ys)-1 {
		n.more = append(n.more, &node{self: n.self, entry: n, scope: n.scope})
	}
	n.more = n.more[:max(0, len(ys)-1)]
	n.live = true
	if s == nil {
		n.serial = nodeSerial.Add(1)
	}
	n.result(ys[0])
	for i, m := range n.more {
		m.result(ys[i+1])
	}
}

type box1[O any, P interface {
	*O
	Op1
}] struct {
	node
	op O
	x  Tensor
	vx uint64
}

func (b *box1[O, P]) kind() any { return kindOf[box1[O, P]]{} }

func (b *box1[O, P]) inputs() int                { return 1 }
func (b *box1[O, P]) input(int) (Tensor, uint64) { return b.x, b.vx }

func (b *box1[O, P]) forget() {
	b.x = Tensor{}
	b.node.forget()
}

type composite1 interface{ Composite(x Tensor) Tensor }

func (b *box1[O, P]) compose(xs, ys []Tensor) { ys[0] = any(P(&b.op)).(composite1).Composite(xs[0]) }

func (b *box1[O, P]) backward(e *engine) {
	op := P(&b.op)
	if e.create {
		if _, ok := any(op).(composite1); ok {
			e.throughComposite(b)
			return
		}
	}
	if w, ok := any(op).(subviewer); ok && e.addPart(b.x, b.grad, w) {
		return
	}
	e.add(b.x, op.Backward(e.local(&b.node, 0, b.x, b.vx, true), e.result(&b.node), b.grad))
}

type box2[O any, P interface {
	*O
	Op2
}] struct {
	node
	op     O
	x0, x1 Tensor
	v0, v1 uint64
}

func (b *box2[O, P]) kind() any { return kindOf[box2[O, P]]{} }

func (b *box2[O, P]) inputs() int { return 2 }

func (b *box2[O, P]) input(i int) (Tensor, uint64) {
	if i == 0 {
		return b.x0, b.v0
	}
	return b.x1, b.v1
}

func (b *box2[O, P]) forget() {
	b.x0, b.x1 = Tensor{}, Tensor{}
	b.node.forget()
}

type composite2 interface{ Composite(a, b Tensor) Tensor }

func (b *box2[O, P]) compose(xs, ys []Tensor) {
	ys[0] = any(P(&b.op)).(composite2).Composite(xs[0], xs[1])
}

func (b *box2[O, P]) backward(e *engine) {
	op, n := P(&b.op), &b.node
	if e.create {
		if _, ok := any(op).(composite2); ok {
			e.throughComposite(b)
			return
		}
	}
	alone := b.x0 != b.x1
	d0, d1 := op.Backward(e.local(n, 0, b.x0, b.v0, alone), e.local(n, 1, b.x1, b.v1, alone), e.result(n), b.grad)
	e.keep(d0, 1)
	e.keep(d1, 1)
	e.add(b.x0, d0)
	e.add(b.x1, d1)
	e.keep(d0, -1)
	e.keep(d1, -1)
}

type box3[O any, P interface {
	*O
	Op3
}] struct {
	node
	op         O
	x0, x1, x2 Tensor
	v0, v1, v2 uint64
}

func (b *box3[O, P]) kind() any { return kindOf[box3[O, P]]{} }

func (b *box3[O, P]) inputs() int { return 3 }

func (b *box3[O, P]) input(i int) (Tensor, uint64) {
	switch i {
	case 0:
		return b.x0, b.v0
	case 1:
		return b.x1, b.v1
	}
	return b.x2, b.v2
}

func (b *box3[O, P]) forget() {
	b.x0, b.x1, b.x2 = Tensor{}, Tensor{}, Tensor{}
	b.node.forget()
}

type composite3 interface{ Composite(a, b, c Tensor) Tensor }

func (b *box3[O, P]) compose(xs, ys []Tensor) {
	ys[0] = any(P(&b.op)).(composite3).Composite(xs[0], xs[1], xs[2])
}

func (b *box3[O, P]) backward(e *engine) {
	op, n := P(&b.op), &b.node
	if e.create {
		if _, ok := any(op).(composite3); ok {
			e.throughComposite(b)
			return
		}
	}
	alone := b.x0 != b.x1 && b.x0 != b.x2 && b.x1 != b.x2
	d0, d1, d2 := op.Backward(e.local(n, 0, b.x0, b.v0, alone), e.local(n, 1, b.x1, b.v1, alone), e.local(n, 2, b.x2, b.v2, alone),
		e.result(n), b.grad)
	e.keep(d0, 1)
	e.keep(d1, 1)
	e.keep(d2, 1)
	e.add(b.x0, d0)
	e.add(b.x1, d1)
	e.add(b.x2, d2)
	e.keep(d0, -1)
	e.keep(d1, -1)
	e.keep(d2, -1)
}

type boxN[O any, P interface {
	*O
	OpN
}] struct {
	node
	op       O
	xs, dxs  []Tensor
	ys, dys  []Tensor
	local    []Tensor // xs as Forward and Backward see them
	versions []uint64
}

func (b *boxN[O, P]) kind() any { return kindOf[boxN[O, P]]{} }

func (b *boxN[O, P]) inputs() int                  { return len(b.xs) }
func (b *boxN[O, P]) input(i int) (Tensor, uint64) { return b.xs[i], b.versions[i] }

func (b *boxN[O, P]) forget() {
	for _, ts := range []*[]Tensor{&b.xs, &b.dxs, &b.ys, &b.dys, &b.local} {
		clear(*ts)
		*ts = (*ts)[:0]
	}
	b.node.forget()
}

type compositeN interface{ Composite(xs, ys []Tensor) }

func (b *boxN[O, P]) compose(xs, ys []Tensor) { any(P(&b.op)).(compositeN).Composite(xs, ys) }

func (b *boxN[O, P]) backward(e *engine) {
	op := P(&b.op)
	if e.create {
		if _, ok := any(op).(compositeN); ok {
			e.throughComposite(b)
			return
		}
	}
	b.dxs, b.local, b.ys, b.dys = b.dxs[:0], b.local[:0], b.ys[:0], b.dys[:0]
	for i, x := range b.xs {
		alone := true
		if x.h != nil && x.h.requires {
			for j, o := range b.xs {
				alone = alone && (i == j || x != o)
			}
		}
		b.dxs = append(b.dxs, Tensor{})
		b.local = append(b.local, e.local(&b.node, i, x, b.versions[i], alone))
	}
	b.ys, b.dys = append(b.ys, e.result(&b.node)), append(b.dys, e.gradient(&b.node))
	for _, m := range b.more {
		b.ys, b.dys = append(b.ys, e.result(m)), append(b.dys, e.gradient(m))
	}
	op.Backward(b.local, b.ys, b.dys, b.dxs)
	e.addAll(b, b.dxs)
}
