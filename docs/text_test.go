package docs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/texts"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/train"
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

// Bag gives a text a score for each class, from the mean of the vectors of its words.
type Bag struct {
	Words *nn.Embedding
	Out   *nn.Linear
	Pad   float64 // the id that fills short texts
}

// Forward maps the ids of texts (N, T) to scores, (N, classes).
func (m *Bag) Forward(ids tensor.Tensor) tensor.Tensor {
	present := ids.NotEqualScalar(m.Pad).Cast(tensor.Float32).Unsqueeze(2) // (N, T, 1): 1 for a word, 0 for padding
	sum := m.Words.Forward(ids).Mul(present).Sum(1)                        // (N, D)
	return m.Out.Forward(sum.Div(present.Sum(1)))
}

// enterReviews creates a folder with a table of short reviews and makes it the current folder. leave returns to the
// former one.
func enterReviews() (leave func()) {
	before, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "reviews")
	if err != nil {
		panic(err)
	}
	if err := os.Chdir(dir); err != nil {
		panic(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	pick := func(words string) string { w := strings.Fields(words); return w[r.IntN(len(w))] }
	table := "body,label\n"
	for range 200 {
		thing := pick("lamp chair desk kettle radio clock")
		table += fmt.Sprintf("The %s is %s and %s.,good\n", thing, pick("lovely solid quiet bright"), pick("sturdy perfect cheap"))
		table += fmt.Sprintf("The %s is %s and %s.,bad\n", thing, pick("broken noisy dim ugly"), pick("scratched late flimsy"))
	}
	if err := os.WriteFile("reviews.csv", []byte(table), 0o666); err != nil {
		panic(err)
	}
	return func() {
		if err := os.Chdir(before); err != nil {
			panic(err)
		}
		os.RemoveAll(dir)
	}
}

func Example_trainTexts() {
	defer enterReviews()()

	reviews, err := text.OpenCSV("reviews.csv", text.CSVConfig{Text: "body", Label: "label"})
	if err != nil {
		panic(err)
	}
	defer reviews.Close()
	words, err := text.WordVocabulary(reviews, 5000) // of these texts
	if err != nil {
		panic(err)
	}
	tok, err := text.NewWordPiece(words, true)
	if err != nil {
		panic(err)
	}
	pad, _ := tok.TokenID("[PAD]")
	tok = tok.WithPadding(text.Padding{ID: pad, Token: "[PAD]"})

	g := rng.NewTorch(1)
	parts := data.RandomSplit(text.NewPadded(reviews, tok), g, data.Fractions(reviews.Len(), 0.8, 0.2)...)
	model := &Bag{nn.NewEmbedding(g, tok.VocabSize(), 16), nn.NewLinear(g, 16, len(reviews.Classes())), float64(pad)}
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:      data.NewLoader(parts[0], data.LoaderConfig{BatchSize: 20, Shuffle: true, RNG: g}),
		Validation: data.NewLoader(parts[1], data.LoaderConfig{BatchSize: 100}),
		Optimizer:  optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01}),
		Loss:       nn.CrossEntropyLoss{},
		Epochs:     10,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("more than 9 of 10 are right:", history.Epochs[9].Validation.Accuracy() > 0.9)

	ids := tok.AppendIDs(nil, "A lovely and solid desk!")
	x := tensor.From(ids, 1, len(ids)).Cast(tensor.Int64)
	fmt.Println("it is", reviews.Classes()[train.Predict(model, x)[0]])
	// Output:
	// more than 9 of 10 are right: true
	// it is good
}

func Example_loadTextRun() {
	defer enterReviews()()
	trainRun("runs/reviews-001", "task=texts", "data.path=reviews.csv", "data.text=body", "data.target=label", "training.epochs=5")

	tasks := task.NewSet(texts.Task{})
	loaded, _, err := tasks.Load(context.Background(), "runs/reviews-001", "best", tensor.CPU())
	if err != nil {
		panic(err)
	}
	network := loaded.(*texts.Model)
	ids := network.Tokenizer().Encode("A lovely and solid desk!").IDs
	x := tensor.From(ids, 1, len(ids)).Cast(tensor.Int64)
	answer := task.Answers(network.Module(), x)[0]
	fmt.Println("it is", network.Classes()[answer.Class])
	// Output: it is good
}
