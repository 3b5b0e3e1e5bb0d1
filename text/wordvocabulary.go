package text

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// WordVocabulary returns the tokens of a WordPiece tokenizer for texts (see [NewWordPiece]), in lower case: the special
// ones, the characters of the texts, with which every word can be spelled, and the most frequent words; at most size
// tokens unless there are more characters.
func WordVocabulary(texts Texts, size int) ([]string, error) {
	words, characters := map[string]int{}, map[string]bool{}
	for i := range texts.Len() {
		s, err := texts.Text(i)
		if err != nil {
			return nil, err
		}
		s = strings.ToLower(s)
		for word := range strings.FieldsFuncSeq(s,
			func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			words[word]++
		}
		for _, r := range s {
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
