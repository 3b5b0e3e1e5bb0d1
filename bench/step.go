package bench

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// network returns a network of fully connected layers of the given sizes with ReLU between them.
func network(g *rng.Torch, sizes ...int) nn.Sequential {
	var model nn.Sequential
	for i := 1; i < len(sizes); i++ {
		if i > 1 {
			model = append(model, &nn.ReLU{})
		}
		model = append(model, nn.NewLinear(g, sizes[i-1], sizes[i]))
	}
	return model
}

// trainer is a network, its optimizer and a loader of made-up samples.
type trainer struct {
	model  nn.Sequential
	opt    *optim.Adam
	loader *data.Loader
}

// newTrainer draws data and weights from one generator, as compare.py's Trainer does.
func newTrainer(batch, batches int, sizes ...int) *trainer {
	g := rng.NewTorch(1)
	return newTrainerOn(samples(g, batch*batches, sizes), g, batch, sizes)
}

func samples(g *rng.Torch, n int, sizes []int) data.Dataset {
	x := tensor.Options{}.RandN(g, n, sizes[0])
	y := make([]int64, n)
	g.Randint(y, 0, int64(sizes[len(sizes)-1]))
	return data.NewTensorDataset(x, tensor.From(y))
}

func newTrainerOn(ds data.Dataset, g *rng.Torch, batch int, sizes []int) *trainer {
	model := network(g, sizes...)
	return &trainer{
		model:  model,
		opt:    optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 1e-3}),
		loader: data.NewLoader(ds, data.LoaderConfig{BatchSize: batch, Shuffle: true, RNG: g}),
	}
}

// step trains on one batch and returns its loss.
func (t *trainer) step(batch data.Batch) tensor.Tensor {
	loss := nn.CrossEntropy(t.model.Forward(batch.X), batch.Y)
	t.opt.ZeroGrad()
	loss.Backward()
	t.opt.Step()
	return loss
}
