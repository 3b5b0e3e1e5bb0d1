package text

import "unicode/utf8"

// Truncation shortens encodings. Its zero value, except for MaxLength, is Python's default of enable_truncation.
type Truncation struct {
	MaxLength int // most tokens of an encoding, special ones included
	Strategy  TruncationStrategy
	Left      bool // remove tokens at the beginning instead of the end
	Stride    int  // of Python's overflowing parts, which are not computed here; kept for saving
}

// TruncationStrategy says which of two texts is shortened.
type TruncationStrategy int

const (
	// LongestFirst shortens the longer text, then both.
	LongestFirst TruncationStrategy = iota
	// OnlyFirst shortens the first text. Where Python refuses, because that is not enough, the other text is
	// shortened, too.
	OnlyFirst
	// OnlySecond shortens the second text, with the same exception.
	OnlySecond
)

// WithTruncation returns a tokenizer that shortens encodings to c.MaxLength. A MaxLength of 0 turns it off. It panics
// for a negative one.
func (t *Tokenizer) WithTruncation(c Truncation) *Tokenizer {
	if c.MaxLength < 0 || c.Strategy < LongestFirst || c.Strategy > OnlySecond {
		fail("WithTruncation", "MaxLength %d, Strategy %d: want a length ≥ 0 and a strategy of 0 to 2",
			c.MaxLength, c.Strategy)
	}
	u := *t
	u.truncation = &c
	if c.MaxLength == 0 {
		u.truncation = nil
	}
	return &u
}

// cut keeps the tokens from index from to to.
func (e *Encoding) cut(from, to int) {
	e.IDs, e.Tokens, e.Offsets, e.Words = e.IDs[from:to], e.Tokens[from:to], e.Offsets[from:to], e.Words[from:to]
	if e.TypeIDs != nil {
		e.TypeIDs, e.Special, e.AttentionMask = e.TypeIDs[from:to], e.Special[from:to], e.AttentionMask[from:to]
	}
}

// truncate keeps n tokens.
func (e *Encoding) truncate(n int, left bool) {
	switch k := len(e.IDs); {
	case k <= n:
	case left:
		e.cut(k-n, k)
	default:
		e.cut(0, n)
	}
}

// apply shortens one or two parts to most tokens together.
func (c *Truncation) apply(parts []part, most int) {
	n1, n2 := len(parts[0].IDs), 0
	if len(parts) > 1 {
		n2 = len(parts[1].IDs)
	}
	if n1+n2 <= most {
		return
	}
	switch {
	case len(parts) == 1:
		n1 = most
	case c.Strategy == OnlyFirst:
		n2 = min(n2, most)
		n1 = most - n2
	case c.Strategy == OnlySecond:
		n1 = min(n1, most)
		n2 = most - n1
	default:
		short := min(n1, n2)
		long := short
		if short <= most {
			long = max(short, most-short)
		}
		if short+long > most {
			short, long = most/2, most/2+most%2
		}
		if n1 > n2 {
			n1, n2 = long, short
		} else {
			n1, n2 = short, long
		}
	}
	parts[0].truncate(n1, c.Left)
	if len(parts) > 1 {
		parts[1].truncate(n2, c.Left)
	}
}

// Padding lengthens encodings to a common length. Its zero value is Python's default of enable_padding, except for
// Token, which has no default.
type Padding struct {
	Length     int    // of all encodings; 0 means that of the longest in the batch
	MultipleOf int    // round the length up to a multiple; 0 means 1
	Left       bool   // pad at the beginning instead of the end
	ID         int32  // of the padding token
	TypeID     int32  // of the padding token
	Token      string // the padding token, such as "[PAD]"
}

// WithPadding returns a tokenizer that pads encodings. It panics for a negative Length or MultipleOf.
func (t *Tokenizer) WithPadding(c Padding) *Tokenizer {
	if c.Length < 0 || c.MultipleOf < 0 {
		fail("WithPadding", "Length %d, MultipleOf %d: want numbers ≥ 0", c.Length, c.MultipleOf)
	}
	u := *t
	u.padding = &c
	return &u
}

// WithoutPadding returns a tokenizer that does not pad.
func (t *Tokenizer) WithoutPadding() *Tokenizer {
	u := *t
	u.padding = nil
	return &u
}

// length returns the length to which a batch is padded.
func (c *Padding) length(batch []Encoding) int {
	n := c.Length
	if n == 0 {
		for i := range batch {
			n = max(n, batch[i].Len())
		}
	}
	if m := c.MultipleOf; m > 0 {
		n = (n + m - 1) / m * m
	}
	return n
}

// apply pads a batch.
func (c *Padding) apply(batch []Encoding) {
	n := c.length(batch)
	for i := range batch {
		batch[i] = c.padded(batch[i], n)
	}
}

// padded returns e with padding up to n tokens.
func (c *Padding) padded(e Encoding, n int) Encoding {
	k := n - e.Len()
	if k <= 0 {
		return e
	}
	var pad Encoding
	for range k {
		pad.IDs, pad.TypeIDs = append(pad.IDs, c.ID), append(pad.TypeIDs, c.TypeID)
		pad.Tokens = append(pad.Tokens, c.Token)
		pad.Offsets, pad.Words = append(pad.Offsets, Span{}), append(pad.Words, -1)
		pad.Special, pad.AttentionMask = append(pad.Special, true), append(pad.AttentionMask, 0)
	}
	if c.Left {
		pad.append(&e)
		return pad
	}
	e.append(&pad)
	return e
}

// append appends the tokens of f.
func (e *Encoding) append(f *Encoding) {
	e.IDs, e.TypeIDs, e.Tokens = append(e.IDs, f.IDs...), append(e.TypeIDs, f.TypeIDs...), append(e.Tokens, f.Tokens...)
	e.Offsets, e.Words = append(e.Offsets, f.Offsets...), append(e.Words, f.Words...)
	e.Special, e.AttentionMask = append(e.Special, f.Special...), append(e.AttentionMask, f.AttentionMask...)
}

// advance returns the position n characters after i in s, at most end.
func advance(s string, i, n, end int) int {
	for ; n > 0 && i < end; n-- {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return min(i, end)
}
