package nn

import (
	"strings"
	"unicode"
)

// words are names of the field that count as one word whatever their letters.
var words = strings.NewReplacer("PReLU", "Prelu", "ReLU", "Relu", "GeLU", "Gelu", "SiLU", "Silu")

// snake returns a Go name in snake case: a word begins at a capital that follows a small letter or a digit and is followed by a
// small letter, or that ends a run of capitals so. Digits belong to the word before them.
func snake(name string) string {
	r := []rune(words.Replace(name))
	var b strings.Builder
	for i, c := range r {
		if i > 0 && unicode.IsUpper(c) && r[i-1] != '_' {
			next := i+1 < len(r) && unicode.IsLower(r[i+1])
			if unicode.IsLower(r[i-1]) || next {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
