package nn

import (
	"strings"
	"unicode"
)

// oneWord rewrites names whose capitals would split them into several words.
var oneWord = strings.NewReplacer("PReLU", "Prelu", "ReLU", "Relu", "GeLU", "Gelu", "SiLU", "Silu")

// snake returns a Go name in snake case. A word begins at a capital letter that follows a lower-case letter or
// precedes one. Digits belong to the word before them.
func snake(name string) string {
	r := []rune(oneWord.Replace(name))
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
