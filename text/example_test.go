package text_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/text"
)

// bert returns a WordPiece tokenizer with a small vocabulary.
func bert() *text.Tokenizer {
	t, err := text.NewWordPiece([]string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "deep", "learn", "##ing", "for", "go", "."}, true)
	if err != nil {
		panic(err)
	}
	return t
}

func ExampleTokenizer() {
	t := bert()
	ids := t.Encode("Deep learning for Go.").IDs
	fmt.Println(ids)
	fmt.Println(t.Decode(ids))
	// Output:
	// [2 4 5 6 7 8 9 3]
	// deep learning for go.
}

func ExampleEncoding() {
	s := "Deep learning"
	e := bert().Encode(s)
	for i, token := range e.Tokens {
		fmt.Printf("%d %s %q\n", e.IDs[i], token, s[e.Offsets[i].Start:e.Offsets[i].End])
	}
	// Output:
	// 2 [CLS] ""
	// 4 deep "Deep"
	// 5 learn "learn"
	// 6 ##ing "ing"
	// 3 [SEP] ""
}

func ExampleSpan() {
	e := bert().WithoutSpecialTokens().Encode("for Go")
	fmt.Println(e.Offsets)
	// Output: [{0 3} {4 6}]
}

func ExampleTruncation() {
	t := bert().WithTruncation(text.Truncation{MaxLength: 4})
	fmt.Println(t.Encode("Deep learning for Go.").Tokens)
	// Output: [[CLS] deep learn [SEP]]
}

func ExampleTruncationStrategy() {
	t := bert().WithTruncation(text.Truncation{MaxLength: 6, Strategy: text.OnlyFirst})
	fmt.Println(t.EncodePair("deep learning for go", "go .").Tokens)
	// Output: [[CLS] deep [SEP] go . [SEP]]
}

func ExamplePadding() {
	t := bert().WithPadding(text.Padding{Token: "[PAD]"})
	for _, e := range t.EncodeBatch([]string{"Go", "Deep learning"}) {
		fmt.Println(e.IDs, e.AttentionMask)
	}
	// Output:
	// [2 8 3 0 0] [1 1 1 0 0]
	// [2 4 5 6 3] [1 1 1 1 1]
}

func ExampleAddedToken() {
	bytes := make([]string, 0, 256)
	for c := range rune(256) {
		bytes = append(bytes, string(c))
	}
	t, err := text.NewByteLevelBPE(bytes, nil, text.ByteLevelConfig{Added: []text.AddedToken{{Content: "<|im_end|>", Special: true}}})
	if err != nil {
		panic(err)
	}
	fmt.Println(t.Encode("ok<|im_end|>").IDs)
	// Output: [111 107 256]
}

func ExampleByteLevelConfig() {
	tokens := []string{"t", "h", "e", "Ġ", "th", "the", "Ġthe"}
	t, err := text.NewByteLevelBPE(tokens, []string{"t h", "th e", "Ġ the"}, text.ByteLevelConfig{Pattern: text.PatternGPT2})
	if err != nil {
		panic(err)
	}
	fmt.Println(t.Encode("the the").Tokens)
	// Output: [the Ġthe]
}

func ExampleSentencePieceConfig() {
	tokens := []string{"<unk>", "<s>", "▁", "g", "o", "go", "▁go"}
	scores := []float32{0, 0, -5, -6, -7, -2, -1}
	t, err := text.NewSentencePieceBPE(tokens, scores, text.SentencePieceConfig{BOS: "<s>",
		Added: []text.AddedToken{{Content: "<s>", Special: true}}})
	if err != nil {
		panic(err)
	}
	e := t.Encode("go go")
	fmt.Println(e.Tokens, t.Decode(e.IDs))
	// Output: [<s> ▁go ▁go] go go
}

func ExampleTrainConfig() {
	corpus := strings.NewReader("low low low lower lowest\n")
	t, err := text.TrainBPE(corpus, 260, text.TrainConfig{Special: []string{"<|endoftext|>"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(t.VocabSize(), t.Encode("low lower").Tokens)
	// Output: 260 [low Ġlow e r]
}

func ExampleStreamDecoder() {
	t := text.NewCharTokenizer("hello")
	d := t.Stream()
	for _, id := range t.Encode("hello").IDs {
		fmt.Print(d.Next(id), "|")
	}
	fmt.Println(d.Flush())
	// Output: h|e|l|l|o|
}

func ExampleTokenSource() {
	var source text.TokenSource = text.IDs{10, 11, 12, 13}
	ids := make([]int64, 2)
	if err := source.ReadIDs(ids, 1); err != nil {
		panic(err)
	}
	fmt.Println(ids, "of", source.Len())
	// Output: [11 12] of 4
}

func ExampleIDs() {
	t := text.NewCharTokenizer("to be or not to be")
	windows := text.NewWindows(text.IDs(t.AppendIDs(nil, "to be or not to be")), 4, text.WindowsConfig{InOrder: true})
	fmt.Println(windows.Len(), "samples")
	// Output: 4 samples
}

func ExampleTokens() {
	dir, err := os.MkdirTemp("", "tokens")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "train.bin")

	t := text.NewCharTokenizer("abc")
	if _, err := t.WriteTokens(path, strings.NewReader("abcabc")); err != nil {
		panic(err)
	}
	tokens, err := text.OpenTokens(path, t.VocabSize())
	if err != nil {
		panic(err)
	}
	defer tokens.Close()
	ids := make([]int64, 3)
	if err := tokens.ReadIDs(ids, 2); err != nil {
		panic(err)
	}
	fmt.Println(tokens.Len(), ids)
	// Output: 6 [2 0 1]
}

func ExampleWindows() {
	t := text.NewCharTokenizer("abcdefgh")
	windows := text.NewWindows(text.IDs(t.AppendIDs(nil, "abcdefgh")), 3, text.WindowsConfig{InOrder: true})
	for batch := range data.NewLoader(windows, data.LoaderConfig{BatchSize: 2}).Batches() {
		fmt.Println(batch.X)
		fmt.Println(batch.Y)
	}
	// Output:
	// tensor([[0, 1, 2],
	//         [3, 4, 5]])
	// tensor([[1, 2, 3],
	//         [4, 5, 6]])
}

func ExampleWindowsConfig() {
	ids := make(text.IDs, 1000)
	windows := text.NewWindows(ids, 64, text.WindowsConfig{Samples: 2000})
	fmt.Println(windows.Len(), "random windows in each epoch")
	// Output: 2000 random windows in each epoch
}

// reviews writes a CSV file and returns its path.
func reviews(dir string) string {
	path := filepath.Join(dir, "reviews.csv")
	if err := os.WriteFile(path, []byte("text,label\nDeep learning.,good\nfor go,bad\n\"Go, go\",good\n"), 0o644); err != nil {
		panic(err)
	}
	return path
}

func ExampleLines() {
	dir, err := os.MkdirTemp("", "lines")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	lines, err := text.OpenCSV(reviews(dir), text.CSVConfig{})
	if err != nil {
		panic(err)
	}
	defer lines.Close()
	s, err := lines.Text(2)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d texts; %q is %s\n", lines.Len(), s, lines.Classes()[lines.Label(2)])
	// Output: 3 texts; "Go, go" is good
}

func ExampleCSVConfig() {
	dir, err := os.MkdirTemp("", "lines")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	_, err = text.OpenCSV(reviews(dir), text.CSVConfig{Text: "review"})
	fmt.Println(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	// Output: text: reviews.csv: line 1: no column "review", want one of ["text" "label"]
}

func ExampleTexts() {
	var texts text.Texts = &text.TextList{Texts: []string{"a", "b"}, Labels: []int{1, 0}}
	s, _ := texts.Text(0)
	fmt.Println(s, texts.Label(0), texts.Len())
	// Output: a 1 2
}

func ExampleTextList() {
	list := &text.TextList{Texts: []string{"Deep learning", "Go"}}
	fmt.Println(text.NewPadded(list, bert()).Len())
	// Output: 2
}

func ExamplePadded() {
	list := &text.TextList{Texts: []string{"Deep learning", "Go", "for Go"}, Labels: []int{1, 0, 0}}
	padded := text.NewPadded(list, bert())
	for batch := range data.NewLoader(padded, data.LoaderConfig{BatchSize: 3}).Batches() {
		fmt.Println(batch.X)
		fmt.Println(batch.Y)
		fmt.Println(batch.Fields[2])
	}
	// Output:
	// tensor([[2, 4, 5, 6, 3],
	//         [2, 8, 3, 0, 0],
	//         [2, 7, 8, 3, 0]])
	// tensor([1, 0, 0])
	// tensor([[1, 1, 1, 1, 1],
	//         [1, 1, 1, 0, 0],
	//         [1, 1, 1, 1, 0]])
}

func ExampleBucketSampler() {
	list := &text.TextList{Texts: []string{"Deep learning", "Go", "Deep learning for Go", "for"}}
	padded := text.NewPadded(list, bert())
	lengths, err := padded.Lengths()
	if err != nil {
		panic(err)
	}
	sampler := &text.BucketSampler{Lengths: lengths, BatchSize: 2}
	loader := data.NewLoader(padded, data.LoaderConfig{BatchSampler: sampler, RNG: rng.NewTorch(1)})
	for batch := range loader.Batches() {
		fmt.Println(batch.Indices, batch.X.Shape())
	}
	// Output:
	// [0 2] (2, 7)
	// [3 1] (2, 3)
}

func ExampleWordVocabulary() {
	tokens, _ := text.WordVocabulary(&text.TextList{Texts: []string{"Go go", "up"}}, 20)
	fmt.Println(tokens)
	// Output: [[PAD] [UNK] [CLS] [SEP] g ##g o ##o p ##p u ##u go up]
}
