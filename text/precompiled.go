package text

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode"
	"unicode/utf8"
)

// precompiled is SentencePiece's normalizer: a table of replacements in a double-array trie (Darts).
type precompiled struct {
	units []uint32
	texts []byte // the replacements, each with a zero byte at its end
}

// newPrecompiled reads a charsmap: the size of the trie in bytes as uint32, the trie, the replacements.
func newPrecompiled(b []byte) (*precompiled, error) {
	if len(b) < 4 {
		return nil, errors.New("precompiled_charsmap: fewer than 4 bytes")
	}
	size := binary.LittleEndian.Uint32(b)
	b = b[4:]
	if uint64(size) > uint64(len(b)) || size%4 != 0 || size == 0 {
		return nil, errors.New("precompiled_charsmap: the size of its trie does not fit to the data")
	}
	p := &precompiled{units: make([]uint32, size/4), texts: b[size:]}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return p, nil
}

// lookup returns the replacement of the shortest beginning of key that has one. (SentencePiece takes the longest one; PyPI tokenizers the
// shortest.)
func (p *precompiled) lookup(key []byte) ([]byte, bool) {
	at := unitOffset(p.units[0])
	for _, c := range key {
		if c == 0 {
			break
		}
		at ^= uint32(c)
		if at >= uint32(len(p.units)) {
			break
		}
		u := p.units[at]
		if u&(1<<31|0xFF) != uint32(c) {
			break
		}
		at ^= unitOffset(u)
		if u>>8&1 == 1 && at < uint32(len(p.units)) {
			from := p.units[at] & (1<<31 - 1)
			if from > uint32(len(p.texts)) {
				break
			}
			text := p.texts[from:]
			if end := bytes.IndexByte(text, 0); end >= 0 {
				text = text[:end]
			}
			return text, true
		}
	}
	return nil, false
}

func unitOffset(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }

func (p *precompiled) normalize(n *normalized) {
	var chars []formChar
	changed := false
	for i := 0; i < len(n.text); {
		size := cluster(n.text[i:])
		if size < 6 {
			if text, ok := p.lookup(n.text[i : i+size]); ok {
				chars = appendReplacement(chars, utf8.RuneCount(n.text[i:i+size]), text)
				changed = true
				i += size
				continue
			}
		}
		for end := i + size; i < end; {
			c, size := utf8.DecodeRune(n.text[i:])
			if text, ok := p.lookup(n.text[i : i+size]); ok {
				chars = appendReplacement(chars, 1, text)
				changed = true
			} else {
				chars = append(chars, formChar{c: c})
			}
			i += size
		}
	}
	if !changed {
		return
	}
	n.begin()
	for _, x := range chars {
		n.put(x.c, x.change)
	}
	n.end()
}

// appendReplacement appends text in place of the next old characters.
func appendReplacement(chars []formChar, old int, text []byte) []formChar {
	count := 0
	for _, c := range string(text) {
		x := formChar{c: c}
		if count++; count > old {
			x.change = 1
		}
		chars = append(chars, x)
	}
	if count < old && len(chars) > 0 { // as in PyPI tokenizers, whose offsets are late if the text begins with a removed character
		chars[len(chars)-1].change += count - old
	}
	return chars
}

// cluster returns the length of the grapheme cluster (UAX #29) at the beginning of b, exactly if it has fewer than 6 bytes; longer ones
// may be split. So the rules for Hangul syllables, flags and joined emoji are not needed.
func cluster(b []byte) int {
	c, n := utf8.DecodeRune(b)
	if c == '\r' && len(b) > 1 && b[1] == '\n' {
		return 2
	}
	for n < len(b) && !breaksAround(c) && n < 6 {
		next, size := utf8.DecodeRune(b[n:])
		if !extends(next) && (!prepends(c) || breaksAround(next)) {
			break
		}
		c = next
		n += size
	}
	return n
}

// extends reports the properties Extend, SpacingMark and ZWJ.
func extends(c rune) bool {
	if c < 0x300 {
		return false
	}
	switch {
	case c == 0x200C || c == 0x200D || c == 0xE33 || c == 0xEB3 || c >= 0x1F3FB && c <= 0x1F3FF:
		return true
	case unicode.Is(unicode.Mc, c):
		switch c {
		case 0x102B, 0x102C, 0x1038, 0x1062, 0x1063, 0x1064, 0x1067, 0x1068, 0x1069, 0x106A, 0x106B, 0x106C, 0x106D, 0x1083,
			0x1087, 0x1088, 0x1089, 0x108A, 0x108B, 0x108C, 0x108F, 0x109A, 0x109B, 0x109C, 0x1A61, 0x1A63, 0x1A64, 0xAA7B, 0xAA7D, 0x11720, 0x11721:
			return false
		}
		return true
	}
	return unicode.Is(unicode.Mn, c) || unicode.Is(unicode.Me, c) || unicode.Is(unicode.Other_Grapheme_Extend, c)
}

// prepends reports the property Prepend, of the characters that have fewer than 6 bytes with the next one.
func prepends(c rune) bool {
	return unicode.Is(unicode.Prepended_Concatenation_Mark, c) || c == 0xD4E
}

// breaksAround reports the properties CR, LF and Control.
func breaksAround(c rune) bool {
	if c < 0x300 {
		return c < ' ' || c >= 0x7F && c < 0xA0 || c == 0xAD
	}
	return (unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp)) && c != 0x200C && c != 0x200D && !prepends(c) && !extends(c)
}
