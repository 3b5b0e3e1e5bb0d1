package tensor

import (
	"runtime"
	"slices"
	"sync"

	"github.com/lamina-ml/lamina/internal/device"
)

// innerScope opens a scope for gradients or for NoGrad: a child of s or, for tensors of the Go heap, an idle scope.
func innerScope(s *Scope, dev device.Device, record bool) *Scope {
	if s != nil {
		return s.child(record)
	}
	c := idle.take(dev)
	if c == nil {
		c = NewScope(deviceOf(dev))
		c.inner = true
	}
	c.record, c.observer = record, nil
	c.serial = scopeSerial.Add(1)
	return c
}

// closeInner closes a scope of innerScope.
func closeInner(c *Scope) {
	if c.parent != nil {
		c.close()
		return
	}
	c.Recycle()
	for _, b := range c.tape {
		b.forget()
	}
	idle.put(c)
}

// idleBytes is the most memory that all idle scopes hold together.
const idleBytes = 32 << 20

// idle holds scopes for the next Backward or NoGrad of a tensor on the Go heap. Together they hold at most idleBytes;
// a scope beyond that is dropped, and so is one that was not used between two garbage collections.
var idle idleScopes

type idleScopes struct {
	mu       sync.Mutex
	scopes   []idleScope // the most recently used scope is last
	bytes    int
	watching bool
	period   int // number of garbage collections
}

type idleScope struct {
	*Scope
	period int // when it was last used
}

func (l *idleScopes) take(dev device.Device) *Scope {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.scopes) - 1; i >= 0; i-- {
		if c := l.scopes[i].Scope; c.dev == dev {
			l.scopes = slices.Delete(l.scopes, i, i+1)
			l.bytes -= c.pool.bytes
			return c
		}
	}
	return nil
}

func (l *idleScopes) put(c *Scope) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bytes+c.pool.bytes > idleBytes {
		return // the garbage collector frees it
	}
	l.bytes += c.pool.bytes
	l.scopes = append(l.scopes, idleScope{c, l.period})
	if !l.watching {
		l.watching = true
		runtime.SetFinalizer(new(collection), (*collection).done)
	}
}

// drop removes the scopes that were not used since the garbage collection before the last. It reports whether any
// scope is left.
func (l *idleScopes) drop() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.period++
	l.scopes = slices.DeleteFunc(l.scopes, func(c idleScope) bool {
		old := c.period < l.period-1
		if old {
			l.bytes -= c.pool.bytes
		}
		return old
	})
	l.watching = len(l.scopes) > 0
	return l.watching
}

// collection is unreachable, so its finalizer runs after each garbage collection.
type collection struct{ _ *byte }

func (c *collection) done() {
	if idle.drop() {
		runtime.SetFinalizer(c, (*collection).done)
	}
}
