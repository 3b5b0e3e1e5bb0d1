package text

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/lamina-ml/lamina/internal/atomicfile"
)

// Save writes the tokenizer as a tokenizer.json, which Python's tokenizers and transformers read, too.
func (t *Tokenizer) Save(path string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := t.WriteTo(w)
		return err
	})
}

// WriteTo writes the tokenizer as a tokenizer.json.
func (t *Tokenizer) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(t.file()); err != nil {
		return 0, err
	}
	return b.WriteTo(w)
}

// file returns the contents of a tokenizer.json.
func (t *Tokenizer) file() any {
	ids, tokens := t.added.list()
	added := make([]addedTokenFile, len(ids))
	for i, id := range ids {
		added[i] = addedTokenFile{int64(id), tokens[i]}
	}
	f := struct {
		Version     string           `json:"version"`
		Truncation  *truncationFile  `json:"truncation"`
		Padding     *paddingFile     `json:"padding"`
		AddedTokens []addedTokenFile `json:"added_tokens"`
		specs
		Model any `json:"model"`
	}{"1.0", nil, nil, added, t.specs, t.model.spec()}
	if c := t.truncation; c != nil {
		strategy := [...]string{"LongestFirst", "OnlyFirst", "OnlySecond"}[c.Strategy]
		f.Truncation = &truncationFile{direction(c.Left), c.MaxLength, strategy, c.Stride}
	}
	if c := t.padding; c != nil {
		p := &paddingFile{Strategy: json.RawMessage(`"BatchLongest"`), Direction: direction(c.Left),
			ID: int64(c.ID), TypeID: int64(c.TypeID), Token: c.Token}
		if c.Length > 0 {
			p.Strategy, _ = json.Marshal(map[string]int{"Fixed": c.Length})
		}
		if c.MultipleOf > 0 {
			p.Multiple = &c.MultipleOf
		}
		f.Padding = p
	}
	return f
}

func direction(left bool) string {
	if left {
		return "Left"
	}
	return "Right"
}

// MarshalJSON writes the vocabulary as an object, by ascending id.
func (v *vocabulary) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	first := true
	for id, token := range v.tokens {
		if !v.used[id] {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		if err := e.Encode(token); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(id); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// optional returns a pointer to s, nil for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (m *wordLevel) spec() any {
	return struct {
		Type    string      `json:"type"`
		Vocab   *vocabulary `json:"vocab"`
		Unknown string      `json:"unk_token"`
	}{"WordLevel", m.vocabulary, m.unknown}
}

func (m *wordPiece) spec() any {
	return struct {
		Type    string      `json:"type"`
		Unknown string      `json:"unk_token"`
		Prefix  string      `json:"continuing_subword_prefix"`
		Longest int         `json:"max_input_chars_per_word"`
		Vocab   *vocabulary `json:"vocab"`
	}{"WordPiece", m.unknown, m.prefix, m.longest, m.vocabulary}
}

func (m *bpe) spec() any {
	merges := make([][2]string, 0, len(m.merges))
	for i, r := range m.merges {
		if m.rank.get(pairKey(r.left, r.right)) == int32(i) {
			merges = append(merges, [2]string{m.vocabulary.tokens[r.left], m.vocabulary.tokens[r.right]})
		}
	}
	return struct {
		Type         string      `json:"type"`
		Dropout      *float64    `json:"dropout"`
		Unknown      *string     `json:"unk_token"`
		Prefix       *string     `json:"continuing_subword_prefix"`
		Suffix       *string     `json:"end_of_word_suffix"`
		FuseUnknown  bool        `json:"fuse_unk"`
		ByteFallback bool        `json:"byte_fallback"`
		Whole        bool        `json:"ignore_merges"`
		Vocab        *vocabulary `json:"vocab"`
		Merges       [][2]string `json:"merges"`
	}{"BPE", nil, optional(m.unknown), optional(m.prefix), optional(m.suffix), m.fuseUnknown, m.byteFallback,
		m.whole, m.vocabulary, merges}
}

func (m *unigram) spec() any {
	vocab := make([][2]any, len(m.scores))
	for i, s := range m.scores {
		vocab[i] = [2]any{m.vocabulary.tokens[i], s}
	}
	return struct {
		Type         string   `json:"type"`
		UnknownID    int32    `json:"unk_id"`
		Vocab        [][2]any `json:"vocab"`
		ByteFallback bool     `json:"byte_fallback"`
	}{"Unigram", m.unknownID, vocab, m.byteFallback}
}
