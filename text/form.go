package text

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The Unicode normalization forms (UAX #15). Values come from golang.org/x/text, for the characters that PyPI
// tokenizers knows (Unicode 9, see classNormalizing): others stay as they are. A decomposition never changes between
// versions of Unicode.
var (
	nfd  = &form{norm.NFD, false}
	nfc  = &form{norm.NFD, true}
	nfkd = &form{norm.NFKD, false}
	nfkc = &form{norm.NFKD, true}
)

// form is a normalization form: a decomposition, and perhaps a composition after it.
type form struct {
	decomposition norm.Form
	compose       bool
}

// formChar is a character with its change for normalized.put and its canonical combining class.
type formChar struct {
	c      rune
	change int
	ccc    uint8
}

func (f *form) normalize(n *normalized) {
	t := table()
	if isASCII(n.text) || t.runOutside(n.text, 0, classNormalizing) == len(n.text) {
		return
	}
	if f.compose && (f.decomposition + norm.NFC - norm.NFD).IsNormal(n.text) {
		return
	}
	chars := n.chars[:0]
	for i := 0; i < len(n.text); {
		c, size := utf8.DecodeRune(n.text[i:])
		if t.of(c)&classNormalizing == 0 {
			chars = append(chars, formChar{c, 0, 0})
		} else {
			change := 0
			n.buf = f.appendDecomposed(n.buf[:0], c, n.text[i:i+size])
			for _, d := range string(n.buf) {
				chars = append(chars, formChar{d, change, n.combiningClass(t, d)})
				change = 1
			}
		}
		i += size
	}
	for i := 0; i < len(chars); i++ { // canonical ordering: sort each run of marks, keeping the order of equal classes
		from := i
		for i < len(chars) && chars[i].ccc != 0 {
			i++
		}
		if i-from > 1 {
			slices.SortStableFunc(chars[from:i], func(a, b formChar) int { return int(a.ccc) - int(b.ccc) })
		}
	}
	n.chars = chars
	n.begin()
	if f.compose {
		n.putComposed(t, chars)
	} else {
		for _, x := range chars {
			n.put(x.c, x.change)
		}
	}
	n.end()
}

// appendDecomposed appends the decomposition of c, whose bytes are b: a Hangul syllable's by the formula of the
// Unicode standard.
func (f *form) appendDecomposed(dst []byte, c rune, b []byte) []byte {
	if s := c - 0xAC00; s >= 0 && s < 11172 {
		dst = utf8.AppendRune(utf8.AppendRune(dst, 0x1100+s/588), 0x1161+s%588/28)
		if s%28 > 0 {
			dst = utf8.AppendRune(dst, 0x11A7+s%28)
		}
		return dst
	}
	if d := f.decomposition.Properties(b).Decomposition(); d != nil {
		return append(dst, d...)
	}
	return append(dst, b...)
}

// putComposed writes chars composed: each mark joins the starter before it if a composed character exists and no mark
// of the same or a higher class stands between.
func (n *normalized) putComposed(t *classes, chars []formChar) {
	var starter formChar
	marks := n.marks[:0] // after the starter, not composed with it
	found := false
	flush := func() {
		if found {
			n.put(starter.c, starter.change)
		}
		for _, m := range marks {
			n.put(m.c, m.change)
		}
		marks = marks[:0]
	}
	for _, x := range chars {
		if !found {
			if x.ccc != 0 {
				n.put(x.c, x.change)
				continue
			}
			starter, found = x, true
			continue
		}
		if k := len(marks); k == 0 || marks[k-1].ccc < x.ccc {
			if c, ok := n.composed(t, starter.c, x.c); ok {
				starter.c, starter.change = c, starter.change+x.change-1
				continue
			}
		}
		if x.ccc == 0 {
			flush()
			starter = x
			continue
		}
		marks = append(marks, x)
	}
	flush()
	n.marks = marks
}

func (n *normalized) combiningClass(t *classes, c rune) uint8 {
	if t.of(c)&classNormalizing == 0 {
		return 0
	}
	n.pair = utf8.AppendRune(n.pair[:0], c)
	return norm.NFD.Properties(n.pair).CCC()
}

// composed returns the primary composite of a and b.
func (n *normalized) composed(t *classes, a, b rune) (rune, bool) {
	if t.of(b)&classNormalizing == 0 {
		return 0, false
	}
	n.pair = utf8.AppendRune(utf8.AppendRune(n.pair[:0], a), b)
	n.buf = norm.NFC.Append(n.buf[:0], n.pair...)
	c, size := utf8.DecodeRune(n.buf)
	return c, size == len(n.buf)
}
