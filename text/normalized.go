package text

import "unicode/utf8"

// Span is a range of bytes [Start, End) of an encoded string.
type Span struct{ Start, End int }

// normalized is a text that normalizers rewrite, with the place of each of its bytes in the input.
type normalized struct {
	text  []byte
	at    []Span // the bytes of the input that each byte of text comes from; nil if text is the input
	base  int    // where text begins in the input
	track bool   // keep at
	input bool   // text is the input, which must not be changed
	most  int    // replacements end when the text has so many bytes: a tokenizer.json cannot make a text huge

	// While a normalizer rewrites the text: the new text, and the position of the next character that it replaces.
	out   []byte
	outAt []Span
	next  int
	spare []byte

	chars, marks []formChar // memory of form and precompiled
	buf, pair    []byte
	found        []Span // memory of replace
}

// reset makes input the text.
func (n *normalized) reset(input []byte, base int, track bool) {
	if !n.input {
		n.spare = n.text
	}
	n.text, n.base, n.track, n.input = input, base, track, true
	n.most = 256*len(input) + 1<<16
	n.at = n.at[:0]
}

// begin starts a new text. put, skip and copy write it, and end replaces the text by it.
func (n *normalized) begin() {
	n.out, n.outAt, n.next = n.out[:0], n.outAt[:0], 0
	if n.track && n.input {
		n.at = n.at[:0]
		for i := 0; i < len(n.text); {
			_, size := utf8.DecodeRune(n.text[i:])
			for range size {
				n.at = append(n.at, Span{n.base + i, n.base + i + size})
			}
			i += size
		}
	}
}

func (n *normalized) end() {
	if n.input {
		n.text, n.out, n.spare, n.input = n.out, n.spare, nil, false
	} else {
		n.text, n.out = n.out, n.text
	}
	n.at, n.outAt = n.outAt, n.at
}

// put writes c. If change is 0, c replaces the next character of the old text. If it is −k, c also replaces the k
// characters after that one. If it is 1, c is inserted, and its place is that of the character before.
func (n *normalized) put(c rune, change int) {
	from := len(n.out)
	n.out = utf8.AppendRune(n.out, c)
	if !n.track {
		return
	}
	place := Span{n.base, n.base}
	if change <= 0 {
		place = n.at[min(n.next, len(n.at)-1)]
		n.skip(1 - change)
	} else if n.next > 0 {
		place = n.at[n.next-1]
	}
	for range len(n.out) - from {
		n.outAt = append(n.outAt, place)
	}
}

// skip leaves out the next characters of the old text.
func (n *normalized) skip(characters int) {
	for ; characters > 0 && n.next < len(n.text); characters-- {
		_, size := utf8.DecodeRune(n.text[n.next:])
		n.next += size
	}
}

// copy copies the bytes from to to of the old text.
func (n *normalized) copy(from, to int) {
	n.out = append(n.out, n.text[from:to]...)
	if n.track {
		n.outAt = append(n.outAt, n.at[from:to]...)
	}
	n.next = to
}

// prepend inserts s before the bytes from to to of the old text, which are not empty, and copies them.
func (n *normalized) prepend(s string, from, to int) {
	n.next = from
	change := 0
	for _, c := range s {
		n.put(c, change)
		change = 1
	}
	n.copy(from, to)
}

// filter removes the characters that keep refuses, and maps the others.
func (n *normalized) filter(keep func(rune) bool, to func(rune) rune) {
	n.begin()
	var last rune
	removed, found := 0, false
	for i := 0; i < len(n.text); {
		c, size := utf8.DecodeRune(n.text[i:])
		i += size
		if !keep(c) {
			removed++
			continue
		}
		if found {
			n.put(last, -removed)
		} else {
			n.skip(removed)
		}
		last, removed, found = to(c), 0, true
	}
	if found {
		n.put(last, -removed)
	}
	n.end()
}

func same(c rune) rune { return c }

// replace replaces the matches by content.
func (n *normalized) replace(matches []Span, content string) {
	if len(matches) == 0 {
		return
	}
	n.begin()
	at := 0
	for _, m := range matches {
		if len(n.out) > n.most {
			break
		}
		n.copy(at, m.Start)
		n.next = m.End
		for _, c := range content {
			n.put(c, 1)
		}
		at = m.End
	}
	n.copy(at, len(n.text))
	n.end()
}

// place returns the bytes of the input that the bytes from to to of the text come from.
func (n *normalized) place(from, to int) Span {
	if from >= to || to > len(n.text) {
		return Span{n.base + from, n.base + to}
	}
	if !n.input {
		return Span{n.at[from].Start, n.at[to-1].End}
	}
	for from > 0 && insideRune(n.text, from) {
		from--
	}
	for to < len(n.text) && insideRune(n.text, to) {
		to++
	}
	return Span{n.base + from, n.base + to}
}

// insideRune reports whether position i of b is inside a valid multi-byte character.
func insideRune(b []byte, i int) bool {
	if utf8.RuneStart(b[i]) {
		return false
	}
	start := max(i-utf8.UTFMax+1, 0)
	for j := i - 1; j >= start; j-- {
		if utf8.RuneStart(b[j]) {
			_, size := utf8.DecodeRune(b[j:])
			return j+size > i
		}
	}
	return false
}
