//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func sgdAt(cpu.Level, *float32, *float32, *float32, int, *float32, int) {}

func rmspropAt(cpu.Level, *float32, *float32, *float32, *float32, *float32, int, *float32, int) {}

func adamAt(cpu.Level, *float32, *float32, *float32, *float32, *float32, int, *float32, int) {}
