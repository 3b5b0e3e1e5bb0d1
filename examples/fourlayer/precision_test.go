package main

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/tensor"
)

// TestHighestInParts runs the program with six AMX products for each float32 product, including small ones.
func TestHighestInParts(t *testing.T) {
	if levels := cpu.Levels(); levels[len(levels)-1] != cpu.AMX {
		t.Skip("no AMX on this processor: run with go test -tags amxemu -exec <internal/amxemu's binary>")
	}
	defer cpu.Force(cpu.AMX)()
	defer gemm.HighestInParts(true)()
	defer gemm.PartsFrom(1)()
	golden(t, tensor.CPU())
}
