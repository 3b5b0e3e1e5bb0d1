package tensor_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/tensor"
)

// TestOps runs the op table on the processor, with every instruction set that it has, and on the test device.
func TestOps(t *testing.T) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			if level >= cpu.AVX512 { // small products too
				defer gemm.SplitMinSize(1)()
				defer gemm.SplitHighest(true)()
			}
			tensortest.Run(t, tensor.CPU())
		})
	}
	t.Run("async", func(t *testing.T) { tensortest.Run(t, devicetest.Async()) })
}

func BenchmarkOps(b *testing.B) { tensortest.Benchmark(b, tensor.CPU()) }
