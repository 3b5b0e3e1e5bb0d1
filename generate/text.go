package generate

import (
	"iter"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/text"
)

// Prompt returns the ids of a text to continue: with the special tokens that the tokenizer writes before a text,
// unless the text begins with them (a chat may), and without those after it, which would end it.
func Prompt(t *text.Tokenizer, s string) []int32 {
	before, _ := t.SpecialTokens()
	ids := t.AppendIDs(slices.Clone(before), s)
	if rest := ids[len(before):]; len(rest) >= len(before) && slices.Equal(rest[:len(before)], before) {
		return rest
	}
	return ids
}

// Text continues a text, whose ids are those of [Prompt]. It yields the new text piece by piece, and ends before the
// first of StopTexts. What may be the beginning of one is held back until that is decided, and so are incomplete
// characters. An error ends the sequence.
func Text(m Model, t *text.Tokenizer, prompt string, c Config) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := c.check(); err != nil {
			yield("", err)
			return
		}
		d := t.Stream()
		held, stops := "", c.StopTexts
		c.StopTexts = nil
		for token, err := range Tokens(m, Prompt(t, prompt), c) {
			if err != nil {
				yield("", err)
				return
			}
			piece, rest, stop := cut(held+d.Next(token), stops)
			held = rest
			if piece != "" && !yield(piece, nil) || stop {
				return
			}
		}
		piece, rest, stop := cut(held+d.Flush(), stops)
		if !stop {
			piece += rest
		}
		if piece != "" {
			yield(piece, nil)
		}
	}
}

// cut splits s where a stop text begins, or may begin at the end of s. stop reports whether s has all of one.
func cut(s string, stops []string) (before, held string, stop bool) {
	at := len(s)
	for _, w := range stops {
		if i := strings.Index(s, w); i >= 0 && i <= at {
			at, stop = i, true
		}
	}
	if stop {
		return s[:at], "", true
	}
	for i := range s {
		if slices.ContainsFunc(stops, func(w string) bool { return strings.HasPrefix(w, s[i:]) }) {
			return s[:i], s[i:], false
		}
	}
	return s, "", false
}
