// Digits trains the convolutional network of docs/layers.md and writes its weights to the file that is named. It takes
// less than a minute on two cores. The digits and the seed are fixed, so the weights are the same on the same kind of
// processor.
//
//	go run ./docs/pictures/digits docs/testdata/digits.safetensors
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
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
	if len(os.Args) != 2 {
		log.Fatal("usage: digits weights.safetensors")
	}
	if err := fit(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// images makes images of the rows of pixels that package data/mnist's set has.
type images struct{ _ byte }

func (images) Forward(x tensor.Tensor) tensor.Tensor { return x.Reshape(-1, 1, 28, 28) }

func fit(path string) error {
	trainSet, err := mnist.TrainSet()
	if err != nil {
		return err
	}
	testSet, err := mnist.TestSet()
	if err != nil {
		return err
	}
	const epochs = 5
	g := rng.NewTorch(1)
	model := nn.Sequential{
		nn.NewConv2d(g, 1, 8, 5), // strokes: 8 maps of 24×24
		&nn.ReLU{},
		nn.NewMaxPool2d(2),
		nn.NewConv2d(g, 8, 16, 5), // shapes: 16 maps of 8×8
		&nn.ReLU{},
		nn.NewMaxPool2d(2),
		&nn.Flatten{},
		nn.NewLinear(g, 16*4*4, 10),
	}
	loader := data.NewLoader(trainSet, data.LoaderConfig{BatchSize: 64, Shuffle: true, RNG: g})
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 3e-3})
	history, err := train.Fit(context.Background(), nn.Sequential{images{}, model}, train.Config{
		Train:         loader,
		Validation:    data.NewLoader(testSet, data.LoaderConfig{BatchSize: 500}),
		Optimizer:     opt,
		Loss:          nn.CrossEntropyLoss{},
		Epochs:        epochs,
		BatchSchedule: sched.NewCosineAnnealingLR(opt, epochs*loader.Len(), 0),
		Reporter:      train.Lines(os.Stderr),
	})
	if err != nil {
		return err
	}
	fmt.Printf("test accuracy %.2f%%\n", 100*history.Epochs[epochs-1].Validation.Accuracy())
	return safetensors.SaveModel(path, model)
}
