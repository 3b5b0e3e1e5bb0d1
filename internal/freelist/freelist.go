// Package freelist keeps objects for use again. Unlike a sync.Pool it never drops one, so that a steady program really
// allocates nothing: neither after a garbage collection nor when a goroutine moves to another processor.
package freelist

import "sync"

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
	l.free = l.free[:n-1]
	return v
}

// Put gives an object back.
func (l *List[T]) Put(v *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, v)
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
	l.free = l.free[:n-1]
	return v
}

// Put gives an object back: a pointer, so that nothing is allocated.
func (l *Any) Put(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, v)
}
