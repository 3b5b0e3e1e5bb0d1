package text

import (
	"unicode"
	"unicode/utf8"
)

// normalizer is a step that rewrites the text before it is split.
type normalizer interface {
	normalize(n *normalized)
}

// sequenceNormalizer runs several normalizers.
type sequenceNormalizer []normalizer

func (s sequenceNormalizer) normalize(n *normalized) {
	for _, f := range s {
		f.normalize(n)
	}
}

// bertNormalizer is BERT's cleaning: control characters out, spaces around Chinese characters, accents out, lowercase.
type bertNormalizer struct {
	clean, chinese, accents, lowercase bool
	ascii                              [utf8.RuneSelf]int8 // what an ASCII character becomes, −1 if it is removed
}

func newBertNormalizer(clean, chinese, accents, lowercase bool) *bertNormalizer {
	b := &bertNormalizer{clean: clean, chinese: chinese, accents: accents, lowercase: lowercase}
	for c := range b.ascii {
		b.ascii[c] = int8(c)
		if clean {
			b.ascii[c] = int8(b.cleaned(rune(c)))
			if !b.keeps(rune(c)) {
				b.ascii[c] = -1
			}
		}
		if lowercase && 'A' <= c && c <= 'Z' {
			b.ascii[c] = int8(c + 'a' - 'A')
		}
	}
	return b
}

func (b *bertNormalizer) keeps(c rune) bool { return table().of(c)&classBertRemoved == 0 }

func (b *bertNormalizer) cleaned(c rune) rune {
	if table().of(c)&classBertSpace != 0 {
		return ' '
	}
	return c
}

func (b *bertNormalizer) normalize(n *normalized) {
	if isASCII(n.text) {
		b.normalizeASCII(n)
		return
	}
	if b.clean {
		n.filter(b.keeps, b.cleaned)
	}
	if b.chinese {
		n.begin()
		for i := 0; i < len(n.text); {
			c, size := utf8.DecodeRune(n.text[i:])
			i += size
			if isChinese(c) {
				n.put(' ', 0)
				n.put(c, 1)
				n.put(' ', 1)
			} else {
				n.put(c, 0)
			}
		}
		n.end()
	}
	if b.accents {
		nfd.normalize(n)
		n.filter(func(c rune) bool { return table().of(c)&classNonspacing == 0 }, same)
	}
	if b.lowercase {
		lowercase{}.normalize(n)
	}
}

// normalizeASCII is normalize for a text of ASCII characters.
func (b *bertNormalizer) normalizeASCII(n *normalized) {
	n.begin()
	for i, c := range n.text {
		if to := b.ascii[c]; to >= 0 {
			n.out = append(n.out, byte(to))
			if n.track {
				n.outAt = append(n.outAt, n.at[i])
			}
		}
	}
	n.end()
}

// isChinese reports whether BERT surrounds c with spaces.
func isChinese(c rune) bool {
	return c >= 0x3400 && (c >= 0x4E00 && c <= 0x9FFF || c <= 0x4DBF || c >= 0xF900 && c <= 0xFAFF ||
		c >= 0x20000 && c <= 0x2A6DF || c >= 0x2A700 && c <= 0x2B81F || c >= 0x2B920 && c <= 0x2CEAF ||
		c >= 0x2F800 && c <= 0x2FA1F)
}

// lowercase maps each character to its lowercase form, whatever its neighbours.
type lowercase struct{}

func (lowercase) normalize(n *normalized) {
	n.begin()
	for i := 0; i < len(n.text); {
		c, size := utf8.DecodeRune(n.text[i:])
		i += size
		n.put(toLower(c), 0)
		if c == 'İ' {
			n.put('\u0307', 1)
		}
	}
	n.end()
}

// newLower lists cased letters of Unicode 16 and later, which Go's tables may lack: those from first to last, of
// which every step-th is a capital, have a lowercase form at the distance to.
var newLower = []struct{ first, last, step, to rune }{
	{0x1C89, 0x1C89, 1, 1}, {0xA7CB, 0xA7CB, 1, 0x264 - 0xA7CB}, {0xA7CC, 0xA7CE, 2, 1}, {0xA7D2, 0xA7D4, 2, 1},
	{0xA7DA, 0xA7DA, 1, 1}, {0xA7DC, 0xA7DC, 1, 0x19B - 0xA7DC}, {0x10D50, 0x10D65, 1, 32}, {0x16EA0, 0x16EB8, 1, 27},
}

// toLower returns the first character of c's lowercase form. Only İ has a second one.
func toLower(c rune) rune {
	if c >= 0x1C89 {
		for _, r := range newLower {
			if c >= r.first && c <= r.last && (c-r.first)%r.step == 0 {
				return c + r.to
			}
		}
	}
	return unicode.ToLower(c)
}

// stripAccents removes the combining marks.
type stripAccents struct{}

func (stripAccents) normalize(n *normalized) {
	n.filter(func(c rune) bool { return table().of(c)&classCombining == 0 }, same)
}

// strip removes white space at the ends.
type strip struct{ left, right bool }

func (s strip) normalize(n *normalized) {
	t := table()
	from, to := 0, len(n.text)
	if s.left {
		from = t.run(n.text, 0, classSpace)
	}
	for s.right && to > from {
		k, size := t.last(n.text[:to])
		if k&classSpace == 0 {
			break
		}
		to -= size
	}
	if from > 0 || to < len(n.text) {
		n.begin()
		n.copy(from, to)
		n.end()
	}
}

// replace replaces all matches of a pattern.
type replace struct {
	pattern matcher
	content string
}

func (r replace) normalize(n *normalized) {
	n.found = r.pattern.matches(n.text, n.found[:0])
	n.replace(n.found, r.content)
}

// prepend puts a string before the text, unless that is empty.
type prepend string

func (p prepend) normalize(n *normalized) {
	if len(n.text) > 0 {
		n.begin()
		n.prepend(string(p), 0, len(n.text))
		n.end()
	}
}

// nmt is the cleaning of Google's translation models: control characters out, other white space to a space.
type nmt struct{}

func (nmt) normalize(n *normalized) {
	n.filter(func(c rune) bool {
		return !(c >= 1 && c <= 8 || c == 0xB || c >= 0xE && c <= 0x1F || c == 0x7F || c == 0x8F || c == 0x9F)
	}, func(c rune) rune {
		switch c {
		case 9, 0xA, 0xC, 0xD, 0x1680, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
			return ' '
		}
		return c
	})
}

// byteAlphabet has the character that stands for each byte in a byte-level vocabulary (GPT-2): printable Latin-1
// characters stand for themselves, the others for the characters from U+0100 on. alphabetByte is its inverse, −1 for
// other characters.
var byteAlphabet, alphabetByte = func() (to [256]rune, from [512]int16) {
	next := rune(256)
	for b := range to {
		to[b] = rune(b)
		if b < '!' || b > '~' && b < 0xA1 || b == 0xAD {
			to[b] = next
			next++
		}
	}
	for i := range from {
		from[i] = -1
	}
	for b, c := range to {
		from[c] = int16(b)
	}
	return to, from
}()

// alphabetBytes appends to dst the bytes that the characters of a byte-level token stand for. It reports false, and
// appends nothing, if a character stands for none.
func alphabetBytes(dst []byte, token string) ([]byte, bool) {
	from := len(dst)
	for _, c := range token {
		if int(c) >= len(alphabetByte) || alphabetByte[c] < 0 {
			return dst[:from], false
		}
		dst = append(dst, byte(alphabetByte[c]))
	}
	return dst, true
}

// byteLevelNormalizer replaces each byte by its character of byteAlphabet.
type byteLevelNormalizer struct{}

func (byteLevelNormalizer) normalize(n *normalized) {
	n.begin()
	n.putBytes(0, len(n.text))
	n.end()
}

// putBytes writes the characters of byteAlphabet for the bytes from to to of the old text.
func (n *normalized) putBytes(from, to int) {
	for i := from; i < to; {
		_, size := utf8.DecodeRune(n.text[i:])
		for k := range size {
			n.put(byteAlphabet[n.text[i+k]], min(k, 1))
		}
		i += size
	}
}
