package freelist

import (
	"runtime"
	"testing"
)

func TestSurvivesCollection(t *testing.T) {
	var l List[[64]byte]
	a := l.Get()
	l.Put(a)
	for range 3 {
		runtime.GC()
	}
	if b := l.Get(); b != a {
		t.Error("the object was dropped")
	}
	if l.Get() == a {
		t.Error("one object was given to two users")
	}
}

func TestAny(t *testing.T) {
	var l Any
	if l.Get() != nil {
		t.Error("an empty list gave something")
	}
	a, b := new(int), new(int)
	l.Put(a)
	l.Put(b)
	runtime.GC()
	if l.Get() != b || l.Get() != a || l.Get() != nil {
		t.Error("the objects did not come back")
	}
}

// After use by many concurrent goroutines a list keeps few objects.
func TestBounded(t *testing.T) {
	var l List[[64]byte]
	var a Any
	for range 1000 {
		l.Put(new([64]byte))
		a.Put(new([64]byte))
	}
	if limit := max(16, 2*runtime.GOMAXPROCS(0)); len(l.free) != limit || len(a.free) != limit {
		t.Errorf("%d and %d objects wait, want %d", len(l.free), len(a.free), limit)
	}
}
