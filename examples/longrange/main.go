// Longrange trains a recurrent network and a transformer on one task that needs a long memory: repeat a text of random
// letters. It prints how well both do as the text gets longer. It takes about half a minute.
//
//	go run ./examples/longrange
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// letters is the number of different letters.
const letters = 8

// Recurrent reads letter after letter. All that it knows of the past is the state of its 64 LSTM units.
type Recurrent struct {
	Embed *nn.Embedding
	LSTM  *nn.LSTM
	Head  *nn.Linear
}

// NewRecurrent returns a network with initial weights drawn from g.
func NewRecurrent(g *rng.Torch) *Recurrent {
	return &Recurrent{
		Embed: nn.NewEmbedding(g, letters, 64),
		LSTM:  nn.RecurrentConfig{BatchFirst: true}.NewLSTM(g, 64, 64),
		Head:  nn.NewLinear(g, 64, letters),
	}
}

// Forward returns a score for each possible next letter, (N, T) → (N, T, letters).
func (m *Recurrent) Forward(ids tensor.Tensor) tensor.Tensor {
	states, _, _ := m.LSTM.Forward(m.Embed.Forward(ids), tensor.Tensor{}, tensor.Tensor{})
	return m.Head.Forward(states)
}

// NewTransformer returns a transformer of two layers, which sees all letters of a text at once.
func NewTransformer(g *rng.Torch, context int) *models.GPT2 {
	return models.GPT2Config{
		Vocabulary: letters, Context: context, Width: 32, Layers: 2, Heads: 2,
		ResidualDropout: nn.Zero, EmbeddingDropout: nn.Zero, AttentionDropout: nn.Zero,
	}.New(g)
}

// texts returns n texts of random letters, each followed by its repetition: (n, 2·length).
func texts(g *rng.Torch, s *tensor.Scope, n, length int) tensor.Tensor {
	first := make([]int64, n*length)
	g.Randint(first, 0, letters)
	x := tensor.From(first, n, length).InScope(s)
	return tensor.Cat(1, x, x)
}

// train trains the model and returns the fraction of repeated letters that it predicts correctly in the last step.
// Each step has new texts, so there is nothing to learn by heart.
func train(model nn.Module, length, steps int) float64 {
	g := rng.NewTorch(1)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 3e-3})
	s := tensor.NewScope(tensor.CPU())
	correct := 0.0
	for range steps {
		ids := texts(g, s, 64, length)
		scores := model.Forward(ids.Narrow(1, 0, 2*length-1)).Narrow(1, length-1, length).Reshape(-1, letters)
		repeated := ids.Narrow(1, length, length).Reshape(-1)
		loss := nn.CrossEntropy(scores, repeated)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
		correct = scores.ArgMax(1).Equal(repeated).Sum().Item() / float64(repeated.Len())
		s.Recycle()
	}
	return correct
}

func run(w io.Writer, lengths []int, steps int) {
	recurrent, transformer := NewRecurrent(rng.NewTorch(1)), NewTransformer(rng.NewTorch(1), 2)
	fmt.Fprintf(w, "repeated letters that are right after %d steps, guessing gives %.0f%%\n\n", steps, 100.0/letters)
	fmt.Fprintf(w, "letters to remember   LSTM (%d parameters)   transformer (%d parameters)\n", nn.Count(recurrent), nn.Count(transformer))
	for _, n := range lengths {
		lstm := train(NewRecurrent(rng.NewTorch(1)), n, steps)
		attention := train(NewTransformer(rng.NewTorch(1), 2*n), n, steps)
		fmt.Fprintf(w, "%19d   %23.0f%%   %29.0f%%\n", n, 100*lstm, 100*attention)
	}
}

func main() {
	run(os.Stdout, []int{5, 10, 20, 40}, 300)
}
