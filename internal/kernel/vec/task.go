package vec

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// vectors returns the instruction set for elements of type T, and whether there is one: kernels are for float32.
func vectors[T Number]() (cpu.Level, bool) {
	isa := cpu.ISA()
	return isa, isFloat32[T]() && isa != cpu.Generic
}

// isFloat32 is a constant in a function compiled for T.
func isFloat32[T Number]() bool {
	var x T
	return unsafe.Sizeof(x) == 4 && T(3)/2 != T(1)
}

// first returns the address of x's first element, nil if x is nil; T is float32.
func first[T Number](x []T) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(x))) }

// at returns the address i elements after p; nil stays nil.
func at(p *float32, i int) *float32 {
	if p == nil {
		return nil
	}
	return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*i))
}

// The smallest numbers of elements for one goroutine: about ten microseconds of work.
const (
	light = 1 << 17 // bound by memory
	heavy = 1 << 15
)

// A task is a kernel on a range of elements or rows.
type task[P any] interface {
	*P
	pool.Task
}

// spread runs t on n elements or rows, on several goroutines with at least grain each. It copies t to memory from tasks
// and does not allocate. The caller runs a task of up to grain elements itself, so that it stays on the stack.
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
