//go:build !noasm

package gemm

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// TestTuned checks the block sizes for some processors. kc does not change.
func TestTuned(t *testing.T) {
	for _, c := range []struct {
		name              string
		p                 cpu.Processor
		mc, nc, packACols int
	}{
		{"Emerald Rapids", cpu.Processor{L1: 48 << 10, L2: 2 << 20, L3: 260 << 20}, 264, 1088, 64},
		{"Ice Lake", cpu.Processor{L1: 48 << 10, L2: 1280 << 10, L3: 48 << 20}, 168, 640, 64},
		{"Zen 4", cpu.Processor{AMD: true, L1: 32 << 10, L2: 1 << 20, L3: 32 << 20}, 132, 1344, 256},
		{"a small L2 cache", cpu.Processor{L1: 32 << 10, L2: 256 << 10, L3: 8 << 20}, 72, 512, 64},
		{"unknown", cpu.Processor{}, 264, 1088, 64},
	} {
		kr := *avx512f32
		tuned(&kr, c.p)
		if kr.kc != avx512f32.kc || kr.mc != c.mc || kr.nc != c.nc || kr.packACols != c.packACols {
			t.Errorf("%s: kc=%d mc=%d nc=%d packACols=%d, want kc=%d mc=%d nc=%d packACols=%d",
				c.name, kr.kc, kr.mc, kr.nc, kr.packACols, avx512f32.kc, c.mc, c.nc, c.packACols)
		}
	}
}
