package gemm

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

// TestStaysInside checks that no kernel reads or writes outside the matrices.
func TestStaysInside(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testInside(t, *kernels32())
		testInside(t, *kernels64())
	})
}

func testInside[T Float](t *testing.T, kr kernels[T]) {
	rng := rand.New(rand.NewPCG(19, 20))
	for i := range rounds(200) {
		kr.packACols, kr.packBRows, kr.mc, kr.kc = 60*rng.IntN(2), 60*rng.IntN(2), 1+rng.IntN(60), 1+rng.IntN(60)
		p := newProblem[T](rng, 1+rng.IntN(40), 1+rng.IntN(80), 1+rng.IntN(40), layouts[rng.IntN(len(layouts))],
			layouts[rng.IntN(len(layouts))])
		want := p.want()
		before := i%2 == 0
		c := atPageEnd(t, p.c[guard:len(p.c)-guard], before)
		a, b := atPageEnd(t, p.a, before), atPageEnd(t, p.b, before)
		if p.e.Bias != nil {
			p.e.Bias = atPageEnd(t, p.e.Bias, before)
		}
		product(&kr, c, p.ldc, p.m, p.n, p.k, a, p.ars, p.acs, b, p.brs, p.bcs, p.e)
		for i, x := range c {
			if x != want[guard+i] {
				t.Fatalf("%v: c[%d] = %v, want %v", p, i, x, want[guard+i])
			}
		}
	}
}

// TestSplitStaysInside is TestStaysInside for split products.
func TestSplitStaysInside(t *testing.T) {
	eachSplitKernels(t, func(t *testing.T, pk *splitKernels) {
		rng := rand.New(rand.NewPCG(57, 58))
		eachScheme(t, pk, func(t *testing.T, _ Precision, s *scheme) {
			for i := range rounds(24) {
				p := newProblem[float32](rng, 1+rng.IntN(70), 1+rng.IntN(70), 1+rng.IntN(70),
					layouts[rng.IntN(len(layouts))], layouts[rng.IntN(len(layouts))])
				if i%3 == 0 { // whole panels, which are packed without staging
					p = newProblem[float32](rng, 32, 64, 64, layouts[2*rng.IntN(2)], layouts[2*rng.IntN(2)])
				}
				want := p.want()
				before := i%2 == 0
				c, a, b := atPageEnd(t, p.c[guard:len(p.c)-guard], before), atPageEnd(t, p.a, before), atPageEnd(t, p.b, before)
				if p.e.Bias != nil {
					p.e.Bias = atPageEnd(t, p.e.Bias, before)
				}
				splitProduct(s, pk, 1, c, 0, p.ldc, p.m, p.n, p.k, a, 0, p.ars, p.acs, b, 0, p.brs, p.bcs, p.e)
				for i, x := range c {
					if x != want[guard+i] {
						t.Fatalf("%v: c[%d] = %v, want %v", p, i, x, want[guard+i])
					}
				}
			}
		})
	})
}
