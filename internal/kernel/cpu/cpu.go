// Package cpu selects the instruction set of the kernels.
//
// It is selected once, at start: the best level that the processor and the build support, or the level named by the
// environment variable LAMINA_ISA (amx, avx512, avx2, neon, generic). Tests run all levels with [Levels] and [Force].
package cpu

import (
	"fmt"
	"os"
	"sync/atomic"
)

// Level is an instruction set with its own kernels. On one processor a higher level includes the lower ones.
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

// choose returns the level named by want, or the best one if want is empty. It panics if this processor or build does
// not support the level, because a user who forces a level must not get another one.
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
	panic(fmt.Sprintf("cpu: %s is %q, want one of %v, which this processor and build support", EnvVar, want, have))
}

// ISA returns the level that vector kernels use now. It is AVX512 if the level is AMX, which has no vector
// instructions.
func ISA() Level { return min(Level(current.Load()), AVX512) }

// Chosen returns the current level. It is AMX if matrix products may use AMX.
func Chosen() Level { return Level(current.Load()) }

// Levels returns the levels that this processor and build support, the slowest first.
func Levels() []Level { return append([]Level{Generic}, detect()...) }

// Force makes kernels use level until restore is called. It is for tests and benchmarks; it panics if this processor or
// build does not support the level.
func Force(level Level) (restore func()) {
	old := current.Load()
	current.Store(int32(choose(level.String())))
	return func() { current.Store(old) }
}
