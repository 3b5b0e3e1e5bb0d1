package text

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// vocabulary maps tokens to ids and back.
type vocabulary struct {
	ids    map[string]int32
	tokens []string // by id; "" where an id is not used
	used   []bool   // by id
}

// newVocabulary returns the vocabulary of a map. It refuses ids that would need much more memory than the map.
func newVocabulary(ids map[string]int32) (*vocabulary, error) {
	v := &vocabulary{ids: ids}
	limit := min(16*len(ids)+1<<16, math.MaxInt32)
	last := int32(-1)
	for token, id := range ids {
		if id < 0 || int(id) >= limit {
			return nil, fmt.Errorf("the id of token %q is %d, want 0 to %d with %d tokens", token, id, limit-1, len(ids))
		}
		last = max(last, id)
	}
	v.tokens, v.used = make([]string, last+1), make([]bool, last+1)
	for token, id := range ids {
		if v.used[id] {
			return nil, fmt.Errorf("tokens %q and %q both have the id %d", v.tokens[id], token, id)
		}
		v.tokens[id], v.used[id] = token, true
	}
	return v, nil
}

// listVocabulary returns the vocabulary whose ids are the indices of tokens.
func listVocabulary(tokens []string) (*vocabulary, error) {
	v := &vocabulary{ids: make(map[string]int32, len(tokens)), tokens: tokens, used: make([]bool, len(tokens))}
	for i, token := range tokens {
		if j, ok := v.ids[token]; ok {
			return nil, fmt.Errorf("token %q has the ids %d and %d", token, j, i)
		}
		v.ids[token], v.used[i] = int32(i), true
	}
	return v, nil
}

func (v *vocabulary) id(token string) (int32, bool) {
	id, ok := v.ids[token]
	return id, ok
}

func (v *vocabulary) token(id int32) (string, bool) {
	if id < 0 || int(id) >= len(v.tokens) || !v.used[id] {
		return "", false
	}
	return v.tokens[id], true
}

// size returns the number of tokens.
func (v *vocabulary) size() int { return len(v.ids) }

// model splits a piece of text into tokens of its vocabulary.
type model interface {
	// tokenize appends the tokens of b, which is not empty, to dst.
	tokenize(w *work, b []byte, dst []token) []token
	vocab() *vocabulary
	// spec returns what tokenizer.json says about the model.
	spec() any
}

// token is a token of a piece of text: its id, and the bytes of the piece that it stands for.
type token struct {
	id         int32
	start, end int32
}

// wordLevel gives each piece one id.
type wordLevel struct {
	vocabulary *vocabulary
	unknown    string
	unknownID  int32
}

func (m *wordLevel) vocab() *vocabulary { return m.vocabulary }

func (m *wordLevel) tokenize(_ *work, b []byte, dst []token) []token {
	id, ok := m.vocabulary.ids[string(b)]
	if !ok {
		id = m.unknownID
	}
	return append(dst, token{id, 0, int32(len(b))})
}

// wordPiece takes the longest token that the piece begins with, and so on (BERT). Tokens inside a word have a prefix.
type wordPiece struct {
	vocabulary    *vocabulary
	unknown       string
	unknownID     int32
	prefix        string
	longest       int // most characters in a word; longer ones are unknown
	begins, inner *trie
}

func newWordPiece(v *vocabulary, unknown, prefix string, longest int) (*wordPiece, error) {
	m := &wordPiece{vocabulary: v, unknown: unknown, prefix: prefix, longest: longest, begins: newTrie(), inner: newTrie()}
	var ok bool
	if m.unknownID, ok = v.id(unknown); !ok {
		return nil, fmt.Errorf("unk_token %q is not in the vocabulary", unknown)
	}
	for id, token := range v.tokens {
		if token == "" {
			continue
		}
		m.begins.add(token, int32(id))
		if len(token) > len(prefix) && token[:len(prefix)] == prefix {
			m.inner.add(token[len(prefix):], int32(id))
		}
	}
	return m, nil
}

func (m *wordPiece) vocab() *vocabulary { return m.vocabulary }

func (m *wordPiece) tokenize(_ *work, b []byte, dst []token) []token {
	from := len(dst)
	if len(b) > m.longest && utf8.RuneCount(b) > m.longest {
		return append(dst, token{m.unknownID, 0, int32(len(b))})
	}
	t := m.begins
	for i := 0; i < len(b); {
		n, id := t.longest(b[i:])
		if n == 0 {
			return append(dst[:from], token{m.unknownID, 0, int32(len(b))})
		}
		dst = append(dst, token{id, int32(i), int32(i + n)})
		i += n
		t = m.inner
	}
	return dst
}
