//go:build !noasm

package gemm

import (
	"fmt"
	"testing"
	"time"
)

func tmin(f func()) float64 {
	best := 1e18
	for range 300 {
		s := time.Now()
		for range 200 {
			f()
		}
		best = min(best, float64(time.Since(s).Nanoseconds())/200)
	}
	return best * 3.7
}
func TestY(t *testing.T) {
	buf := make([]float32, 1<<16)
	c := make([]float32, 1<<16)
	for i := range buf {
		buf[i] = 1
	}
	for i := range c {
		c[i] = 1
	}
	for _, n := range []int{10, 16, 32, 48, 64} {
		for _, h := range []int{1, 2, 4, 6, 8, 9} {
			if n == 64 && h > 6 {
				continue
			}
			var r []float64
			for _, k := range []int{1, 8, 32, 64, 128, 256} {
				tt := &tiles[float32]{c: c, ldc: 64, height: h, count: 1, n: n, k: k, a: buf, ars: 272, acs: 1, b: buf[8192:], brs: 64}
				r = append(r, tmin(func() { tilesAVX512F32(tt) }))
			}
			fmt.Printf("n %d h %d cycles:", n, h)
			for _, x := range r {
				fmt.Printf(" %.0f", x)
			}
			fmt.Printf("  per k %.2f, FMAs %d\n", (r[5]-r[4])/128, h*((n+15)/16))
		}
	}
}
