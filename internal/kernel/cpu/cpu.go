// Package cpu says which instruction set the kernels use.
//
// The choice is made once at start: the best level that the processor and the build offer, or the one that the environment
// variable LAMINA_ISA names (amx, avx512, avx2, neon, generic). Tests walk through all levels with [Levels] and [Force].
package cpu

import (
	"fmt"
	"os"
	"sync/atomic"
)

// Level is an instruction set that kernels are written for. On one processor a higher level includes the lower ones.
type Level int32

const (
	Generic Level = iota // plain Go loops, on every processor
	NEON                 // arm64: Advanced SIMD
	AVX2                 // amd64: AVX2 and FMA
	AVX512               // amd64: AVX-512 F, BW, DQ and VL
	AMX                  // amd64: AVX-512, and for matrix products AMX tiles of bfloat16
)

// EnvVar names the environment variable that forces a level at start.
const EnvVar = "LAMINA_ISA"

var names = [...]string{Generic: "generic", NEON: "neon", AVX2: "avx2", AVX512: "avx512", AMX: "amx"}

// String returns the name that LAMINA_ISA takes.
func (l Level) String() string {
	if l < 0 || int(l) >= len(names) {
		return fmt.Sprintf("cpu.Level(%d)", int32(l))
	}
	return names[l]
}

var current atomic.Int32

func init() { current.Store(int32(choose(os.Getenv(EnvVar)))) }

// choose returns the level named by want, or the best one where want is empty. A name that this processor or build cannot
// serve panics: a forced level exists to be sure of what runs.
func choose(want string) Level {
	have := Levels()
	if want == "" {
		return have[len(have)-1]
	}
	for _, l := range have {
		if l.String() == want {
			return l
		}
	}
	panic(fmt.Sprintf("cpu: %s=%s: this processor and build have %v", EnvVar, want, have))
}

// ISA returns the level that vector kernels use now. AMX adds nothing for those: there it is AVX512.
func ISA() Level { return min(Level(current.Load()), AVX512) }

// Chosen returns the level that was chosen, AMX where matrix products may use it.
func Chosen() Level { return Level(current.Load()) }

// Levels returns the levels that this processor and build can run, the slowest first.
func Levels() []Level { return append([]Level{Generic}, detect()...) }

// Force makes kernels use level until restore is called. It is for tests and benchmarks; it panics if the level cannot run here.
func Force(level Level) (restore func()) {
	old := current.Load()
	current.Store(int32(choose(level.String())))
	return func() { current.Store(old) }
}
