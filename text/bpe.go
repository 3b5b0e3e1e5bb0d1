package text

import (
	"fmt"
	"unicode/utf8"
)

// bpe is byte-pair encoding: a word begins as its characters (or bytes), and of all neighbouring pairs the one whose
// merge is first in the list is merged, until no pair is in it.
type bpe struct {
	vocabulary   *vocabulary
	merges       []merge
	rank         *hashTable // of a pair's ids, the first in the upper half: its index in merges
	unknown      string     // "" if there is none
	unknownID    int32
	prefix       string // of tokens inside a word
	suffix       string // of the token at a word's end
	fuseUnknown  bool
	byteFallback bool
	whole        bool // a word that is a token is not split: ignore_merges
	byteIDs      [256]int32
	asciiIDs     [utf8.RuneSelf]int32 // of single characters, −1 if they are not tokens

	// raw is true if the pieces are bytes as in the input and not characters of byteAlphabet. Then rawIDs has the ids
	// of the bytes, and rawWhole those of all tokens if whole is true.
	raw      bool
	rawIDs   [256]int32
	rawWhole map[string]int32
}

// merge is a rule: the ids of two tokens, and the id of the token that they become.
type merge struct{ left, right, to int32 }

func pairKey(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// addMerge appends a rule. Of equal pairs the last one counts.
func (m *bpe) addMerge(left, right string) error {
	a, ok := m.vocabulary.id(left)
	if !ok {
		return fmt.Errorf("merge %d: token %q is not in the vocabulary", len(m.merges), left)
	}
	b, ok := m.vocabulary.id(right)
	if !ok {
		return fmt.Errorf("merge %d: token %q is not in the vocabulary", len(m.merges), right)
	}
	if len(right) < len(m.prefix) {
		return fmt.Errorf("merge %d: token %q is shorter than continuing_subword_prefix %q", len(m.merges), right,
			m.prefix)
	}
	to, ok := m.vocabulary.id(left + right[len(m.prefix):])
	if !ok {
		return fmt.Errorf("merge %d: its result %q is not in the vocabulary", len(m.merges), left+right[len(m.prefix):])
	}
	m.rank.set(pairKey(a, b), int32(len(m.merges)))
	m.merges = append(m.merges, merge{a, b, to})
	return nil
}

// setUnknown sets the token for unknown characters, "" for none.
func (m *bpe) setUnknown(token string) error {
	if m.unknown = token; token == "" {
		return nil
	}
	var ok bool
	if m.unknownID, ok = m.vocabulary.id(token); !ok && !m.hasAllBytes() {
		return fmt.Errorf("unk_token %q is not in the vocabulary", token)
	} else if !ok {
		m.unknown = ""
	}
	return nil
}

// hasAllBytes reports whether each character of byteAlphabet is a token.
func (m *bpe) hasAllBytes() bool {
	for _, c := range byteAlphabet {
		if _, ok := m.vocabulary.id(string(c)); !ok {
			return false
		}
	}
	return true
}

// useRaw sets raw, if the result is the same. It reports whether it did.
func (m *bpe) useRaw() bool {
	if m.prefix != "" || m.suffix != "" || !m.hasAllBytes() {
		return false
	}
	m.raw = true
	for b, c := range byteAlphabet {
		m.rawIDs[b] = m.vocabulary.ids[string(c)]
	}
	if m.whole {
		m.rawWhole = make(map[string]int32, m.vocabulary.size())
		var buf []byte
		for token, id := range m.vocabulary.ids {
			if b, ok := alphabetBytes(buf[:0], token); ok {
				m.rawWhole[string(b)] = id
				buf = b
			}
		}
	}
	return true
}

func (m *bpe) vocab() *vocabulary { return m.vocabulary }

// symbol is a part of a word while it is merged: a token of n bytes (0: it was merged into another one), and the
// indices of its neighbours.
type symbol struct {
	id, n      int32
	prev, next int32
}

func (m *bpe) tokenize(w *work, b []byte, dst []token) []token {
	if m.whole {
		ids := m.vocabulary.ids
		if m.raw {
			ids = m.rawWhole
		}
		if id, ok := ids[string(b)]; ok {
			return append(dst, token{id, 0, int32(len(b))})
		}
	}
	w.symbols = w.symbols[:0]
	if m.raw {
		for _, c := range b {
			w.symbols = append(w.symbols, symbol{id: m.rawIDs[c], n: 1})
		}
	} else {
		m.spell(w, b)
	}
	if len(m.merges) == 0 {
		// the characters are the tokens
	} else if len(w.symbols) <= shortWord {
		w.symbols = m.mergeShort(w.symbols)
	} else {
		m.mergeLong(w)
	}
	at := int32(0)
	for _, s := range w.symbols {
		if s.n > 0 {
			// Bytes of a prefix or a suffix that became tokens are not in the word.
			end := min(at+s.n, int32(len(b)))
			dst = append(dst, token{s.id, at, end})
			at = end
		}
	}
	return dst
}

// spell makes the characters of b the symbols.
func (m *bpe) spell(w *work, b []byte) {
	unknown := int32(0) // bytes of an unknown symbol that is not written yet
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf && m.prefix == "" && (m.suffix == "" || i+1 < len(b)) && unknown == 0 {
			if id := m.asciiIDs[b[i]]; id >= 0 {
				w.symbols = append(w.symbols, symbol{id: id, n: 1})
				i++
				continue
			}
		}
		_, size := utf8.DecodeRune(b[i:])
		c := b[i : i+size]
		w.spelling = w.spelling[:0]
		if i > 0 {
			w.spelling = append(w.spelling, m.prefix...)
		}
		w.spelling = append(w.spelling, c...)
		if i += size; i == len(b) {
			w.spelling = append(w.spelling, m.suffix...)
		}
		if id, ok := m.vocabulary.ids[string(w.spelling)]; ok {
			if unknown > 0 {
				w.symbols = append(w.symbols, symbol{id: m.unknownID, n: unknown})
				unknown = 0
			}
			w.symbols = append(w.symbols, symbol{id: id, n: int32(size)})
			continue
		}
		if m.byteFallback && m.spellBytes(w) {
			continue // as in PyPI tokenizers, an unknown symbol before these stays behind them
		}
		if m.unknown == "" {
			continue
		}
		if unknown > 0 && !m.fuseUnknown {
			w.symbols = append(w.symbols, symbol{id: m.unknownID, n: unknown})
			unknown = 0
		}
		unknown += int32(size)
	}
	if unknown > 0 {
		w.symbols = append(w.symbols, symbol{id: m.unknownID, n: unknown})
	}
}

// spellBytes makes the bytes of w.spelling symbols, if all have a token such as <0x0A>.
func (m *bpe) spellBytes(w *work) bool {
	for _, c := range w.spelling {
		if m.byteIDs[c] < 0 {
			return false
		}
	}
	for _, c := range w.spelling {
		w.symbols = append(w.symbols, symbol{id: m.byteIDs[c], n: 1})
	}
	return true
}

// shortWord is the largest number of symbols for which the search through all pairs is faster than a heap.
const shortWord = 32

// mergeShort merges by searching the best pair of all each time. It returns the symbols that are left.
func (m *bpe) mergeShort(s []symbol) []symbol {
	var ranks [shortWord]int32 // of symbol i and the next one, −1 if they do not merge
	for i := 0; i+1 < len(s); i++ {
		ranks[i] = m.rank.get(pairKey(s[i].id, s[i+1].id))
	}
	for len(s) > 1 {
		best := -1
		for i, r := range ranks[:len(s)-1] {
			if r >= 0 && (best < 0 || r < ranks[best]) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		s[best].id = m.merges[ranks[best]].to
		s[best].n += s[best+1].n
		copy(s[best+1:], s[best+2:])
		copy(ranks[best:], ranks[best+1:len(s)-1])
		s = s[:len(s)-1]
		if best > 0 {
			ranks[best-1] = m.rank.get(pairKey(s[best-1].id, s[best].id))
		}
		if best+1 < len(s) {
			ranks[best] = m.rank.get(pairKey(s[best].id, s[best+1].id))
		}
	}
	return s
}

// candidate is a pair in the heap: the rank of its merge and the index of its first symbol, the second in the lower
// half.
type candidate uint64

// mergeLong merges with a heap of pairs, in time n·log n.
func (m *bpe) mergeLong(w *work) {
	s := w.symbols
	h := w.heap[:0]
	for i := range s {
		s[i].prev, s[i].next = int32(i-1), int32(i+1)
		if i+1 < len(s) {
			if r := m.rank.get(pairKey(s[i].id, s[i+1].id)); r >= 0 {
				h = append(h, candidate(r)<<32|candidate(i))
			}
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		siftDown(h, i)
	}
	push := func(i int32) {
		next := s[i].next
		if int(next) >= len(s) {
			return
		}
		if r := m.rank.get(pairKey(s[i].id, s[next].id)); r >= 0 {
			h = append(h, candidate(r)<<32|candidate(i))
			siftUp(h)
		}
	}
	for len(h) > 0 {
		top := h[0]
		h[0] = h[len(h)-1]
		h = h[:len(h)-1]
		siftDown(h, 0)
		i, rule := int32(uint32(top)), m.merges[top>>32]
		next := s[i].next
		if s[i].n == 0 || int(next) >= len(s) || s[i].id != rule.left || s[next].id != rule.right {
			continue // one of them was merged meanwhile
		}
		s[i].id = rule.to
		s[i].n += s[next].n
		s[next].n = 0
		s[i].next = s[next].next
		if after := s[i].next; int(after) < len(s) {
			s[after].prev = i
		}
		if s[i].prev >= 0 {
			push(s[i].prev)
		}
		push(i)
	}
	w.heap = h
}

func siftDown(h []candidate, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1] < h[c] {
			c++
		}
		if h[i] <= h[c] {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

// siftUp moves the last element of h to its place.
func siftUp(h []candidate) {
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if h[up] <= h[i] {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}
