//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func adagradAt(cpu.Level, *float32, *float32, *float32, *float32, int, *float32, int) {}

func adadeltaAt(cpu.Level, *float32, *float32, *float32, *float32, int, *float32, int) {}

func adamaxAt(cpu.Level, *float32, *float32, *float32, *float32, int, *float32, int) {}

func nadamAt(cpu.Level, *float32, *float32, *float32, *float32, int, *float32, int) {}

func radamAt(cpu.Level, *float32, *float32, *float32, *float32, int, *float32, int) {}
