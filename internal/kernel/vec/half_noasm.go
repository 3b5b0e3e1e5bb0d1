//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

// Without assembly the level is Generic, and none of these is called.

func widenBF16At(cpu.Level, *float32, *uint16, int) {}

func narrowBF16At(cpu.Level, *float32, *uint16, int) {}

func widenF16At(cpu.Level, *float32, *uint16, int) {}

func narrowF16At(cpu.Level, *float32, *uint16, int) {}
