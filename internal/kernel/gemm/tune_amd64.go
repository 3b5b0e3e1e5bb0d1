//go:build !noasm

package gemm

import (
	"fmt"
	"os"
)

func init() {
	v := os.Getenv("TUNE")
	if v == "" {
		return
	}
	for _, kr := range []*kernels[float32]{avx512f32, avx2f32} {
		fmt.Sscanf(v, "%d,%d,%d,%d,%d", &kr.kc, &kr.mc, &kr.nc, &kr.packA, &kr.packB)
	}
	for _, kr := range []*kernels[float64]{avx512f64, avx2f64} {
		fmt.Sscanf(v, "%d,%d,%d,%d,%d", &kr.kc, &kr.mc, &kr.nc, &kr.packA, &kr.packB)
	}
}
