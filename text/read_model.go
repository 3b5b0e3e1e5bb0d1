package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// modelFile is the model in a tokenizer.json: the fields of all types.
type modelFile struct {
	Type         string          `json:"type"`
	Unknown      *string         `json:"unk_token"`
	UnknownID    *int            `json:"unk_id"`
	Prefix       *string         `json:"continuing_subword_prefix"`
	Suffix       *string         `json:"end_of_word_suffix"`
	Longest      *int            `json:"max_input_chars_per_word"`
	Dropout      *float64        `json:"dropout"`
	FuseUnknown  bool            `json:"fuse_unk"`
	ByteFallback bool            `json:"byte_fallback"`
	Whole        bool            `json:"ignore_merges"`
	Vocab        json.RawMessage `json:"vocab"`
	Merges       json.RawMessage `json:"merges"`
}

// kind returns the type of the model. Old files do not name it.
func (f *modelFile) kind() string {
	switch {
	case f.Type != "":
		return f.Type
	case !isNull(f.Merges):
		return "BPE"
	case f.Longest != nil || f.Prefix != nil:
		return "WordPiece"
	case len(f.Vocab) > 0 && f.Vocab[0] == '[':
		return "Unigram"
	}
	return "WordLevel"
}

func parseModel(raw json.RawMessage) (model, error) {
	if isNull(raw) {
		return nil, errors.New("missing")
	}
	f := modelFile{}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, describe(err)
	}
	if f.kind() == "Unigram" {
		return f.unigram()
	}
	var ids map[string]int32
	if isNull(f.Vocab) {
		return nil, errors.New("vocab: missing")
	}
	if err := json.Unmarshal(f.Vocab, &ids); err != nil {
		return nil, fmt.Errorf("vocab: %w", describe(err))
	}
	v, err := newVocabulary(ids)
	if err != nil {
		return nil, fmt.Errorf("vocab: %w", err)
	}
	unknown := orEmpty(f.Unknown)
	switch f.kind() {
	case "WordLevel":
		id, ok := v.id(unknown)
		if !ok {
			return nil, fmt.Errorf("unk_token %q is not in the vocabulary", unknown)
		}
		return &wordLevel{v, unknown, id}, nil
	case "WordPiece":
		if f.Unknown == nil {
			unknown = "[UNK]"
		}
		prefix, longest := "##", 100
		if f.Prefix != nil {
			prefix = *f.Prefix
		}
		if f.Longest != nil {
			longest = *f.Longest
		}
		return newWordPiece(v, unknown, prefix, longest)
	case "BPE":
		return f.bpe(v)
	}
	return nil, fmt.Errorf("unknown type %q, want WordPiece, BPE, Unigram or WordLevel", f.Type)
}

// orEmpty returns *s, or "" for nil.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// maxAffix is the largest prefix or suffix of tokens in bytes, so that a file cannot make each character slow.
const maxAffix = 64

func (f *modelFile) bpe(v *vocabulary) (model, error) {
	if f.Dropout != nil && *f.Dropout != 0 {
		return nil, fmt.Errorf("dropout %v, want none: tokenization is not random here", *f.Dropout)
	}
	if n := max(len(orEmpty(f.Prefix)), len(orEmpty(f.Suffix))); n > maxAffix {
		return nil, fmt.Errorf("continuing_subword_prefix or end_of_word_suffix has %d bytes, want at most %d", n,
			maxAffix)
	}
	pairs, err := parseMerges(f.Merges)
	if err != nil {
		return nil, err
	}
	return newBPE(v, pairs, bpe{prefix: orEmpty(f.Prefix), suffix: orEmpty(f.Suffix), fuseUnknown: f.FuseUnknown,
		byteFallback: f.ByteFallback, whole: f.Whole}, orEmpty(f.Unknown))
}

// newBPE completes m, which has the settings.
func newBPE(v *vocabulary, pairs [][2]string, m bpe, unknown string) (*bpe, error) {
	m.vocabulary, m.rank = v, newHashTable(len(pairs))
	m.merges = make([]merge, 0, len(pairs))
	for c := range m.asciiIDs {
		m.asciiIDs[c] = -1
		if id, ok := v.ids[string(rune(c))]; ok {
			m.asciiIDs[c] = id
		}
	}
	if m.byteFallback {
		m.byteIDs = byteTokens(v)
	}
	for _, p := range pairs {
		if err := m.addMerge(p[0], p[1]); err != nil {
			return nil, err
		}
	}
	return &m, m.setUnknown(unknown)
}

// parseMerges parses merges in both forms: pairs, or strings of two tokens with a space between them.
func parseMerges(raw json.RawMessage) ([][2]string, error) {
	if isNull(raw) {
		return nil, errors.New("merges: missing")
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("merges: %w", describe(err))
	}
	if len(list) > 0 && len(list[0]) > 0 && list[0][0] == '"' {
		var lines []string
		if err := json.Unmarshal(raw, &lines); err != nil {
			return nil, fmt.Errorf("merges: %w", describe(err))
		}
		return splitMerges(lines)
	}
	pairs := make([][2]string, len(list))
	for i, m := range list {
		var pair []string
		if err := json.Unmarshal(m, &pair); err != nil || len(pair) != 2 {
			return nil, fmt.Errorf("merges[%d]: want two tokens", i)
		}
		pairs[i] = [2]string(pair)
	}
	return pairs, nil
}

// splitMerges splits lines of two tokens. It leaves out the line with the version that merges.txt begins with.
func splitMerges(lines []string) ([][2]string, error) {
	pairs := make([][2]string, 0, len(lines))
	for i, line := range lines {
		if strings.HasPrefix(line, "#version") {
			continue
		}
		a, b, ok := strings.Cut(line, " ")
		if !ok || strings.Contains(b, " ") {
			return nil, fmt.Errorf("merges[%d]: %q, want two tokens with a space between them", i, line)
		}
		pairs = append(pairs, [2]string{a, b})
	}
	return pairs, nil
}

func (f *modelFile) unigram() (model, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(f.Vocab, &list); err != nil {
		return nil, fmt.Errorf("vocab: %w", describe(err))
	}
	tokens, scores := make([]string, len(list)), make([]float64, len(list))
	for i, raw := range list {
		pair := [2]any{&tokens[i], &scores[i]}
		if err := json.Unmarshal(raw, &pair); err != nil {
			return nil, fmt.Errorf("vocab[%d]: want a token and its score: %w", i, describe(err))
		}
	}
	if f.UnknownID == nil {
		return nil, errors.New("unk_id is missing")
	}
	return newUnigram(tokens, scores, *f.UnknownID, f.ByteFallback)
}

func (f *truncationFile) parse() (*Truncation, error) {
	t := &Truncation{MaxLength: f.MaxLength, Stride: f.Stride}
	switch f.Strategy {
	case "LongestFirst", "":
	case "OnlyFirst":
		t.Strategy = OnlyFirst
	case "OnlySecond":
		t.Strategy = OnlySecond
	default:
		return nil, fmt.Errorf("strategy %q, want LongestFirst, OnlyFirst or OnlySecond", f.Strategy)
	}
	if f.MaxLength < 1 || f.Stride < 0 {
		return nil, fmt.Errorf("max_length %d, stride %d: want a length ≥ 1 and a stride ≥ 0", f.MaxLength, f.Stride)
	}
	var err error
	t.Left, err = isLeft(f.Direction)
	return t, err
}

func isLeft(direction string) (bool, error) {
	switch direction {
	case "Right", "":
		return false, nil
	case "Left":
		return true, nil
	}
	return false, fmt.Errorf("direction %q, want Left or Right", direction)
}

// maxPadding is the largest length to which a file may ask to pad, so that no file makes each encoding huge.
const maxPadding = 1 << 20

func (f *paddingFile) parse() (*Padding, error) {
	p := &Padding{ID: int32(f.ID), TypeID: int32(f.TypeID), Token: f.Token}
	if f.ID < 0 || f.ID > math.MaxInt32 || f.TypeID < 0 || f.TypeID > math.MaxInt32 {
		return nil, fmt.Errorf("pad_id %d, pad_type_id %d: want numbers of 0 to %d", f.ID, f.TypeID, math.MaxInt32)
	}
	if f.Multiple != nil {
		p.MultipleOf = *f.Multiple
	}
	var fixed struct{ Fixed *int }
	if string(f.Strategy) != `"BatchLongest"` {
		if err := json.Unmarshal(f.Strategy, &fixed); err != nil || fixed.Fixed == nil {
			return nil, fmt.Errorf(`strategy %s, want "BatchLongest" or {"Fixed": length}`, f.Strategy)
		}
		p.Length = *fixed.Fixed
	}
	if p.Length < 0 || p.Length > maxPadding || p.MultipleOf < 0 || p.MultipleOf > maxPadding {
		return nil, fmt.Errorf("length %d, pad_to_multiple_of %d: want numbers of 0 to %d",
			p.Length, p.MultipleOf, maxPadding)
	}
	var err error
	p.Left, err = isLeft(f.Direction)
	return p, err
}
