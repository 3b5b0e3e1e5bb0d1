//go:build noasm || !amd64

package cpu

func here() Processor { return Processor{} }
