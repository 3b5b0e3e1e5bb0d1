package vec

import (
	"sync"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// map1 sets dst = op(x) with vector instructions and reports true, or leaves the work to the caller's loop.
func map1[T Float](op int, dst, x []T, s, t T) bool {
	isa := cpu.ISA()
	if unsafe.Sizeof(s) != 4 || isa == cpu.Generic {
		return false
	}
	grain := light
	if op >= opExp {
		grain = heavy
	}
	spread(len(dst), grain, mapTask{
		isa: isa, op: op, dst: first(dst), a: first(x), s: float32(s), t: float32(t),
	})
	return true
}

// map2 does the same for dst = op(a, b).
func map2[T Float](op int, dst, a, b []T, s, t T) bool {
	isa := cpu.ISA()
	if unsafe.Sizeof(s) != 4 || isa == cpu.Generic {
		return false
	}
	grain := light
	if op >= opGELUGrad {
		grain = heavy
	}
	spread(len(dst), grain, mapTask{
		isa: isa, op: op, dst: first(dst), a: first(a), b: first(b), s: float32(s), t: float32(t),
	})
	return true
}

// first returns the address of x's first element; T is float32.
func first[T Float](x []T) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(x))) }

// at returns the address of the element i places on.
func at(p *float32, i int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*i)) }

// The elements that one goroutine should have at least: ten microseconds' work.
const (
	light = 1 << 17 // bound by memory
	heavy = 1 << 15
)

type mapTask struct {
	isa       cpu.Level
	op        int
	dst, a, b *float32 // b is nil for map1
	s, t      float32
}

// Run does elements i0 to i1.
func (m *mapTask) Run(i0, i1 int) {
	if m.b == nil {
		map1At(m.isa, m.op, at(m.dst, i0), at(m.a, i0), i1-i0, m.s, m.t)
	} else {
		map2At(m.isa, m.op, at(m.dst, i0), at(m.a, i0), at(m.b, i0), i1-i0, m.s, m.t)
	}
}

var mapTasks = sync.Pool{New: func() any { return new(mapTask) }}

// spread does the task on n elements, on several goroutines if it is long. A short one stays on the stack.
func spread(n, grain int, task mapTask) {
	if n <= grain {
		if n > 0 {
			task.Run(0, n)
		}
		return
	}
	t := mapTasks.Get().(*mapTask)
	*t = task
	pool.For(n, grain, t)
	*t = mapTask{}
	mapTasks.Put(t)
}

// dropout does as many elements of Dropout as fill vectors, and returns their number.
func dropout[T Float](dst, x []T, keep []bool, scale T) int {
	isa := cpu.ISA()
	if unsafe.Sizeof(scale) != 4 || isa == cpu.Generic {
		return 0
	}
	n := len(dst) &^ 15
	if n > 0 {
		dropoutAt(isa, first(dst), first(x), &keep[0], n, float32(scale))
	}
	return n
}
