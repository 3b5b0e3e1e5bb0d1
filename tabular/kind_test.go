package tabular

import "testing"

// TestParseBoolean: numbers that are 1 or 0 are booleans however they are written, as inference counts them.
func TestParseBoolean(t *testing.T) {
	for cell, want := range map[string][2]bool{
		"1": {true, true}, "1.0": {true, true}, "0.000": {false, true}, "1e0": {true, true}, " Yes ": {true, true}, "F": {false, true},
		"2": {false, false}, "0.5": {false, false}, "": {false, false}, "maybe": {false, false},
	} {
		if v, ok := parseBoolean([]byte(cell)); v != want[0] || ok != want[1] {
			t.Errorf("%q: %v, %v, want %v", cell, v, ok, want)
		}
	}
}
