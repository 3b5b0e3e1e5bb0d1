package text

import (
	"fmt"
	"unicode/utf8"
)

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
	m := &wordPiece{vocabulary: v, unknown: unknown, prefix: prefix, longest: longest, begins: newTrie(),
		inner: newTrie()}
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
