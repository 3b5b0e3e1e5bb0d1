package text

import (
	"slices"
	"unicode/utf8"
)

// processor is a step that adds special tokens to encoded texts.
type processor interface {
	added(pair bool) int // how many tokens it adds
	process(parts []part, special bool) []part
}

// sequenceProcessor runs several processors.
type sequenceProcessor []processor

func (s sequenceProcessor) added(pair bool) (n int) {
	for _, p := range s {
		n += p.added(pair)
	}
	return n
}

func (s sequenceProcessor) process(parts []part, special bool) []part {
	for _, p := range s {
		parts = p.process(parts, special)
	}
	return parts
}

// specialToken is what a template inserts under a name: one token or several.
type specialToken struct {
	ids    []int32
	tokens []string
}

// templatePiece is a text of a template, or special tokens.
type templatePiece struct {
	sequence int // of the text: 0 or 1; −1 for special tokens
	token    specialToken
	typeID   int32
}

// template joins texts and special tokens.
type template struct{ single, pair []templatePiece }

func (t *template) pieces(pair bool) []templatePiece {
	if pair {
		return t.pair
	}
	return t.single
}

func (t *template) added(pair bool) (n int) {
	for _, p := range t.pieces(pair) {
		n += len(p.token.ids)
	}
	return n
}

func (t *template) process(parts []part, special bool) []part {
	var out []part
	for _, p := range t.pieces(len(parts) == 2) {
		switch {
		case p.sequence >= 0:
			e := parts[p.sequence]
			e.Encoding = e.clone()
			for i := range e.TypeIDs {
				e.TypeIDs[i] = p.typeID
			}
			out = append(out, e)
		case special:
			out = append(out, part{Encoding: p.token.encoding(p.typeID)})
		}
	}
	if out == nil {
		out = []part{{}}
	}
	return out
}

func (e *Encoding) clone() Encoding {
	var c Encoding
	c.append(e)
	return c
}

// encoding returns the tokens as an encoding.
func (s specialToken) encoding(typeID int32) (e Encoding) {
	for i, id := range s.ids {
		e.IDs, e.TypeIDs, e.Tokens = append(e.IDs, id), append(e.TypeIDs, typeID), append(e.Tokens, s.tokens[i])
		e.Offsets, e.Words = append(e.Offsets, Span{}), append(e.Words, -1)
		e.Special, e.AttentionMask = append(e.Special, true), append(e.AttentionMask, 1)
	}
	return e
}

// surround is BertProcessing and RobertaProcessing: cls A sep and, for a pair, (sep) B sep.
type surround struct {
	cls, sep specialToken
	roberta  bool
	trim     *trimOffsets // nil: none
}

func (s *surround) added(pair bool) int {
	switch {
	case !pair:
		return 2
	case s.roberta:
		return 4
	}
	return 3
}

func (s *surround) process(parts []part, special bool) []part {
	if s.trim != nil {
		parts = s.trim.process(parts, special)
	}
	for i := range parts {
		p := &parts[i]
		typeID := int32(i)
		if s.roberta {
			typeID = 0
			clear(p.TypeIDs)
		}
		if !special {
			continue
		}
		var e Encoding
		switch {
		case i == 0:
			e = s.cls.encoding(0)
		case s.roberta:
			e = s.sep.encoding(0)
		}
		sep := s.sep.encoding(typeID)
		e.append(&p.Encoding)
		e.append(&sep)
		p.Encoding = e
	}
	return parts
}

// trimOffsets is the processor ByteLevel: it leaves out white space from the offsets.
type trimOffsets struct{ prefixSpace bool }

func (*trimOffsets) added(bool) int { return 0 }

func (t *trimOffsets) process(parts []part, _ bool) []part {
	for i := range parts {
		p := &parts[i]
		p.Offsets = slices.Clone(p.Offsets)
		for k, token := range p.Tokens {
			t.trim(&p.Offsets[k], token, p.text, k == 0)
		}
	}
	return parts
}

func (t *trimOffsets) trim(o *Span, token, text string, isFirst bool) {
	leading := 0
	for _, c := range token {
		if !isSpaceOrByte(c) {
			break
		}
		leading++
	}
	trailing := 0
	for b := token; b != ""; trailing++ {
		c, size := utf8.DecodeLastRuneInString(b)
		if !isSpaceOrByte(c) {
			break
		}
		b = b[:len(b)-size]
	}
	if leading == 1 && t.prefixSpace && (isFirst || o.Start == 0) {
		leading = 0 // the space that the tokenizer added
	}
	o.Start = advance(text, o.Start, leading, o.End)
	if trailing == 0 || utf8.RuneCountInString(text[:o.End]) < trailing {
		return
	}
	for ; trailing > 0 && o.End > o.Start; trailing-- {
		_, size := utf8.DecodeLastRuneInString(text[:o.End])
		o.End = max(o.End-size, o.Start)
	}
}

// isSpaceOrByte reports whether c is white space, or stands for a space in a byte-level token.
func isSpaceOrByte(c rune) bool { return c == 'Ġ' || table().of(c)&classSpace != 0 }
