package ui

import (
	"net/http"
	"slices"
	"sync"
)

// cache keeps the values that were used last, such as networks, by their names. Values of different names are loaded
// concurrently; clients that ask for the same one wait for one load. A value that the cache no longer keeps is freed
// when its last client is done.
type cache[T any] struct {
	limit int // of the values that are kept
	load  func(name string) (T, error)
	free  func(T) // nil if the values hold nothing to free

	mu      sync.Mutex       // of what follows; not held while a value is loaded
	entries []*cacheEntry[T] // the one that was used last at the end
	closed  bool
}

// cacheEntry is a value that is loaded at its first use.
type cacheEntry[T any] struct {
	name  string
	stamp string            // identifies the files that it was loaded from
	get   func() (T, error) // loads once
	free  func()            // nil if there is nothing to free
	users int               // its clients, and the cache while it keeps the entry; guarded by cache.mu
}

// use returns the value of a name, loaded anew if it was loaded with another stamp. The caller calls done when it no
// longer uses the value. If loading fails, the next client tries it again.
func (c *cache[T]) use(name, stamp string) (value T, done func(), err error) {
	e, err := c.entry(name, stamp)
	if err != nil {
		return value, nil, err
	}
	loaded := false
	defer func() {
		if !loaded { // also after a panic of load
			c.drop(func(kept *cacheEntry[T]) bool { return kept == e })
			c.leave(e)
		}
	}()
	if value, err = e.get(); err != nil {
		return value, nil, err
	}
	loaded = true
	return value, func() { c.leave(e) }, nil
}

// entry returns the entry of a value with one more user.
func (c *cache[T]) entry(name, stamp string) (*cacheEntry[T], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, http.ErrServerClosed
	}
	var e *cacheEntry[T]
	if i := slices.IndexFunc(c.entries, func(e *cacheEntry[T]) bool { return e.name == name }); i >= 0 {
		e = c.entries[i]
		c.entries = slices.Delete(c.entries, i, i+1)
		if e.stamp != stamp {
			c.release(e)
			e = nil
		}
	}
	if e == nil {
		e = &cacheEntry[T]{name: name, stamp: stamp, users: 1}
		e.get = sync.OnceValues(func() (T, error) {
			value, err := c.load(name)
			if err == nil && c.free != nil {
				e.free = func() { c.free(value) }
			}
			return value, err
		})
	}
	e.users++
	if len(c.entries) == c.limit {
		c.release(c.entries[0])
		c.entries = slices.Delete(c.entries, 0, 1)
	}
	c.entries = append(c.entries, e)
	return e, nil
}

// release ends a use of an entry, and frees the value after the last. c.mu is held.
func (c *cache[T]) release(e *cacheEntry[T]) {
	if e.users--; e.users == 0 && e.free != nil {
		e.free()
	}
}

// leave ends a client's use of an entry.
func (c *cache[T]) leave(e *cacheEntry[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release(e)
}

// drop stops keeping the entries for which f is true.
func (c *cache[T]) drop(f func(*cacheEntry[T]) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = slices.DeleteFunc(c.entries, func(e *cacheEntry[T]) bool {
		dropped := f(e)
		if dropped {
			c.release(e)
		}
		return dropped
	})
}

// close drops all entries; use then returns an error.
func (c *cache[T]) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.drop(func(*cacheEntry[T]) bool { return true })
}
