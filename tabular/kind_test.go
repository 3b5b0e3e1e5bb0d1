package tabular

import "testing"

// TestBooleanCells: numbers in a column of booleans are themselves, however 1 and 0 are written, and other counts too.
func TestBooleanCells(t *testing.T) {
	for cell, want := range map[string]float64{"1": 1, "1.0": 1, "0.000": 0, " Yes ": 1, "F": 0, "2": 2} {
		if v, err := valueOf(Boolean, "", []byte(cell)); v != want || err != nil {
			t.Errorf("%q: %v, %v, want %v", cell, v, err, want)
		}
	}
	if _, err := valueOf(Boolean, "", []byte("maybe")); err == nil {
		t.Error("maybe is accepted")
	}
}
