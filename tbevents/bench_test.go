package tbevents

import (
	"testing"

	"github.com/lamina-ml/lamina/rng"
)

func BenchmarkNewHistogram(b *testing.B) {
	x := make([]float32, 1<<16)
	rng.NewTorch(1).Normal32(x, 0, 0.1)
	for b.Loop() {
		NewHistogram(x)
	}
}
