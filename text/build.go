package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// ByteLevelConfig describes a byte-level BPE tokenizer. Its zero value is GPT-2's.
type ByteLevelConfig struct {
	Pattern      string       // what the text is split with; "" means PatternGPT2
	Digits       bool         // split off single digits first
	PrefixSpace  bool         // put a space before a text that begins with none
	NFC          bool         // compose characters first (Qwen)
	IgnoreMerges bool         // a word that is a token is not split (Llama 3)
	BOS, EOS     string       // tokens that Encode puts at the beginning and the end; "" means none
	Added        []AddedToken // tokens that are found in the text first, such as "<|im_end|>"
}

// ByteLevelPreset returns the configuration for the name of a pre-tokenizer in a GGUF file, tokenizer.ggml.pre. It
// knows default, gpt-2, smollm, llama-bpe, llama3, qwen2 and gpt-4o.
func ByteLevelPreset(pre string) (ByteLevelConfig, error) {
	switch pre {
	case "", "default", "gpt-2":
		return ByteLevelConfig{}, nil
	case "smollm":
		return ByteLevelConfig{Digits: true}, nil
	case "llama-bpe", "llama3":
		return ByteLevelConfig{Pattern: PatternLlama3, IgnoreMerges: true}, nil
	case "qwen2":
		return ByteLevelConfig{Pattern: PatternQwen2, NFC: true}, nil
	case "gpt-4o":
		return ByteLevelConfig{Pattern: PatternO200k}, nil
	}
	return ByteLevelConfig{}, fmt.Errorf("tokenizer: unknown pre-tokenizer %q, want default, gpt-2, smollm, llama-bpe, llama3, "+
		"qwen2 or gpt-4o", pre)
}

// step is a step of tokenizer.json.
type step map[string]any

// raw returns v as JSON, nil for a nil step.
func raw(v step) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and maps can be written
	}
	return b
}

// NewByteLevelBPE returns a byte-level BPE tokenizer. The id of a token is its index in tokens. A merge is two tokens
// with a space between them, as in merges.txt and in GGUF files (tokenizer.ggml.tokens and tokenizer.ggml.merges).
func NewByteLevelBPE(tokens, merges []string, c ByteLevelConfig) (*Tokenizer, error) {
	pairs, err := splitMerges(merges)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	v, err := listVocabulary(slices.Clone(tokens))
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	m, err := newBPE(v, pairs, bpe{whole: c.IgnoreMerges}, "")
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	k := &core{model: m, specs: byteLevelSpecs(c)}
	return k.build(c.BOS, c.EOS, c.Added)
}

// byteLevelSpecs returns the steps of a byte-level tokenizer.
func byteLevelSpecs(c ByteLevelConfig) (s specs) {
	if c.NFC {
		s.Normalizer = raw(step{"type": "NFC"})
	}
	var steps []step
	if c.Digits {
		steps = append(steps, step{"type": "Digits", "individual_digits": true})
	}
	own := c.Pattern != "" && c.Pattern != PatternGPT2
	if own {
		pattern := step{"Regex": c.Pattern}
		steps = append(steps, step{"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": false})
	}
	bytes := step{"type": "ByteLevel", "add_prefix_space": c.PrefixSpace, "trim_offsets": true, "use_regex": !own}
	s.PreTokenizer = raw(bytes)
	if len(steps) > 0 {
		s.PreTokenizer = raw(step{"type": "Sequence", "pretokenizers": append(steps, bytes)})
	}
	s.Decoder = raw(step{"type": "ByteLevel", "add_prefix_space": c.PrefixSpace, "trim_offsets": true,
		"use_regex": true})
	return s
}

// build makes the tokenizer of a model and steps, with a template for bos and eos.
func (c *core) build(bos, eos string, added []AddedToken) (*Tokenizer, error) {
	if bos != "" || eos != "" {
		special := step{}
		token := func(s string, typeID int) ([]step, error) {
			if s == "" {
				return nil, nil
			}
			id, err := c.findID(s, added)
			special[s] = step{"id": s, "ids": []int32{id}, "tokens": []string{s}}
			return []step{{"SpecialToken": step{"id": s, "type_id": typeID}}}, err
		}
		var pieces [2][]step
		for i, text := range []string{"A", "B"} {
			begin, err := token(bos, i)
			if err != nil {
				return nil, fmt.Errorf("tokenizer: %w", err)
			}
			end, err := token(eos, i)
			if err != nil {
				return nil, fmt.Errorf("tokenizer: %w", err)
			}
			pieces[i] = slices.Concat(begin, []step{{"Sequence": step{"id": text, "type_id": i}}}, end)
		}
		c.specs.PostProcessor = raw(step{"type": "TemplateProcessing", "single": pieces[0],
			"pair": slices.Concat(pieces[0], pieces[1]), "special_tokens": special})
	}
	if err := c.parseSteps(); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return newTokenizer(c, added), nil
}

// findID returns the id that a token will have.
func (c *core) findID(token string, added []AddedToken) (int32, error) {
	if id, ok := c.model.vocab().id(token); ok {
		return id, nil
	}
	if id, ok := newAddedTokens(added, c.model, nil).ids[token]; ok {
		return id, nil
	}
	return 0, fmt.Errorf("token %q is neither in the vocabulary nor an added token", token)
}

// SentencePieceConfig describes a SentencePiece BPE tokenizer. Its zero value is Llama 2's without special tokens.
type SentencePieceConfig struct {
	NoPrefixSpace bool         // put no space before the text
	Unknown       string       // the token for unknown characters; "" means "<unk>"
	BOS, EOS      string       // tokens that Encode puts at the beginning and the end; "" means none
	Added         []AddedToken // tokens that are found in the text first
}

// NewSentencePieceBPE returns a BPE tokenizer of SentencePiece, as Llama 2's, from its tokens and their scores
// (tokenizer.ggml.tokens and tokenizer.ggml.scores of a GGUF file whose tokenizer.ggml.model is "llama"). Its merges
// are all pairs of tokens that form a token, the highest score first.
func NewSentencePieceBPE(tokens []string, scores []float32, c SentencePieceConfig) (*Tokenizer, error) {
	if len(scores) != len(tokens) {
		return nil, fmt.Errorf("tokenizer: %d tokens and %d scores, want as many", len(tokens), len(scores))
	}
	v, err := listVocabulary(slices.Clone(tokens))
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if c.Unknown == "" {
		c.Unknown = "<unk>"
	}
	m, err := newBPE(v, scoredMerges(v, scores), bpe{fuseUnknown: true, byteFallback: true}, c.Unknown)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	replace := step{"type": "Replace", "pattern": step{"String": " "}, "content": "▁"}
	spaces := step{"type": "Replace", "pattern": step{"String": "▁"}, "content": " "}
	decoders := []step{spaces, {"type": "ByteFallback"}, {"type": "Fuse"}}
	k := &core{model: m, specs: specs{Normalizer: raw(replace)}}
	if !c.NoPrefixSpace {
		k.specs.Normalizer = raw(step{"type": "Sequence",
			"normalizers": []step{{"type": "Prepend", "prepend": "▁"}, replace}})
		decoders = append(decoders, step{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	k.specs.Decoder = raw(step{"type": "Sequence", "decoders": decoders})
	return k.build(c.BOS, c.EOS, c.Added)
}

// scoredMerges returns all pairs of tokens that form a token, by descending score, then by the ids of the pair.
func scoredMerges(v *vocabulary, scores []float32) [][2]string {
	type scored struct {
		pair        [2]string
		score       float32
		left, right int32
	}
	var all []scored
	for id, token := range v.tokens {
		for i := range token {
			left, ok := v.ids[token[:i]]
			if !ok || i == 0 {
				continue
			}
			if right, ok := v.ids[token[i:]]; ok {
				all = append(all, scored{[2]string{token[:i], token[i:]}, scores[id], left, right})
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if a.score != b.score {
			return a.score > b.score
		}
		if a.left != b.left {
			return a.left < b.left
		}
		return a.right < b.right
	})
	out := make([][2]string, len(all))
	for i, s := range all {
		out[i] = s.pair
	}
	return out
}

// NewWordPiece returns BERT's tokenizer for the tokens of its vocab.txt, which must have [UNK], [CLS] and [SEP].
// uncased maps texts to lowercase and removes accents.
func NewWordPiece(tokens []string, uncased bool) (*Tokenizer, error) {
	v, err := listVocabulary(slices.Clone(tokens))
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	m, err := newWordPiece(v, "[UNK]", "##", 100)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	cls, ok1 := v.id("[CLS]")
	sep, ok2 := v.id("[SEP]")
	if !ok1 || !ok2 {
		return nil, errors.New("tokenizer: the vocabulary lacks [CLS] or [SEP]")
	}
	c := &core{model: m, specs: specs{
		Normalizer: raw(step{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
			"strip_accents": nil, "lowercase": uncased}),
		PreTokenizer:  raw(step{"type": "BertPreTokenizer"}),
		PostProcessor: raw(step{"type": "BertProcessing", "sep": []any{"[SEP]", sep}, "cls": []any{"[CLS]", cls}}),
		Decoder:       raw(step{"type": "WordPiece", "prefix": "##", "cleanup": true}),
	}}
	var added []AddedToken
	for _, s := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
		if _, ok := v.id(s); ok {
			added = append(added, AddedToken{Content: s, Special: true})
		}
	}
	return c.build("", "", added)
}

// NewCharTokenizer returns a tokenizer whose tokens are the characters of text, ordered by code point, as in nanoGPT.
// It leaves out characters that the text does not have.
func NewCharTokenizer(text string) *Tokenizer {
	seen := map[rune]bool{}
	for _, c := range text {
		seen[c] = true
	}
	var chars []rune
	for c := range seen {
		chars = append(chars, c)
	}
	slices.Sort(chars)
	tokens := make([]string, len(chars))
	for i, c := range chars {
		tokens[i] = string(c)
	}
	v, _ := listVocabulary(tokens) // characters are different
	m, _ := newBPE(v, nil, bpe{}, "")
	t, err := (&core{model: m, specs: specs{Decoder: raw(step{"type": "Fuse"})}}).build("", "", nil)
	if err != nil {
		panic(err) // the steps are known
	}
	return t
}
