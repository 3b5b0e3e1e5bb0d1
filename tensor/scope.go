package tensor

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
)

// Scope owns the memory and the tape of one step. [Tensor.InScope] makes a tensor of the scope; the loader does that
// for its batches. Results computed from tensors of the scope belong to the scope too. Recycle frees all of them at
// once. A scope is used by one goroutine at a time.
type Scope struct {
	dev    device.Device
	pool   *blockPool
	serial uint64 // set each time the scope is opened: the newest scope has the largest
	record bool
	inner  bool // a gradient or NoGrad scope: its tensors may be mixed with its parent's
	parent *Scope

	open  []*Scope // children that were opened since the last Recycle
	spare []*Scope // closed children, to be reused

	headers  []*header
	nheaders int
	stores   []*storage
	nstores  int

	tape   []recorded
	pos    int
	parked map[any][]recorded

	precision int8 // 1 + the Precision of float32 products; 0: the process's
	observer  func(layer any, inputs, outputs []Tensor)
	engine    engine // used by a gradient scope
	forward   bool   // an op's Forward is running
	saves     bool   // that op will be recorded
}

var scopeSerial atomic.Uint64

// NewScope returns an open scope that records, with memory on d.
func NewScope(d Device) *Scope {
	s := &Scope{dev: d.kernels(), record: true}
	s.pool = newBlockPool(s.dev)
	s.serial = scopeSerial.Add(1)
	return s
}

// SetRecording sets whether operations in s are recorded for Backward. It panics if s already holds tensors.
func (s *Scope) SetRecording(on bool) {
	if s.nheaders > 0 && s.record != on {
		fail("SetRecording", "the scope already holds tensors; recycle it first")
	}
	s.record = on
}

// Recording reports whether operations in s are recorded.
func (s *Scope) Recording() bool { return s.record }

// Bytes returns the number of bytes that s has allocated on its device, in use or free for reuse.
func (s *Scope) Bytes() int { return s.pool.bytes }

// Observe makes every layer of package nn that computes with a tensor of s report its forward pass to f: the layer,
// its inputs and its results (PyTorch's forward hooks). A nil f ends that. Summaries, pictures of features and the
// search for the origin of a NaN use it.
func (s *Scope) Observe(f func(layer any, inputs, outputs []Tensor)) { s.observer = f }

// Observer returns the function that layers applied to x report to, or nil.
func (x Tensor) Observer() func(layer any, inputs, outputs []Tensor) {
	if s := x.geometry().scope; s != nil {
		return s.observer
	}
	return nil
}

// Recycle ends the step: it frees all tensors of the scope, whose handles panic from now on, and opens the scope anew.
func (s *Scope) Recycle() {
	s.clear()
	s.serial = scopeSerial.Add(1)
	if s.parent == nil {
		s.pool.reset()
	}
}

func (s *Scope) clear() {
	s.forward, s.saves = false, false
	for _, c := range s.open {
		c.clear()
		s.spare = append(s.spare, c)
	}
	s.open = s.open[:0]
	for _, h := range s.headers[:s.nheaders] {
		h.recycle()
	}
	s.nheaders = 0
	for _, st := range s.stores[:s.nstores] {
		s.free(st)
	}
	s.nstores = 0
	s.pos = 0
}

// free returns a storage's memory to the pool, or drops it if WrapBytes provided it. It does nothing if the memory was
// freed before or belongs to another scope.
func (s *Scope) free(st *storage) {
	if st.mem == nil || st.scope != s {
		return
	}
	st.gen++
	st.version++ // the elements that a tape refers to no longer exist
	if st.block != nil {
		s.pool.put(st.block)
	}
	st.block, st.mem = nil, nil
}

// child opens a scope below s that shares its memory.
func (s *Scope) child(record bool) *Scope {
	var c *Scope
	if n := len(s.spare); n > 0 {
		c, s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		c = &Scope{dev: s.dev, pool: s.pool, inner: true, parent: s}
	}
	c.record, c.observer, c.precision = record, s.observer, s.precision
	c.serial = scopeSerial.Add(1)
	s.open = append(s.open, c)
	return c
}

// close recycles a child scope before its parent's step ends.
func (c *Scope) close() {
	c.clear()
	s := c.parent
	for i, o := range s.open {
		if o == c {
			s.open = append(s.open[:i], s.open[i+1:]...)
			break
		}
	}
	s.spare = append(s.spare, c)
}

// adopt returns x as a tensor of s; a nil s is the Go heap, to which x is copied. Memory that belongs to c, an inner
// scope about to be closed, moves to s. Memory of another scope stays there, and the result is a view of it.
func (s *Scope) adopt(x Tensor, c *Scope) Tensor {
	h := x.header()
	if s == nil {
		return x.Keep()
	}
	if st := h.store; st.block != nil && st.scope.isInside(c) {
		moved := s.newStorage()
		moved.mem, moved.block, moved.scope, moved.dev = st.mem, st.block, s, st.dev
		y := s.newHeader()
		y.Array, y.store, y.sgen = h.Array, moved, moved.gen
		st.gen++
		st.block, st.mem = nil, nil
		return y.handle()
	}
	return s.view(h).handle()
}

// isInside reports whether s is c or an inner scope of c.
func (s *Scope) isInside(c *Scope) bool {
	for s != nil && s != c {
		s = s.parent
	}
	return s == c
}

// newStorage returns an empty storage object that belongs to s.
func (s *Scope) newStorage() *storage {
	if s.nstores == len(s.stores) {
		s.stores = append(s.stores, &storage{dev: s.dev})
	}
	st := s.stores[s.nstores]
	s.nstores++
	st.scope, st.refs, st.saved, st.inField, st.released, st.held, st.gradOf = s, 0, false, false, false, false, nil
	return st
}

// newHeader returns an empty header that belongs to s; a nil s is the Go heap.
func (s *Scope) newHeader() *header {
	if s == nil {
		return &header{}
	}
	if s.nheaders == len(s.headers) {
		s.headers = append(s.headers, &header{scope: s})
	}
	h := s.headers[s.nheaders]
	s.nheaders++
	return h
}

// view returns a header in s that shares x's memory and geometry.
func (s *Scope) view(x *header) *header {
	h := s.newHeader()
	h.Array, h.store, h.sgen = x.Array, x.store, x.sgen
	return h
}

// noMemory is the storage generation of a header that has a shape and a type only.
const noMemory = ^uint64(0)

// shapeOf returns a header in s that has the shape and type of x, and no memory.
func (s *Scope) shapeOf(x *header) *header {
	h := s.view(x)
	h.sgen, h.Mem = noMemory, nil
	return h
}

// alias returns a tensor in s that shares x's memory. If needs is true, a gradient flows through it to x.
func (s *Scope) alias(x Tensor, needs bool) Tensor {
	b := nextEntry[entry1[inScope, *inScope]](s)
	b.x = x
	h := x.alive()
	v := s.view(h)
	if h.sgen != noMemory {
		v.sgen = h.store.gen
	}
	if b.records(s, needs) {
		b.saves = SaveNothing
		b.x, b.vx = b.saveInput(0, x)
		b.record(s, v.handle())
	}
	return v.handle()
}

// alloc returns a contiguous tensor in s whose elements are undefined; a nil s is the Go heap.
func (s *Scope) alloc(dev device.Device, dt DType, shape Shape) Tensor {
	h := s.newHeader()
	h.DType = device.DType(dt)
	h.SetContiguous(shape.dims[:shape.rank])
	return s.allocate(dev, h)
}

// emptyLike returns a contiguous tensor of x's shape in s whose elements are undefined.
func (s *Scope) emptyLike(x *header, dt DType) Tensor {
	if !x.Contiguous || x.Size == 0 {
		return s.alloc(x.store.dev, dt, x.handle().Shape())
	}
	h := s.newHeader()
	h.DType = device.DType(dt)
	h.Rank, h.Size, h.Contiguous, h.Dims, h.Strides = x.Rank, x.Size, true, x.Dims, x.Strides
	return s.allocate(x.store.dev, h)
}

// allocate allocates the memory of a header.
func (s *Scope) allocate(dev device.Device, h *header) Tensor {
	Shape{rank: h.Rank, dims: h.Dims}.checkSize("empty")
	bytes := h.Size * DType(h.DType).Size()
	var st *storage
	var err error
	if s == nil {
		st, err = heapStorage(dev, bytes)
	} else {
		if dev != s.dev {
			fail("empty", "the scope's memory is on "+s.dev.Name()+", the tensor on "+dev.Name())
		}
		var b *block
		if b, err = s.pool.get(bytes); err == nil {
			st = s.newStorage()
			st.block, st.mem = b, b.mem
		}
	}
	if err != nil {
		failAlloc("empty", err, Shape{rank: h.Rank, dims: h.Dims})
	}
	h.store, h.Mem, h.Offset, h.sgen = st, st.mem, 0, st.gen
	return h.handle()
}

// NewEmpty returns a contiguous tensor in s, on x's device, whose elements are undefined: the memory for an op's result
// (PyTorch's x.new_empty). A nil scope is the Go heap.
func (s *Scope) NewEmpty(x Tensor, dt DType, shape Shape) Tensor {
	return s.alloc(x.geometry().store.dev, dt, shape)
}

// Empty returns a contiguous tensor in s whose elements are undefined until [SetFrom], [SetBytes] or [Tensor.CopyFrom]
// writes them (PyTorch's torch.empty).
func (s *Scope) Empty(dt DType, dims ...int) Tensor { return s.alloc(s.dev, dt, ShapeOf(dims...)) }

// Device returns the device of the scope's memory.
func (s *Scope) Device() Device { return deviceOf(s.dev) }

// WrapBytes returns a tensor in s whose elements are raw's, little-endian and in row-major order. They are not copied
// if the scope's device computes in the host's memory and raw is aligned to 64 bytes; then raw belongs to the tensor
// until the scope is recycled. A loader gathers its batches this way. WrapBytes panics if len(raw) is not the size of
// the tensor in bytes.
func (s *Scope) WrapBytes(raw []byte, dt DType, dims ...int) Tensor {
	shape := ShapeOf(dims...)
	if len(raw) != shape.Size()*dt.Size() {
		fail("WrapBytes", fmt.Sprintf("%d bytes for %d elements of %s, which take %d", len(raw), shape.Size(), dt,
			shape.Size()*dt.Size()), shape)
	}
	w, ok := s.dev.(device.Wrapper)
	if !ok || uintptr(unsafe.Pointer(unsafe.SliceData(raw)))%64 != 0 {
		t := s.alloc(s.dev, dt, shape)
		SetBytes(t, raw)
		return t
	}
	h := s.newHeader()
	h.DType = device.DType(dt)
	h.SetContiguous(shape.dims[:shape.rank])
	st := s.newStorage()
	st.wrapped = w.Wrap(st.wrapped, raw)
	st.mem = st.wrapped
	h.store, h.Mem, h.Offset, h.sgen = st, st.mem, 0, st.gen
	return h.handle()
}
