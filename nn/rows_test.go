package nn_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/nntest"
	"github.com/lamina-ml/lamina/tensor"
)

// TestRows runs the table of layers and losses with every instruction set of the processor, and on the asynchronous
// test device, which has no fused kernels and computes the composites.
func TestRows(t *testing.T) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			if level >= cpu.AVX512 { // split products of all sizes
				defer gemm.SplitMinSize(1)()
				defer gemm.SplitHighest(true)()
			}
			nntest.Run(t, tensor.CPU())
		})
	}
	t.Run("async", func(t *testing.T) { nntest.Run(t, devicetest.Async()) })
}
