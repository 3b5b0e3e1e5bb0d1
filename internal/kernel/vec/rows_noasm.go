//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func softmaxAt(cpu.Level, *float32, *float32, *float32, int, int, float32) {}

func logSumExpAt(cpu.Level, *float32, *float32, int, int) {}

func softmaxGradAt(cpu.Level, *float32, *float32, *float32, int, int) {}

func logSoftmaxGradAt(cpu.Level, *float32, *float32, *float32, int, int) {}
