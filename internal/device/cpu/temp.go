package cpu

import (
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
)

// A wide is memory for a step on the way to a result: mostly a float32 copy of a 16-bit array, for kernels that have no loop for those.
type tempArray struct {
	device.Array
	mem    *memory
	period int // when it was last used
}

// widen returns a contiguous float32 array of a's shape; filled has a's elements. It is put back by free.
func float32Temp(a *device.Array, filled bool) *tempArray {
	w := newTemp[float32](a.Size)
	w.DType = device.Float32
	w.SetContiguous(a.Dims[:a.Rank])
	if filled {
		(*Device)(nil).Copy(&w.Array, a)
	}
	return w
}

// roomFor returns room for n elements. It is put back by free.
func newTemp[T any](n int) *tempArray {
	w := temps.get(n * int(unsafe.Sizeof(*new(T))))
	w.Array = device.Array{Mem: w.mem}
	w.SetContiguous([]int{n})
	return w
}

func (w *tempArray) free() { temps.put(w) }

// idleBytes is the most memory that temps hold together while none of them is in use.
const idleBytes = 32 << 20

// temps waits for use: at most idleBytes, and nothing that was not used between two garbage collections.
var temps tempPool

type tempPool struct {
	mu       sync.Mutex
	idle     []*tempArray
	bytes    int
	watching bool
	period   int // counts garbage collections
}

// get returns the smallest idle one that has room for the bytes, else a new one.
func (p *tempPool) get(bytes int) *tempArray {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i, w := range p.idle {
		if w.mem.bytes >= bytes && (best < 0 || w.mem.bytes < p.idle[best].mem.bytes) {
			best = i
		}
	}
	if best < 0 {
		return &tempArray{mem: allocate(bytes)}
	}
	w := p.idle[best]
	p.idle = slices.Delete(p.idle, best, best+1)
	p.bytes -= w.mem.bytes
	return w
}

func (p *tempPool) put(w *tempArray) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes+w.mem.bytes > idleBytes {
		return // the garbage collector takes it
	}
	w.period = p.period
	p.bytes += w.mem.bytes
	p.idle = append(p.idle, w)
	if !p.watching {
		p.watching = true
		runtime.SetFinalizer(new(collection), (*collection).done)
	}
}

// drop lets go of what was not used since the garbage collection before the last, and reports whether any is left.
func (p *tempPool) drop() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.period++
	p.idle = slices.DeleteFunc(p.idle, func(w *tempArray) bool {
		old := w.period < p.period-1
		if old {
			p.bytes -= w.mem.bytes
		}
		return old
	})
	p.watching = len(p.idle) > 0
	return p.watching
}

// A collection is unreachable, so its finalizer runs after each garbage collection.
type collection struct{ _ *byte }

func (c *collection) done() {
	if temps.drop() {
		runtime.SetFinalizer(c, (*collection).done)
	}
}
