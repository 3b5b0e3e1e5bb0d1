package text

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/tensor"
)

// TestSave writes each tokenizer and reads it again.
func TestSave(t *testing.T) {
	g := readGolden(t)
	for name := range g.Results {
		tok := load(t, name)
		var b bytes.Buffer
		if _, err := tok.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadTokenizer(&b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, s := range g.Texts {
			if a, b := tok.Encode(s), again.Encode(s); !slices.Equal(a.IDs, b.IDs) || !slices.Equal(a.Offsets, b.Offsets) {
				t.Errorf("%s: %q: %v after saving, want %v", name, s, b.IDs, a.IDs)
			}
		}
	}
}

// TestConstructors compares tokenizers made from lists with those of files.
func TestConstructors(t *testing.T) {
	g := readGolden(t)
	lists := func(name string) (tokens, merges []string, added []AddedToken) {
		tok := load(t, name)
		m := tok.model.(*bpe)
		for _, r := range m.merges {
			merges = append(merges, m.vocabulary.tokens[r.left]+" "+m.vocabulary.tokens[r.right])
		}
		_, added = tok.AddedTokens()
		return m.vocabulary.tokens, merges, added
	}
	check := func(name string, got *Tokenizer, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		want := load(t, name)
		for _, s := range g.Texts {
			if a, b := got.Encode(s), want.Encode(s); !slices.Equal(a.IDs, b.IDs) {
				t.Errorf("%s: %q: %v, want %v", name, s, a.IDs, b.IDs)
			} else if a, b := got.Decode(a.IDs), want.Decode(b.IDs); a != b {
				t.Errorf("%s: %q: decoded %q, want %q", name, s, a, b)
			}
		}
	}
	for name, pre := range map[string]string{"smollm": "smollm", "llama3": "llama-bpe", "qwen2": "qwen2",
		"o200k": "gpt-4o", "gpt2": "gpt-2"} {
		c, err := ByteLevelPreset(pre)
		if err != nil {
			t.Fatal(err)
		}
		tokens, merges, added := lists(name)
		c.Added = added
		if name == "llama3" {
			c.BOS = "<|begin_of_text|>"
		}
		tok, err := NewByteLevelBPE(tokens, merges, c)
		check(name, tok, err)
	}
	if _, err := ByteLevelPreset("other"); err == nil {
		t.Error("no error for an unknown pre-tokenizer")
	}

	bert := load(t, "bert")
	tok, err := NewWordPiece(bert.model.vocab().tokens, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range g.Texts {
		if strings.Contains(s, "[MASK]") {
			continue
		}
		if a, b := tok.Encode(s), bert.Encode(s); !slices.Equal(a.IDs, b.IDs) {
			t.Errorf("WordPiece: %q: %v, want %v", s, a.IDs, b.IDs)
		}
	}

	// The scores of SentencePiece are minus the ranks of merges, so the merges are those of the list.
	llama := load(t, "llama2")
	m := llama.model.(*bpe)
	scores := make([]float32, m.vocabulary.size())
	for i, r := range m.merges {
		scores[r.to] = -float32(i)
	}
	_, added := llama.AddedTokens()
	tok, err = NewSentencePieceBPE(m.vocabulary.tokens, scores, SentencePieceConfig{BOS: "<s>", Added: added})
	check("llama2", tok, err)
}

func TestCharTokenizer(t *testing.T) {
	tok := NewCharTokenizer("hello wörld")
	ids := tok.AppendIDs(nil, "hö lX")
	if !slices.Equal(ids, []int32{3, 8, 0, 4}) { // space d e h l o r w ö
		t.Errorf("ids %v", ids)
	}
	if s := tok.Decode(ids); s != "hö l" {
		t.Errorf("decoded %q", s)
	}
	if n := NewCharTokenizer("").VocabSize(); n != 0 {
		t.Errorf("%d tokens of an empty text", n)
	}
}

// TestStream compares the decoded pieces with the decoded whole.
func TestStream(t *testing.T) {
	g := readGolden(t)
	for name := range g.Results {
		switch name {
		case "bert", "affixes": // their decoders change the text across tokens: removed spaces, joined neighbours
			continue
		}
		tok := load(t, name).WithoutPadding()
		if tok.decoder == nil {
			continue
		}
		for _, s := range g.Texts {
			ids := tok.Encode(s).IDs
			var got strings.Builder
			d := tok.Stream()
			for _, id := range ids {
				piece := d.Next(id)
				if !utf8.ValidString(piece) {
					t.Errorf("%s: %q: piece %q", name, s, piece)
				}
				got.WriteString(piece)
			}
			got.WriteString(d.Flush())
			if want := tok.Decode(ids); got.String() != want {
				t.Errorf("%s: %q:\n got %q\nwant %q", name, s, got.String(), want)
			}
		}
	}
}

// TestInvalidUTF8 checks that byte-level models and those with byte tokens keep invalid bytes.
func TestInvalidUTF8(t *testing.T) {
	const s = "a\xff\xc3 b\xe2\x82"
	tok := load(t, "smollm")
	var b []byte
	for _, id := range tok.AppendIDs(nil, s) {
		token, _ := tok.Token(id)
		b, _ = alphabetBytes(b, token)
	}
	if string(b) != s {
		t.Errorf("the tokens are %q, want %q", b, s)
	}
	if got := tok.Decode(tok.AppendIDs(nil, s)); got != "a\uFFFD\uFFFD b\uFFFD" {
		t.Errorf("decoded %q", got)
	}
	llama := load(t, "llama2")
	if e := llama.Encode("\xff"); !slices.Equal(e.Tokens, []string{"<s>", "▁", "<0xFF>"}) {
		t.Errorf("tokens %q", e.Tokens)
	}
	if e := load(t, "bert").Encode("a\xffb"); e.Tokens[1] != "a" || e.Offsets[2] != (Span{2, 3}) {
		t.Errorf("tokens %q offsets %v", e.Tokens, e.Offsets)
	}
}

// TestLongWord encodes words of 200 kilobytes: merging must not take quadratic time.
func TestLongWord(t *testing.T) {
	random := make([]byte, 1<<18)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte('a' + r.IntN(4))
	}
	for _, name := range []string{"gpt2", "llama2", "t5", "bert", "metaspace_always"} {
		tok := load(t, name)
		for _, s := range []string{strings.Repeat("a", 1<<18), string(random), strings.Repeat("the", 1<<16)} {
			start := time.Now()
			ids := tok.AppendIDs(nil, s)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%s: %d ids of a long word in %v", name, len(ids), took)
			}
			if name == "gpt2" && tok.Decode(ids) != s {
				t.Errorf("%s: the decoded word differs", name)
			}
		}
	}
}

// TestMergeLong compares the heap with the search through all pairs.
func TestMergeLong(t *testing.T) {
	m := load(t, "train_bytes").model.(*bpe)
	r := rand.New(rand.NewPCG(3, 4))
	corpus := "the there therefore and nothing citizens speak, proceed "
	for range 3000 {
		from := r.IntN(len(corpus))
		b := []byte(corpus[from:][:r.IntN(min(len(corpus)-from, shortWord)+1)])
		short, long := &work{}, &work{}
		for _, c := range b {
			short.symbols = append(short.symbols, symbol{id: m.rawIDs[c], n: 1})
		}
		long.symbols = slices.Clone(short.symbols)
		var a, c []int32
		for _, s := range m.mergeShort(short.symbols) {
			a = append(a, s.id)
		}
		m.mergeLong(long)
		for _, s := range long.symbols {
			if s.n > 0 {
				c = append(c, s.id)
			}
		}
		if !slices.Equal(a, c) {
			t.Fatalf("%q: %v by search, %v with the heap", b, a, c)
		}
	}
}

// TestAppendIDsAllocates checks that AppendIDs allocates nothing in the steady state.
func TestAppendIDsAllocates(t *testing.T) {
	s := strings.Repeat("The quick brown fox's 12345 jumps over Lamina; cafés, 日本語 and deep learninglearninglearninglearning!\n", 20)
	for _, name := range []string{"bert", "gpt2", "llama3", "smollm", "o200k", "llama2_first", "metaspace_always",
		"wordlevel", "nfd", "nfkc", "t5", "qwen2"} {
		tok := load(t, name)
		ids := tok.AppendIDs(nil, s)
		if n := testing.AllocsPerRun(20, func() { ids = tok.AppendIDs(ids[:0], s) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestManyGoroutines encodes in several goroutines at once.
func TestManyGoroutines(t *testing.T) {
	g := readGolden(t)
	tok := load(t, "roberta")
	texts := slices.Repeat(g.Texts, 20)
	for i, e := range tok.EncodeBatch(texts) {
		if want := tok.Encode(texts[i]); !slices.Equal(e.IDs, want.IDs) {
			t.Fatalf("%q: %v, want %v", texts[i], e.IDs, want.IDs)
		}
	}
}

// TestTruncation checks the strategies, and that the result never exceeds the limit.
func TestTruncation(t *testing.T) {
	tok := load(t, "bert")
	a, b := "one two three four five six", "seven eight"
	for most := 1; most < 24; most++ {
		for s := LongestFirst; s <= OnlySecond; s++ {
			for _, left := range []bool{false, true} {
				u := tok.WithTruncation(Truncation{MaxLength: most, Strategy: s, Left: left})
				for _, e := range []Encoding{u.Encode(a), u.EncodePair(a, b), u.EncodePair(b, a)} {
					if n := e.Len(); n > max(most, 3) { // the special tokens stay
						t.Errorf("%d tokens with the limit %d, strategy %d", n, most, s)
					}
				}
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	tok := load(t, "bert")
	for name, f := range map[string]func(){
		"negative truncation": func() { tok.WithTruncation(Truncation{MaxLength: -1}) },
		"unknown strategy":    func() { tok.WithTruncation(Truncation{MaxLength: 5, Strategy: 3}) },
		"negative padding":    func() { tok.WithPadding(Padding{Length: -1}) },
		"no windows":          func() { NewWindows(IDs{1, 2}, 2, WindowsConfig{}) },
		"too many windows":    func() { NewWindows(IDs{1, 2, 3}, 1, WindowsConfig{Samples: 9, InOrder: true}) },
		"no vocabulary":       func() { OpenTokens("x", 0) },
	} {
		err := tensor.Try(f)
		if e := (*tensor.Error)(nil); !errors.As(err, &e) || !strings.HasPrefix(e.Op, "text.") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
