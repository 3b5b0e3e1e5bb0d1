// Train trains the networks of package samples and writes their weights to the folder that is named. It takes some minutes on
// two cores. Digits and seeds are fixed, so the weights are the same on the same kind of processor.
//
//	go run ./ui/samples/train ui/samples
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/ui/samples"
	"github.com/lamina-ml/lamina/vision"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: train FOLDER")
	}
	for _, n := range samples.Networks {
		if err := fit(n, filepath.Join(os.Args[1], n.Name+".safetensors")); err != nil {
			log.Fatal(err)
		}
	}
}

// fit trains a network on digits that are turned, moved and scaled a little, because what people draw is less uniform than
// MNIST, and writes its weights.
func fit(n samples.Network, path string) error {
	trainSet, err := mnist.TrainSet()
	if err != nil {
		return err
	}
	testSet, err := mnist.TestSet()
	if err != nil {
		return err
	}
	changed, err := vision.NewDataset(vision.From(trainSet.Images()), vision.RandomAffine{Degrees: vision.Range{-12, 12},
		Translate: [2]float64{0.06, 0.06}, Scale: vision.Range{0.88, 1.12}, Shear: vision.Range{-8, 8}, Interpolation: vision.Bilinear})
	if err != nil {
		return err
	}
	const epochs = 12
	g := rng.NewTorch(1)
	model := n.New(g)
	loader := data.NewLoader(changed, data.LoaderConfig{BatchSize: 64, Shuffle: true, RNG: g})
	opt := optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{LR: 2e-3, WeightDecay: 0.05})
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:         loader,
		Validation:    data.NewLoader(testSet.Images(), data.LoaderConfig{BatchSize: 500}),
		Optimizer:     opt,
		Loss:          nn.CrossEntropyLoss{},
		Epochs:        epochs,
		BatchSchedule: sched.NewCosineAnnealingLR(opt, epochs*loader.Len(), 0),
		Reporter:      train.Lines(os.Stderr),
	})
	if err != nil {
		return err
	}
	fmt.Printf("%s: test accuracy %.2f%%\n", n.Name, 100*history.Epochs[epochs-1].Validation.Accuracy())
	return safetensors.SaveModel(path, model)
}
