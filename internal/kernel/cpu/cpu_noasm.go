//go:build noasm || !(amd64 || arm64)

package cpu

// detect returns the levels above Generic.
func detect() []Level { return nil }
