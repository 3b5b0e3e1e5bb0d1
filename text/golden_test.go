package text

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"
)

const goldenFolder = "../testdata/tokenizers"

// goldenFile is golden.json, which testdata/tokenizers/golden.py makes with PyPI tokenizers.
type goldenFile struct {
	Texts   []string
	Pairs   [][2]string
	Results map[string]struct {
		Texts, Pairs []goldenResult
		Plain        [][]int32
	}
}

// goldenResult is what tokenizers returned for a text. Masks that are left out are those of texts without special
// tokens or padding.
type goldenResult struct {
	IDs, Types, Words, Special, Mask []int32
	Offsets                          []int // start and end of each token, in characters
	Tokens                           []string
	Text, All                        string
}

func readGolden(t *testing.T) *goldenFile {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldenFolder, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	g := &goldenFile{}
	if err := json.Unmarshal(b, g); err != nil {
		t.Fatal(err)
	}
	if len(g.Results) < 30 || len(g.Texts) < 30 {
		t.Fatalf("golden.json has %d tokenizers and %d texts", len(g.Results), len(g.Texts))
	}
	return g
}

func load(t testing.TB, name string) *Tokenizer {
	t.Helper()
	tok, err := LoadTokenizer(filepath.Join(goldenFolder, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestGolden compares ids, tokens, offsets, masks and decoded texts with PyPI tokenizers.
func TestGolden(t *testing.T) {
	g := readGolden(t)
	for name, r := range g.Results {
		t.Run(name, func(t *testing.T) {
			tok := load(t, name)
			for i, s := range g.Texts {
				compare(t, tok, tok.Encode(s), r.Texts[i], s)
			}
			for i, p := range g.Pairs {
				compare(t, tok, tok.EncodePair(p[0], p[1]), r.Pairs[i], p[0], p[1])
			}
			for i, ids := range r.Plain {
				if got := tok.WithoutSpecialTokens().Encode(g.Texts[i]); !slices.Equal(got.IDs, ids) {
					t.Errorf("%q without special tokens: %v, want %v", g.Texts[i], got.IDs, ids)
				}
			}
		})
	}
}

func compare(t *testing.T, tok *Tokenizer, got Encoding, want goldenResult, texts ...string) {
	t.Helper()
	n := len(want.IDs)
	for _, m := range []*[]int32{&want.Types, &want.Special, &want.Mask} {
		if *m == nil {
			*m = make([]int32, n)
			for i := range *m {
				if m == &want.Mask {
					(*m)[i] = 1
				}
			}
		}
	}
	if !slices.Equal(got.IDs, want.IDs) || !slices.Equal(got.Tokens, want.Tokens) {
		t.Errorf("%q\n got %v %q\nwant %v %q", texts, got.IDs, got.Tokens, want.IDs, want.Tokens)
		return
	}
	special := make([]int32, len(got.Special))
	for i, s := range got.Special {
		if s {
			special[i] = 1
		}
	}
	if !slices.Equal(got.TypeIDs, want.Types) || !slices.Equal(got.Words, want.Words) || !slices.Equal(special, want.Special) ||
		!slices.Equal(got.AttentionMask, want.Mask) {
		t.Errorf("%q\n got types %v words %v special %v mask %v\nwant types %v words %v special %v mask %v", texts,
			got.TypeIDs, got.Words, special,
			got.AttentionMask, want.Types, want.Words, want.Special, want.Mask)
	}
	for i, o := range got.Offsets {
		start, end := want.Offsets[2*i], want.Offsets[2*i+1]
		ok := false
		for _, s := range texts {
			a, b := inCharacters(s, o)
			ok = ok || a == start && b == end
		}
		if !ok {
			a, b := inCharacters(texts[0], o)
			t.Errorf("%q: token %d, %q: offsets %d to %d, want %d to %d", texts, i, got.Tokens[i], a, b, start, end)
		}
	}
	if s := tok.Decode(got.IDs); s != want.Text {
		t.Errorf("%q: decoded\n     %q\nwant %q", texts, s, want.Text)
	}
	if s := tok.DecodeWithSpecial(got.IDs); s != want.All {
		t.Errorf("%q: decoded with special tokens\n     %q\nwant %q", texts, s, want.All)
	}
}

// inCharacters converts an offset from bytes to characters.
func inCharacters(s string, o Span) (start, end int) {
	if o.End > len(s) {
		return -1, -1
	}
	return utf8.RuneCountInString(s[:o.Start]), utf8.RuneCountInString(s[:o.End])
}

// TestAppendIDs compares AppendIDs with Encode, on the first and on the second call, when words are in the cache.
func TestAppendIDs(t *testing.T) {
	g := readGolden(t)
	for name := range g.Results {
		tok := load(t, name)
		tok = tok.WithoutSpecialTokens().WithoutPadding().WithTruncation(Truncation{})
		for _, s := range append(g.Texts, "\xff\xfea\xc3 \xe2\x82b") {
			want := tok.Encode(s).IDs
			for range 2 {
				if got := tok.AppendIDs([]int32{-7}, s); got[0] != -7 || !slices.Equal(got[1:], want) {
					t.Errorf("%s: %q: %v, want %v", name, s, got, want)
				}
			}
		}
	}
}
