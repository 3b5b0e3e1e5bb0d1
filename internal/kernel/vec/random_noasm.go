//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

// Without assembly the level is Generic, and none of these is called.

func twistAt(cpu.Level, *uint32, *uint32) {}

func uniformAt(cpu.Level, *float32, *uint32, int, float32, float32, float32) {}

func boxMullerAt(cpu.Level, *float32, int, float32, float32) {}

func bernoulliAt(cpu.Level, *float32, *uint32, int, float64) {}

func exponentialAt(cpu.Level, *float32, *uint32, int, float64) {}

func remaindersAt(cpu.Level, *uint32, int, float64, *float64) {}
