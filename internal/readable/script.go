package readable

import "unicode"

// Unspaced reports whether a character belongs to a script without spaces between words: Chinese, Japanese, Thai, Lao, Khmer
// or Burmese.
func Unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
