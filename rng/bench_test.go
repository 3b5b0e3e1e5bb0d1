package rng

import "testing"

func BenchmarkFill(b *testing.B) {
	const n = 1 << 16
	g, np, k := NewTorch(42), NewNumPy(42), NewKeyed(42, 0, 0)
	u32 := make([]uint32, n)
	f32 := make([]float32, n)
	f64 := make([]float64, n)
	i64 := make([]int64, n)
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"Torch.Uint32", func() {
			for i := range u32 {
				u32[i] = g.Uint32()
			}
		}},
		{"Torch.Uniform32", func() { g.Uniform32(f32, -0.1, 0.1) }},
		{"Torch.Uniform64", func() { g.Uniform64(f64, -0.1, 0.1) }},
		{"Torch.Normal32", func() { g.Normal32(f32, 0, 1) }},
		{"Torch.Normal64", func() { g.Normal64(f64, 0, 1) }},
		{"Torch.Randint", func() { g.Randint(i64, 0, 10) }},
		{"Torch.Randperm", func() { g.Randperm(i64) }},
		{"Torch.Bernoulli32", func() { g.Bernoulli32(f32, 0.5) }},
		{"Torch.Exponential32", func() { g.Exponential32(f32, 1) }},
		{"NumPy.Rand", func() { np.Rand(f64) }},
		{"NumPy.Randn", func() { np.Randn(f64) }},
		{"NumPy.Randint", func() { np.Randint(i64, 0, 10) }},
		{"NumPy.Permutation", func() { np.Permutation(i64) }},
		{"Keyed.Uint32s", func() { k.Seek(0); k.Uint32s(u32) }},
		{"Keyed.Bernoulli32", func() { k.Seek(0); k.Bernoulli32(f32, 0.5) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/value")
		})
	}
}
