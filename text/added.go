package text

import (
	"bytes"
	"slices"
)

// AddedToken is a token that is found in the text before the model splits it, such as "<|endoftext|>".
type AddedToken struct {
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter or digit stands next to it
	LStrip     bool   `json:"lstrip"`      // with the white space before it
	RStrip     bool   `json:"rstrip"`      // with the white space after it
	Normalized bool   `json:"normalized"`  // found in the normalized text
	Special    bool   `json:"special"`     // left out by Decode
}

// addedTokens are the added tokens of a tokenizer.
type addedTokens struct {
	ids     map[string]int32
	byID    map[int32]AddedToken
	text    map[int32]string // the normalized content, where it differs
	special map[string]bool
	raw     *finder // of those that are found in the input
	norm    *finder // of those that are found in the normalized text
}

// finder finds added tokens in a text.
type finder struct {
	tokens *trie
	start  int // the byte that all tokens begin with, −1 if there are several
}

func (f *finder) add(content string, id int32) {
	if content == "" {
		return
	}
	switch f.tokens.add(content, id); f.start {
	case -2:
		f.start = int(content[0])
	case int(content[0]):
	default:
		f.start = -1
	}
}

// next returns the first match from position i on, the longest of those that begin there. It returns start −1 if
// there is none.
func (f *finder) next(b []byte, i int) (start, end int, id int32) {
	for ; i < len(b); i++ {
		if f.start >= 0 {
			k := bytes.IndexByte(b[i:], byte(f.start))
			if k < 0 {
				break
			}
			i += k
		}
		if n, id := f.tokens.longest(b[i:]); n > 0 {
			return i, i + n, id
		}
	}
	return -1, -1, -1
}

// newAddedTokens gives each token the id that the model has for it, or the next free one.
func newAddedTokens(tokens []AddedToken, m model, norm normalizer) *addedTokens {
	a := &addedTokens{ids: map[string]int32{}, byID: map[int32]AddedToken{}, text: map[int32]string{},
		special: map[string]bool{}, raw: &finder{newTrie(), -2}, norm: &finder{newTrie(), -2}}
	next := int32(m.vocab().size())
	for _, t := range tokens {
		if t.Content == "" {
			continue
		}
		id, ok := a.ids[t.Content]
		if !ok {
			if id, ok = m.vocab().id(t.Content); !ok {
				id = next
				next++
			}
		}
		a.ids[t.Content], a.byID[id] = id, t
		if t.Special {
			a.special[t.Content] = true
		}
		delete(a.text, id)
		if t.Normalized && norm != nil {
			var n normalized
			n.reset([]byte(t.Content), 0, false)
			norm.normalize(&n)
			if s := string(n.text); s != t.Content {
				a.text[id] = s
			}
		}
	}
	// Of tokens with the same normalized content the first one is found, so it is added last.
	ids, list := a.list()
	for i, id := range slices.Backward(ids) {
		if t := list[i]; !t.Normalized {
			a.raw.add(t.Content, id)
		} else if s, ok := a.text[id]; ok {
			a.norm.add(s, id)
		} else {
			a.norm.add(t.Content, id)
		}
	}
	return a
}

// list returns the tokens by ascending id.
func (a *addedTokens) list() (ids []int32, tokens []AddedToken) {
	for id := range a.byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		tokens = append(tokens, a.byID[id])
	}
	return ids, tokens
}

// each calls f for the parts of b: the added tokens that find finds, and the text between them with id −1.
func (a *addedTokens) each(find *finder, b []byte, f func(start, end int, id int32)) {
	done := 0
	if find.start != -2 {
		t := table()
		for i := 0; ; {
			start, end, id := find.next(b, i)
			if start < 0 {
				break
			}
			i = end
			added := a.byID[id]
			inWord := start > 0 && endsWith(t, b[:start], classWord) || end < len(b) &&
				beginsWith(t, b[end:], classWord)
			if added.SingleWord && inWord {
				continue
			}
			for added.LStrip && start > done && endsWith(t, b[:start], classSpace) {
				_, size := t.last(b[:start])
				start = max(start-size, done)
			}
			if added.RStrip {
				end = t.run(b, end, classSpace)
			}
			// PyPI tokenizers also finds tokens of white space that the token before it has taken; here no text is
			// tokenized twice.
			start = max(start, done)
			if start > done {
				f(done, start, -1)
			}
			if end > start {
				f(start, end, id)
			}
			done = end
		}
	}
	if done < len(b) {
		f(done, len(b), -1)
	}
}

func beginsWith(t *classes, b []byte, in class) bool {
	k, _ := t.first(b)
	return k&in != 0
}

func endsWith(t *classes, b []byte, in class) bool {
	k, _ := t.last(b)
	return k&in != 0
}
