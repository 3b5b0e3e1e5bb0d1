//go:build !noasm

package cpu

// detect returns the levels above Generic. Every arm64 processor that Go supports has Advanced SIMD.
func detect() []Level { return []Level{NEON} }
