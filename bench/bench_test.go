package bench

import (
	"testing"
	"time"
)

// BenchmarkWorks runs every work under Go's own benchmark, with its allocations.
func BenchmarkWorks(b *testing.B) {
	for _, w := range Works() {
		b.Run(w.Name, func(b *testing.B) {
			run, _ := w.Setup()
			run(1)
			b.ReportAllocs()
			b.ResetTimer()
			run(b.N)
		})
	}
}

func TestMeasure(t *testing.T) {
	w := Work{Name: "sleep", Amount: 5, Unit: "B", Setup: func() (func(int), func() float64) {
		return func(n int) { time.Sleep(time.Duration(n) * time.Millisecond) }, func() float64 { return 7 }
	}}
	f := Measure(w, 3, 20*time.Millisecond)
	if f.Seconds < 1e-3 || f.Seconds > 0.1 || f.Rate != 5/f.Seconds || f.Unit != "B/s" || f.Result != 7 {
		t.Errorf("%+v", f)
	}
}
