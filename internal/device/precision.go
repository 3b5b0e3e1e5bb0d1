package device

import "github.com/lamina-ml/lamina/internal/kernel/gemm"

// Precision says how exactly products of float32 matrices are computed. It travels with the destination, so that fused kernels and
// ops outside this module obey it too. A device that has no faster way computes in float32.
type Precision = gemm.Precision

// The precisions, with torch.set_float32_matmul_precision's names.
const (
	Highest = gemm.Highest
	High    = gemm.High
	Medium  = gemm.Medium
)
