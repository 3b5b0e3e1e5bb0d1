// Package freelist keeps objects for use again. Unlike a sync.Pool it drops none at a garbage collection or when a goroutine moves to
// another processor, so that a steady program really allocates nothing. A list keeps twice as many objects as goroutines run at once
// (at least 16): kernels do not block while they hold one, so more are rarely in use, and what many goroutines took goes away.
package freelist

import (
	"runtime"
	"sync"
)

// full reports whether a list with n objects takes no more.
func full(n int) bool { return n >= 16 && n >= 2*runtime.GOMAXPROCS(0) }

// List holds objects of type T that wait for use. The zero value is empty and ready.
type List[T any] struct {
	mu   sync.Mutex
	free []*T
}

// Get returns an object that was put back, in whatever state it is, else a new zero one.
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

// Put gives an object back.
func (l *List[T]) Put(v *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !full(len(l.free)) {
		l.free = append(l.free, v)
	}
}

// Any is a list of objects whose type its user knows: a place for generic code to keep objects in a variable that cannot be
// generic. The zero value is empty and ready.
type Any struct {
	mu   sync.Mutex
	free []any
}

// Get returns an object that was put back, nil where there is none.
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

// Put gives an object back: a pointer, so that nothing is allocated.
func (l *Any) Put(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !full(len(l.free)) {
		l.free = append(l.free, v)
	}
}
