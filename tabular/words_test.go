package tabular

import (
	"reflect"
	"testing"
)

// TestWords: words end at spaces and signs; two neighbouring characters of a script without spaces are a word.
func TestWords(t *testing.T) {
	bag := func(words ...string) []float32 {
		dst := make([]float32, 1<<12)
		for _, w := range words {
			one := make([]float32, len(dst))
			bagOfWords([]byte(w), one) // one word: 1 or −1 in one place
			for i := range dst {
				dst[i] += one[i]
			}
		}
		return dst
	}
	for _, c := range []struct {
		text  string
		words []string // of equal number each
		count int
	}{
		{"", nil, 0},
		{" …。 ", nil, 1},
		{"Good, quick!", []string{"good", "quick"}, 2},
		{"好", []string{"好"}, 1},
		{"质量很好", []string{"质量", "量很", "很好"}, 2},
		{"质量。很好", []string{"质量", "很好"}, 3},
		{"iPhone很好用3天", []string{"iphone", "很好", "好用", "3", "天"}, 4},
		{"スーパー", []string{"スー", "ーパ", "パー"}, 2},
		{"ไทย", []string{"ไท", "ทย"}, 2},
	} {
		got, want := make([]float32, 1<<12), bag(c.words...)
		bagOfWords([]byte(c.text), got)
		for i := range got {
			got[i] = float32(sign(got[i]))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q has other words than %q", c.text, c.words)
		}
		if n := words([]byte(c.text)); n != c.count {
			t.Errorf("%q counts as %d words, want %d", c.text, n, c.count)
		}
	}
}

func sign(x float32) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
