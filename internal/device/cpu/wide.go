package cpu

import (
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
)

// A wide is memory for a step on the way to a result: mostly a float32 copy of a 16-bit array, for kernels that have no loop for those.
type wide struct {
	device.Array
	mem    *memory
	period int // when it was last used
}

// widen returns a contiguous float32 array of a's shape; filled has a's elements. It is put back by free.
func widen(a *device.Array, filled bool) *wide {
	w := roomFor[float32](a.Size)
	w.DType = device.Float32
	w.SetContiguous(a.Dims[:a.Rank])
	if filled {
		(*Device)(nil).Copy(&w.Array, a)
	}
	return w
}

// roomFor returns room for n elements. It is put back by free.
func roomFor[T any](n int) *wide {
	w := wides.get(n * int(unsafe.Sizeof(*new(T))))
	w.Array = device.Array{Mem: w.mem}
	w.SetContiguous([]int{n})
	return w
}

func (w *wide) free() { wides.put(w) }

// idleBytes is the most memory that wides hold together while none of them is in use.
const idleBytes = 32 << 20

// wides waits for use: at most idleBytes, and nothing that was not used between two garbage collections.
var wides widePool

type widePool struct {
	mu       sync.Mutex
	idle     []*wide
	bytes    int
	watching bool
	period   int // counts garbage collections
}

// get returns the smallest idle one that has room for the bytes, else a new one.
func (p *widePool) get(bytes int) *wide {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i, w := range p.idle {
		if w.mem.bytes >= bytes && (best < 0 || w.mem.bytes < p.idle[best].mem.bytes) {
			best = i
		}
	}
	if best < 0 {
		return &wide{mem: allocate(bytes)}
	}
	w := p.idle[best]
	p.idle = slices.Delete(p.idle, best, best+1)
	p.bytes -= w.mem.bytes
	return w
}

func (p *widePool) put(w *wide) {
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
func (p *widePool) drop() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.period++
	p.idle = slices.DeleteFunc(p.idle, func(w *wide) bool {
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
	if wides.drop() {
		runtime.SetFinalizer(c, (*collection).done)
	}
}
