//go:build !noasm

package cpu

import "testing"

// VNNI and BF16 belong to the level AVX512: no lower level uses them.
func TestExtensions(t *testing.T) {
	for _, l := range Levels() {
		restore := Force(l)
		if (VNNI() || BF16()) && ISA() != AVX512 {
			t.Errorf("level %v: VNNI is %v, BF16 is %v", l, VNNI(), BF16())
		}
		restore()
	}
}
