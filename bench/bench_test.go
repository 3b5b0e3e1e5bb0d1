package bench

import "testing"

func benchStep(b *testing.B, batch int, sizes ...int) {
	const batches = 32
	t := newTrainer(batch, batches, sizes...)
	t.epoch()
	b.ReportAllocs()
	for b.Loop() {
		t.epoch()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/batches, "µs/step")
}

func BenchmarkStepNotes(b *testing.B) { benchStep(b, 32, 100, 128, 64, 32, 10) }
func BenchmarkStepMNIST(b *testing.B) { benchStep(b, 128, 784, 512, 256, 10) }
