package texts

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"  a good  film, really":  "a|good|film,|really",
		"质量很好":                    "质|量|很|好",
		"我爱Go语言 2 years":          "我|爱|Go|语|言|2|years",
		"caf\u0065\u0301 か\u3099": "cafe\u0301|か\u3099",
		"bad\xffbytes \xff":       "bad\xffbytes|\xff",
	} {
		var got []string
		for _, w := range splitWords(text) {
			got = append(got, text[w.from:w.to])
		}
		if !slices.Equal(got, strings.FieldsFunc(want, func(r rune) bool { return r == '|' })) {
			t.Errorf("%q: %q, want %s", text, got, want)
		}
	}
}
