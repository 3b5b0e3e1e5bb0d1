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

// lookup returns the replacement of the shortest beginning of key that has one. (SentencePiece takes the longest one;
// PyPI tokenizers the shortest.)
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
	chars := n.chars[:0]
	changed := false
	for i := 0; i < len(n.text); {
		size := cluster(n.text[i:])
		if len(chars) > n.most {
			break
		}
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
	n.chars = chars
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
	// As in PyPI tokenizers, offsets are late if the text begins with a character that is removed.
	if count < old && len(chars) > 0 {
		chars[len(chars)-1].change += count - old
	}
	return chars
}

// cluster returns the length of the grapheme cluster (UAX #29) at the beginning of b. It leaves out the rule for
// consonants of Indic scripts (GB9c): such clusters have 9 bytes or more, and their parts are replaced alike.
func cluster(b []byte) int {
	c, n := utf8.DecodeRune(b)
	if c == '\r' && len(b) > 1 && b[1] == '\n' {
		return 2
	}
	picture := unicode.Is(pictographic, c) // c, or what c extends, is a pictograph
	flag := isFlag(c)                      // c is the first half of a flag
	for n < len(b) && !breaksAround(c) {
		next, size := utf8.DecodeRune(b[n:])
		switch joined := picture && c == 0x200D && unicode.Is(pictographic, next); {
		case extends(next):
			flag = false
		case joined || flag && isFlag(next) || joinsHangul(c, next) || prepends(c) && !breaksAround(next):
			picture = unicode.Is(pictographic, next)
			flag = prepends(c) && isFlag(next)
		default:
			return n
		}
		c = next
		n += size
	}
	return n
}

// pictographic is the property Extended_Pictographic.
var pictographic = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0xA9, 0xA9, 1}, {0xAE, 0xAE, 1}, {0x203C, 0x203C, 1}, {0x2049, 0x2049, 1}, {0x2122, 0x2122, 1},
		{0x2139, 0x2139, 1}, {0x2194, 0x2199, 1}, {0x21A9, 0x21AA, 1}, {0x231A, 0x231B, 1}, {0x2328, 0x2328, 1},
		{0x2388, 0x2388, 1}, {0x23CF, 0x23CF, 1}, {0x23E9, 0x23F3, 1}, {0x23F8, 0x23FA, 1}, {0x24C2, 0x24C2, 1},
		{0x25AA, 0x25AB, 1}, {0x25B6, 0x25B6, 1}, {0x25C0, 0x25C0, 1}, {0x25FB, 0x25FE, 1}, {0x2600, 0x2605, 1},
		{0x2607, 0x2612, 1}, {0x2614, 0x2685, 1}, {0x2690, 0x2705, 1}, {0x2708, 0x2712, 1}, {0x2714, 0x2716, 2},
		{0x271D, 0x2721, 4}, {0x2728, 0x2728, 1}, {0x2733, 0x2734, 1}, {0x2744, 0x2747, 3}, {0x274C, 0x274E, 2},
		{0x2753, 0x2755, 1}, {0x2757, 0x2757, 1}, {0x2763, 0x2767, 1}, {0x2795, 0x2797, 1}, {0x27A1, 0x27A1, 1},
		{0x27B0, 0x27BF, 15}, {0x2934, 0x2935, 1}, {0x2B05, 0x2B07, 1}, {0x2B1B, 0x2B1C, 1}, {0x2B50, 0x2B55, 5},
		{0x3030, 0x303D, 13}, {0x3297, 0x3299, 2},
	},
	R32: []unicode.Range32{
		{0x1F000, 0x1F0FF, 1}, {0x1F10D, 0x1F10F, 1}, {0x1F12F, 0x1F12F, 1}, {0x1F16C, 0x1F171, 1}, {0x1F17E, 0x1F17F, 1},
		{0x1F18E, 0x1F18E, 1}, {0x1F191, 0x1F19A, 1}, {0x1F1AD, 0x1F1E5, 1}, {0x1F201, 0x1F20F, 1}, {0x1F21A, 0x1F21A, 1},
		{0x1F22F, 0x1F22F, 1}, {0x1F232, 0x1F23A, 1}, {0x1F23C, 0x1F23F, 1}, {0x1F249, 0x1F3FA, 1}, {0x1F400, 0x1F53D, 1},
		{0x1F546, 0x1F64F, 1}, {0x1F680, 0x1F6FF, 1}, {0x1F774, 0x1F77F, 1}, {0x1F7D5, 0x1F7FF, 1}, {0x1F80C, 0x1F80F, 1},
		{0x1F848, 0x1F84F, 1}, {0x1F85A, 0x1F85F, 1}, {0x1F888, 0x1F88F, 1}, {0x1F8AE, 0x1F8FF, 1}, {0x1F90C, 0x1F93A, 1},
		{0x1F93C, 0x1F945, 1}, {0x1F947, 0x1FAFF, 1}, {0x1FC00, 0x1FFFD, 1},
	},
	LatinOffset: 2,
}

func isFlag(c rune) bool { return c >= 0x1F1E6 && c <= 0x1F1FF }

// joinsHangul reports whether b continues the syllable that ends in a: L (L | V | LV | LVT), (V | LV) (V | T),
// (T | LVT) T.
func joinsHangul(a, b rune) bool {
	const l, v, t, lv, lvt = 1, 2, 4, 8, 16
	kind := func(c rune) int {
		switch {
		case c >= 0x1100 && c <= 0x115F || c >= 0xA960 && c <= 0xA97C:
			return l
		case c >= 0x1160 && c <= 0x11A7 || c >= 0xD7B0 && c <= 0xD7C6:
			return v
		case c >= 0x11A8 && c <= 0x11FF || c >= 0xD7CB && c <= 0xD7FB:
			return t
		case c >= 0xAC00 && c <= 0xD7A3 && (c-0xAC00)%28 == 0:
			return lv
		case c >= 0xAC00 && c <= 0xD7A3:
			return lvt
		}
		return 0
	}
	switch kind(a) {
	case l:
		return kind(b)&(l|v|lv|lvt) != 0
	case v, lv:
		return kind(b)&(v|t) != 0
	case t, lvt:
		return kind(b) == t
	}
	return false
}

// extends reports the properties Extend, SpacingMark and ZWJ.
func extends(c rune) bool {
	if c < 0x300 {
		return false
	}
	switch {
	case c == 0x200C || c == 0x200D || c == 0xE33 || c == 0xEB3 || c >= 0x1F3FB && c <= 0x1F3FF:
		return true
	case table().of(c)&classMark != 0:
		switch c {
		case 0x102B, 0x102C, 0x1038, 0x1062, 0x1063, 0x1064, 0x1067, 0x1068, 0x1069, 0x106A, 0x106B, 0x106C, 0x106D, 0x1083,
			0x1087, 0x1088, 0x1089, 0x108A, 0x108B, 0x108C, 0x108F, 0x109A, 0x109B, 0x109C, 0x1A61, 0x1A63, 0x1A64,
			0xAA7B, 0xAA7D, 0x11720, 0x11721:
			return false
		}
		return true
	}
	// The numbers are marks that came with Unicode 17.
	return unicode.Is(unicode.Other_Grapheme_Extend, c) || c >= 0x1ACF && c <= 0x1AEB && c != 0x1ADE && c != 0x1ADF ||
		c == 0x10EFA || c == 0x10EFB || c >= 0x11B60 && c <= 0x11B67 ||
		c == 0x1E6E3 || c == 0x1E6E6 || c == 0x1E6EE || c == 0x1E6EF || c == 0x1E6F5
}

// prepends reports the property Prepend, without some letters of 4 bytes.
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
