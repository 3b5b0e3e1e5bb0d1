//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

// Without assembly the level is Generic, and none of these is called.

func compareAt(cpu.Level, int, *bool, *float32, *float32, int) {}

func compareScalarAt(cpu.Level, int, *bool, *float32, int, float32) {}

func chooseAt(cpu.Level, *float32, *bool, *float32, *float32, int) {}
