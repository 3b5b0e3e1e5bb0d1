package main

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/tensor"
)

// TestSplitHighest runs the program with six AMX products for each float32 product, including small ones.
func TestSplitHighest(t *testing.T) {
	if levels := cpu.Levels(); levels[len(levels)-1] != cpu.AMX {
		t.Skip("no AMX on this processor: run with go test -tags amxemu -exec <internal/amxemu's binary>")
	}
	defer cpu.Force(cpu.AMX)()
	defer gemm.SplitHighest(true)()
	defer gemm.SplitMinSize(1)()
	golden(t, tensor.CPU())
}
