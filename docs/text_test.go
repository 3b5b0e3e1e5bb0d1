package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/text"
)

func Example_characters() {
	hello := text.NewCharTokenizer("hello world")
	fmt.Println(hello.VocabSize(), hello.AppendIDs(nil, "hold"))
	fmt.Println(hello.Decode([]int32{3, 5, 4, 1}))
	// Output:
	// 8 [3 5 4 1]
	// hold
}

func Example_trainTokenizer() {
	corpus := strings.NewReader(strings.Repeat("deep learning learns deeper layers\n", 10))
	bpe, err := text.TrainBPE(corpus, 280, text.TrainConfig{Special: []string{"<|endoftext|>"}})
	if err != nil {
		panic(err)
	}
	e := bpe.Encode("deep learner ☃")
	fmt.Println(e.Tokens)
	fmt.Println(bpe.Decode(e.IDs))
	// Output:
	// [deep Ġlearn er Ġ â ĺ ĥ]
	// deep learner ☃
}

func Example_loadTokenizer() {
	tok, err := text.LoadTokenizer("../testdata/tokenizers/bert.json")
	if err != nil {
		panic(err)
	}
	s := "The Café"
	e := tok.Encode(s)
	for i, token := range e.Tokens {
		fmt.Printf("%d %s %q\n", e.IDs[i], token, s[e.Offsets[i].Start:e.Offsets[i].End])
	}

	short := tok.WithTruncation(text.Truncation{MaxLength: 6}).WithPadding(text.Padding{Token: "[PAD]"})
	for _, e := range short.EncodeBatch([]string{"the", "the quick brown fox"}) {
		fmt.Println(e.Tokens, e.AttentionMask)
	}
	// Output:
	// 2 [CLS] ""
	// 321 the "The"
	// 27 c "C"
	// 203 ##a "a"
	// 197 ##f "f"
	// 194 ##e "é"
	// 3 [SEP] ""
	// [[CLS] the [SEP] [PAD] [PAD] [PAD]] [1 1 1 0 0 0]
	// [[CLS] the qu ##ic ##k [SEP]] [1 1 1 1 1 1]
}

func Example_stream() {
	tok, err := text.LoadTokenizer("../testdata/tokenizers/smollm.json") // byte-level BPE
	if err != nil {
		panic(err)
	}

	stream := tok.Stream()
	for _, id := range tok.AppendIDs(nil, "It's 日!") {
		fmt.Printf("%q ", stream.Next(id))
	}
	fmt.Printf("%q\n", stream.Flush())
	// Output: "I" "t" "'s" " " "" "" "日" "!" ""
}

func Example_windows() {
	dir, err := os.MkdirTemp("", "text")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "train.bin")
	book := "to be, or not to be, that is the question"
	chars := text.NewCharTokenizer(book)

	if _, err := chars.WriteTokens(path, strings.NewReader(book)); err != nil { // any io.Reader, larger than memory
		panic(err)
	}
	tokens, err := text.OpenTokens(path, chars.VocabSize())
	if err != nil {
		panic(err)
	}
	defer tokens.Close()

	windows := text.NewWindows(tokens, 8, text.WindowsConfig{Samples: 6})
	loader := data.NewLoader(windows, data.LoaderConfig{BatchSize: 2, Workers: 1, RNG: rng.NewTorch(1)})
	for batch := range loader.Batches() {
		fmt.Println(batch.X.Shape(), batch.Y.Shape()) // Y is X one token later
	}
	// Output:
	// (2, 8) (2, 8)
	// (2, 8) (2, 8)
	// (2, 8) (2, 8)
}

func Example_labelledTexts() {
	tok, err := text.LoadTokenizer("../testdata/tokenizers/bert.json")
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "text")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	rows := "review,stars\nThe quick fox.,good\nNo.,bad\nThe lazy dog and the lazy fox.,good\nThe dog.,bad\n"
	path := filepath.Join(dir, "reviews.csv")
	if err := os.WriteFile(path, []byte(rows), 0o644); err != nil {
		panic(err)
	}
	reviews, err := text.OpenCSV(path, text.CSVConfig{Text: "review", Label: "stars"})
	if err != nil {
		panic(err)
	}
	defer reviews.Close()
	padded := text.NewPadded(reviews, tok)
	lengths, err := padded.Lengths()
	if err != nil {
		panic(err)
	}
	buckets := &text.BucketSampler{Lengths: lengths, BatchSize: 2}
	batches := data.NewLoader(padded, data.LoaderConfig{BatchSampler: buckets, RNG: rng.NewTorch(2)})
	for batch := range batches.Batches() {
		fmt.Println(batch.X.Shape(), batch.Y) // ids and classes; batch.Fields[2] is the attention mask
	}
	fmt.Println(reviews.Classes(), lengths)
	// Output:
	// (2, 16) tensor([1, 1])
	// (2, 6) tensor([0, 0])
	// [bad good] [8 4 16 6]
}
