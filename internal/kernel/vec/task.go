package vec

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// vectors returns the instruction set to use for elements of type T, and whether there is one: it is for float32.
func vectors[T Number]() (cpu.Level, bool) {
	isa := cpu.ISA()
	return isa, isFloat32[T]() && isa != cpu.Generic
}

// isFloat32 is known when a function for T is compiled.
func isFloat32[T Number]() bool {
	var x T
	return unsafe.Sizeof(x) == 4 && T(3)/2 != T(1)
}

// first returns the address of x's first element, nil if x is nil; T is float32.
func first[T Number](x []T) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(x))) }

// at returns the address of the element i places on; nil stays nil.
func at(p *float32, i int) *float32 {
	if p == nil {
		return nil
	}
	return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*i))
}

// The elements that one goroutine should have at least: ten microseconds' work.
const (
	light = 1 << 17 // bound by memory
	heavy = 1 << 15
)

// A task is a kernel on a range of elements or rows.
type task[P any] interface {
	*P
	pool.Task
}

// spread does t on n elements or rows, on several goroutines, grain for each. It is for tasks larger than that: they are copied to a
// place from tasks, so that a small one, which its maker runs, never leaves the stack, and neither allocates.
func spread[P any, T task[P]](n, grain int, t P, tasks *freelist.Any) {
	shared, _ := tasks.Get().(*P)
	if shared == nil {
		shared = new(P)
	}
	*shared = t
	pool.For(n, grain, T(shared))
	var none P
	*shared = none
	tasks.Put(shared)
}
