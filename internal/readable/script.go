package readable

import "unicode"

// Unspaced reports whether a character belongs to a script without spaces between words: Chinese, Japanese, Thai, Lao,
// Khmer or Burmese.
func Unspaced(r rune) bool {
	const thai, long = '\u0e00', 'ー' // the first such script; the sign of a long vowel, which two scripts share
	return r >= thai && (r == long || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}
