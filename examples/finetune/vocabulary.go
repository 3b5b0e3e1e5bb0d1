package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/lamina-ml/lamina/text"
)

// vocabulary returns the tokens of a WordPiece tokenizer: the special ones, the characters of the texts, with which
// every word can be spelled, and the most frequent words, at most size tokens in all unless there are more
// characters.
func vocabulary(texts text.Texts, size int) ([]string, error) {
	words, characters := map[string]int{}, map[string]bool{}
	for i := range texts.Len() {
		s, err := texts.Text(i)
		if err != nil {
			return nil, err
		}
		for _, word := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			words[word]++
		}
		for _, r := range strings.ToLower(s) {
			if !unicode.IsSpace(r) {
				characters[string(r)] = true
			}
		}
	}
	tokens := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]"}
	for _, c := range slices.Sorted(maps.Keys(characters)) {
		tokens = append(tokens, c, "##"+c)
		delete(words, c)
	}
	frequent := slices.SortedFunc(maps.Keys(words), func(a, b string) int {
		return cmp.Or(cmp.Compare(words[b], words[a]), cmp.Compare(a, b))
	})
	return append(tokens, frequent[:min(len(frequent), max(size-len(tokens), 0))]...), nil
}
