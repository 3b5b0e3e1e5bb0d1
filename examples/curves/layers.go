package main

import (
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func dropout(c *Curve) {
	g := rng.NewTorch(31)
	dropoutWith(c, g, nn.NewDropout(g, 0.3), nn.NewDropout(g, 0.5))
}

func dropoutWith(c *Curve, g *rng.Torch, drop1, drop2 nn.Module) {
	x, y := blobs(g, 120, 8, 4)
	samples := data.NewTensorDataset(x.Cast(c.DType), y)
	order := &data.RandomSampler{Dataset: samples, Generator: rng.NewTorch(5)} // an own generator, independent of the dropout masks
	loader := data.NewLoader(samples, data.LoaderConfig{BatchSize: 24, Sampler: order, RNG: g, Device: c.Device})
	model := nn.Sequential{
		nn.NewLinear(g, 8, 32), drop1, &nn.GELU{},
		nn.NewLinear(g, 32, 24), drop2, &nn.GELU{},
		nn.NewLinear(g, 24, 4),
	}
	c.To(model)
	xAll, yAll := x.Cast(c.DType).To(c.Device), y.To(c.Device)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	for range 8 {
		nn.Train(model)
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
		nn.Eval(model)
		c.Add(nn.CrossEntropy(tensor.NoGrad(xAll, model.Forward), yAll))
	}
	c.Classified(model, x, y)
}

// Bag classifies a text by the mean of its words' embeddings.
type Bag struct {
	Words *nn.Embedding
	Norm  *nn.LayerNorm
	Out   *nn.Linear
}

// Forward returns the scores (N, classes) of texts (N, words), padded with 0.
func (b *Bag) Forward(x tensor.Tensor) tensor.Tensor {
	sum := b.Words.Forward(x).Sum(1)                // (N, size)
	count := x.GreaterScalar(0).Sum(1).Unsqueeze(1) // (N, 1)
	return b.Out.Forward(b.Norm.Forward(sum.Div(count)))
}

func texts(c *Curve) {
	g := rng.NewTorch(32)
	var o tensor.Options
	y := o.RandInt(g, 0, 3, 108)
	x := o.RandInt(g, 1, 11, 108, 6).Add(y.MulScalar(5).Unsqueeze(1)) // the words of a class are distinct
	lengths := o.RandInt(g, 1, 7, 108, 1)
	x = x.MaskedFill(tensor.Arange(6).GreaterEqual(lengths), 0)
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 18, Shuffle: true, RNG: g, Device: c.Device})
	padding := 0
	model := &Bag{nn.EmbeddingConfig{PaddingIndex: &padding}.New(g, 21, 8), nn.NewLayerNorm(8), nn.NewLinear(g, 8, 3)}
	c.To(model)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.2, Momentum: 0.5})
	for range 8 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

// GatedBlock computes x + W₃·(silu(W₁·n) ⊙ W₂·n) for n = norm(x), (N, features) → (N, features).
// (https://arxiv.org/abs/2002.05202)
type GatedBlock struct {
	Norm       *nn.RMSNorm
	W1, W2, W3 *nn.Linear
}

func newGatedBlock(g *rng.Torch, features, hidden int) *GatedBlock {
	c := nn.LinearConfig{NoBias: true}
	return &GatedBlock{nn.NewRMSNorm(features), c.New(g, features, hidden), c.New(g, features, hidden), c.New(g, hidden, features)}
}

// Forward returns the block's result, (N, features) → (N, features).
func (b *GatedBlock) Forward(x tensor.Tensor) tensor.Tensor {
	n := b.Norm.Forward(x)
	h := b.W1.Forward(n).SiLU().Mul(b.W2.Forward(n)) // (N, hidden)
	return x.Add(b.W3.Forward(h))
}

func gated(c *Curve) {
	g := rng.NewTorch(33)
	x, y := blobs(g, 144, 12, 5)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 24, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{newGatedBlock(g, 12, 24), newGatedBlock(g, 12, 24), nn.NewRMSNorm(12), nn.NewLinear(g, 12, 5)}
	c.To(model)
	opt := optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{LR: 5e-3})
	warm, anneal := sched.NewLinearLR(opt, 0.1, 1, 6), sched.NewCosineAnnealingLR(opt, 42, 1e-4)
	lr := sched.NewSequential([]*sched.Schedule{warm, anneal}, []int{6})
	for range 8 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			lr.Step()
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

func autoencoder(c *Curve) {
	g := rng.NewTorch(34)
	x, _ := blobs(g, 100, 10, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType)), data.LoaderConfig{BatchSize: 20, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{
		nn.NewLinear(g, 10, 16), nn.NewPReLU(16), nn.NewLinear(g, 16, 3), nn.NewPReLU(1),
		nn.NewLinear(g, 3, 16), nn.NewPReLU(1), nn.NewLinear(g, 16, 10),
	}
	for _, layer := range model {
		if linear, ok := layer.(*nn.Linear); ok {
			nninit.KaimingNormal(g, linear.Weight, nninit.Kaiming{Slope: 0.25})
			nninit.Zeros(linear.Bias)
		}
	}
	c.To(model)
	opt := optim.NewRAdam(nn.Parameters(model), optim.RAdamConfig{LR: 0.02})
	for range 10 {
		for batch := range loader.Batches() {
			loss := nn.SmoothL1Loss{}.Forward(model.Forward(batch.X), batch.X)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

// GPT predicts the next word of a text with one block of causal self-attention with one head.
type GPT struct {
	Position          tensor.Tensor // (T, C)
	Embed             *nn.Embedding
	Norm1             *nn.LayerNorm
	Query, Key, Value *nn.Linear
	Out               *nn.Linear
	Norm2             *nn.LayerNorm
	FC1, FC2          *nn.Linear
	Head              *nn.Linear
	Future            tensor.Tensor `nn:",buffer"` // (T, T), true above the diagonal: later positions
}

func newGPT(g *rng.Torch, words, length, size int) *GPT {
	plain := nn.LinearConfig{NoBias: true}
	m := &GPT{
		Position: tensor.Zeros(length, size).SetRequiresGrad(true),
		Embed:    nn.NewEmbedding(g, words, size),
		Norm1:    nn.NewLayerNorm(size),
		Query:    plain.New(g, size, size),
		Key:      plain.New(g, size, size),
		Value:    plain.New(g, size, size),
		Out:      nn.NewLinear(g, size, size),
		Norm2:    nn.NewLayerNorm(size),
		FC1:      nn.NewLinear(g, size, 4*size),
		FC2:      nn.NewLinear(g, 4*size, size),
		Head:     nn.NewLinear(g, size, words),
		Future:   tensor.Ones(length, length).Triu(1).Cast(tensor.Bool),
	}
	nninit.Normal(g, m.Position, 0, 0.02)
	return m
}

// Forward returns the scores of the next word at each position of the texts (B, T), (B, T, words). The attention is
//
//	softmax(Q·Kᵀ/√C)·V, with later positions masked
func (m *GPT) Forward(text tensor.Tensor) tensor.Tensor {
	x := m.Embed.Forward(text).Add(m.Position) // (B, T, C)
	n := m.Norm1.Forward(x)
	q, k, v := m.Query.Forward(n), m.Key.Forward(n), m.Value.Forward(n)
	scores := q.MatMul(k.T()).DivScalar(math.Sqrt(float64(q.Dim(-1)))) // (B, T, T)
	seen := scores.MaskedFill(m.Future, math.Inf(-1)).Softmax(-1)
	x = x.Add(m.Out.Forward(seen.MatMul(v)))
	x = x.Add(m.FC2.Forward(m.FC1.Forward(m.Norm2.Forward(x)).GELUTanh()))
	return m.Head.Forward(x)
}

func attention(c *Curve) {
	g := rng.NewTorch(35)
	var o tensor.Options
	start, stride := o.RandInt(g, 0, 11, 96, 1), o.RandInt(g, 1, 4, 96, 1)
	text := start.Add(stride.Mul(tensor.Arange(9))).Remainder(tensor.Scalar(11)) // such as 4 6 8 10 1 3 5 7 9
	loader := data.NewLoader(data.NewTensorDataset(text.Narrow(1, 0, 8), text.Narrow(1, 1, 8)),
		data.LoaderConfig{BatchSize: 16, Shuffle: true, RNG: g, Device: c.Device})
	model := newGPT(g, 11, 8, 16)
	c.To(model)
	params := nn.Parameters(model)
	opt := optim.NewAdamW(params, optim.AdamWConfig{LR: 1e-2})
	for range 8 {
		for batch := range loader.Batches() {
			scores := model.Forward(batch.X)                                               // (B, T, words)
			loss := nn.CrossEntropy(scores.Reshape(-1, scores.Dim(2)), batch.Y.Flatten(0)) // one sample per position
			opt.ZeroGrad()
			loss.Backward()
			optim.ClipGradNorm(params, 1)
			opt.Step()
			c.Add(loss)
		}
	}
	c.Trained(model)
}

// RNN is a recurrent network with an explicit loop over its steps:
//
//	h₀ = tanh(W·x₀ + b)    hₜ = tanh(W·xₜ + b + U·hₜ₋₁)    y = V·h + c
type RNN struct {
	Input, State, Out *nn.Linear
}

func newRNN(g *rng.Torch, features, hidden int) *RNN {
	m := &RNN{nn.NewLinear(g, features, hidden), nn.LinearConfig{NoBias: true}.New(g, hidden, hidden), nn.NewLinear(g, hidden, 1)}
	nninit.Orthogonal(g, m.State.Weight, 1)
	return m
}

// Forward returns a number (N, 1) for each sequence (N, T, features).
func (m *RNN) Forward(x tensor.Tensor) tensor.Tensor {
	h := m.Input.Forward(x.Select(1, 0)).Tanh() // (N, hidden)
	for t := 1; t < x.Dim(1); t++ {
		h = m.Input.Forward(x.Select(1, t)).Add(m.State.Forward(h)).Tanh()
	}
	return m.Out.Forward(h)
}

func recurrent(c *Curve) {
	g := rng.NewTorch(36)
	x := tensor.Options{}.Rand(g, 96, 7, 2).AddScalar(-0.5)
	y := x.Select(1, 0).Narrow(1, 0, 1).Add(x.Select(1, 3).Narrow(1, 1, 1)) // depends on the first and the fourth step
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y.Cast(c.DType)), data.LoaderConfig{BatchSize: 16,
		Shuffle: true, RNG: g, Device: c.Device})
	model := newRNN(g, 2, 12)
	c.To(model)
	params := nn.Parameters(model)
	opt := optim.NewSGD(params, optim.SGDConfig{LR: 0.2, Momentum: 0.9})
	for range 8 {
		for batch := range loader.Batches() {
			loss := nn.MSE(model.Forward(batch.X), batch.Y)
			opt.ZeroGrad()
			loss.Backward()
			optim.ClipGradNorm(params, 0.1)
			opt.Step()
			c.Add(loss)
		}
	}
	c.Trained(model)
}
