package data_test

import (
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// BenchmarkPass runs passes over 1,000 samples of 100 numbers in batches of 32: the data of examples/fourlayer.
func BenchmarkPass(b *testing.B) {
	ds := data.NewTensorDataset(tensor.Zeros(1000, 100), tensor.Options{DType: tensor.Int64}.Zeros(1000))
	for _, test := range []struct {
		name    string
		workers int
	}{{"in place", 0}, {"one worker", 1}} {
		b.Run(test.name, func(b *testing.B) {
			l := data.NewLoader(ds, data.LoaderConfig{BatchSize: 32, Shuffle: true, Workers: test.workers, RNG: rng.NewTorch(1)})
			b.ReportAllocs()
			for b.Loop() {
				for range l.Batches() {
				}
			}
		})
	}
}
