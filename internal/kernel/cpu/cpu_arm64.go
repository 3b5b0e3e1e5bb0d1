//go:build !noasm

package cpu

// Every arm64 processor that Go runs on has Advanced SIMD.
func detect() []Level { return []Level{NEON} }
