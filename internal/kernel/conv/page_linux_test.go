package conv

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// atPageEnd copies s to memory that begins (if before is set) or ends at a page without access.
func atPageEnd[T Float](t *testing.T, s []T, before bool) []T {
	const page = 1 << 16
	size := int(unsafe.Sizeof(s[0])) * len(s)
	length := (size + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, length+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(mem) })
	for _, edge := range [][]byte{mem[:page], mem[page+length:]} {
		if err := syscall.Mprotect(edge, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	first := page + length - size
	if before {
		first = page
	}
	d := unsafe.Slice((*T)(unsafe.Pointer(&mem[first])), len(s))
	copy(d, s)
	return d
}

// TestStaysInside checks that no pass reads or writes outside the caller's memory.
func TestStaysInside(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testInside[float32](t)
		testInside[float64](t)
	})
}

func testInside[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	for i := range rounds(60) {
		s := randomShape(rng, 1+i%3)
		if i%4 == 3 {
			s = depthwiseShape(rng)
		}
		if s.InputLen() == 0 || s.OutputLen() == 0 || s.WeightLen() == 0 {
			continue
		}
		p := newProblem[T](rng, s)
		before := i%2 == 0
		p.x, p.w, p.y = atPageEnd(t, p.x, before), atPageEnd(t, p.w, before), atPageEnd(t, p.y, before)
		if p.bias != nil {
			p.bias = atPageEnd(t, p.bias, before)
		}
		wantY, wantDx, wantDw := p.want()
		y, dx, dw := atPageEnd(t, p.y, before), atPageEnd(t, p.x, before), atPageEnd(t, p.w, before)
		Forward(y, p.x, p.w, p.bias, &s, p.relu)
		GradInput(dx, p.y, p.w, &s)
		GradWeight(dw, p.y, p.x, &s)
		for j, pass := range [][2][]T{{y, wantY}, {dx, wantDx}, {dw, wantDw}} {
			for k, v := range pass[0] {
				if v != pass[1][k] {
					t.Fatalf("%v: result %d: element %d is %v, want %v", p, j, k, v, pass[1][k])
				}
			}
		}
	}
}
