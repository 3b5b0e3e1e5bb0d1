package text

import (
	"encoding/binary"
	"math/bits"
)

// work is the memory of one encoding. It is kept for the next one.
type work struct {
	n            *normalized // the text that is encoded: &whole, or &part
	whole, part  normalized
	pieces, next []piece
	found        []Span
	tokens       []token
	symbols      []symbol
	heap         []candidate
	spelling     []byte
	path         []pathNode
	words        []cachedWord
}

// cachedWord is the result for a short word: it fits into a cache line. The cache drops a word for another one with
// the same place, so it is bounded.
type cachedWord struct {
	key   [3]uint64
	size  uint8 // bytes of the word; 0: free
	count uint8
	ends  [maxCachedTokens]uint8
	ids   [maxCachedTokens]int32
}

const (
	maxCachedBytes  = 24
	maxCachedTokens = 7
	cachedWords     = 1 << 14
)

// tail packs the 1 to 8 bytes of b, so that different ones of the same length give different numbers.
func tail(b []byte) uint64 {
	switch n := len(b); {
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
	case n >= 2:
		return uint64(binary.LittleEndian.Uint16(b)) | uint64(binary.LittleEndian.Uint16(b[n-2:]))<<16
	default:
		return uint64(b[0])
	}
}

// cached returns the place of a word in the cache, and whether it is there. A word that is too long has none.
func (w *work) cached(b []byte) (c *cachedWord, key [3]uint64, hit bool) {
	n := len(b)
	switch {
	case n > maxCachedBytes:
		return nil, key, false
	case n > 16:
		key = [3]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), tail(b[16:])}
	case n > 8:
		key = [3]uint64{binary.LittleEndian.Uint64(b), tail(b[8:])}
	default:
		key[0] = tail(b)
	}
	hi, lo := bits.Mul64(key[0]^0x9E3779B97F4A7C15, key[1]^0xC2B2AE3D27D4EB4F^uint64(n))
	hash := (hi ^ lo ^ key[2]) * 0x9E3779B97F4A7C15
	c = &w.words[hash>>(64-14)]
	return c, key, c.size == uint8(n) && c.key == key
}

// tokenize returns the tokens of a piece. They are valid until the next call.
func (w *work) tokenize(m model, b []byte) []token {
	c, key, hit := w.cached(b)
	w.tokens = w.tokens[:0]
	if hit {
		start := int32(0)
		for i, id := range c.ids[:c.count] {
			end := int32(c.ends[i])
			w.tokens = append(w.tokens, token{id, start, end})
			start = end
		}
		return w.tokens
	}
	w.tokens = m.tokenize(w, b, w.tokens)
	if c != nil {
		w.store(c, key, len(b))
	}
	return w.tokens
}

// store puts w.tokens into the cache, if they fit.
func (w *work) store(c *cachedWord, key [3]uint64, size int) {
	if len(w.tokens) > maxCachedTokens {
		return
	}
	next := cachedWord{key: key, size: uint8(size), count: uint8(len(w.tokens))}
	at := int32(0)
	for i, t := range w.tokens {
		if t.start != at {
			return // the tokens of bytes have the place of their character
		}
		at = t.end
		next.ids[i], next.ends[i] = t.id, uint8(t.end)
	}
	*c = next
}

// appendIDs appends the ids of the tokens of a piece.
func (w *work) appendIDs(m model, b []byte, dst []int32) []int32 {
	c, key, hit := w.cached(b)
	if hit {
		return append(dst, c.ids[:c.count]...)
	}
	w.tokens = m.tokenize(w, b, w.tokens[:0])
	for _, t := range w.tokens {
		dst = append(dst, t.id)
	}
	if c != nil {
		w.store(c, key, len(b))
	}
	return dst
}

// output receives the tokens of a text.
type output struct {
	ids  []int32 // if full is false
	full bool    // all of Encoding is wanted
	Encoding
	word int32 // index of the current piece
}

// encode writes the tokens of s to out.
func (c *core) encode(w *work, s []byte, out *output) {
	if w.words == nil {
		w.words = make([]cachedWord, cachedWords)
	}
	c.each(w, s, out.full || c.needsPlaces, func() { c.encodeText(w, out) }, out.put)
}

// each calls token for the added tokens in s, and text for what is between them: with the normalized text in w.n,
// split into w.pieces.
func (c *core) each(w *work, s []byte, track bool, text func(), token func(n *normalized, id int32, start, end int)) {
	split := func() {
		if len(w.n.text) == 0 {
			return
		}
		w.pieces = append(w.pieces[:0], Span{0, len(w.n.text)})
		if c.preTokenizer != nil {
			c.preTokenizer.split(w)
		}
		text()
	}
	c.added.each(c.added.raw, s, func(start, end int, id int32) {
		w.n = &w.whole
		w.n.reset(s[start:end], start, track)
		if id >= 0 {
			token(w.n, id, 0, end-start)
			return
		}
		if c.normalizer != nil {
			c.normalizer.normalize(w.n)
		}
		if c.added.norm.start == -2 {
			split()
			return
		}
		c.added.each(c.added.norm, w.whole.text, func(start, end int, id int32) {
			if id >= 0 {
				token(&w.whole, id, start, end)
				return
			}
			w.n = &w.whole
			if start > 0 || end < len(w.whole.text) {
				w.n = &w.part
				w.part.slice(&w.whole, start, end)
			}
			split()
		})
	})
}

// encodeText writes the tokens of w.pieces.
func (c *core) encodeText(w *work, out *output) {
	if !out.full {
		for _, p := range w.pieces {
			out.ids = w.appendIDs(c.model, w.n.text[p.Start:p.End], out.ids)
		}
		return
	}
	for _, p := range w.pieces {
		for _, t := range w.tokenize(c.model, w.n.text[p.Start:p.End]) {
			text := c.model.vocab().tokens[t.id]
			if u, ok := c.model.(*unigram); ok && t.id == u.unknownID {
				text = string(w.n.text[p.Start+int(t.start) : p.Start+int(t.end)])
			}
			out.add(t.id, text, w.n.place(p.Start+int(t.start), p.Start+int(t.end)))
		}
		out.word++
	}
}

// put writes an added token.
func (out *output) put(n *normalized, id int32, start, end int) {
	if !out.full {
		out.ids = append(out.ids, id)
		return
	}
	out.add(id, string(n.text[start:end]), n.place(start, end))
	out.word++
}

// add writes a token of the current word.
func (out *output) add(id int32, text string, place Span) {
	out.IDs = append(out.IDs, id)
	out.Tokens = append(out.Tokens, text)
	out.Offsets = append(out.Offsets, place)
	out.Words = append(out.Words, out.word)
}

// slice makes the bytes from start to end of m's text the text.
func (n *normalized) slice(m *normalized, start, end int) {
	n.text = append(n.text[:0], m.text[start:end]...)
	n.track, n.input = m.track, false
	n.at = n.at[:0]
	if !m.track {
		return
	}
	if m.input {
		for i := start; i < end; i++ {
			n.at = append(n.at, m.place(i, i+1))
		}
	} else {
		n.at = append(n.at, m.at[start:end]...)
	}
	n.base = n.at[0].Start
}
