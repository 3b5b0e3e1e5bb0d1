//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

// Every processor with AVX2 has the conversions of F16C too: both belong to the level x86-64-v3.

func widenBF16At(isa cpu.Level, wide *float32, half *uint16, n int) {
	if isa == cpu.AVX512 {
		widenBF16AVX512(wide, half, n)
	} else {
		widenBF16AVX2(wide, half, n)
	}
}

func narrowBF16At(isa cpu.Level, wide *float32, half *uint16, n int) {
	if isa == cpu.AVX512 {
		narrowBF16AVX512(half, wide, n)
	} else {
		narrowBF16AVX2(half, wide, n)
	}
}

func widenF16At(isa cpu.Level, wide *float32, half *uint16, n int) {
	if isa == cpu.AVX512 {
		widenF16AVX512(wide, half, n)
	} else {
		widenF16AVX2(wide, half, n)
	}
}

func narrowF16At(isa cpu.Level, wide *float32, half *uint16, n int) {
	if isa == cpu.AVX512 {
		narrowF16AVX512(half, wide, n)
	} else {
		narrowF16AVX2(half, wide, n)
	}
}

//go:noescape
func widenBF16AVX512(dst *float32, x *uint16, n int)

//go:noescape
func widenBF16AVX2(dst *float32, x *uint16, n int)

//go:noescape
func narrowBF16AVX512(dst *uint16, x *float32, n int)

//go:noescape
func narrowBF16AVX2(dst *uint16, x *float32, n int)

//go:noescape
func widenF16AVX512(dst *float32, x *uint16, n int)

//go:noescape
func widenF16AVX2(dst *float32, x *uint16, n int)

//go:noescape
func narrowF16AVX512(dst *uint16, x *float32, n int)

//go:noescape
func narrowF16AVX2(dst *uint16, x *float32, n int)
