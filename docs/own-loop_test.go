package docs

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train/checkpoint"
)

// fit trains a classifier and returns a copy of it with the weights of the best epoch. It ends early if ctx ends, or after
// three epochs without a better one.
func fit[M nn.Module](ctx context.Context, model M, training, validation *data.Loader, epochs int) (best M, err error) {
	params := nn.Parameters(model)
	opt := optim.NewAdamW(params, optim.AdamWConfig{LR: 0.01})
	lr := sched.NewCosineAnnealingLR(opt, epochs, 0)
	best, lowest, since := nn.Clone(model), math.Inf(1), 0
	for epoch := range epochs {
		nn.Train(model) // dropout drops, batch norm uses the batch's mean
		for batch := range training.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			opt.ZeroGrad()
			loss.Backward()
			if norm := optim.ClipGradNorm(params, 1); math.IsNaN(norm) || math.IsInf(norm, 0) {
				return best, fmt.Errorf("epoch %d, step %d: the gradient's norm is %v: %v", epoch+1, batch.Step+1, norm, nn.TraceNaN(model, batch.X))
			}
			opt.Step()
			if ctx.Err() != nil {
				return best, ctx.Err()
			}
		}
		if err := training.Err(); err != nil {
			return best, err
		}
		lr.Step()

		loss, accuracy, err := validate(model, validation)
		if err != nil {
			return best, err
		}
		fmt.Printf("epoch %d: validation loss %.2f, accuracy %.0f%%\n", epoch+1, loss, 100*accuracy)
		if since++; loss < lowest {
			best, lowest, since = nn.Clone(model), loss, 0
		}
		if since == 3 {
			break
		}
	}
	return best, nil
}

// validate returns the mean loss and the accuracy on a loader's samples.
func validate(model nn.Module, loader *data.Loader) (loss, accuracy float64, err error) {
	nn.Eval(model)
	var n float64
	for batch := range loader.Batches(data.NoGrad) {
		scores, size := model.Forward(batch.X), float64(batch.Y.Len())
		loss += nn.CrossEntropy(scores, batch.Y).Item() * size // the last batch may be smaller
		accuracy += scores.ArgMax(1).Equal(batch.Y).Sum().Item()
		n += size
	}
	return loss / n, accuracy / n, loader.Err()
}

func Example_ownLoop() {
	g := rng.NewTorch(1)
	x := tensor.Options{}.Uniform(g, -1, 1, 600, 2)
	y := x.Square().Sum(1).LessScalar(0.6).Cast(tensor.Int64) // 1 inside a circle, 0 outside
	parts := data.RandomSplit(data.NewTensorDataset(x, y), g, 500, 100)
	training := data.NewLoader(parts[0], data.LoaderConfig{BatchSize: 25, Shuffle: true, RNG: g})
	validation := data.NewLoader(parts[1], data.LoaderConfig{BatchSize: 100})

	model := nn.Sequential{nn.NewLinear(g, 2, 32), &nn.ReLU{}, nn.NewLinear(g, 32, 2)}
	best, err := fit(context.Background(), model, training, validation, 8)
	if err != nil {
		panic(err)
	}
	_, accuracy, err := validate(best, validation)
	fmt.Println("more than 90% are right:", accuracy > 0.9, err)
	// Output:
	// epoch 1: validation loss 0.59, accuracy 85%
	// epoch 2: validation loss 0.48, accuracy 83%
	// epoch 3: validation loss 0.40, accuracy 87%
	// epoch 4: validation loss 0.34, accuracy 94%
	// epoch 5: validation loss 0.31, accuracy 94%
	// epoch 6: validation loss 0.29, accuracy 97%
	// epoch 7: validation loss 0.29, accuracy 97%
	// epoch 8: validation loss 0.28, accuracy 97%
	// more than 90% are right: true <nil>
}

// epoch is one pass over the data.
func epoch(model nn.Module, loader *data.Loader, opt optim.Optimizer) {
	for batch := range loader.Batches() {
		loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
	}
}

func Example_resumed() {
	folder, err := os.MkdirTemp("", "lamina") // or your own folder
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "checkpoint.safetensors")

	construct := func() (*checkpoint.Training, *data.Loader, nn.Module) {
		g := rng.NewTorch(1)
		x := tensor.Options{}.RandN(g, 200, 2)
		loader := data.NewLoader(data.NewTensorDataset(x, x.ArgMax(1)), data.LoaderConfig{BatchSize: 20, Shuffle: true, RNG: g})
		model := nn.Sequential{nn.NewLinear(g, 2, 8), &nn.ReLU{}, nn.NewLinear(g, 8, 2)}
		opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
		return &checkpoint.Training{Model: model, Optimizer: opt, Generators: []*rng.Torch{g}}, loader, model
	}

	training, loader, model := construct()
	epoch(model, loader, training.Optimizer)
	if err := checkpoint.Save(path, training, checkpoint.Position{Epoch: 1}); err != nil {
		panic(err)
	}
	epoch(model, loader, training.Optimizer)

	training, loader, resumed := construct() // in another program, another day
	at, err := checkpoint.Load(path, training)
	if err != nil {
		panic(err)
	}
	loader.Resume(at.Epoch, at.Step)
	epoch(resumed, loader, training.Optimizer)

	one := tensor.Ones(1, 2)
	fmt.Println("the same bits:", slices.Equal(model.Forward(one).Float32s(), resumed.Forward(one).Float32s()))
	// Output: the same bits: true
}

func Example_severalBatches() {
	g := rng.NewTorch(1)
	x := tensor.Options{}.RandN(g, 64, 4)
	y := x.ArgMax(1)
	steps := func(size, accumulate int) []float32 {
		model := nn.NewLinear(rng.NewTorch(2), 4, 4)
		opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.1})
		loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: size})
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y).DivScalar(float64(accumulate))
			loss.Backward() // adds to the gradients
			if (batch.Step+1)%accumulate == 0 {
				opt.Step()
				opt.ZeroGrad()
			}
		}
		return model.Weight.Float32s()
	}
	large, small := tensor.From(steps(32, 1)), tensor.From(steps(8, 4))
	fmt.Println("the same weights, but for rounding:", large.Sub(small).Abs().Max().Item() < 1e-6)
	// Output: the same weights, but for rounding: true
}
