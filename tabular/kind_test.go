package tabular

import (
	"context"
	"strings"
	"testing"
	"unicode"
)

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

// What a table contains cannot change the terminal that shows its description, or make lines of its own.
func TestProfileIsPrintable(t *testing.T) {
	src, err := FromRecords("x\x1b[31m.csv", []string{"a\nb\x1b[2J", "c"}, [][]string{{"\x1b]0;title\x07u", "1"},
		{"v\u009b31m", "2"}, {"v", "2"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Inspect(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	text := p.String()
	if strings.Count(text, "\n") != 4 || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		t.Errorf("the description is %q", text)
	}
}

// TestChecksum checks that a profile tells tables apart whose columns have the same values in other rows.
func TestChecksum(t *testing.T) {
	checksum := func(text string) uint64 {
		t.Helper()
		p, err := Inspect(ctx, source(t, "t.csv", text))
		if err != nil {
			t.Fatal(err)
		}
		return p.Checksum
	}
	a := checksum("a,b\n1,5\n2,6\n3,7\n")
	if b := checksum("a,b\n1,5\n2,6\n3,7\n"); b != a {
		t.Errorf("the same table has the checksums %x and %x", a, b)
	}
	if b := checksum("a,b\n1,6\n2,5\n3,7\n"); b == a {
		t.Errorf("another table has the same checksum, %x", b)
	}
}
