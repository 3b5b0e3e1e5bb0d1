package spelling

import (
	"strings"
	"testing"
)

func TestSimilar(t *testing.T) {
	words := []string{"epochs", "batch", "lr", "optimizer", "größe"}
	for word, want := range map[string]string{"epoch": "epochs", "bacth": "batch", "rl": "lr", "optimiser": "optimizer",
		"BATCH": "batch", "grösse": "größe",
		"zebra": "", "": "", strings.Repeat("x", 1000): ""} {
		if got := Similar(word, words); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("epoch", words) + DidYouMean("zebra", words); got != ` (did you mean "epochs"?)` {
		t.Errorf("%q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"abc", "xbc", 1}, {"kitten", "sitting", 3},
		{"é", "e", 1}, {"", "abc", 3},
		{strings.Repeat("a", 100), strings.Repeat("a", 100), 64}, {strings.Repeat("a", 100), "b", 64}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%.10q and %.10q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := Distance(c.b, c.a); got != c.want {
			t.Errorf("%.10q and %.10q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
