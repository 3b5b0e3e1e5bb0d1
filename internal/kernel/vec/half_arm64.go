//go:build !noasm

package vec

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

func widenBF16At(_ cpu.Level, wide *float32, half *uint16, n int) { widenBF16NEON(wide, half, n) }

func narrowBF16At(_ cpu.Level, wide *float32, half *uint16, n int) { narrowBF16NEON(half, wide, n) }

func widenF16At(_ cpu.Level, wide *float32, half *uint16, n int) { widenF16NEON(wide, half, n) }

func narrowF16At(_ cpu.Level, wide *float32, half *uint16, n int) { narrowF16NEON(half, wide, n) }

//go:noescape
func widenBF16NEON(dst *float32, x *uint16, n int)

//go:noescape
func narrowBF16NEON(dst *uint16, x *float32, n int)

//go:noescape
func widenF16NEON(dst *float32, x *uint16, n int)

//go:noescape
func narrowF16NEON(dst *uint16, x *float32, n int)
