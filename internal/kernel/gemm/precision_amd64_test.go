//go:build !noasm

package gemm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// BenchmarkPrecision measures the speed of split products relative to the AVX-512 kernel, on one thread. It reports
// medians over the rounds; each round times the kernel and all precisions that the processor computes.
//
//	go test -run '^$' -bench Precision -benchtime 21x ./internal/kernel/gemm
func BenchmarkPrecision(b *testing.B) {
	pk := currentSplitKernels()
	if pk == nil {
		b.Skip("no AMX and no AVX-512 BF16 on this processor")
	}
	defer pool.SetThreads(pool.Threads())
	pool.SetThreads(1)
	rng := rand.New(rand.NewPCG(61, 62))
	for _, s := range [][3]int{{1024, 1024, 1024}, {2048, 2048, 2048}, {512, 512, 512}, {256, 256, 256}, {128, 128, 128}, {64, 64, 64},
		{32, 32, 32}, {128, 784, 512}, {64, 784, 512}, {32, 784, 512}} {
		for _, way := range []string{"NN", "NT", "TN"} {
			m, k, n := s[0], s[1], s[2]
			b.Run(fmt.Sprintf("%dx%dx%d/%s", m, k, n, way), func(b *testing.B) {
				x, y, z := fill[float32](rng, m*k), fill[float32](rng, k*n), make([]float32, m*n)
				ars, acs, brs, bcs := k, 1, n, 1
				if way[0] == 'T' {
					ars, acs = 1, m
				}
				if way[1] == 'T' {
					brs, bcs = 1, k
				}
				repeat := 1 + int(3e8/operations(m, n, k)) // a few milliseconds
				duration := func(f func()) float64 {
					start := time.Now()
					for range repeat {
						f()
					}
					return float64(time.Since(start).Nanoseconds())
				}
				timeSplit := func(p Precision) float64 {
					return duration(func() {
						splitProduct(&schemes[p], pk, 1, z, 0, n, m, n, k, x, 0, ars, acs, y, 0, brs, bcs, Epilogue[float32]{})
					})
				}
				var float []float64
				var ratios [3][]float64
				for b.Loop() {
					f := duration(func() { product(avx512f32, z, n, m, n, k, x, ars, acs, y, brs, bcs, Epilogue[float32]{}) })
					float = append(float, operations(m, n, k)*float64(repeat)/f)
					for p := pk.highest; p <= Medium; p++ {
						ratios[p] = append(ratios[p], f/timeSplit(p))
					}
				}
				median := func(x []float64) float64 { slices.Sort(x); return x[len(x)/2] }
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(median(float), "AVX-512-GFLOP/s")
				for p := pk.highest; p <= Medium; p++ {
					b.ReportMetric(median(ratios[p]), p.String()+"/AVX-512")
				}
			})
		}
	}
}

// BenchmarkSplit measures the splitting and packing of numbers, in ns per call and in numbers per ns.
func BenchmarkSplit(b *testing.B) {
	if cpu.ISA() != cpu.AVX512 {
		b.Skip("no AVX-512 on this processor")
	}
	const ld, steps = 1024, 4
	for components := 1; components <= 3; components++ {
		for _, of := range []string{"A", "B"} {
			b.Run(fmt.Sprintf("%s/%d", of, components), func(b *testing.B) {
				s := split{components: components, steps: steps, stride: steps * stepWords, src: make([]float32, 128*ld), ld: ld}
				s.dst = aligned[uint32](nil, components*s.stride)
				if s.pairStride, s.tileStride, s.stepStride = tile, tile*ld, step; of == "B" {
					s.pairStride, s.tileStride, s.stepStride = tile*ld, tile, step*ld
				}
				for b.Loop() {
					splitAVX512(&s)
				}
				b.ReportMetric(float64(steps*1024*b.N)/float64(b.Elapsed().Nanoseconds()), "numbers/ns")
			})
		}
	}
}
