// Digits trains a classifier of handwritten digits with one hidden layer in an explicit training loop.
//
//	go run ./examples/digits
package main

import (
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
)

func main() {
	trainSet, err := mnist.TrainSet()
	if err != nil {
		log.Fatal(err)
	}
	testSet, err := mnist.TestSet()
	if err != nil {
		log.Fatal(err)
	}
	g := rng.NewTorch(1)
	trainLoader := data.NewLoader(trainSet, data.LoaderConfig{BatchSize: 64, Shuffle: true, RNG: g})
	testLoader := data.NewLoader(testSet, data.LoaderConfig{BatchSize: 500})

	// 28×28 pixels from 0 to 1, flattened to 784 → 128 features → a score for each of 10 digits.
	model := nn.Sequential{nn.NewLinear(g, 784, 128), &nn.ReLU{}, nn.NewLinear(g, 128, 10)}
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 1e-3})

	for epoch := range 3 {
		for batch := range trainLoader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y) // mean over the batch
			opt.ZeroGrad()
			loss.Backward() // ∂loss/∂W for every weight
			opt.Step()      // W ← W − η·(Adam's direction)
			if batch.Step%100 == 0 {
				fmt.Printf("epoch %d, batch %3d/%d: loss %.4f\n", epoch+1, batch.Step, trainLoader.Len(), loss.Item())
			}
		}
		correct := 0.0
		for batch := range testLoader.Batches(data.NoGrad) {
			correct += model.Forward(batch.X).ArgMax(1).Equal(batch.Y).Sum().Item()
		}
		fmt.Printf("epoch %d: %.2f%% of the test digits correct\n", epoch+1, correct/float64(testSet.Len())*100)
	}
}
