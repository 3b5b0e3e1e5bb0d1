package tensor

import "reflect"

// Op1 is an operation with one input.
//
// Forward computes the result in s, the scope that the result belongs to (nil is the Go heap). It runs kernels or calls ops: nothing
// that it computes is recorded, and when it returns the memory of everything but the result is free again. What Backward reads
// beside inputs and result goes into the op's own fields through [Scope.Save].
//
// Backward returns the gradient of x, given that of the result y; no tensor means no gradient. It is written in ops, so that it
// has a gradient itself, or it runs kernels and the op has a composite; see [Op2] for both, and for what an op may declare.
type Op1 interface {
	Forward(s *Scope, x Tensor) Tensor
	Backward(x, y, dy Tensor) Tensor
}

// Op2 is an operation with two inputs; see [Op1]. Backward skips the gradient of an input for which NeedsGrad is false. It writes a
// gradient that it computes by a kernel to memory from [Tensor.NewGrad].
//
// An op may declare more about itself, by methods:
//
//	Saves() Saved              // the inputs and results that Backward reads; without the method, all
//	Optional(i int) bool       // whether input i may be absent: the zero Tensor, such as a layer's bias
//	Composite(a, b Tensor) Tensor // the same result, computed by ops
//
// Composite has Forward's tensors without the scope. Where a gradient is to have a gradient itself, the engine differentiates the
// composite instead of calling Backward, so Backward may run kernels. Composite may read inputs that the op does not save if their elements are
// still there, as a parameter's are.
type Op2 interface {
	Forward(s *Scope, a, b Tensor) Tensor
	Backward(a, b, y, dy Tensor) (da, db Tensor)
}

// Op3 is an operation with three inputs; see [Op2].
type Op3 interface {
	Forward(s *Scope, a, b, c Tensor) Tensor
	Backward(a, b, c, y, dy Tensor) (da, db, dc Tensor)
}

// OpN is an operation with any number of inputs and results; see [Op2]. Forward writes the results to ys, Backward the gradients of the
// inputs to dxs; both arrive empty. In dys the gradient of a result that nothing depends on is no tensor. Its composite is
//
//	Composite(xs, ys []Tensor)
type OpN interface {
	Forward(s *Scope, xs, ys []Tensor)
	Backward(xs, ys, dys, dxs []Tensor)
}

// Saved is a set of an op's inputs and results, of which Backward reads elements. They must not be changed in place before Backward, and
// their memory is kept for it. The others have only a shape and a type in Backward.
type Saved uint64

// What an op saves: combine with |.
const (
	SaveNothing Saved = 0
	SaveInputs  Saved = 1<<63 - 1 // all inputs
	SaveOutput  Saved = 1 << 63   // the result, or all results
)

// SaveInput is the set of input i alone.
func SaveInput(i int) Saved { return 1 << i }

func (s Saved) input(i int) bool { return s>>min(i, 62)&1 != 0 }
func (s Saved) output() bool     { return s&SaveOutput != 0 }

// SavesNothing is embedded by ops whose Backward reads neither the inputs' elements nor the result's, such as a sum or a view.
type SavesNothing struct{}

// Saves returns SaveNothing.
func (SavesNothing) Saves() Saved { return SaveNothing }

// SavesInputs is embedded by ops whose Backward reads the inputs and not the result, such as a product.
type SavesInputs struct{}

// Saves returns SaveInputs.
func (SavesInputs) Saves() Saved { return SaveInputs }

// SavesOutput is embedded by ops whose Backward reads the result and not the inputs, such as the exponential function.
type SavesOutput struct{}

// Saves returns SaveOutput.
func (SavesOutput) Saves() Saved { return SaveOutput }

func savesOf(op any) Saved {
	if o, ok := op.(interface{ Saves() Saved }); ok {
		return o.Saves()
	}
	return SaveInputs | SaveOutput
}

// Apply1 computes an op and records it if its input needs a gradient.
//
//	func (x Tensor) ReLU() Tensor { return Apply1(relu{}, x) }
func Apply1[O any, P interface {
	*O
	Op1
}](op O, x Tensor) Tensor {
	s := x.header().scope
	b := slot[box1[O, P]](s)
	b.op, b.x = op, x
	needs := x.h.needs()
	f := s.begin(needs)
	defer s.leave(f)
	y := s.own(P(&b.op).Forward(s, s.operand(x)), x, Tensor{}, Tensor{})
	s.end(f, y.h.store)
	if b.records(s, needs) {
		b.saves = savesOf(P(&b.op))
		b.x, b.vx = b.save(0, x)
		b.record(s, y)
	}
	return y
}

// Apply2 computes an op of two inputs; the result belongs to the newer of their scopes.
func Apply2[O any, P interface {
	*O
	Op2
}](op O, x0, x1 Tensor) Tensor {
	s := commonScope2(P(nil), x0, x1)
	b := slot[box2[O, P]](s)
	b.op, b.x0, b.x1 = op, x0, x1
	checkPresent(P(&b.op), 0, x0)
	checkPresent(P(&b.op), 1, x1)
	needs := x0.needs() || x1.needs()
	f := s.begin(needs)
	defer s.leave(f)
	y := s.own(P(&b.op).Forward(s, s.operand(x0), s.operand(x1)), x0, x1, Tensor{})
	s.end(f, y.h.store)
	if b.records(s, needs) {
		b.saves = savesOf(P(&b.op))
		b.x0, b.v0 = b.save(0, x0)
		b.x1, b.v1 = b.save(1, x1)
		b.record(s, y)
	}
	return y
}

// Apply3 computes an op of three inputs.
func Apply3[O any, P interface {
	*O
	Op3
}](op O, x0, x1, x2 Tensor) Tensor {
	s := commonScope(P(nil), x0, x1, x2)
	b := slot[box3[O, P]](s)
	b.op, b.x0, b.x1, b.x2 = op, x0, x1, x2
	checkPresent(P(&b.op), 0, x0)
	checkPresent(P(&b.op), 1, x1)
	checkPresent(P(&b.op), 2, x2)
	needs := x0.needs() || x1.needs() || x2.needs()
	f := s.begin(needs)
	defer s.leave(f)
	y := s.own(P(&b.op).Forward(s, s.operand(x0), s.operand(x1), s.operand(x2)), x0, x1, x2)
	s.end(f, y.h.store)
	if b.records(s, needs) {
		b.saves = savesOf(P(&b.op))
		b.x0, b.v0 = b.save(0, x0)
		b.x1, b.v1 = b.save(1, x1)
		b.x2, b.v2 = b.save(2, x2)
		b.record(s, y)
	}
	return y
}

// ApplyN computes an op of any number of inputs, at least one of which is present, and writes its results to ys.
//
//	var ys [2]Tensor
//	ApplyN(minMax{}, ys[:], x)
func ApplyN[O any, P interface {
	*O
	OpN
}](op O, ys []Tensor, xs ...Tensor) {
	s := commonScope(P(nil), xs...)
	b := slot[boxN[O, P]](s)
	b.op = op
	b.xs, b.local, b.ys = append(b.xs[:0], xs...), b.local[:0], b.ys[:0]
	needs := false
	for i, x := range b.xs {
		checkPresent(P(&b.op), i, x)
		needs = needs || x.needs()
		b.local = append(b.local, s.operand(x))
	}
	for range ys {
		b.ys = append(b.ys, Tensor{})
	}
	f := s.begin(needs)
	defer s.leave(f)
	P(&b.op).Forward(s, b.local, b.ys)
	for i, y := range b.ys {
		if y.h == nil {
			fail(nameOf(P(nil)), "Forward left a result empty")
		}
		y = s.own(y, Tensor{}, Tensor{}, Tensor{})
		for _, x := range b.xs {
			y = s.own(y, x, Tensor{}, Tensor{})
		}
		for _, before := range b.ys[:i] {
			y = s.own(y, before, Tensor{}, Tensor{})
		}
		b.ys[i] = y
	}
	s.endN(f, b.ys)
	if b.records(s, needs) {
		b.saves = savesOf(P(&b.op))
		b.versions = b.versions[:0]
		for i, x := range b.xs {
			x, version := b.save(i, x)
			b.xs[i], b.versions = x, append(b.versions, version)
		}
		b.recordAll(s, b.ys)
	}
	copy(ys, b.ys)
	clear(b.local)
	clear(b.ys)
}

// needs reports whether a gradient flows into or through t, which may be absent.
func (t Tensor) needs() bool { return t.h != nil && t.h.needs() }

func (h *header) needs() bool { return h.node != nil || h.requires || h.wants }

// checkPresent panics if input i is absent and op does not allow that.
func checkPresent(op any, i int, x Tensor) {
	if x.h != nil {
		return
	}
	if o, ok := op.(interface{ Optional(i int) bool }); !ok || !o.Optional(i) {
		x.header() // which says what is missing
	}
}

// commonScope returns the newest scope of an op's inputs, which its result belongs to, after checking that they may be mixed. Absent
// inputs are skipped. op is a pointer to the operation's type: its name is wanted only in errors.
func commonScope(op any, xs ...Tensor) *Scope {
	var first *header
	var s *Scope
	for _, x := range xs {
		if x.h == nil {
			continue
		}
		h := x.header()
		if first == nil {
			first, s = h, h.scope
			continue
		}
		if h.store.dev != first.store.dev {
			fail(nameOf(op), "one input is on "+first.store.dev.Name()+", the other on "+h.store.dev.Name(),
				first.handle().Shape(), x.Shape())
		}
		s = newer(op, s, h.scope)
	}
	if first == nil {
		fail(nameOf(op), "at least one input is needed; an absent one is the zero value of tensor.Tensor")
	}
	return s
}

// commonScope2 is commonScope for the two inputs of most ops.
func commonScope2(op any, a, b Tensor) *Scope {
	if a.h == nil || b.h == nil || a.header().store.dev != b.header().store.dev {
		return commonScope(op, a, b)
	}
	return newer(op, a.h.scope, b.h.scope)
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

// forward is the state of a scope before an op's Forward.
type forward struct {
	running, saves bool
	mark           int // the number of storages
}

// begin prepares s for an op's Forward. Until leave nothing is recorded in s.
func (s *Scope) begin(needs bool) forward {
	if s == nil {
		return forward{}
	}
	f := forward{s.forward, s.saves, s.nstores}
	s.saves = s.records(needs)
	s.forward = true
	return f
}

// records reports whether an op in s is recorded now, given whether an input needs a gradient.
func (s *Scope) records(needs bool) bool { return needs && (s == nil || s.record && !s.forward) }

// leave ends what begin began, also if Forward panics.
func (s *Scope) leave(f forward) {
	if s != nil {
		s.forward, s.saves = f.running, f.saves
	}
}

// end frees what Forward allocated, but for the memory of its result and of what it saved.
func (s *Scope) end(f forward, result *storage) {
	if s == nil {
		return
	}
	s.leave(f)
	if n := s.nstores - f.mark; n == 0 || n == 1 && s.stores[f.mark] == result {
		return
	}
	for _, st := range s.stores[f.mark:s.nstores] {
		if st != result && !st.saved {
			s.free(st)
		}
	}
}

func (s *Scope) endN(f forward, ys []Tensor) {
	if s == nil {
		return
	}
	s.leave(f)
	for _, st := range s.stores[f.mark:s.nstores] {
		needed := st.saved
		for _, y := range ys {
			needed = needed || y.h.store == st
		}
		if !needed {
			s.free(st)
		}
	}
}

// Save keeps t, which an op's Forward computed, for Backward: as one of the op's own fields. It returns t.
//
//	o.mean = s.Save(x.Mean(1))
func (s *Scope) Save(t Tensor) Tensor {
	if s != nil && s.saves {
		st := t.header().store
		st.saved, st.field = true, true
	}
	return t
}

// operand returns x as Forward sees it: a tensor of s, so that ops on it compute in s, where nothing is recorded now. On the heap it is
// one through which no gradient flows.
func (s *Scope) operand(x Tensor) Tensor {
	if h := x.h; h == nil || h.scope == s && (s != nil || !h.needs()) {
		return x
	}
	return s.view(x.h).handle()
}

// own returns y, or a view of it if it is not a new tensor of s: an input, or a tensor from elsewhere.
func (s *Scope) own(y, x0, x1, x2 Tensor) Tensor {
	h := y.header()
	if h.scope == s && h.node == nil && !h.requires && h != x0.h && h != x1.h && h != x2.h {
		return y
	}
	return s.view(h).handle()
}
