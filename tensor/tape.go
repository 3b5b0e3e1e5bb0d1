package tensor

import "sync/atomic"

// node describes one result of a recorded op. The node of the first result is also the part of a tape entry that does
// not depend on the type of the op.
type node struct {
	self          recorded
	entry         *node   // the node of the entry's first result
	more          []*node // in the first node: the nodes of the other results
	scope         *Scope
	live          bool   // the op was recorded in this step
	serial        uint64 // order of creation; only on the Go heap
	saves         Saved
	hooks         []*hook // of out
	standInHeader *header // see standIn; nil until it is needed
	out           Tensor
	version       uint64 // the version of out's memory when the op was recorded

	due  uint64 // in the first node: the pass of Backward that will run the entry
	pass uint64 // the pass of Backward that grad belongs to
	grad Tensor // the sum of the gradients of out that were added so far

	flowPass uint64 // the pass that flows belongs to
	flows    bool   // the gradient of the entry's results flows to a target of Gradient

	countPass uint64 // in the first node: the pass that has counted the entry's leaves with hooks
}

// recorded is a tape entry: a node, an op and its inputs in one object. The next step reuses the object if it records
// an op of the same type at the same position.
type recorded interface {
	base() *node
	kind() any
	backward(e *engine)
	inputs() int
	input(i int) (x Tensor, version uint64)
	compose(xs, ys []Tensor) // computes the op's Composite
	forget()                 // drops the references to tensors
}

func (n *node) base() *node { return n }

func (n *node) forget() {
	n.out, n.grad = Tensor{}, Tensor{}
	for _, m := range n.more {
		m.forget()
	}
}

type kindOf[B any] struct{}

// nextEntry returns the entry for the next op of s: the one that the previous step used at this position, a parked one
// of the same type, or a new one. A nil s is the Go heap, where each op has a new entry.
func nextEntry[B any, P interface {
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

// replace parks the entry at position i, if there is one, and returns a parked entry of the wanted kind, or nil.
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

// records resets n for a new op and reports whether an op in s is recorded now, given whether an input needs a
// gradient.
func (n *node) records(s *Scope, needs bool) bool {
	n.pass, n.due = 0, 0
	return s.records(needs)
}

// saveInput returns what the entry keeps of its input i, x, and the version of x's memory. It marks the memory as
// saved if the op saves the input. On the Go heap it returns a tensor without memory for an input that the op does not
// save, so that the garbage collector can free the memory.
func (n *node) saveInput(i int, x Tensor) (Tensor, uint64) {
	switch {
	case x.h == nil:
		return x, 0
	case n.saves.input(i):
		x.h.store.markSaved()
	case n.scope == nil && x.h.node != nil:
		x = x.h.node.standIn(x.h)
	}
	return x, x.h.store.version
}

// standIn returns a tensor without memory that has the shape, the type and the node of n's result h.
func (n *node) standIn(h *header) Tensor {
	if n.standInHeader == nil {
		n.standInHeader = (*Scope)(nil).shapeOf(h)
		n.standInHeader.store = &storage{dev: h.store.dev}
		n.standInHeader.node = n
	}
	return n.standInHeader.handle()
}

// markSaved notes that the Backward of a recorded op reads the memory. Memory of the Go heap is not marked: goroutines
// may share it, and the garbage collector keeps it as long as an entry refers to it.
func (st *storage) markSaved() {
	if st.scope != nil && !st.saved {
		st.saved = true
	}
}

// record puts an entry with the single result y on the tape.
func (n *node) record(s *Scope, y Tensor) {
	if !y.h.DType.IsFloat() {
		return
	}
	n.live = true
	if s == nil {
		n.serial = nodeSerial.Add(1)
	}
	n.setResult(y)
}

// setResult makes y the result that n describes.
func (n *node) setResult(y Tensor) {
	n.pass, n.out, n.grad, n.hooks = 0, y, Tensor{}, nil
	n.version = y.h.store.version
	if y.h.DType.IsFloat() {
		y.h.node = n
	}
	if n.entry.saves.output() {
		y.h.store.markSaved()
	} else if n.scope == nil {
		n.out = n.standIn(y.h)
	}
}

// recordAll puts an entry with the results ys on the tape.
func (n *node) recordAll(s *Scope, ys []Tensor) {
	for len(n.more) < len(ys)-1 {
		n.more = append(n.more, &node{self: n.self, entry: n, scope: n.scope})
	}
	n.more = n.more[:max(0, len(ys)-1)]
	n.live = true
	if s == nil {
		n.serial = nodeSerial.Add(1)
	}
	n.setResult(ys[0])
	for i, m := range n.more {
		m.setResult(ys[i+1])
	}
}

// entry1 to entryN are the tape entries of ops of one, two, three and any number of inputs.
type entry1[O any, P interface {
	*O
	Op1
}] struct {
	node
	op O
	x  Tensor
	vx uint64
}

func (b *entry1[O, P]) kind() any { return kindOf[entry1[O, P]]{} }

func (b *entry1[O, P]) inputs() int                { return 1 }
func (b *entry1[O, P]) input(int) (Tensor, uint64) { return b.x, b.vx }

func (b *entry1[O, P]) forget() {
	b.x = Tensor{}
	b.node.forget()
}

type composite1 interface{ Composite(x Tensor) Tensor }

func (b *entry1[O, P]) compose(xs, ys []Tensor) { ys[0] = any(P(&b.op)).(composite1).Composite(xs[0]) }

func (b *entry1[O, P]) backward(e *engine) {
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
	e.add(b.x, op.Backward(e.inputView(&b.node, 0, b.x, b.vx, true), e.resultView(&b.node), b.grad))
}

type entry2[O any, P interface {
	*O
	Op2
}] struct {
	node
	op     O
	x0, x1 Tensor
	v0, v1 uint64
}

func (b *entry2[O, P]) kind() any { return kindOf[entry2[O, P]]{} }

func (b *entry2[O, P]) inputs() int { return 2 }

func (b *entry2[O, P]) input(i int) (Tensor, uint64) {
	if i == 0 {
		return b.x0, b.v0
	}
	return b.x1, b.v1
}

func (b *entry2[O, P]) forget() {
	b.x0, b.x1 = Tensor{}, Tensor{}
	b.node.forget()
}

type composite2 interface{ Composite(a, b Tensor) Tensor }

func (b *entry2[O, P]) compose(xs, ys []Tensor) {
	ys[0] = any(P(&b.op)).(composite2).Composite(xs[0], xs[1])
}

func (b *entry2[O, P]) backward(e *engine) {
	op, n := P(&b.op), &b.node
	if e.create {
		if _, ok := any(op).(composite2); ok {
			e.throughComposite(b)
			return
		}
	}
	unique := b.x0 != b.x1
	d0, d1 := op.Backward(e.inputView(n, 0, b.x0, b.v0, unique), e.inputView(n, 1, b.x1, b.v1, unique),
		e.resultView(n), b.grad)
	e.addRefs(d0, 1)
	e.addRefs(d1, 1)
	e.add(b.x0, d0)
	e.add(b.x1, d1)
	e.addRefs(d0, -1)
	e.addRefs(d1, -1)
}

type entry3[O any, P interface {
	*O
	Op3
}] struct {
	node
	op         O
	x0, x1, x2 Tensor
	v0, v1, v2 uint64
}

func (b *entry3[O, P]) kind() any { return kindOf[entry3[O, P]]{} }

func (b *entry3[O, P]) inputs() int { return 3 }

func (b *entry3[O, P]) input(i int) (Tensor, uint64) {
	switch i {
	case 0:
		return b.x0, b.v0
	case 1:
		return b.x1, b.v1
	}
	return b.x2, b.v2
}

func (b *entry3[O, P]) forget() {
	b.x0, b.x1, b.x2 = Tensor{}, Tensor{}, Tensor{}
	b.node.forget()
}

type composite3 interface{ Composite(a, b, c Tensor) Tensor }

func (b *entry3[O, P]) compose(xs, ys []Tensor) {
	ys[0] = any(P(&b.op)).(composite3).Composite(xs[0], xs[1], xs[2])
}

func (b *entry3[O, P]) backward(e *engine) {
	op, n := P(&b.op), &b.node
	if e.create {
		if _, ok := any(op).(composite3); ok {
			e.throughComposite(b)
			return
		}
	}
	unique := b.x0 != b.x1 && b.x0 != b.x2 && b.x1 != b.x2
	d0, d1, d2 := op.Backward(
		e.inputView(n, 0, b.x0, b.v0, unique), e.inputView(n, 1, b.x1, b.v1, unique), e.inputView(n, 2, b.x2, b.v2, unique),
		e.resultView(n), b.grad)
	e.addRefs(d0, 1)
	e.addRefs(d1, 1)
	e.addRefs(d2, 1)
	e.add(b.x0, d0)
	e.add(b.x1, d1)
	e.add(b.x2, d2)
	e.addRefs(d0, -1)
	e.addRefs(d1, -1)
	e.addRefs(d2, -1)
}

type entryN[O any, P interface {
	*O
	OpN
}] struct {
	node
	op       O
	xs, dxs  []Tensor
	ys, dys  []Tensor
	local    []Tensor // xs as Forward and Backward get them
	versions []uint64
}

func (b *entryN[O, P]) kind() any { return kindOf[entryN[O, P]]{} }

func (b *entryN[O, P]) inputs() int                  { return len(b.xs) }
func (b *entryN[O, P]) input(i int) (Tensor, uint64) { return b.xs[i], b.versions[i] }

func (b *entryN[O, P]) forget() {
	for _, ts := range []*[]Tensor{&b.xs, &b.dxs, &b.ys, &b.dys, &b.local} {
		clear(*ts)
		*ts = (*ts)[:0]
	}
	b.node.forget()
}

type compositeN interface{ Composite(xs, ys []Tensor) }

func (b *entryN[O, P]) compose(xs, ys []Tensor) { any(P(&b.op)).(compositeN).Composite(xs, ys) }

func (b *entryN[O, P]) backward(e *engine) {
	op := P(&b.op)
	if e.create {
		if _, ok := any(op).(compositeN); ok {
			e.throughComposite(b)
			return
		}
	}
	b.dxs, b.local, b.ys, b.dys = b.dxs[:0], b.local[:0], b.ys[:0], b.dys[:0]
	for i, x := range b.xs {
		unique := true
		if x.h != nil && x.h.requires {
			for j, o := range b.xs {
				unique = unique && (i == j || x != o)
			}
		}
		b.dxs = append(b.dxs, Tensor{})
		b.local = append(b.local, e.inputView(&b.node, i, x, b.versions[i], unique))
	}
	b.ys, b.dys = append(b.ys, e.resultView(&b.node)), append(b.dys, e.resultGrad(&b.node))
	for _, m := range b.more {
		b.ys, b.dys = append(b.ys, e.resultView(m)), append(b.dys, e.resultGrad(m))
	}
	op.Backward(b.local, b.ys, b.dys, b.dxs)
	e.addAll(b, b.dxs)
}
