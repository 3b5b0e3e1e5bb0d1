//go:build !noasm

package cpu

import "testing"

func TestProcessor(t *testing.T) {
	cache := func(kind, level, ways, sets uint32) [4]uint32 {
		return [4]uint32{level<<5 | kind, (ways-1)<<22 | 63, sets - 1, 0}
	}
	for _, c := range []struct {
		name   string
		vendor uint32
		leaf   uint32
		want   Processor
	}{
		{"Intel", 0x756e6547, 4, Processor{L1: 48 << 10, L2: 2 << 20, L3: 60 << 20}},
		{"AMD", 0x68747541, 0x8000001d, Processor{AMD: true, L1: 48 << 10, L2: 2 << 20, L3: 60 << 20}},
	} {
		caches := [][4]uint32{cache(1, 1, 12, 64), cache(2, 1, 8, 64), cache(3, 2, 16, 2048), cache(3, 3, 15, 65536)}
		got := processor(func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32) {
			switch {
			case leaf == 0:
				return 4, c.vendor, 0, 0
			case leaf == 0x80000000:
				return 0x8000001d, 0, 0, 0
			case leaf == c.leaf && int(subleaf) < len(caches):
				x := caches[subleaf]
				return x[0], x[1], x[2], x[3]
			}
			return 0, 0, 0, 0
		})
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	old := processor(func(leaf, _ uint32) (eax, ebx, ecx, edx uint32) { return 1, 0x756e6547, 0, 0 })
	if old != (Processor{}) {
		t.Errorf("a processor without cache leaves: %+v, want the zero value", old)
	}
	t.Logf("%+v", Here())
}
