package tensor

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/lamina-ml/lamina/internal/device"
)

// Op1 is an operation with one input.
//
// Forward computes the result in s, the scope that the result belongs to (nil is the Go heap). It runs kernels or
// calls ops. Nothing that it computes is recorded. When it returns, all memory that it allocated is freed except that
// of the result and of tensors given to [Scope.Save]: those are fields of the op that Backward reads.
//
// Backward returns the gradient of x, given the gradient dy of the result y; the zero Tensor means no gradient. It is
// written in ops, so that it is differentiable itself, or it runs kernels and the op has a Composite; see [Op2] for
// both, and for what an op may declare.
type Op1 interface {
	Forward(s *Scope, x Tensor) Tensor
	Backward(x, y, dy Tensor) Tensor
}

// Op2 is an operation with two inputs; see [Op1]. Backward may return the zero Tensor for an input for which
// [Tensor.NeedsGrad] is false, and should not compute that gradient. It writes a gradient that a kernel computes to
// memory from [Tensor.NewGrad].
//
// An op may declare more about itself with methods:
//
//	Saves() Saved              // the inputs and results that Backward reads; without the method, all
//	Optional(i int) bool       // whether input i may be absent (the zero Tensor), such as a layer's bias
//	Composite(a, b Tensor) Tensor // the same result, computed by ops
//
// Composite has the tensors of Forward without the scope. For a gradient that is itself differentiable, the engine
// differentiates Composite instead of calling Backward, so Backward may run kernels. For an input that the op does not
// save, Composite may get zeros: the gradients must not depend on its elements, neither through Backward nor through
// what Forward computed from them and kept.
type Op2 interface {
	Forward(s *Scope, a, b Tensor) Tensor
	Backward(a, b, y, dy Tensor) (da, db Tensor)
}

// Op3 is an operation with three inputs; see [Op2].
type Op3 interface {
	Forward(s *Scope, a, b, c Tensor) Tensor
	Backward(a, b, c, y, dy Tensor) (da, db, dc Tensor)
}

// OpN is an operation with any number of inputs and results; see [Op2]. Forward writes the results to ys and Backward
// the gradients of the inputs to dxs; both slices hold zero Tensors before. In dys the gradient of a result that
// nothing depends on is the zero Tensor. The method Composite has the form
//
//	Composite(xs, ys []Tensor)
type OpN interface {
	Forward(s *Scope, xs, ys []Tensor)
	Backward(xs, ys, dys, dxs []Tensor)
}

// Saved is the set of an op's inputs and results whose elements Backward reads. They must not be changed in place
// before Backward, and their memory is kept for it. Of the others Backward gets the shape and the type only.
type Saved uint64

// What an op saves: combine with |.
const (
	SaveNothing Saved = 0
	SaveInputs  Saved = 1<<63 - 1 // all inputs
	SaveOutput  Saved = 1 << 63   // the result, or all results
)

// SaveInput returns the set of input i alone. The inputs from 62 on are saved together.
func SaveInput(i int) Saved { return 1 << min(i, 62) }

func (s Saved) input(i int) bool { return s>>min(i, 62)&1 != 0 }
func (s Saved) output() bool     { return s&SaveOutput != 0 }

// SavesNothing is embedded by ops whose Backward reads neither the inputs' elements nor the result's, such as a sum or
// a view.
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
	b := nextEntry[entry1[O, P]](s)
	b.op, b.x = op, x
	needs := x.h.needs()
	f := s.beginForward(needs)
	defer s.restoreForward(f)
	y := s.ownResult(P(&b.op).Forward(s, s.asInput(x)), x, Tensor{}, Tensor{})
	s.endForward(f, y.h.store)
	if b.records(s, needs) {
		b.saves = savesOf(P(&b.op))
		b.x, b.vx = b.saveInput(0, x)
		b.record(s, y)
	}
	return y
}

// Apply2 computes an op of two inputs and records it if an input needs a gradient. The result belongs to the most
// recently opened scope of the inputs.
func Apply2[O any, P interface {
	*O
	Op2
}](op O, x0, x1 Tensor) Tensor {
	s := commonScope2(P(nil), x0, x1)
	b := nextEntry[entry2[O, P]](s)
	b.op, b.x0, b.x1 = op, x0, x1
	checkPresent(P(&b.op), 0, x0)
	checkPresent(P(&b.op), 1, x1)
	needs := x0.needs() || x1.needs()
	f := s.beginForward(needs)
	defer s.restoreForward(f)
	y := s.ownResult(P(&b.op).Forward(s, s.asInput(x0), s.asInput(x1)), x0, x1, Tensor{})
	s.endForward(f, y.h.store)
	if b.records(s, needs) {
		b.saves = savesOf(P(&b.op))
		b.x0, b.v0 = b.saveInput(0, x0)
		b.x1, b.v1 = b.saveInput(1, x1)
		b.record(s, y)
	}
	return y
}

// Apply3 computes an op of three inputs, as [Apply2] does for two.
func Apply3[O any, P interface {
	*O
	Op3
}](op O, x0, x1, x2 Tensor) Tensor {
	s := commonScope(P(nil), x0, x1, x2)
	b := nextEntry[entry3[O, P]](s)
	b.op, b.x0, b.x1, b.x2 = op, x0, x1, x2
	checkPresent(P(&b.op), 0, x0)
	checkPresent(P(&b.op), 1, x1)
	checkPresent(P(&b.op), 2, x2)
	needs := x0.needs() || x1.needs() || x2.needs()
	f := s.beginForward(needs)
	defer s.restoreForward(f)
	y := s.ownResult(P(&b.op).Forward(s, s.asInput(x0), s.asInput(x1), s.asInput(x2)), x0, x1, x2)
	s.endForward(f, y.h.store)
	if b.records(s, needs) {
		b.saves = savesOf(P(&b.op))
		b.x0, b.v0 = b.saveInput(0, x0)
		b.x1, b.v1 = b.saveInput(1, x1)
		b.x2, b.v2 = b.saveInput(2, x2)
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
	b := nextEntry[entryN[O, P]](s)
	b.op = op
	b.xs, b.local, b.ys = append(b.xs[:0], xs...), b.local[:0], b.ys[:0]
	needs := false
	for i, x := range b.xs {
		checkPresent(P(&b.op), i, x)
		needs = needs || x.needs()
		b.local = append(b.local, s.asInput(x))
	}
	for range ys {
		b.ys = append(b.ys, Tensor{})
	}
	f := s.beginForward(needs)
	defer s.restoreForward(f)
	P(&b.op).Forward(s, b.local, b.ys)
	for i, y := range b.ys {
		if y.h == nil {
			fail(nameOf(P(nil)), "Forward left a result empty")
		}
		y = s.ownResult(y, Tensor{}, Tensor{}, Tensor{})
		for _, x := range b.xs {
			y = s.ownResult(y, x, Tensor{}, Tensor{})
		}
		for _, before := range b.ys[:i] {
			y = s.ownResult(y, before, Tensor{}, Tensor{})
		}
		b.ys[i] = y
	}
	s.endForwardN(f, b.ys)
	if b.records(s, needs) {
		b.saves = savesOf(P(&b.op))
		b.versions = b.versions[:0]
		for i, x := range b.xs {
			x, version := b.saveInput(i, x)
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

func (h *header) needs() bool { return h.node != nil || h.requires || h.inputNeedsGrad }

// checkPresent panics if input i is absent and op does not declare it optional.
func checkPresent(op any, i int, x Tensor) {
	if x.h != nil {
		return
	}
	if o, ok := op.(interface{ Optional(i int) bool }); !ok || !o.Optional(i) {
		x.header() // panics with the error for the zero Tensor
	}
}

// commonScope returns the scope that an op's result belongs to: the most recently opened scope of its inputs. It
// panics if the inputs may not be mixed. Absent inputs are skipped. The errors name the operation op; nameOf says how.
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
		s = newerScope(op, s, h.scope)
	}
	if first == nil {
		fail(nameOf(op), "at least one input is needed; an absent one is the zero value of tensor.Tensor")
	}
	return s
}

// commonScope2 is commonScope for two inputs, without a slice in the common case.
func commonScope2(op any, a, b Tensor) *Scope {
	if a.h == nil || b.h == nil || a.header().store.dev != b.header().store.dev {
		return commonScope(op, a, b)
	}
	return newerScope(op, a.h.scope, b.h.scope)
}

// newerScope returns the more recently opened one of two scopes. It panics if one records and the other does not.
func newerScope(op any, a, b *Scope) *Scope {
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

// nameOf returns the name of an operation for errors: op itself if it is a string, the name of a comparison, or the
// name of the type that op points to. The types of this package have PyTorch's names in Go's case, such as maskedFill
// for masked_fill.
func nameOf(op any) string {
	switch op := op.(type) {
	case string:
		return op
	case *device.BinaryOp:
		return op.Name
	}
	t := reflect.TypeOf(op).Elem()
	if t.PkgPath() != reflect.TypeFor[Tensor]().PkgPath() {
		return t.Name()
	}
	var b strings.Builder
	for _, r := range t.Name() {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// forwardState is what a scope restores after an op's Forward.
type forwardState struct {
	running, saves bool
	mark           int // the number of storages before Forward
}

// beginForward prepares s for an op's Forward. Nothing is recorded in s until restoreForward.
func (s *Scope) beginForward(needs bool) forwardState {
	if s == nil {
		return forwardState{}
	}
	f := forwardState{s.forward, s.saves, s.nstores}
	s.saves = s.records(needs)
	s.forward = true
	return f
}

// records reports whether an op in s is recorded now, given whether an input needs a gradient.
func (s *Scope) records(needs bool) bool { return needs && (s == nil || s.record && !s.forward) }

// restoreForward undoes beginForward, also if Forward panics.
func (s *Scope) restoreForward(f forwardState) {
	if s != nil {
		s.forward, s.saves = f.running, f.saves
	}
}

// endForward frees what Forward allocated, except the memory of its result and of saved tensors.
func (s *Scope) endForward(f forwardState, result *storage) {
	if s == nil {
		return
	}
	s.restoreForward(f)
	checkResult(result)
	if n := s.nstores - f.mark; n == 0 || n == 1 && s.stores[f.mark] == result {
		return
	}
	for _, st := range s.stores[f.mark:s.nstores] {
		if st != result && !st.saved {
			s.free(st)
		}
	}
}

// endForwardN is endForward for several results.
func (s *Scope) endForwardN(f forwardState, ys []Tensor) {
	if s == nil {
		return
	}
	s.restoreForward(f)
	for _, y := range ys {
		checkResult(y.h.store)
	}
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

// checkResult panics if an op gave its result to Save: Release would then not end it.
func checkResult(result *storage) {
	if result.inField {
		fail("Save", "an op saved its result; its method Saves must include SaveOutput instead")
	}
}

// Save keeps the memory of t, which an op's Forward computed, until Backward has run, and returns t. The op stores t
// in one of its fields. t must not be the op's result: an op whose Backward reads that declares SaveOutput.
//
//	o.mean = s.Save(x.Mean(1))
func (s *Scope) Save(t Tensor) Tensor {
	if s != nil && s.saves {
		st := t.header().store
		st.saved, st.inField = true, true
	}
	return t
}

// asInput returns x as Forward gets it: a tensor of s, so that ops on it compute in s, where nothing is recorded
// during Forward. On the Go heap it is a tensor through which no gradient flows.
func (s *Scope) asInput(x Tensor) Tensor {
	if h := x.h; h == nil || h.scope == s && (s != nil || !h.needs()) {
		return x
	}
	return s.view(x.h).handle()
}

// ownResult returns y, or a view of it if y is not a new tensor of s: an input, or a tensor of another scope.
func (s *Scope) ownResult(y, x0, x1, x2 Tensor) Tensor {
	h := y.header()
	if h.scope == s && h.node == nil && !h.requires && h != x0.h && h != x1.h && h != x2.h {
		return y
	}
	return s.view(h).handle()
}
