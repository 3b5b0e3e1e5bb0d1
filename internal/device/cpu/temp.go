package cpu

import (
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
)

// A tempArray is a temporary array: mostly a float32 copy of a 16-bit array, for kernels without a 16-bit version.
type tempArray struct {
	device.Array
	mem    *memory
	period int // tempPool.period when it was last used
}

// float32Temp returns a contiguous float32 array of a's shape, with a's elements if filled. The caller returns it with
// free.
func float32Temp(a *device.Array, filled bool) *tempArray {
	w := newTemp[float32](a.Size)
	w.DType = device.Float32
	w.SetContiguous(a.Dims[:a.Rank])
	if filled {
		(*Device)(nil).Copy(&w.Array, a)
	}
	return w
}

// newTemp returns an array of n elements. The caller returns it with free.
func newTemp[T any](n int) *tempArray {
	w := temps.get(n * int(unsafe.Sizeof(*new(T))))
	w.Array = device.Array{Mem: w.mem}
	w.SetContiguous([]int{n})
	return w
}

func (w *tempArray) free() { temps.put(w) }

// idleBytes is the limit of the memory that temps keeps.
const idleBytes = 32 << 20

// temps keeps arrays that are not in use: at most idleBytes, and none that was unused between two garbage collections.
var temps tempPool

type tempPool struct {
	mu       sync.Mutex
	idle     []*tempArray
	bytes    int
	watching bool
	period   int // counts garbage collections
}

// get returns the smallest idle array of at least the given size, or a new one.
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
		return // the garbage collector frees it
	}
	w.period = p.period
	p.bytes += w.mem.bytes
	p.idle = append(p.idle, w)
	if !p.watching {
		p.watching = true
		runtime.SetFinalizer(new(collection), (*collection).done)
	}
}

// drop removes the arrays that were not used since the last garbage collection but one, and reports whether any are
// left.
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
