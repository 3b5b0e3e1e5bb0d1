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
	chars := make([]formChar, 0, len(n.text))
	var buf [64]byte
	for i := 0; i < len(n.text); {
		c, size := utf8.DecodeRune(n.text[i:])
		if t.of(c)&classNormalizing == 0 {
			chars = append(chars, formChar{c, 0, 0})
		} else {
			change := 0
			for _, d := range string(f.decomposition.Append(buf[:0], n.text[i:i+size]...)) {
				chars = append(chars, formChar{d, change, combiningClass(t, d)})
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

// putComposed writes chars composed: each mark joins the starter before it if a composed character exists and no mark
// of the same or a higher class stands between.
func (n *normalized) putComposed(t *classes, chars []formChar) {
	var starter formChar
	var marks []formChar // after the starter, not composed with it
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
			if c, ok := composed(t, starter.c, x.c); ok {
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
}

func combiningClass(t *classes, c rune) uint8 {
	if t.of(c)&classNormalizing == 0 {
		return 0
	}
	var buf [utf8.UTFMax]byte
	return norm.NFD.Properties(utf8.AppendRune(buf[:0], c)).CCC()
}

// composed returns the primary composite of a and b.
func composed(t *classes, a, b rune) (rune, bool) {
	if t.of(b)&classNormalizing == 0 {
		return 0, false
	}
	var buf, pair [64]byte
	s := norm.NFC.Append(buf[:0], utf8.AppendRune(utf8.AppendRune(pair[:0], a), b)...)
	c, size := utf8.DecodeRune(s)
	return c, size == len(s)
}
