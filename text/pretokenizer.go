package text

import "unicode/utf8"

// piece is a range of bytes of the normalized text that the model tokenizes by itself.
type piece = Span

// preTokenizer is a step that splits the text into pieces.
type preTokenizer interface {
	split(w *work)
}

// sequencePreTokenizer runs several steps.
type sequencePreTokenizer []preTokenizer

func (s sequencePreTokenizer) split(w *work) {
	for _, p := range s {
		p.split(w)
	}
}

// behavior says what becomes of the matches of a pattern: SplitDelimiterBehavior.
type behavior int

const (
	removed behavior = iota
	isolated
	mergedWithPrevious
	mergedWithNext
	contiguous
)

var behaviors = map[string]behavior{"Removed": removed, "Isolated": isolated, "MergedWithPrevious": mergedWithPrevious,
	"MergedWithNext": mergedWithNext, "Contiguous": contiguous}

// splitter splits at the matches of a pattern. With invert the matches are the pieces, and what is between them is
// the delimiter.
type splitter struct {
	pattern  matcher
	behavior behavior
	invert   bool
}

func (s splitter) split(w *work) {
	w.next = w.next[:0]
	for _, p := range w.pieces {
		b := w.n.text[p.Start:p.End]
		w.found = s.pattern.matches(b, w.found[:0])
		from := len(w.next)
		at, before := 0, false
		for _, m := range w.found {
			if m.Start > at {
				before = w.add(from, Span{p.Start + at, p.Start + m.Start}, s.invert, before, s.behavior)
			}
			before = w.add(from, Span{p.Start + m.Start, p.Start + m.End}, !s.invert, before, s.behavior)
			at = m.End
		}
		if at < len(b) {
			w.add(from, Span{p.Start + at, p.End}, s.invert, before, s.behavior)
		}
	}
	w.pieces, w.next = w.next, w.pieces
}

// add adds a piece to those from index from on. match tells whether it is a delimiter, before whether the one before
// it was. It returns match.
func (w *work) add(from int, p Span, match, before bool, how behavior) bool {
	last := len(w.next) - 1
	switch {
	case p.Start == p.End || how == removed && match:
	case last >= from && (how == contiguous && match == before || how == mergedWithPrevious && match && !before ||
		how == mergedWithNext && !match && before):
		w.next[last].End = p.End
	default:
		w.next = append(w.next, p)
	}
	return match
}

// splitAll is a splitter for a scanner, whose matches are the pieces.
type splitAll struct{ scanner *scanner }

func (s splitAll) split(w *work) {
	t := table()
	w.next = w.next[:0]
	for _, p := range w.pieces {
		b := w.n.text[:p.End]
		for i := p.Start; i < len(b); {
			end := s.scanner.next(s.scanner, t, b, i)
			w.next = append(w.next, Span{i, end})
			i = end
		}
	}
	w.pieces, w.next = w.next, w.pieces
}

// bertPreTokenizer splits at white space, which it removes, and around punctuation.
type bertPreTokenizer struct{}

func (bertPreTokenizer) split(w *work) {
	t := table()
	w.next = w.next[:0]
	for _, p := range w.pieces {
		b := w.n.text[:p.End]
		from := p.Start
		for i := p.Start; i < len(b); {
			k, size := t.first(b[i:])
			if k&(classSpace|classPunctuation) != 0 {
				if i > from {
					w.next = append(w.next, Span{from, i})
				}
				if k&classPunctuation != 0 {
					w.next = append(w.next, Span{i, i + size})
				}
				from = i + size
			}
			i += size
		}
		if from < len(b) {
			w.next = append(w.next, Span{from, len(b)})
		}
	}
	w.pieces, w.next = w.next, w.pieces
}

// prefixSpace puts a space before each piece that does not begin with one.
type prefixSpace struct{}

func (prefixSpace) split(w *work) {
	w.rewrite(func(b []byte) bool { return b[0] != ' ' }, " ")
}

// rewrite puts prefix before the pieces for which needs is true.
func (w *work) rewrite(needs func(b []byte) bool, prefix string) {
	w.next = w.next[:0]
	w.n.begin()
	for _, p := range w.pieces {
		from := len(w.n.out)
		if needs(w.n.text[p.Start:p.End]) {
			w.n.prepend(prefix, p.Start, p.End)
		} else {
			w.n.copy(p.Start, p.End)
		}
		w.next = append(w.next, Span{from, len(w.n.out)})
	}
	w.n.end()
	w.pieces, w.next = w.next, w.pieces
}

// byteLevel replaces each byte by its character of byteAlphabet. A model with byte-level vocabulary needs this step
// only if the next step or the model looks at characters; see core.raw.
type byteLevel struct{}

func (byteLevel) split(w *work) {
	w.next = w.next[:0]
	w.n.begin()
	for _, p := range w.pieces {
		from := len(w.n.out)
		w.n.next = p.Start
		w.n.putBytes(p.Start, p.End)
		w.next = append(w.next, Span{from, len(w.n.out)})
	}
	w.n.end()
	w.pieces, w.next = w.next, w.pieces
}

// metaspace replaces spaces by a visible character, puts it before the text, and splits before it (SentencePiece).
type metaspace struct {
	space  rune
	prefix prefixScheme
	before preTokenizer // splits before the character; nil if the text is not split
}

// prefixScheme says which pieces get a prefix.
type prefixScheme int

const (
	always prefixScheme = iota
	first               // those at the beginning of the input
	never
)

var prefixSchemes = map[string]prefixScheme{"always": always, "first": first, "never": never}

func (m metaspace) split(w *work) {
	w.next = w.next[:0]
	n := w.n
	n.begin()
	for _, p := range w.pieces {
		from := len(n.out)
		c, _ := utf8.DecodeRune(n.text[p.Start:p.End])
		if c == ' ' {
			c = m.space
		}
		if c != m.space && (m.prefix == always || m.prefix == first && n.startsAt(p.Start) == 0) {
			n.next = p.Start
			n.put(m.space, 0)
			n.next = p.Start
		}
		for i := p.Start; i < p.End; {
			c, size := utf8.DecodeRune(n.text[i:p.End])
			if c == ' ' {
				n.next = i
				n.put(m.space, 0)
			} else {
				n.copy(i, i+size)
			}
			i += size
		}
		w.next = append(w.next, Span{from, len(n.out)})
	}
	n.end()
	w.pieces, w.next = w.next, w.pieces
	if m.before != nil {
		m.before.split(w)
	}
}

// startsAt returns where in the input the character at position i of the text is.
func (n *normalized) startsAt(i int) int { return n.place(i, i+1).Start }

// fixedLength splits the text into pieces of a number of characters.
type fixedLength int

func (f fixedLength) split(w *work) {
	w.next = w.next[:0]
	for _, p := range w.pieces {
		for i, count := p.Start, 0; i < p.End; {
			from := i
			for count = 0; count < int(f) && i < p.End; count++ {
				_, size := utf8.DecodeRune(w.n.text[i:p.End])
				i += size
			}
			w.next = append(w.next, Span{from, i})
		}
	}
	w.pieces, w.next = w.next, w.pieces
}
