package text

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
)

// TestTokens writes texts to files of ids and reads them again, with two and with four bytes for an id.
func TestTokens(t *testing.T) {
	corpus := strings.Repeat("The quick brown fox, 日本語 and 😀.\n", 20000) + strings.Repeat("é", 1<<20) + "end"
	tok := NewCharTokenizer(corpus)
	wide := load(t, "gpt2") // with a vocabulary that needs four bytes
	wide.added.ids = map[string]int32{}
	for i := range 1 << 16 {
		wide.added.ids[fmt.Sprint("token ", i)] = int32(1000 + i)
	}
	for width, want := range map[int]*Tokenizer{2: tok, 4: wide} {
		path := filepath.Join(t.TempDir(), "ids")
		size := want.VocabSize()
		if tokenWidth(size) != width {
			t.Fatalf("%d tokens", size)
		}
		n, err := want.WriteTokens(path, strings.NewReader(corpus))
		if err != nil {
			t.Fatal(err)
		}
		ids := want.AppendIDs(nil, corpus)
		tokens, err := OpenTokens(path, size)
		if err != nil {
			t.Fatal(err)
		}
		defer tokens.Close()
		if n != len(ids) || tokens.Len() != n {
			t.Fatalf("%d ids written, %d in the file, want %d", n, tokens.Len(), len(ids))
		}
		got, same := make([]int64, 5000), make([]int64, 5000)
		for range 200 {
			at := rand.IntN(n - len(got))
			if err := tokens.ReadIDs(got, at); err != nil {
				t.Fatal(err)
			}
			if err := IDs(ids).ReadIDs(same, at); err != nil || !slices.Equal(got, same) {
				t.Fatalf("the ids from %d on differ", at)
			}
		}
		if err := tokens.ReadIDs(got, n-1); err == nil {
			t.Error("no error beyond the end")
		}
	}
}

func TestTokensErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ids")
	if err := os.WriteFile(path, []byte{1, 0, 2, 0, 9, 0, 0, 1, 0, 0}, 0o644); err != nil {
		t.Fatal(err)
	}
	tokens, err := OpenTokens(path, 9)
	if err != nil {
		t.Fatal(err)
	}
	defer tokens.Close()
	if err := tokens.ReadIDs(make([]int64, 3), 0); err == nil || !strings.Contains(err.Error(), "id 9 at position 2") {
		t.Errorf("error %v", err)
	}
	if _, err := OpenTokens(path, 1<<17); err == nil || !strings.Contains(err.Error(), "10 bytes") {
		t.Errorf("error %v", err)
	}
	if _, err := OpenTokens(t.TempDir(), 5); err == nil {
		t.Error("no error for a folder")
	}
	four := filepath.Join(t.TempDir(), "ids")
	if err := os.WriteFile(four, []byte{1, 0, 1, 0, 2, 0, 0, 0}, 0o644); err != nil {
		t.Fatal(err)
	}
	wide, err := OpenTokens(four, 1<<17)
	if err != nil {
		t.Fatal(err)
	}
	defer wide.Close()
	got := make([]int64, 2)
	if err := wide.ReadIDs(got, 0); err != nil || got[0] != 65537 || got[1] != 2 {
		t.Errorf("ids %v, error %v", got, err)
	}
}

// TestWindows checks that a window depends on seed, epoch and index alone, and that Y is X one position later.
func TestWindows(t *testing.T) {
	ids := make(IDs, 1000)
	for i := range ids {
		ids[i] = int32(i)
	}
	read := func(workers int) (all [][]int64) {
		l := data.NewLoader(NewWindows(ids, 16, WindowsConfig{Samples: 50}),
			data.LoaderConfig{BatchSize: 8, Workers: workers, RNG: rng.NewTorch(3)})
		for range 2 {
			for b := range l.Batches() {
				x, y := b.X.Int64s(), b.Y.Int64s()
				for i := range x {
					if y[i] != x[i]+1 || i%16 > 0 && x[i] != x[i-1]+1 {
						t.Fatalf("X %v, Y %v", x, y)
					}
				}
				all = append(all, slices.Clone(x))
			}
			if l.Err() != nil {
				t.Fatal(l.Err())
			}
		}
		return all
	}
	a, b := read(0), read(3)
	if !slices.EqualFunc(a, b, slices.Equal[[]int64]) {
		t.Error("the windows depend on the number of workers")
	}
	if slices.Equal(a[0], a[7]) {
		t.Error("the windows of two epochs are equal")
	}
	seen := map[int64]bool{} // each start is possible
	d := NewWindows(IDs{0, 1, 2, 3, 4}, 2, WindowsConfig{Samples: 300})
	for b := range data.NewLoader(d, data.LoaderConfig{BatchSize: 300, RNG: rng.NewTorch(1)}).Batches() {
		for i, x := range b.X.Int64s() {
			if i%2 == 0 {
				seen[x] = true
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("starts %v, want 0, 1 and 2", seen)
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 1<<17)
	for in, want := range map[string][]string{
		"":                       nil,
		"a":                      {"a"},
		"a\n":                    {"a"},
		"a\r\n\nb\n":             {"a", "", "b"},
		long + "\n" + long + "y": {long, long + "y"},
		"\n\n":                   {"", ""},
	} {
		path := filepath.Join(t.TempDir(), "lines.txt")
		if err := os.WriteFile(path, []byte(in), 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := OpenLines(path)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range l.Len() {
			s, err := l.Text(i)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, s)
		}
		l.Close()
		if !slices.Equal(got, want) {
			t.Errorf("%.20q: %d lines %.40q", in, len(got), got)
		}
	}
}

func TestCSV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("\ufeff\"id\",label,text\n1,spam,\"two\nlines, \"\"quoted\"\"\"\n2,ham,plain\n\n3,spam,\n")
	l, err := OpenCSV(path, CSVConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i, want := range []struct {
		text  string
		label int
	}{{"two\nlines, \"quoted\"", 1}, {"plain", 0}, {"", 1}} {
		if s, err := l.Text(i); err != nil || s != want.text || l.Label(i) != want.label {
			t.Errorf("text %d: %q class %d, error %v, want %+v", i, s, l.Label(i), err, want)
		}
	}
	if l.Len() != 3 || !slices.Equal(l.Classes(), []string{"ham", "spam"}) {
		t.Errorf("%d texts, classes %q", l.Len(), l.Classes())
	}
	for _, c := range []struct {
		file, want string
		config     CSVConfig
	}{
		{"", "empty", CSVConfig{}},
		{"a,b\n", `no column "text"`, CSVConfig{}},
		{"text,label\nx,y\n", `line 2: column "label" has the class "y"`, CSVConfig{Classes: []string{"z"}}},
		{"text,label\nx\n", "wrong number of fields", CSVConfig{}},
		{"text\n\"x\n", "quote", CSVConfig{Label: "-"}},
	} {
		write(c.file)
		if _, err := OpenCSV(path, c.config); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, want %q", c.file, err, c.want)
		}
	}
}

// TestPaddedSides pads on the left, with a token of its own, to a multiple.
func TestPaddedSides(t *testing.T) {
	tok := load(t, "bert").WithPadding(Padding{Left: true, ID: 7, TypeID: 1, MultipleOf: 4})
	list := &TextList{Texts: []string{"the", "the quick brown fox jumps"}, Labels: []int{4, 2}}
	for b := range data.NewLoader(NewPadded(list, tok), data.LoaderConfig{BatchSize: 2}).Batches() {
		n := b.X.Shape().Dim(1)
		want := tok.WithoutPadding().Encode("the").Len()
		x, mask, types := b.X.Int64s(), b.Fields[2].Int64s(), b.Fields[3].Int64s()
		if n%4 != 0 || x[0] != 7 || mask[0] != 0 || types[0] != 1 || x[n-want] == 7 || mask[n-want] != 1 || b.Y.Int64s()[0] != 4 {
			t.Errorf("ids %v mask %v types %v", x, mask, types)
		}
	}
}

// TestBucketSampler checks that each sample is read once, in batches of similar length, in another order in each pass.
func TestBucketSampler(t *testing.T) {
	lengths := make([]int, 1003)
	for i := range lengths {
		lengths[i] = i * 7919 % 500
	}
	s := &BucketSampler{Lengths: lengths, BatchSize: 8, Bucket: 20}
	g := rng.NewTorch(1)
	a, sizes := s.Append(nil, nil, g)
	b, _ := s.Append(nil, nil, g)
	if len(sizes) != s.Len() || slices.Equal(a, b) {
		t.Errorf("%d batches, Len %d", len(sizes), s.Len())
	}
	padded, at := 0, 0
	for _, n := range sizes {
		low, high := 1<<30, 0
		for _, i := range a[at : at+n] {
			low, high = min(low, lengths[i]), max(high, lengths[i])
		}
		padded += n * (high - low)
		at += n
	}
	if padded > 1003*40 {
		t.Errorf("%d tokens of padding at most", padded)
	}
	slices.Sort(a)
	for i := range a {
		if a[i] != int64(i) {
			t.Fatal("a sample is missing or read twice")
		}
	}
}

// TestSaveFile saves to a file.
func TestSaveFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	tok := load(t, "gpt2")
	if err := tok.Save(path); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := tok.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("the file differs from WriteTo's, error %v", err)
	}
}

// brokenTexts are texts of which some cannot be read. The first one of these takes longer than the others.
type brokenTexts struct {
	TextList
	broken []int
}

func (b *brokenTexts) Text(i int) (string, error) {
	if !slices.Contains(b.broken, i) {
		return b.TextList.Text(i)
	}
	if i == b.broken[0] {
		time.Sleep(20 * time.Millisecond)
	}
	return "", fmt.Errorf("text %d is broken", i)
}

// The error of Lengths is that of the first text, whichever processor meets its text first.
func TestLengthsFirstError(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	list := &brokenTexts{TextList{Texts: make([]string, 100)}, []int{3, 4, 5, 6, 50}}
	_, err := NewPadded(list, load(t, "bert")).Lengths()
	var broken *data.SampleError
	if !errors.As(err, &broken) || broken.Index != 3 {
		t.Errorf("%v, want the error of text 3", err)
	}
}
