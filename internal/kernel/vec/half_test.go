package vec

import (
	"math"
	"testing"
)

// TestHalf converts all 65,536 bit patterns to float32 and back, and rounds the float32 numbers next to each and
// halfway to the next.
func TestHalf(t *testing.T) {
	types := []struct {
		name   string
		widen  func(dst []float32, x []uint16)
		narrow func(dst []uint16, x []float32)
		value  func(uint16) float32
		bits   func(float32) uint16
	}{
		{"bfloat16", WidenBF16, NarrowBF16, BF16, BF16Bits},
		{"float16", WidenF16, NarrowF16, F16, F16Bits},
	}
	eachISA(t, func(t *testing.T) {
		for _, h := range types {
			all := make([]uint16, 1<<16)
			for i := range all {
				all[i] = uint16(i)
			}
			wide := make([]float32, len(all))
			h.widen(wide, all)
			for i, v := range wide {
				if want := h.value(uint16(i)); math.Float32bits(v) != math.Float32bits(want) &&
					(v == v || want == want) {
					t.Fatalf("%s %#04x is %v, want %v", h.name, i, v, want)
				}
			}
			var x []float32
			for i, v := range wide {
				b := math.Float32bits(v)
				half := math.Float32bits(v/2 + h.value(uint16(i+1))/2)
				for _, b := range []uint32{b, b + 1, b - 1, half, half + 1, half - 1} {
					x = append(x, math.Float32frombits(b))
				}
			}
			got := make([]uint16, len(x))
			h.narrow(got, x)
			for i, v := range x {
				if want := h.bits(v); got[i] != want && v == v {
					t.Fatalf("%v as %s is %#04x, want %#04x", v, h.name, got[i], want)
				}
				if v != v && h.value(got[i]) == h.value(got[i]) {
					t.Fatalf("NaN as %s is %#04x", h.name, got[i])
				}
			}
			for n := range 70 { // every number of remaining elements
				dst, check := guarded(make([]float32, n), n%17)
				h.widen(dst, all[n:2*n])
				check(t, h.name)
				back := make([]uint16, n+1)
				back[n] = 0x1234
				h.narrow(back[:n], dst)
				for i := range n {
					if back[i] != all[n+i] && dst[i] == dst[i] {
						t.Fatalf("%s: element %d of %d is %#04x after the round trip", h.name, i, n, back[i])
					}
				}
				if back[n] != 0x1234 {
					t.Fatalf("%s: wrote beyond %d", h.name, n)
				}
			}
		}
	})
}
