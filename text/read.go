package text

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// LoadTokenizer reads a tokenizer.json of Hugging Face. It returns an error that names the file and the part for what
// is broken or not known, such as a pattern with lookahead other than those of well-known models.
func LoadTokenizer(path string) (*Tokenizer, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := ReadTokenizer(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// maxFile is the largest tokenizer.json that is read, in bytes. The largest known ones have 35 MB.
const maxFile = 512 << 20

// ReadTokenizer is LoadTokenizer for a reader.
func ReadTokenizer(r io.Reader) (*Tokenizer, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("tokenizer: the file has more than %d bytes", maxFile)
	}
	t, err := parseTokenizer(b)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

// file is a tokenizer.json.
type file struct {
	Version     string           `json:"version"`
	Truncation  *truncationFile  `json:"truncation"`
	Padding     *paddingFile     `json:"padding"`
	AddedTokens []addedTokenFile `json:"added_tokens"`
	specs                        // the other parts, as they are in the file
	Model       json.RawMessage  `json:"model"`
}

// specs are the parts of a tokenizer.json that a tokenizer keeps for saving.
type specs struct {
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
}

type addedTokenFile struct {
	ID int64 `json:"id"`
	AddedToken
}

type truncationFile struct {
	Direction string `json:"direction"`
	MaxLength int    `json:"max_length"`
	Strategy  string `json:"strategy"`
	Stride    int    `json:"stride"`
}

type paddingFile struct {
	Strategy  json.RawMessage `json:"strategy"`
	Direction string          `json:"direction"`
	Multiple  *int            `json:"pad_to_multiple_of"`
	ID        int64           `json:"pad_id"`
	TypeID    int64           `json:"pad_type_id"`
	Token     string          `json:"pad_token"`
}

func parseTokenizer(b []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, describe(err)
	}
	if f.Version != "1.0" && f.Version != "" {
		return nil, fmt.Errorf("version %q, want \"1.0\"", f.Version)
	}
	c := &core{specs: f.specs}
	var err error
	if c.model, err = parseModel(f.Model); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if err := c.parseSteps(); err != nil {
		return nil, err
	}
	added := make([]AddedToken, len(f.AddedTokens))
	for i, a := range f.AddedTokens {
		added[i] = a.AddedToken
	}
	t := newTokenizer(c, added)
	if f.Truncation != nil {
		if t.truncation, err = f.Truncation.parse(); err != nil {
			return nil, fmt.Errorf("truncation: %w", err)
		}
	}
	if f.Padding != nil {
		if t.padding, err = f.Padding.parse(); err != nil {
			return nil, fmt.Errorf("padding: %w", err)
		}
	}
	return t, nil
}

// parseSteps makes the steps that c.specs describes.
func (c *core) parseSteps() (err error) {
	if c.normalizer, err = parseStep(c.specs.Normalizer, "normalizer", 0, parseNormalizer); err != nil {
		return err
	}
	if c.preTokenizer, err = parseStep(c.specs.PreTokenizer, "pre_tokenizer", 0, parsePreTokenizer); err != nil {
		return err
	}
	if c.processor, err = parseStep(c.specs.PostProcessor, "post_processor", 0, parseProcessor); err != nil {
		return err
	}
	c.decoder, err = parseStep(c.specs.Decoder, "decoder", 0, parseDecoder)
	return err
}

// describe adds the row and the column to an error of package json, whose positions are bytes.
func describe(err error) error {
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		return fmt.Errorf("not JSON: byte %d: %w", e.Offset, err)
	}
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		if e.Field == "" {
			return fmt.Errorf("the file has a JSON %s, want an object", e.Value)
		}
		return fmt.Errorf("%s: a JSON %s, want %s", e.Field, e.Value, e.Type)
	}
	return err
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }

// maxDepth is the largest depth of sequences in sequences.
const maxDepth = 8

// stepParser parses a step of a type at a path of the file, inside depth sequences.
type stepParser[T any] func(typ string, raw json.RawMessage, path string, depth int) (T, error)

// parseStep parses a step of a tokenizer, which may be absent. Its errors begin with path.
func parseStep[T any](raw json.RawMessage, path string, depth int, parse stepParser[T]) (T, error) {
	var none T
	if isNull(raw) {
		return none, nil
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return none, fmt.Errorf("%s: %w", path, describe(err))
	}
	if depth > maxDepth {
		return none, fmt.Errorf("%s: more than %d sequences inside each other", path, maxDepth)
	}
	step, err := parse(head.Type, raw, path, depth)
	if err != nil {
		return none, err
	}
	return step, nil
}

// parseSequence parses the steps of a sequence.
func parseSequence[T any](list []json.RawMessage, path string, depth int, parse stepParser[T]) ([]T, error) {
	out := make([]T, 0, len(list))
	for i, raw := range list {
		path := fmt.Sprintf("%s[%d]", path, i)
		if isNull(raw) {
			return nil, fmt.Errorf("%s: null, want an object", path)
		}
		step, err := parseStep(raw, path, depth+1, parse)
		if err != nil {
			return nil, err
		}
		out = append(out, step)
	}
	return out, nil
}

// fields decodes the fields of a step into v.
func fields(raw json.RawMessage, path string, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s: %w", path, describe(err))
	}
	return nil
}

// unknownType is the error for a step of unknown type.
func unknownType(path, typ, known string) error {
	return fmt.Errorf("%s: unknown type %q, want one of %s", path, typ, known)
}

// patternFile is a pattern: {"String": "…"} or {"Regex": "…"}.
type patternFile struct{ String, Regex *string }

func (p patternFile) matcher() (matcher, error) {
	switch {
	case p.String != nil && *p.String != "":
		return literal(*p.String), nil
	case p.Regex != nil:
		return newMatcher(*p.Regex)
	}
	return nil, errors.New(`the pattern is missing or empty, want {"String": …} or {"Regex": …}`)
}

func parseNormalizer(typ string, raw json.RawMessage, path string, depth int) (normalizer, error) {
	var f struct {
		CleanText          bool              `json:"clean_text"`
		HandleChineseChars bool              `json:"handle_chinese_chars"`
		StripAccents       *bool             `json:"strip_accents"`
		Lowercase          bool              `json:"lowercase"`
		StripLeft          bool              `json:"strip_left"`
		StripRight         bool              `json:"strip_right"`
		Pattern            patternFile       `json:"pattern"`
		Content            string            `json:"content"`
		Prepend            string            `json:"prepend"`
		Charsmap           []byte            `json:"precompiled_charsmap"`
		Normalizers        []json.RawMessage `json:"normalizers"`
	}
	if err := fields(raw, path, &f); err != nil {
		return nil, err
	}
	switch typ {
	case "BertNormalizer":
		accents := f.Lowercase
		if f.StripAccents != nil {
			accents = *f.StripAccents
		}
		return newBertNormalizer(f.CleanText, f.HandleChineseChars, accents, f.Lowercase), nil
	case "NFC":
		return nfc, nil
	case "NFD":
		return nfd, nil
	case "NFKC":
		return nfkc, nil
	case "NFKD":
		return nfkd, nil
	case "Lowercase":
		return lowercase{}, nil
	case "Strip":
		return strip{f.StripLeft, f.StripRight}, nil
	case "StripAccents":
		return stripAccents{}, nil
	case "Nmt":
		return nmt{}, nil
	case "Prepend":
		return prepend(f.Prepend), nil
	case "ByteLevel":
		return byteLevelNormalizer{}, nil
	case "Replace":
		m, err := f.Pattern.matcher()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return replace{m, f.Content}, nil
	case "Precompiled":
		p, err := newPrecompiled(f.Charsmap)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return p, nil
	case "Sequence":
		s, err := parseSequence(f.Normalizers, path+".normalizers", depth, parseNormalizer)
		return sequenceNormalizer(s), err
	}
	return nil, unknownType(path, typ,
		"BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, ByteLevel, Replace, "+
			"Precompiled, Sequence")
}

func parsePreTokenizer(typ string, raw json.RawMessage, path string, depth int) (preTokenizer, error) {
	var f struct {
		AddPrefixSpace   *bool             `json:"add_prefix_space"`
		UseRegex         *bool             `json:"use_regex"`
		Replacement      string            `json:"replacement"`
		PrependScheme    string            `json:"prepend_scheme"`
		Split            *bool             `json:"split"`
		Pattern          patternFile       `json:"pattern"`
		Behavior         string            `json:"behavior"`
		Invert           bool              `json:"invert"`
		IndividualDigits bool              `json:"individual_digits"`
		Delimiter        string            `json:"delimiter"`
		Length           *int              `json:"length"`
		PreTokenizers    []json.RawMessage `json:"pretokenizers"`
	}
	if err := fields(raw, path, &f); err != nil {
		return nil, err
	}
	how, known := behaviors[f.Behavior]
	switch typ {
	case "BertPreTokenizer":
		return bertPreTokenizer{}, nil
	case "ByteLevel":
		var s sequencePreTokenizer
		if f.AddPrefixSpace == nil || *f.AddPrefixSpace {
			s = append(s, prefixSpace{})
		}
		if f.UseRegex == nil || *f.UseRegex {
			s = append(s, splitAll{scanners[PatternGPT2]})
		}
		return append(s, byteLevel{}), nil
	case "Whitespace":
		return splitter{wordsOrSymbols{}, removed, true}, nil
	case "WhitespaceSplit":
		return splitter{oneOf(classSpace), removed, false}, nil
	case "Metaspace":
		return parseMetaspace(path, f.Replacement, f.PrependScheme, f.AddPrefixSpace, f.Split)
	case "Punctuation":
		if f.Behavior == "" {
			how = isolated
		} else if !known {
			return nil, fmt.Errorf("%s: unknown behavior %q", path, f.Behavior)
		}
		return splitter{oneOf(classPunctuation), how, false}, nil
	case "Digits":
		how = contiguous
		if f.IndividualDigits {
			how = isolated
		}
		return splitter{oneOf(classNumeric), how, false}, nil
	case "Delimiter", "CharDelimiterSplit":
		c, err := oneCharacter(f.Delimiter)
		if err != nil {
			return nil, fmt.Errorf("%s: delimiter: %w", path, err)
		}
		return splitter{oneRune(c), removed, false}, nil
	case "FixedLength":
		if f.Length == nil || *f.Length <= 0 {
			return nil, fmt.Errorf("%s: length: want a number ≥ 1", path)
		}
		return fixedLength(*f.Length), nil
	case "Split":
		m, err := f.Pattern.matcher()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if !known {
			return nil, fmt.Errorf("%s: unknown behavior %q", path, f.Behavior)
		}
		if s, ok := m.(*scanner); ok && (how == isolated || how == removed && f.Invert) {
			return splitAll{s}, nil
		}
		return splitter{m, how, f.Invert}, nil
	case "Sequence":
		list, err := parseSequence(f.PreTokenizers, path+".pretokenizers", depth, parsePreTokenizer)
		var s sequencePreTokenizer
		for _, p := range list {
			if inner, ok := p.(sequencePreTokenizer); ok {
				s = append(s, inner...)
			} else {
				s = append(s, p)
			}
		}
		return s, err
	}
	return nil, unknownType(path, typ,
		"BertPreTokenizer, ByteLevel, Whitespace, WhitespaceSplit, Metaspace, Punctuation, Digits, Delimiter, "+
			"FixedLength, Split, Sequence")
}

func oneCharacter(s string) (rune, error) {
	r := []rune(s)
	if len(r) != 1 {
		return 0, fmt.Errorf("%q, want one character", s)
	}
	return r[0], nil
}

func parseMetaspace(path, replacement, scheme string, prefixSpace, split *bool) (preTokenizer, error) {
	c, err := oneCharacter(replacement)
	if err != nil {
		return nil, fmt.Errorf("%s: replacement: %w", path, err)
	}
	m := metaspace{space: c}
	if split == nil || *split {
		m.before = splitter{oneRune(c), mergedWithNext, false}
	}
	if scheme != "" {
		var ok bool
		if m.prefix, ok = prefixSchemes[scheme]; !ok {
			return nil, fmt.Errorf("%s: prepend_scheme %q, want always, first or never", path, scheme)
		}
	}
	if prefixSpace != nil && !*prefixSpace {
		if m.prefix != never && scheme != "" {
			return nil, fmt.Errorf("%s: add_prefix_space is false, but prepend_scheme is %q", path, scheme)
		}
		m.prefix = never
	}
	return m, nil
}

func parseDecoder(typ string, raw json.RawMessage, path string, depth int) (decoder, error) {
	var f struct {
		Prefix         string            `json:"prefix"`
		Cleanup        bool              `json:"cleanup"`
		Replacement    string            `json:"replacement"`
		PrependScheme  string            `json:"prepend_scheme"`
		AddPrefixSpace *bool             `json:"add_prefix_space"`
		Suffix         string            `json:"suffix"`
		Content        string            `json:"content"`
		Start          int               `json:"start"`
		Stop           int               `json:"stop"`
		Pattern        patternFile       `json:"pattern"`
		PadToken       string            `json:"pad_token"`
		WordDelimiter  string            `json:"word_delimiter_token"`
		Decoders       []json.RawMessage `json:"decoders"`
	}
	if err := fields(raw, path, &f); err != nil {
		return nil, err
	}
	switch typ {
	case "ByteLevel":
		return byteLevelDecoder{}, nil
	case "WordPiece":
		return wordPieceDecoder{f.Prefix, f.Cleanup}, nil
	case "Metaspace":
		m, err := parseMetaspace(path, f.Replacement, f.PrependScheme, f.AddPrefixSpace, nil)
		if err != nil {
			return nil, err
		}
		return metaspaceDecoder{f.Replacement, m.(metaspace).prefix != never}, nil
	case "BPEDecoder":
		if f.Suffix == "" {
			return nil, fmt.Errorf("%s: the suffix is empty", path)
		}
		return bpeDecoder{f.Suffix}, nil
	case "ByteFallback":
		return byteFallbackDecoder{}, nil
	case "Fuse":
		return fuseDecoder{}, nil
	case "Strip":
		if _, err := oneCharacter(f.Content); err != nil {
			return nil, fmt.Errorf("%s: content: %w", path, err)
		}
		if f.Start < 0 || f.Stop < 0 {
			return nil, fmt.Errorf("%s: start %d, stop %d: want numbers ≥ 0", path, f.Start, f.Stop)
		}
		return stripDecoder{f.Content, f.Start, f.Stop}, nil
	case "Replace":
		m, err := f.Pattern.matcher()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return replaceDecoder{m, f.Content}, nil
	case "CTC":
		if f.PadToken == "" || f.WordDelimiter == "" {
			return nil, fmt.Errorf("%s: pad_token or word_delimiter_token is empty", path)
		}
		return ctcDecoder{f.PadToken, f.WordDelimiter, f.Cleanup}, nil
	case "Sequence":
		s, err := parseSequence(f.Decoders, path+".decoders", depth, parseDecoder)
		return sequenceDecoder(s), err
	}
	return nil, unknownType(path, typ,
		"ByteLevel, WordPiece, Metaspace, BPEDecoder, ByteFallback, Fuse, Strip, Replace, CTC, Sequence")
}
