package text

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
)

// Tokenizer turns text into the ids of tokens and back, as Hugging Face's tokenizers do. [LoadTokenizer] reads one
// from a file; [NewByteLevelBPE] and the like make one. A Tokenizer never changes: methods such as
// [Tokenizer.WithPadding] return another one, which shares the vocabulary. Many goroutines may use one.
//
// A byte that is not valid UTF-8 counts as the character U+FFFD where a normalizer or a pattern looks at it.
// Byte-level models, and those with tokens for bytes, encode the byte itself, so that decoding returns it; Decode
// then writes U+FFFD as Python does.
type Tokenizer struct {
	*core
	truncation *Truncation
	padding    *Padding
	plain      bool // add no special tokens
}

// core is what a tokenizer and its copies share.
type core struct {
	normalizer   normalizer
	preTokenizer preTokenizer
	model        model
	processor    processor
	decoder      decoder
	added        *addedTokens
	needsPlaces  bool // a step looks where in the input a piece is
	specs        specs
	special      []bool // by id: Decode leaves it out

	works freelist.List[work]
}

// Encoding is an encoded text. All slices have the same length.
type Encoding struct {
	IDs           []int32
	TypeIDs       []int32  // 0 for the first text and 1 for the second one, as the tokenizer's template says
	Tokens        []string // the tokens in the vocabulary's spelling
	Offsets       []Span   // the bytes of the text that each token stands for; those of added special tokens are 0 to 0
	Words         []int32  // the number of the piece (word) in its text, −1 for special tokens
	Special       []bool   // true for tokens that are no part of the text, padding included: special_tokens_mask
	AttentionMask []int32  // 0 for padding, 1 for other tokens
}

// Len returns the number of tokens.
func (e Encoding) Len() int { return len(e.IDs) }

// Encode returns the tokens of s, with the special tokens of the tokenizer's template ([CLS], <s>, …).
func (t *Tokenizer) Encode(s string) Encoding { return t.finish([]part{t.part(s, 0)}) }

// EncodePair returns the tokens of two texts in one sequence, as for a question and its context.
func (t *Tokenizer) EncodePair(a, b string) Encoding {
	return t.finish([]part{t.part(a, 0), t.part(b, 1)})
}

// EncodeBatch encodes several texts, on all processors. With a padding all results have the same length.
func (t *Tokenizer) EncodeBatch(texts []string) []Encoding {
	out := make([]Encoding, len(texts))
	var wait sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(texts)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(texts)); i = next.Add(1) - 1 {
				out[i] = t.Encode(texts[i])
			}
		})
	}
	wait.Wait()
	if t.padding != nil {
		t.padding.apply(out)
	}
	return out
}

// SpecialTokens returns the ids that Encode writes before a text and after it, as the tokenizer's template says.
func (t *Tokenizer) SpecialTokens() (before, after []int32) {
	if t.processor == nil || t.plain {
		return nil, nil
	}
	const text = -1 // stands for the text
	p := part{Encoding{IDs: []int32{text}, TypeIDs: []int32{0}, Tokens: []string{""}, Offsets: []Span{{}},
		Words: []int32{0}, Special: []bool{false}, AttentionMask: []int32{1}}, ""}
	for _, p := range t.processor.process([]part{p}, true) {
		for _, id := range p.IDs {
			if id == text {
				before, after = after, nil
			} else {
				after = append(after, id)
			}
		}
	}
	return before, after
}

// AppendIDs appends the ids of s to dst. It adds no special tokens, and neither truncates nor pads: the form for
// training data. After the first calls it allocates nothing, except for a longer dst, for patterns that Go's regexp
// matches, and for characters that a normalizer composes.
func (t *Tokenizer) AppendIDs(dst []int32, s string) []int32 {
	w := t.works.Get()
	out := output{ids: dst}
	t.core.encode(w, unsafe.Slice(unsafe.StringData(s), len(s)), &out)
	t.release(w)
	return out.ids
}

// release returns w for later use, unless a huge text made it large.
func (t *Tokenizer) release(w *work) {
	const most = 1 << 22
	if cap(w.pieces) <= most && cap(w.symbols) <= most && cap(w.path) <= most {
		t.works.Put(w)
	}
}

// part is one of the texts of an encoding.
type part struct {
	Encoding
	text string
}

// part encodes text number i.
func (t *Tokenizer) part(s string, i int) part {
	w := t.works.Get()
	out := output{full: true}
	t.core.encode(w, unsafe.Slice(unsafe.StringData(s), len(s)), &out)
	t.release(w)
	p := part{out.Encoding, s}
	n := len(p.IDs)
	p.TypeIDs, p.Special, p.AttentionMask = make([]int32, n), make([]bool, n), make([]int32, n)
	for k := range n {
		p.TypeIDs[k], p.AttentionMask[k] = int32(i), 1
	}
	return p
}

// finish truncates the parts, adds special tokens, joins the parts and pads them.
func (t *Tokenizer) finish(parts []part) Encoding {
	if t.truncation != nil {
		most := t.truncation.MaxLength
		if t.processor != nil && !t.plain {
			most = max(most-t.processor.added(len(parts) == 2), 0)
		}
		t.truncation.apply(parts, most)
	}
	if t.processor != nil {
		parts = t.processor.process(parts, !t.plain)
	}
	e := parts[0].Encoding
	for _, p := range parts[1:] {
		e.append(&p.Encoding)
	}
	if t.padding != nil {
		e = t.padding.padded(e, t.padding.length([]Encoding{e}))
	}
	return e
}

// WithoutSpecialTokens returns a tokenizer that adds no special tokens: add_special_tokens=False.
func (t *Tokenizer) WithoutSpecialTokens() *Tokenizer {
	c := *t
	c.plain = true
	return &c
}

// VocabSize returns the number of tokens, with the added ones.
func (t *Tokenizer) VocabSize() int {
	n := t.model.vocab().size()
	for token := range t.added.ids {
		if _, ok := t.model.vocab().id(token); !ok {
			n++
		}
	}
	return n
}

// TokenID returns the id of a token in the vocabulary's spelling, and whether there is one.
func (t *Tokenizer) TokenID(token string) (int32, bool) {
	if id, ok := t.added.ids[token]; ok {
		return id, true
	}
	return t.model.vocab().id(token)
}

// Token returns the token of an id, and whether there is one.
func (t *Tokenizer) Token(id int32) (string, bool) {
	if s, ok := t.added.text[id]; ok {
		return s, true
	}
	if a, ok := t.added.byID[id]; ok {
		return a.Content, true
	}
	return t.model.vocab().token(id)
}

// AddedTokens returns the added tokens and their ids, by ascending id.
func (t *Tokenizer) AddedTokens() ([]int32, []AddedToken) { return t.added.list() }

// isSpecial reports whether Decode leaves out an id.
func (c *core) isSpecial(id int32) bool { return id >= 0 && int(id) < len(c.special) && c.special[id] }

// Decode returns the text of ids, without special tokens. It leaves out ids that are not in the vocabulary.
func (t *Tokenizer) Decode(ids []int32) string { return t.decode(ids, true) }

// DecodeWithSpecial is Decode with special tokens: skip_special_tokens=False.
func (t *Tokenizer) DecodeWithSpecial(ids []int32) string { return t.decode(ids, false) }

func (t *Tokenizer) decode(ids []int32, skip bool) string {
	tokens := make([]string, 0, len(ids))
	for _, id := range ids {
		if skip && t.isSpecial(id) {
			continue
		}
		if s, ok := t.Token(id); ok {
			tokens = append(tokens, s)
		}
	}
	return t.decodeTokens(tokens)
}

// newTokenizer joins the parts of a tokenizer.
func newTokenizer(c *core, added []AddedToken) *Tokenizer {
	c.added = newAddedTokens(added, c.model, c.normalizer)
	last := int32(-1)
	for id := range c.added.byID {
		last = max(last, id)
	}
	if n := int(last) + 1; n <= math.MaxInt32 {
		c.special = make([]bool, max(n, len(c.model.vocab().tokens)))
	}
	t := &Tokenizer{core: c}
	for id := range c.special {
		if s, ok := t.Token(int32(id)); ok {
			c.special[id] = c.added.special[s]
		}
	}
	c.optimize()
	return t
}

// optimize leaves out the last step of byte-level models, which replaces bytes by characters, if the model can take
// bytes.
func (c *core) optimize() {
	steps, _ := c.preTokenizer.(sequencePreTokenizer)
	if c.preTokenizer != nil && steps == nil {
		steps = sequencePreTokenizer{c.preTokenizer}
	}
	for i, s := range steps {
		m, ok := s.(metaspace)
		if ok && m.prefix == first && (i > 0 || c.normalizer != nil) {
			c.needsPlaces = true
		}
	}
	if n := len(steps); n > 0 {
		m, ok := c.model.(*bpe)
		if _, last := steps[n-1].(byteLevel); last && ok && m.useRaw() {
			c.preTokenizer = steps[:n-1]
		}
	}
}
