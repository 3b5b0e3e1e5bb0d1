//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func layerNormAt(cpu.Level, *float32, *float32, *float32, *float32, *float32, *float32, int, int, float32, float32) {
}

func layerNormGradAt(cpu.Level, *float32, *float32, *float32, *float32, *float32, *float32, int, int, float32) {
}

func gammaGradAt(cpu.Level, *float32, *float32, *float32, *float32, *float32, int, int, int) {}
