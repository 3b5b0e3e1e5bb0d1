package main

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func nesterov(c *Curve) {
	g := rng.NewTorch(1)
	x, y := blobs(g, 100, 8, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 16, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 8, 32), &nn.ReLU{}, nn.NewLinear(g, 32, 4)}
	c.To(model)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.05, Momentum: 0.9, WeightDecay: 1e-3, Nesterov: true})
	for range 6 {
		for batch := range loader.Batches() { // six batches of 16 and one of 4
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

func amsgrad(c *Curve) {
	g := rng.NewTorch(2)
	x, y := blobs(g, 160, 8, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 32, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 8, 24), &nn.Tanh{}, nn.NewLinear(g, 24, 4)}
	c.To(model)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.02, Beta1: 0.8, Beta2: 0.9, AMSGrad: true})
	for range 10 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

func centeredRMSprop(c *Curve) {
	g := rng.NewTorch(3)
	x, y := surface(g, 120, 4)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y.Cast(c.DType)), data.LoaderConfig{BatchSize: 24,
		Shuffle: true, RNG: g, Device: c.Device})
	model := nn.Sequential{nn.NewLinear(g, 4, 32), &nn.Softplus{}, nn.NewLinear(g, 32, 1)}
	c.To(model)
	opt := optim.NewRMSprop(nn.Parameters(model), optim.RMSpropConfig{LR: 2e-3, Momentum: 0.5, Centered: true})
	for range 10 {
		for batch := range loader.Batches() {
			loss := nn.MSE(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

// Block computes x + W₂·gelu(W₁·norm(x) + b₁) + b₂, (N, features) → (N, features).
type Block struct {
	Norm     *nn.LayerNorm
	FC1, FC2 *nn.Linear
}

func newBlock(g *rng.Torch, features, hidden int) *Block {
	return &Block{nn.NewLayerNorm(features), nn.NewLinear(g, features, hidden), nn.NewLinear(g, hidden, features)}
}

// Forward returns the block's result, (N, features) → (N, features).
func (b *Block) Forward(x tensor.Tensor) tensor.Tensor {
	h := b.FC1.Forward(b.Norm.Forward(x)).GELU() // (N, hidden)
	return x.Add(b.FC2.Forward(h))
}

func adamWGroups(c *Curve) {
	g := rng.NewTorch(4)
	x, y := blobs(g, 144, 12, 5)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 24, Shuffle: true,
		RNG: g, Device: c.Device})
	model := nn.Sequential{newBlock(g, 12, 32), newBlock(g, 12, 32), nn.NewLayerNorm(12), nn.NewLinear(g, 12, 5)}
	c.To(model)

	var weights, rest []tensor.Tensor
	for _, p := range nn.Parameters(model) {
		if p.Rank() == 2 {
			weights = append(weights, p)
		} else {
			rest = append(rest, p)
		}
	}
	opt := optim.NewAdamW(weights, optim.AdamWConfig{LR: 3e-3, WeightDecay: 0.1})
	opt.AddGroup(rest, optim.AdamWConfig{LR: 1e-2, WeightDecay: optim.Zero})

	for range 8 {
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Classified(model, x, y)
}

func lbfgs(c *Curve) {
	g := rng.NewTorch(6)
	x, y := blobs(g, 100, 8, 4)
	xs, ys := x.Cast(c.DType).To(c.Device), y.To(c.Device)
	model := nn.NewLinear(g, 8, 4)
	c.To(model)
	opt := optim.NewLBFGS(nn.Parameters(model), optim.LBFGSConfig{LR: 4, MaxIter: 3, HistorySize: 6, StrongWolfe: true})

	scope := tensor.NewScope(c.Device) // without a loader, the program itself recycles the memory of an evaluation
	evaluate := func() float64 {
		scope.Recycle()
		penalty := model.Weight.InScope(scope).Square().Sum()
		loss := nn.CrossEntropy(model.Forward(xs.InScope(scope)), ys).Add(penalty.MulScalar(0.01))
		opt.ZeroGrad()
		loss.Backward()
		return loss.Item()
	}
	for range 6 {
		c.note(opt.Step(evaluate))
	}
	c.Classified(model, x, y)
}

// Factors has a vector for each user and each film. Their scalar product is the predicted rating.
type Factors struct{ User, Film *nn.Embedding }

// Forward returns the ratings (N,) of pairs (N, 2) of user and film.
func (f *Factors) Forward(pairs tensor.Tensor) tensor.Tensor {
	return f.User.Forward(pairs.Select(1, 0)).Mul(f.Film.Forward(pairs.Select(1, 1))).Sum(1)
}

func factorize(c *Curve) {
	g := rng.NewTorch(5)
	var o tensor.Options
	users, films := o.RandInt(g, 0, 12, 240), o.RandInt(g, 0, 9, 240)
	stars := users.MulScalar(7).Add(films.MulScalar(3)).Remainder(tensor.Scalar(5)).AddScalar(-2)
	ratings := data.NewTensorDataset(tensor.Stack(1, users, films), stars.Cast(c.DType))
	loader := data.NewLoader(ratings, data.LoaderConfig{BatchSize: 40, Shuffle: true, RNG: g, Device: c.Device})
	model := &Factors{nn.NewEmbedding(g, 12, 6), nn.NewEmbedding(g, 9, 6)}
	c.To(model)
	opt := optim.NewAdagrad(nn.Parameters(model), optim.AdagradConfig{LR: 0.3, LRDecay: 0.01, WeightDecay: 1e-3})
	for range 8 {
		for batch := range loader.Batches() {
			loss := nn.MSE(model.Forward(batch.X), batch.Y)
			step(opt, loss)
			c.Add(loss)
		}
	}
	c.Trained(model)
}

func rivals(c *Curve) {
	g := rng.NewTorch(7)
	x, y := blobs(g, 96, 6, 3)
	loader := data.NewLoader(data.NewTensorDataset(x.Cast(c.DType), y), data.LoaderConfig{BatchSize: 24, Shuffle: true,
		RNG: g, Device: c.Device})
	models := make([]nn.Sequential, 6)
	for i := range models {
		models[i] = nn.Sequential{nn.NewLinear(g, 6, 16), &nn.ReLU{}, nn.NewLinear(g, 16, 3)}
	}
	c.To(models)
	opts := []optim.Optimizer{
		optim.NewSGD(nn.Parameters(models[0]), optim.SGDConfig{LR: 0.1, Momentum: 0.9, Dampening: 0.5}),
		optim.NewAdadelta(nn.Parameters(models[1]), optim.AdadeltaConfig{LR: 0.5, Rho: 0.8}),
		optim.NewAdamax(nn.Parameters(models[2]), optim.AdamaxConfig{LR: 0.02}),
		optim.NewNAdam(nn.Parameters(models[3]), optim.NAdamConfig{LR: 0.02}),
		optim.NewRAdam(nn.Parameters(models[4]), optim.RAdamConfig{LR: 0.05}),
		optim.NewRMSprop(nn.Parameters(models[5]), optim.RMSpropConfig{LR: 0.01, Alpha: 0.9}),
	}
	for range 3 {
		for batch := range loader.Batches() {
			for i, model := range models {
				loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
				step(opts[i], loss)
				c.Add(loss)
			}
		}
	}
	c.Trained(models)
}
