package peak

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// TestRun runs every path: what it computes is nothing, but it must come back.
func TestRun(t *testing.T) {
	for _, level := range cpu.Levels() {
		restore := cpu.Force(level)
		for _, n := range []int{0, 1, 1000} {
			Run(n)
			if got := FLOPs(n); got != float64(24*n*lanes()) {
				t.Errorf("%v: %v operations in %d iterations", level, got, n)
			}
		}
		restore()
	}
}

func BenchmarkPeak(b *testing.B) {
	const n = 1 << 16
	for b.Loop() {
		Run(n)
	}
	b.ReportMetric(FLOPs(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}
