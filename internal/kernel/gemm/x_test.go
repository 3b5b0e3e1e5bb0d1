package gemm

import "testing"

func bm(b *testing.B, m, n, k int) {
	x, y, z := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
	for b.Loop() {
		Float32(z, n, m, n, k, x, k, 1, y, n, 1, Epilogue[float32]{})
	}
}
func BenchmarkX1(b *testing.B)   { bm(b, 1, 2, 1) }
func BenchmarkX4(b *testing.B)   { bm(b, 1, 2, 4) }
func BenchmarkX32(b *testing.B)  { bm(b, 1, 2, 32) }
func BenchmarkX32a(b *testing.B) { bm(b, 8, 2, 32) }
func BenchmarkX32b(b *testing.B) { bm(b, 16, 10, 32) }
func BenchmarkX32c(b *testing.B) { bm(b, 32, 10, 32) }
func BenchmarkX32d(b *testing.B) { bm(b, 36, 10, 32) }
func BenchmarkX32e(b *testing.B) { bm(b, 36, 16, 32) }
func BenchmarkX32f(b *testing.B) { bm(b, 72, 10, 32) }
