//go:build noasm || !amd64

package quant

// kernelFor returns nil: there is no assembly.
func kernelFor(f Format, rounded bool) *kernel { return nil }

// roundInputs rounds x to 8 bits, in groups of 32.
func roundInputs(dst []roundedBlock, x []float32) { roundInputsPlain(dst, x) }

// dequantizeFast returns false: there is no assembly.
func dequantizeFast(f Format, dst []float32, blocks []byte) bool { return false }
