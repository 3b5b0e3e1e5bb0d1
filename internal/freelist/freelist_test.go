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
