package tensor

import (
	"reflect"
	"sync/atomic"
)

// Op1 is an operation with one input.
type Op1 interface {
	// Forward computes the result, a new tensor, in memory of s (a nil s is the Go heap). It runs kernels, and calls no op. Where the
	// result has the input's elements it is a view, such as Detach returns, not x itself.
	Forward(s *Scope, x Tensor) Tensor
	// Backward returns the gradient of x, given that of the result y. It is written in ops, so that it has a gradient
	// itself. No tensor means no gradient.
	Backward(x, y, dy Tensor) Tensor
}

// Op2 is an operation with two inputs. Backward skips the gradient of an input for which NeedsGrad is false.
type Op2 interface {
	Forward(s *Scope, a, b Tensor) Tensor
	Backward(a, b, y, dy Tensor) (da, db Tensor)
}

// Op3 is an operation with three inputs.
type Op3 interface {
	Forward(s *Scope, a, b, c Tensor) Tensor
	Backward(a, b, c, y, dy Tensor) (da, db, dc Tensor)
}

// OpN is an operation with any number of inputs. Backward writes the gradients to dxs, which arrives empty.
type OpN interface {
	Forward(s *Scope, xs []Tensor) Tensor
	Backward(xs []Tensor, y, dy Tensor, dxs []Tensor)
}

// SavesNothing is embedded by ops whose Backward reads neither the inputs' elements nor the result's (a sum, a view): their
// inputs may be changed in place before Backward.
type SavesNothing struct{}

func (SavesNothing) savesNothing() {}

// Apply1 computes an op and records it where its input needs a gradient.
//
//	func (x Tensor) ReLU() Tensor { return Apply1(relu{}, x) }
func Apply1[O any, P interface {
	*O
	Op1
}](op O, x Tensor) Tensor {
	s := x.header().scope
	b := slot[box1[O, P]](s)
	b.op, b.x = op, x
	y := P(&b.op).Forward(s, x)
	b.finish(s, y, x.h.needs())
	return y
}

// Apply2 computes an op of two inputs; the result belongs to the newer of their scopes.
func Apply2[O any, P interface {
	*O
	Op2
}](op O, x0, x1 Tensor) Tensor {
	s := join(P(nil), x0.header(), x1.header())
	b := slot[box2[O, P]](s)
	b.op, b.x0, b.x1 = op, x0, x1
	y := P(&b.op).Forward(s, x0, x1)
	b.finish(s, y, x0.h.needs() || x1.h.needs())
	return y
}

// Apply3 computes an op of three inputs.
func Apply3[O any, P interface {
	*O
	Op3
}](op O, x0, x1, x2 Tensor) Tensor {
	s := newer(P(nil), join(P(nil), x0.header(), x1.header()), join(P(nil), x0.h, x2.header()))
	b := slot[box3[O, P]](s)
	b.op, b.x0, b.x1, b.x2 = op, x0, x1, x2
	y := P(&b.op).Forward(s, x0, x1, x2)
	b.finish(s, y, x0.h.needs() || x1.h.needs() || x2.h.needs())
	return y
}

// ApplyN computes an op of any number of inputs, at least one.
func ApplyN[O any, P interface {
	*O
	OpN
}](op O, xs ...Tensor) Tensor {
	if len(xs) == 0 {
		fail("ApplyN", "at least one input is needed")
	}
	s, needs := xs[0].header().scope, false
	for _, x := range xs {
		s = newer(P(nil), s, join(P(nil), xs[0].h, x.header()))
		needs = needs || x.h.needs()
	}
	b := slot[boxN[O, P]](s)
	b.op, b.xs = op, append(b.xs[:0], xs...)
	y := P(&b.op).Forward(s, b.xs)
	b.finish(s, y, needs)
	return y
}

func (h *header) needs() bool { return h.node != nil || h.requires || h.wants }

// join returns the scope that the result of a and b belongs to, after checking that they may be mixed. op is a pointer to the operation's
// type, such as (*add)(nil).
func join(op any, a, b *header) *Scope {
	if a.scope == b.scope && a.scope != nil {
		return a.scope // a scope's tensors are on its device
	}
	if a.store.dev != b.store.dev {
		fail(nameOf(op), "one input is on "+a.store.dev.Name()+", the other on "+b.store.dev.Name(), a.handle().Shape(), b.handle().Shape())
	}
	return newer(op, a.scope, b.scope)
}

func newer(op any, a, b *Scope) *Scope {
	if a == b || b == nil {
		return a
	}
	if a == nil {
		return b
	}
	if a.record != b.record && !a.inner && !b.inner {
		fail(nameOf(op), "one input belongs to a scope that records and the other to one that does not: "+
			"compute with a batch of evaluation inside NoGrad, or Keep what is to be used later")
	}
	if a.serial > b.serial {
		return a
	}
	return b
}

// nameOf returns the name of an operation, given a pointer to its type.
func nameOf(op any) string { return reflect.TypeOf(op).Elem().Name() }

// A node is the part of a tape entry that does not depend on the op's type.
type node struct {
	self    recorded
	scope   *Scope
	live    bool   // recorded in this step
	serial  uint64 // order of creation, on the heap
	out     Tensor
	version uint64 // of out's memory when it was recorded

	pass uint64 // the pass of Backward that grad belongs to
	grad Tensor // the gradient of out, as far as it has come together

	visit uint64 // the pass of Gradient that lead belongs to
	lead  bool   // whether out's gradient leads to a target
}

// recorded is a tape entry: a node, an op and its inputs in one object, used again in the next step when the op there has the
// same type.
type recorded interface {
	base() *node
	kind() any
	backward(e *engine)
	input(i int) Tensor // no tensor from the number of inputs on
	forget()            // lets go of tensors
}

func (n *node) base() *node { return n }

func (n *node) forget() { n.out, n.grad = Tensor{}, Tensor{} }

// checkNew panics for an op whose Forward returned an input: its tape entry would take the place of the input's own.
func checkNew(y, x Tensor) {
	if y.h == x.h {
		fail("op", "Forward returned its input; return a view of it, as Detach does", x.Shape())
	}
}

type kindOf[B any] struct{}

// slot returns the entry for the next op of s.
func slot[B any, P interface {
	*B
	recorded
}](s *Scope) P {
	if s == nil {
		b := P(new(B))
		b.base().self = b
		return b
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
		b = P(new(B))
		b.base().self, b.base().scope = b, s
	}
	b.base().live = false
	s.tape[i] = b
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

// finish ends an op: it records it where a gradient will flow.
func (n *node) finish(s *Scope, y Tensor, needs bool) {
	n.pass = 0
	if !needs || !y.h.DType.IsFloat() {
		return
	}
	if s == nil {
		n.serial = nodeSerial.Add(1)
	} else if !s.record {
		return
	}
	n.live = true
	n.out = y
	n.version = y.h.store.version
	n.grad = Tensor{}
	y.h.node = n
}

// checkVersion panics where elements that op's Backward reads were changed in place after Forward.
func checkVersion(op any, x Tensor, version uint64) {
	if x.header().store.version != version {
		if _, ok := op.(interface{ savesNothing() }); !ok {
			fail("Backward", "a tensor that the gradient needs was changed in place after it was used "+
				"(an optimizer's step between two backward passes does that)", x.Shape())
		}
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

func (b *box1[O, P]) input(i int) Tensor {
	if i == 0 {
		return b.x
	}
	return Tensor{}
}

func (b *box1[O, P]) forget() {
	b.x = Tensor{}
	b.node.forget()
}

func (b *box1[O, P]) finish(s *Scope, y Tensor, needs bool) {
	checkNew(y, b.x)
	b.vx = b.x.h.store.version
	b.node.finish(s, y, needs)
}

func (b *box1[O, P]) backward(e *engine) {
	op := P(&b.op)
	checkVersion(op, b.x, b.vx)
	checkVersion(op, b.out, b.version)
	if w, ok := any(op).(windower); ok && e.addPart(b.x, b.grad, w) {
		return
	}
	e.offer(b.x)
	e.add(b.x, e.settle(b.x, op.Backward(e.local(b.x), e.local(b.out), b.grad)))
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

func (b *box2[O, P]) input(i int) Tensor {
	switch i {
	case 0:
		return b.x0
	case 1:
		return b.x1
	}
	return Tensor{}
}

func (b *box2[O, P]) forget() {
	b.x0, b.x1 = Tensor{}, Tensor{}
	b.node.forget()
}

func (b *box2[O, P]) finish(s *Scope, y Tensor, needs bool) {
	checkNew(y, b.x0)
	checkNew(y, b.x1)
	b.v0, b.v1 = b.x0.h.store.version, b.x1.h.store.version
	b.node.finish(s, y, needs)
}

func (b *box2[O, P]) backward(e *engine) {
	op := P(&b.op)
	checkVersion(op, b.x0, b.v0)
	checkVersion(op, b.x1, b.v1)
	checkVersion(op, b.out, b.version)
	if b.x0 != b.x1 { // one place does not hold the gradients of two uses
		e.offer(b.x0)
		e.offer(b.x1)
	}
	d0, d1 := op.Backward(e.local(b.x0), e.local(b.x1), e.local(b.out), b.grad)
	d0, d1 = e.settle(b.x0, d0), e.settle(b.x1, d1)
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

func (b *box3[O, P]) input(i int) Tensor {
	switch i {
	case 0:
		return b.x0
	case 1:
		return b.x1
	case 2:
		return b.x2
	}
	return Tensor{}
}

func (b *box3[O, P]) forget() {
	b.x0, b.x1, b.x2 = Tensor{}, Tensor{}, Tensor{}
	b.node.forget()
}

func (b *box3[O, P]) finish(s *Scope, y Tensor, needs bool) {
	checkNew(y, b.x0)
	checkNew(y, b.x1)
	checkNew(y, b.x2)
	b.v0, b.v1, b.v2 = b.x0.h.store.version, b.x1.h.store.version, b.x2.h.store.version
	b.node.finish(s, y, needs)
}

func (b *box3[O, P]) backward(e *engine) {
	op := P(&b.op)
	checkVersion(op, b.x0, b.v0)
	checkVersion(op, b.x1, b.v1)
	checkVersion(op, b.x2, b.v2)
	checkVersion(op, b.out, b.version)
	if b.x0 != b.x1 && b.x0 != b.x2 && b.x1 != b.x2 {
		e.offer(b.x0)
		e.offer(b.x1)
		e.offer(b.x2)
	}
	d0, d1, d2 := op.Backward(e.local(b.x0), e.local(b.x1), e.local(b.x2), e.local(b.out), b.grad)
	d0, d1, d2 = e.settle(b.x0, d0), e.settle(b.x1, d1), e.settle(b.x2, d2)
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
	local    []Tensor // xs as Backward sees them
	versions []uint64
}

func (b *boxN[O, P]) kind() any { return kindOf[boxN[O, P]]{} }

func (b *boxN[O, P]) input(i int) Tensor {
	if i < len(b.xs) {
		return b.xs[i]
	}
	return Tensor{}
}

func (b *boxN[O, P]) forget() {
	clear(b.xs)
	clear(b.dxs)
	clear(b.local)
	b.xs, b.dxs, b.local = b.xs[:0], b.dxs[:0], b.local[:0]
	b.node.forget()
}

func (b *boxN[O, P]) finish(s *Scope, y Tensor, needs bool) {
	b.versions = b.versions[:0]
	for _, x := range b.xs {
		checkNew(y, x)
		b.versions = append(b.versions, x.h.store.version)
	}
	b.node.finish(s, y, needs)
}

func (b *boxN[O, P]) backward(e *engine) {
	op := P(&b.op)
	b.dxs, b.local = b.dxs[:0], b.local[:0]
	for i, x := range b.xs {
		checkVersion(op, x, b.versions[i])
		b.dxs = append(b.dxs, Tensor{})
		b.local = append(b.local, e.local(x))
	}
	checkVersion(op, b.out, b.version)
	op.Backward(b.local, e.local(b.out), b.grad, b.dxs)
	for _, dx := range b.dxs {
		e.keep(dx, 1)
	}
	for i, x := range b.xs {
		e.add(x, b.dxs[i])
	}
	for _, dx := range b.dxs {
		e.keep(dx, -1)
	}
}
