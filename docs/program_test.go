package docs

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func Example_fit() {
	g := rng.NewTorch(42)
	x := tensor.Options{}.RandN(g, 1000, 100)
	y := tensor.Options{}.RandInt(g, 0, 10, 1000)

	model := nn.Sequential{
		nn.NewLinear(g, 100, 128), &nn.ReLU{},
		nn.NewLinear(g, 128, 64), &nn.ReLU{},
		nn.NewLinear(g, 64, 32), &nn.ReLU{},
		nn.NewLinear(g, 32, 10),
	}
	set := data.NewTensorDataset(x, y)
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:      data.NewLoader(set, data.LoaderConfig{BatchSize: 32, Shuffle: true, RNG: g}),
		Validation: data.NewLoader(set, data.LoaderConfig{BatchSize: 200}),
		Optimizer:  optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.001}),
		Loss:       nn.CrossEntropyLoss{},
		Epochs:     20,
	})
	if err != nil {
		log.Fatal(err)
	}
	first, last := history.Epochs[0], history.Epochs[19]
	fmt.Printf("epoch  1: loss %.2f, accuracy %.0f%%\n", first.Loss, 100*first.Validation.Accuracy())
	fmt.Printf("epoch 20: loss %.2f, accuracy %.0f%%\n", last.Loss, 100*last.Validation.Accuracy())
	// Output:
	// epoch  1: loss 2.31, accuracy 16%
	// epoch 20: loss 0.04, accuracy 100%
}

func Example_save() {
	folder, err := os.MkdirTemp("", "lamina") // or your own folder
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "model.safetensors")

	model := NewNet(rng.NewTorch(42))
	if err := safetensors.SaveModel(path, model); err != nil {
		log.Fatal(err)
	}

	// In another program: create the same struct with any weights, then load those of the file.
	again := NewNet(rng.NewTorch(7))
	if err := safetensors.LoadModel(path, again); err != nil {
		log.Fatal(err)
	}
	x := tensor.Ones(1, 784)
	fmt.Println(slices.Equal(model.Forward(x).Float32s(), again.Forward(x).Float32s()))
	// Output: true
}
