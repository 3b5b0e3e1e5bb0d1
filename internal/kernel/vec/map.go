package vec

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// map1 sets dst = op(x) with vector instructions and returns true, or returns false if the caller's loop must do it.
func map1[T Float](op int, dst, x []T, s, t T) bool {
	isa, ok := vectors[T]()
	if !ok {
		return false
	}
	grain := light
	if op >= opExp {
		grain = heavy
	}
	if len(dst) <= grain {
		map1At(isa, op, first(dst), first(x), len(dst), float32(s), float32(t), 0)
		return true
	}
	task := mapTask{isa: isa, op: op, dst: first(dst), a: first(x), s: float32(s), t: float32(t)}
	task.stream = len(dst) >= streamed && task.dst != task.a && wholeWords(task.dst)
	spread(len(dst), grain, task, &mapTasks)
	return true
}

// map2 does the same for dst = op(a, b).
func map2[T Float](op int, dst, a, b []T, s, t T) bool {
	isa, ok := vectors[T]()
	if !ok {
		return false
	}
	grain := light
	if op >= opGELUGrad {
		grain = heavy
	}
	if len(dst) <= grain {
		map2At(isa, op, first(dst), first(a), first(b), len(dst), float32(s), float32(t), 0)
		return true
	}
	task := mapTask{isa: isa, op: op, dst: first(dst), a: first(a), b: first(b), s: float32(s), t: float32(t)}
	task.stream = len(dst) >= streamed && task.dst != task.a && task.dst != task.b && wholeWords(task.dst)
	spread(len(dst), grain, task, &mapTasks)
	return true
}

// streamed is the smallest number of elements for which a result that is not in place is written past the caches: it
// would not stay there, and a store through the caches reads the memory first. Tests lower it. If streaming is 1, the
// kernels also prefetch the sources, which is faster on AMD's processors and slower on Intel's; 2 means no prefetch.
var (
	streamed  = 1 << 21
	streaming = 2
)

func init() {
	if cpu.Here().AMD {
		streamed, streaming = 1<<22, 1
	}
}

// wholeWords reports whether p is aligned to words, so that no word crosses a cache line. A word of four bools may.
func wholeWords(p *float32) bool { return uintptr(unsafe.Pointer(p))%4 == 0 }

type mapTask struct {
	isa       cpu.Level
	op        int
	dst, a, b *float32 // b is nil for map1
	s, t      float32
	stream    bool
}

var mapTasks freelist.Any

// Run computes elements i0 to i1.
func (m *mapTask) Run(i0, i1 int) {
	if m.stream {
		// Streaming stores write whole cache lines: use normal stores up to the first one.
		head := min(i1, i0+int(-uintptr(unsafe.Pointer(at(m.dst, i0)))%64/4))
		m.run(i0, head, 0)
		m.run(head, i1, streaming)
	} else {
		m.run(i0, i1, 0)
	}
}

func (m *mapTask) run(i0, i1, stream int) {
	if m.b == nil {
		map1At(m.isa, m.op, at(m.dst, i0), at(m.a, i0), i1-i0, m.s, m.t, stream)
	} else {
		map2At(m.isa, m.op, at(m.dst, i0), at(m.a, i0), at(m.b, i0), i1-i0, m.s, m.t, stream)
	}
}

// map2Wide computes dst = op(a, b) in float64 for the elements that fill whole vectors, and returns their number.
func map2Wide[T Float](op int, dst, a, b []T) int {
	n := len(dst) &^ 7
	if isFloat32[T]() || cpu.ISA() == cpu.Generic || n == 0 {
		return 0
	}
	map2(op, words(dst[:n]), words(a[:n]), words(b[:n]), 0, 0)
	return n
}

// words reinterprets float64s as pairs of float32s.
func words[T Float](x []T) []float32 { return unsafe.Slice(first(x), 2*len(x)) }

// limited is map1 for a kernel that is correct for |x| ≤ limit. If an element is larger or NaN, it returns false.
func limited[T Float](op int, dst, x []T, limit float64) bool {
	if _, ok := vectors[T](); !ok {
		return false
	}
	if !(float64(MaxOf(x)) <= limit && float64(MinOf(x)) >= -limit) {
		return false
	}
	return map1(op, dst, x, 0, 0)
}
