package main

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// WordCounter tells which word comes most often in a sequence by a transformer encoder. The word 0 is padding.
type WordCounter struct {
	Words     *nn.Embedding
	Positions *nn.SinusoidalPositions
	Encoder   *nn.TransformerEncoder
	Head      *nn.Linear
}

func newWordCounter(g *rng.Torch, words, size, classes int) *WordCounter {
	pad := 0
	layer := nn.TransformerLayerConfig{FeedForward: 2 * size, Dropout: 0.2, Activation: tensor.Tensor.GELU,
		BatchFirst: true, NormFirst: true}
	return &WordCounter{
		Words:     nn.EmbeddingConfig{PaddingIndex: &pad}.New(g, words, size),
		Positions: &nn.SinusoidalPositions{},
		Encoder:   nn.NewTransformerEncoder(layer.NewEncoder(g, size, 4), 2, nn.NewLayerNorm(size)),
		Head:      nn.NewLinear(g, size, classes),
	}
}

// Forward returns logits (N, classes) for words (N, T): those of the mean of the words' results.
func (m *WordCounter) Forward(x tensor.Tensor) tensor.Tensor {
	padding := x.EqualScalar(0)
	y := m.Encoder.Forward(m.Positions.Forward(m.Words.Forward(x)), nn.AttentionMask{KeyPadding: padding})
	kept := padding.Not().Cast(y.DType()).Unsqueeze(-1)
	return m.Head.Forward(y.Mul(kept).Sum(1).Div(kept.Sum(1)))
}

// encoder trains a transformer encoder to tell which of three words comes most often, for sequences of different
// lengths.
func encoder(c *Curve) {
	g := rng.NewTorch(61)
	var o tensor.Options
	words := o.RandInt(g, 1, 4, 80, 9)
	lengths := o.RandInt(g, 4, 10, 80, 1)
	words = words.Mul(tensor.Arange(9).Less(lengths).Cast(tensor.Int64))
	y := tensor.Stack(1, words.EqualScalar(1).Sum(1), words.EqualScalar(2).Sum(1), words.EqualScalar(3).Sum(1)).ArgMax(1)
	loader := data.NewLoader(data.NewTensorDataset(words, y), data.LoaderConfig{BatchSize: 16, Shuffle: true, RNG: g, Device: c.Device})
	model := newWordCounter(g, 4, 16, 3)
	c.To(model)
	opt := optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{LR: 3e-3})
	for range 6 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

// Reverser writes a sequence of words backwards: a transformer decoder reads the words and predicts each one from those
// that it has written.
type Reverser struct {
	Words     *nn.Embedding
	Positions *nn.LearnedPositions
	Decoder   *nn.TransformerDecoder
	Head      *nn.Linear
}

func newReverser(g *rng.Torch, words, length, size int) *Reverser {
	layer := nn.TransformerLayerConfig{FeedForward: 2 * size, Dropout: 0.1, BatchFirst: true}
	return &Reverser{
		Words:     nn.NewEmbedding(g, words, size),
		Positions: nn.NewLearnedPositions(g, length, size),
		Decoder:   nn.NewTransformerDecoder(layer.NewDecoder(g, size, 2), 2, nil),
		Head:      nn.NewLinear(g, size, words),
	}
}

// Forward returns scores (N, T, words) for a source and the words written so far, both (N, T).
func (m *Reverser) Forward(source, written tensor.Tensor) tensor.Tensor {
	embed := func(x tensor.Tensor) tensor.Tensor { return m.Positions.Forward(m.Words.Forward(x)) }
	y := m.Decoder.Forward(embed(written), embed(source), nn.AttentionMask{Causal: true}, nn.AttentionMask{})
	return m.Head.Forward(y)
}

// decoder trains a transformer decoder to write sequences backwards.
func decoder(c *Curve) {
	g := rng.NewTorch(62)
	source := tensor.Options{}.RandInt(g, 1, 6, 80, 6)
	target := source.Flip(1)
	loader := data.NewLoader(data.NewTensorDataset(source, target), data.LoaderConfig{BatchSize: 16, Shuffle: true,
		RNG: g, Device: c.Device})
	model := newReverser(g, 6, 6, 16)
	c.To(model)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 3e-3})
	for range 6 {
		for batch := range loader.Batches() {
			start := batch.Y.Narrow(1, 0, 1).ZerosLike() // the word 0 begins each sequence
			scores := model.Forward(batch.X, tensor.Cat(1, start, batch.Y.Narrow(1, 0, 5)))
			loss := nn.CrossEntropy(scores.Reshape(-1, 6), batch.Y.Flatten(0))
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}
