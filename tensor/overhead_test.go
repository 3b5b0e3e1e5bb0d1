package tensor_test

import (
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// BenchmarkRecordedAdd is an op's overhead: additions of one number, recorded, in a scope that is recycled every
// hundred of them.
func BenchmarkRecordedAdd(b *testing.B) {
	s := tensor.NewScope(tensor.CPU())
	w := tensor.From([]float32{1}).SetRequiresGrad(true)
	c := tensor.From([]float32{1})
	b.ReportAllocs()
	for b.Loop() {
		x := c.InScope(s)
		for range 100 {
			x = x.Add(w)
		}
		s.Recycle()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/add")
}
