package tabular

import (
	"strings"
	"testing"
)

// TestExampleOfCell: the example of a long cell ends with a whole character.
func TestExampleOfCell(t *testing.T) {
	for cell, want := range map[string]string{
		"short":                       "short",
		strings.Repeat("x", 40):       strings.Repeat("x", 40),
		strings.Repeat("x", 41):       strings.Repeat("x", 40) + "…",
		strings.Repeat("很", 14):       strings.Repeat("很", 13) + "…",
		"x" + strings.Repeat("ü", 20): "x" + strings.Repeat("ü", 19) + "…",
	} {
		if got := example([]byte(cell)); got != want {
			t.Errorf("%s: %q, want %q", cell, got, want)
		}
	}
}
