package text

import (
	"slices"
	"strings"
	"testing"
)

// TestPatternsOfOniguruma holds what Go's regexp reads in another way. The pieces are those of PyPI tokenizers 0.23.3:
// Split(Regex(pattern), "isolated").
func TestPatternsOfOniguruma(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          []string
	}{
		{`\w+`, "x²①Ⅻ½ a٣é", []string{"x²", "①", "Ⅻ½", " ", "a٣é"}},
		{`[\w]+`, "x²①Ⅻ½ a٣é", []string{"x", "²①", "Ⅻ", "½ ", "a٣é"}},
		{`\W+`, "x²½ ①a", []string{"x²½", " ①", "a"}},
		{`[[:word:]]+`, "x² é", []string{"x", "² ", "é"}},
		{`[[:punct:]]+`, "a¿»€b", []string{"a", "¿»€", "b"}},
		{`[[:space:]]`, "a\u00A0b", []string{"a", "\u00A0", "b"}},
		{`[x[:digit:]]+`, "a٣x3b", []string{"a", "٣x3", "b"}},
		{`a{,2}b`, "aaab", []string{"a", "aab"}},
	} {
		m, err := newMatcher(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		var got []string
		at := 0
		for _, s := range m.matches([]byte(c.text), nil) {
			if s.Start > at {
				got = append(got, c.text[at:s.Start])
			}
			got = append(got, c.text[s.Start:s.End])
			at = s.End
		}
		if at < len(c.text) {
			got = append(got, c.text[at:])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s splits %q into %q, want %q", c.pattern, c.text, got, c.want)
		}
	}
}

// TestPatternsThatAreRefused are those that Go's regexp would read in another way than Oniguruma.
func TestPatternsThatAreRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		`\bthe\b`:        `\b`,
		`(?m:a.b)`:       "flag",
		`(?im)a.b`:       "flag",
		`[a-z&&[^aeio]]`: "&&",
		`[[:alpha:]]`:    "alpha",
		`[[:^punct:]]`:   "punct",
		`[[:punct`:       "punct",
		`\Qa.b\E`:        `\Q`,
	} {
		if _, err := newMatcher(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one about %s", pattern, err, want)
		}
	}
	if _, err := newMatcher(`(?i:'s|'t)|(?i)the`); err != nil {
		t.Error(err)
	}
}

// TestAffixBytesStayInTheText: with byte_fallback the bytes of an unknown character's suffix become tokens, whose
// place must not be behind the word.
func TestAffixBytesStayInTheText(t *testing.T) {
	v := []string{`"a":0`}
	for _, b := range []string{"3C", "2F", "77", "3E", "C3", "A9"} {
		v = append(v, `"<0x`+b+`>":`+string(rune('1'+len(v)-1)))
	}
	tok, err := ReadTokenizer(strings.NewReader(`{"model":{"type":"BPE","end_of_word_suffix":"</w>","byte_fallback":true,` +
		`"vocab":{` + strings.Join(v, ",") + `},"merges":[]}}`))
	if err != nil {
		t.Fatal(err)
	}
	e := tok.Encode("aé")
	if e.Len() != 7 {
		t.Fatalf("tokens %q, want 7", e.Tokens)
	}
	for i, s := range e.Offsets {
		if s.Start > s.End || s.End > len("aé") {
			t.Errorf("token %q has the place %v in 3 bytes", e.Tokens[i], s)
		}
	}
}
