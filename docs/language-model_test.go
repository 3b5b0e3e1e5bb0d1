package docs

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/train"
)

func Example_nextToken() {
	tok := text.NewCharTokenizer("to be, or not to be")
	ids := tok.AppendIDs(nil, "to be")
	fmt.Println(tok.VocabSize(), ids, tok.Decode(ids))

	windows := text.NewWindows(text.IDs(ids), 4, text.WindowsConfig{InOrder: true})
	for batch := range data.NewLoader(windows, data.LoaderConfig{}).Batches() {
		fmt.Println(batch.X, "→", batch.Y) // the target of each token is the next one
	}
	// Output:
	// 8 [7 5 0 2 3] to be
	// tensor([[7, 5, 0, 2]]) → tensor([[5, 0, 2, 3]])
}

// scores lets the loss see a language model's logits: (N, T, vocabulary) → (N, vocabulary, T).
type scores struct{ Model nn.Module }

// Forward maps token ids (N, T) to logits (N, vocabulary, T).
func (m *scores) Forward(ids tensor.Tensor) tensor.Tensor {
	return m.Model.Forward(ids).Transpose(1, 2)
}

func Example_languageModel() {
	story := strings.Repeat("the cat sees the dog, and the dog sees the bird, and the bird flies away. ", 40)
	tok := text.NewCharTokenizer(story)
	ids := text.IDs(tok.AppendIDs(nil, story))

	g := rng.NewTorch(1)
	gpt := models.GPT2Config{Vocabulary: tok.VocabSize(), Context: 64, Width: 32, Layers: 2, Heads: 2}.New(g)
	model := &scores{gpt}
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:     data.NewLoader(text.NewWindows(ids, 48, text.WindowsConfig{Samples: 150 * 8}), data.LoaderConfig{BatchSize: 8, RNG: g}),
		Optimizer: optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{LR: 5e-3}),
		Loss:      nn.CrossEntropyLoss{},
		Epochs:    2,
		ClipNorm:  1,
	})
	if err != nil {
		panic(err)
	}
	last := history.Epochs[1].Loss
	fmt.Println("perplexity below 1.5:", math.Exp(last) < 1.5)

	nn.Eval(model)
	for piece, err := range generate.Text(gpt, tok, "the cat", generate.Config{MaxTokens: 40}) {
		if err != nil {
			panic(err)
		}
		fmt.Print(piece)
	}
	fmt.Println()
	// Output:
	// perplexity below 1.5: true
	//  sees the dog, and the dog sees the bird
}

func Example_perplexity() {
	guess := math.Log(65) // the loss of a network that gives 65 characters the same probability
	fmt.Printf("%.2f → %.0f, 1.75 → %.1f\n", guess, math.Exp(guess), math.Exp(1.75))
	// Output:
	// 4.17 → 65, 1.75 → 5.8
}
