package peak

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// TestRun checks that Run returns on every level, and the number of operations.
func TestRun(t *testing.T) {
	for _, level := range cpu.Levels() {
		restore := cpu.Force(level)
		for _, n := range []int{0, 1, 1000} {
			Run(n)
			if got := FLOPs(n); got != float64(24*n*lanes()) {
				t.Errorf("%v: %v operations in %d iterations, want %v", level, got, n, 24*n*lanes())
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
