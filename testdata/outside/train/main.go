// Train trains with every piece of package outside and saves the model in the folder that it is given.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"example.com/outside"
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(folder string) error {
	if err := checkGradients(); err != nil {
		return err
	}
	fmt.Println("gradients: right")

	// A training of 30 epochs.
	model, c := training()
	h, err := train.Fit(context.Background(), model, c)
	if err != nil {
		return err
	}
	fmt.Printf("%d steps, lr %.4f, accuracy %.1f\n", len(h.Losses), c.Optimizer.LR(), h.Epochs[29].Validation.Accuracy())

	// The same, stopped after 20 epochs and resumed.
	half, c := training()
	c.Checkpoint, c.Epochs = filepath.Join(folder, "checkpoint"), 20
	if _, err := train.Fit(context.Background(), half, c); err != nil {
		return err
	}
	half, c = training()
	c.Checkpoint, c.Resume = filepath.Join(folder, "checkpoint"), true
	resumed, err := train.Fit(context.Background(), half, c)
	if err != nil {
		return err
	}
	fmt.Println("resumed, same end:", resumed.Epochs[29].Validation.Loss == h.Epochs[29].Validation.Loss)

	// The optimizer's state in a file of its own.
	path := filepath.Join(folder, "optimizer.safetensors")
	if err := safetensors.Save(path, c.Optimizer.State(), nil); err != nil {
		return err
	}
	saved, err := safetensors.Load(path)
	if err != nil {
		return err
	}
	_, fresh := training()
	if err := fresh.Optimizer.LoadState(saved.Tensors); err != nil {
		return err
	}
	fmt.Println("state:", len(saved.Tensors), "tensors, steps", fresh.Optimizer.State()["state.0.step"].Item())

	fmt.Println(nn.Summary(model, 1, 2))
	return safetensors.SaveModel(filepath.Join(folder, "model.safetensors"), model)
}

func training() (*outside.Model, train.Config) {
	g := rng.NewTorch(0)
	model := outside.NewModel(g)
	opt := optim.New(nn.Parameters(model), outside.AdaBelief{LR: 0.02})
	return model, train.Config{
		Train: data.NewLoader(outside.Spirals{N: 200, Noise: 0.02}, data.LoaderConfig{BatchSize: 20, Shuffle: true,
			RNG: g, Workers: 2}),
		Validation: data.NewLoader(outside.Spirals{N: 50}, data.LoaderConfig{BatchSize: 50}),
		Optimizer:  opt,
		Schedule:   sched.NewCosineAnnealingLR(opt, 40, 0),
		Loss:       nn.CrossEntropyLoss{},
		Epochs:     30,
	}
}

// checkGradients compares first and second derivatives of the pieces with differences.
func checkGradients() error {
	g, float64s := rng.NewTorch(1), tensor.Options{DType: tensor.Float64}
	a, b := float64s.RandN(g, 3, 4).SetRequiresGrad(true), float64s.RandN(g, 3, 4).SetRequiresGrad(true)
	layer := outside.NewGated(g, 4, 2)
	nn.Cast(layer, tensor.Float64)
	parameters := nn.Parameters(layer)
	for _, p := range parameters {
		p.SetRequiresGrad(true)
	}
	for _, c := range []struct {
		name   string
		f      func(xs []tensor.Tensor) tensor.Tensor
		inputs []tensor.Tensor
	}{
		{"ISRU", func(xs []tensor.Tensor) tensor.Tensor { return outside.ISRU(xs[0], 0.5) }, []tensor.Tensor{a}},
		{"SwiGLU", func(xs []tensor.Tensor) tensor.Tensor { return outside.SwiGLU(xs[0], xs[1]) }, []tensor.Tensor{a, b}},
		{"Gated", func(xs []tensor.Tensor) tensor.Tensor { return layer.Forward(xs[3]) }, append(parameters, a)},
	} {
		for _, second := range []bool{false, true} {
			if err := tensor.GradCheck(c.f, c.inputs, tensor.GradCheckOptions{Second: second}); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	return nil
}
