// Cnn is the complete program of examples/fourlayer with a convolutional network, which reads handwritten digits: data,
// model, loader, training, evaluation, and the prediction of one digit. It takes a few seconds.
//
//	go run ./examples/cnn
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// CNN is a convolutional network for images of 28×28 pixels. Its first layer finds strokes, its second one shapes, and
// its last one decides.
type CNN struct {
	Conv1, Conv2 *nn.Conv2d
	Pool         *nn.MaxPool2d
	FC           *nn.Linear
}

// NewCNN returns a network with initial weights drawn from g.
func NewCNN(g *rng.Torch, classes int) *CNN {
	return &CNN{
		Conv1: nn.NewConv2d(g, 1, 16, 5),  // 16 filters of 1×5×5 weights
		Conv2: nn.NewConv2d(g, 16, 32, 3), // 32 filters of 16×3×3 weights
		Pool:  nn.NewMaxPool2d(2),         // halves height and width
		FC:    nn.NewLinear(g, 32*5*5, classes),
	}
}

// Forward returns a score for each class, (N, 1, 28, 28) → (N, classes).
func (m *CNN) Forward(x tensor.Tensor) tensor.Tensor {
	x = m.Pool.Forward(m.Conv1.Forward(x).ReLU()) // (N, 16, 24, 24) → (N, 16, 12, 12)
	x = m.Pool.Forward(m.Conv2.Forward(x).ReLU()) // (N, 32, 10, 10) → (N, 32, 5, 5)
	return m.FC.Forward(x.Flatten(1))             // (N, 800) → (N, classes)
}

// train runs one epoch and returns the mean loss of its batches.
func train(model *CNN, loader *data.Loader, opt optim.Optimizer) (float64, error) {
	nn.Train(model)
	sum := 0.0
	for batch := range loader.Batches() {
		loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
		sum += loss.Item()
	}
	return sum / float64(loader.Len()), loader.Err()
}

// evaluate returns the fraction of the loader's digits that the model reads correctly.
func evaluate(model *CNN, loader *data.Loader) (float64, error) {
	nn.Eval(model)
	correct, total := 0.0, 0.0
	for batch := range loader.Batches(data.NoGrad) {
		correct += model.Forward(batch.X).ArgMax(1).Equal(batch.Y).Sum().Item()
		total += float64(batch.Y.Len())
	}
	return correct / total, loader.Err()
}

// predict returns the most probable class of one image (1, 28, 28), and its probability.
func predict(model *CNN, image tensor.Tensor) (class int, probability float64) {
	nn.Eval(model)
	p := tensor.NoGrad(image.Unsqueeze(0), model.Forward).Softmax(1).Squeeze(0) // (classes)
	class = int(p.ArgMax(0).Item())
	return class, p.At(class)
}

func run(w io.Writer, numTrain, numTest, numEpochs int) error {
	trainSet, err := mnist.TrainSet()
	if err != nil {
		return err
	}
	testSet, err := mnist.TestSet()
	if err != nil {
		return err
	}
	// The first digits of each set, as images (1, 28, 28) whose pixels have mean 0 and standard deviation 1.
	first := func(set *mnist.Set, n int) data.Dataset {
		return data.NewSubset(set.Images().Normalize(0.1307, 0.3081), tensor.Arange(n).Int64s())
	}
	known, fresh := first(trainSet, numTrain), first(testSet, numTest)

	g := rng.NewTorch(1)
	trainLoader := data.NewLoader(known, data.LoaderConfig{BatchSize: 32, Shuffle: true, RNG: g})
	testLoader := data.NewLoader(fresh, data.LoaderConfig{BatchSize: 250})
	model := NewCNN(g, 10)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 1e-3})
	fmt.Fprintf(w, "%d parameters, %d training digits, %d test digits\n", nn.Count(model), numTrain, numTest)

	for epoch := range numEpochs {
		loss, err := train(model, trainLoader, opt)
		if err != nil {
			return err
		}
		accuracy, err := evaluate(model, testLoader)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "Epoch %d/%d: loss %.4f, accuracy %.1f%%\n", epoch+1, numEpochs, loss, 100*accuracy)
	}

	sample := data.NewSample(fresh)
	if err := fresh.Read(0, sample); err != nil {
		return err
	}
	digit, probability := predict(model, tensor.From(sample.Float32(0), 1, 28, 28))
	fmt.Fprintf(w, "The first test digit is %d. The network reads %d with probability %.1f%%.\n",
		sample.Int64(1)[0], digit, 100*probability)
	return nil
}

func main() {
	log.SetFlags(0)
	if err := run(os.Stdout, 5000, 1000, 4); err != nil {
		log.Fatal(err)
	}
}
