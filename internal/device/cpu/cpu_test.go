package cpu

import (
	"testing"
	"unsafe"
)

// TestStagger checks that large blocks are aligned to cache lines and that consecutive ones have different distances
// from a page's beginning.
func TestStagger(t *testing.T) {
	seen := map[uintptr]bool{}
	for range staggerCount {
		m := allocate(64 << 10)
		p := uintptr(m.base)
		if p%align != 0 {
			t.Errorf("a block begins at %#x, want a multiple of %d", p, align)
		}
		seen[p%4096] = true
		clear(unsafe.Slice((*byte)(m.base), m.bytes))
	}
	if len(seen) != staggerCount {
		t.Errorf("%d consecutive blocks have %d distances from a page's beginning, want %d", staggerCount, len(seen),
			staggerCount)
	}
	if m := allocate(256); m.bytes != 256 || uintptr(m.base)%align != 0 {
		t.Errorf("a block of %d bytes begins at %p, want 256 bytes at a multiple of %d", m.bytes, m.base, align)
	}
}
