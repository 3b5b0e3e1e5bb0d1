package main

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Reader reads words in both directions and classifies the text by the last states.
type Reader struct {
	Words *nn.Embedding
	LSTM  *nn.LSTM
	Out   *nn.Linear

	lengths [16]int           // of the texts of a batch
	packed  nn.PackedSequence `nn:"-"` // its memory is reused in each step
}

func newReader(g *rng.Torch, words, size, hidden, classes int) *Reader {
	padding := 0
	return &Reader{
		Words: nn.EmbeddingConfig{PaddingIndex: &padding}.New(g, words, size),
		LSTM:  nn.RecurrentConfig{Layers: 2, BatchFirst: true, Dropout: 0.2, Bidirectional: true}.NewLSTM(g, size, hidden),
		Out:   nn.NewLinear(g, 2*hidden, classes),
	}
}

// Forward returns the logits of texts (N, T), in which 0 is the padding.
func (m *Reader) Forward(x tensor.Tensor) tensor.Tensor {
	lengths := m.lengths[:x.Dim(0)]
	tensor.CopyTo(lengths, x.NotEqualScalar(0).Sum(1))
	m.packed.Pack(m.Words.Forward(x), lengths, nn.PackConfig{BatchFirst: true, NoEnforceSorted: true})
	_, h, _ := m.LSTM.ForwardPacked(m.packed, tensor.Tensor{}, tensor.Tensor{}) // h of two layers with two directions
	return m.Out.Forward(tensor.Cat(1, h.Select(0, 2), h.Select(0, 3)))
}

func lstm(c *Curve) {
	g := rng.NewTorch(61)
	o := tensor.Options{DType: tensor.Int64}
	x := o.RandInt(g, 1, 9, 96, 10)
	y := x.Select(1, 0).Add(x.Select(1, 1)).RemainderScalar(3)
	lengths := o.RandInt(g, 2, 11, 96)
	x = x.Mul(tensor.Arange(10).Less(lengths.Unsqueeze(1)).Cast(tensor.Int64))
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 16, Shuffle: true, RNG: g, Device: c.Device})
	model := newReader(g, 9, 8, 12, 3)
	c.To(model)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	for range 5 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}
