// Package freelist keeps objects for reuse. Unlike sync.Pool it drops no object at a garbage collection or when a
// goroutine moves to another processor, so a steady program allocates nothing. A list keeps at most 2·GOMAXPROCS
// objects (at least 16): kernels do not block while they hold one, so more are rarely in use, and the objects of many
// concurrent goroutines are released.
package freelist

import (
	"runtime"
	"sync"
)

// full reports whether a list of n objects is full.
func full(n int) bool { return n >= 16 && n >= 2*runtime.GOMAXPROCS(0) }

// List is a list of unused objects of type T. The zero value is an empty list, ready for use.
type List[T any] struct {
	mu   sync.Mutex
	free []*T
}

// Get returns an object from the list in the state in which it was put, or a new zero object if the list is empty.
func (l *List[T]) Get() *T {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free)
	if n == 0 {
		return new(T)
	}
	v := l.free[n-1]
	l.free[n-1] = nil
	l.free = l.free[:n-1]
	return v
}

// Put adds an object to the list.
func (l *List[T]) Put(v *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !full(len(l.free)) {
		l.free = append(l.free, v)
	}
}

// Any is a list of unused objects of a type that the caller knows. Generic code needs it, because a variable cannot
// be generic. The zero value is an empty list, ready for use.
type Any struct {
	mu   sync.Mutex
	free []any
}

// Get returns an object from the list, or nil if it is empty.
func (l *Any) Get() any {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free)
	if n == 0 {
		return nil
	}
	v := l.free[n-1]
	l.free[n-1] = nil
	l.free = l.free[:n-1]
	return v
}

// Put adds an object to the list. v should be a pointer: converting a pointer to any does not allocate.
func (l *Any) Put(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !full(len(l.free)) {
		l.free = append(l.free, v)
	}
}
