package quant

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// atPageEnd copies s to memory that ends at a page without access.
func atPageEnd[T any](t *testing.T, s []T) []T {
	const page = 1 << 16
	size := int(unsafe.Sizeof(s[0])) * len(s)
	length := (size + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, length+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[length:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	d := unsafe.Slice((*T)(unsafe.Pointer(&mem[length-size])), len(s))
	copy(d, s)
	return d
}

// TestStaysInside checks that no kernel reads or writes behind the caller's memory.
func TestStaysInside(t *testing.T) {
	eachLevel(t, func(t *testing.T, f Format) {
		rng := rand.New(rand.NewPCG(15, 16))
		for _, k := range lengths(f) {
			const n = 5
			w := atPageEnd(t, randomBlocks(rng, f, n, k))
			for _, m := range []int{1, several} {
				x, y := atPageEnd(t, randomFloats(rng, m*k)), atPageEnd(t, make([]float32, m*n))
				Linear(f, y, m, n, k, x, w, nil, false)
				Linear(f, y, m, n, k, x, w, nil, true)
			}
			dst := atPageEnd(t, make([]float32, n*k))
			Dequantize(f, dst, w)
		}
	})
}
