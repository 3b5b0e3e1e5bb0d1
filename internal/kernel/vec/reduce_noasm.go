//go:build noasm || !(amd64 || arm64)

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func sumAt(cpu.Level, *float64, *float32, int) {}

func dotAt(cpu.Level, *float64, *float32, *float32, int) {}

func largestAt(cpu.Level, *float32, *float32, int) {}

func smallestAt(cpu.Level, *float32, *float32, int) {}

func columnSumsAt(cpu.Level, *float32, *float32, int, int, int) {}
