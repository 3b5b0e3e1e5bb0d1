package readable

import (
	"slices"
	"testing"
)

func TestCompareNatural(t *testing.T) {
	want := []string{"", "0", "00", "1.png", "2.png", "10.png", "a", "a1b2", "a1b10", "a02", "a2", "a10",
		"a99999999999999999999998", "a99999999999999999999999", "b"}
	got := slices.Clone(want)
	slices.Sort(got)
	slices.SortFunc(got, CompareNatural)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
