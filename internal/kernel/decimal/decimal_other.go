//go:build !amd64 || noasm

package decimal

func separators(text []byte, delimiter byte, masks []uint64) {
	separatorsGeneric(text, delimiter, masks)
}

func floats(text []byte, cells []Span, stride int, values []float64) int {
	return generic(text, cells, stride, values)
}
