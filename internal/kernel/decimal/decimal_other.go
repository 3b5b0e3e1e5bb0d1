//go:build !amd64 || noasm

package decimal

func floats(text []byte, cells []Span, stride int, values []float64) int {
	return generic(text, cells, stride, values)
}
