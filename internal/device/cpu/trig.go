package cpu

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// Tan, Sinh and Cosh are more accurate than those of package math, or have a wider range.
func Tan(x float64) float64  { return vec.TanOf(x) }
func Sinh(x float64) float64 { return vec.SinhOf(x) }
func Cosh(x float64) float64 { return vec.CoshOf(x) }
