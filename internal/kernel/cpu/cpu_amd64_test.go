//go:build !noasm

package cpu

import "testing"

// VNNI belongs to the level AVX512: no lower level uses it.
func TestVNNI(t *testing.T) {
	for _, l := range Levels() {
		restore := Force(l)
		if VNNI() && ISA() != AVX512 {
			t.Errorf("VNNI at level %v", l)
		}
		restore()
	}
}
