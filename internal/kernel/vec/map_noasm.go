//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

// Without assembly the level is Generic, and none of these is called.

func map1At(cpu.Level, int, *float32, *float32, int, float32, float32, int) {}

func map2At(cpu.Level, int, *float32, *float32, *float32, int, float32, float32, int) {}

func dropoutAt(cpu.Level, *float32, *float32, *bool, int, float32) {}
