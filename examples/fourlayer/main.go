// Fourlayer is the complete program at the end of the study notes "Transformer study notes: principles of neural
// networks": random data, a network of four layers, a loader, training, evaluation and prediction. With the same
// seeds it prints PyTorch's numbers.
//
//	go run ./examples/fourlayer
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// FourLayerNN is a fully connected network of four layers, (N, inputDim) → (N, numClasses).
type FourLayerNN struct{ FC1, FC2, FC3, FC4 *nn.Linear }

// NewFourLayerNN returns a network with initial weights drawn from g.
func NewFourLayerNN(g *rng.Torch, inputDim, hiddenDim1, hiddenDim2, hiddenDim3, numClasses int) *FourLayerNN {
	return &FourLayerNN{
		FC1: nn.NewLinear(g, inputDim, hiddenDim1),
		FC2: nn.NewLinear(g, hiddenDim1, hiddenDim2),
		FC3: nn.NewLinear(g, hiddenDim2, hiddenDim3),
		FC4: nn.NewLinear(g, hiddenDim3, numClasses),
	}
}

// Forward computes y = W₄·relu(W₃·relu(W₂·relu(W₁·x + b₁) + b₂) + b₃) + b₄, (N, 100) → (N, 10).
func (m *FourLayerNN) Forward(x tensor.Tensor) tensor.Tensor {
	x = m.FC1.Forward(x).ReLU() // (N, 128)
	x = m.FC2.Forward(x).ReLU() // (N, 64)
	x = m.FC3.Forward(x).ReLU() // (N, 32)
	return m.FC4.Forward(x)     // (N, 10)
}

// train runs one epoch: forward pass, loss, gradients, optimizer step.
func train(model *FourLayerNN, loader *data.Loader, opt optim.Optimizer) error {
	nn.Train(model)
	for batch := range loader.Batches() {
		loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
	}
	return loader.Err()
}

// evaluate prints the loss, averaged over the batches, and the accuracy.
func evaluate(w io.Writer, model *FourLayerNN, loader *data.Loader) error {
	nn.Eval(model)
	var totalLoss float64
	var correct, total int
	for batch := range loader.Batches(data.NoGrad) {
		pred := model.Forward(batch.X)
		totalLoss += nn.CrossEntropy(pred, batch.Y).Item()
		correct += int(pred.ArgMax(1).Equal(batch.Y).Sum().Item())
		total += batch.Y.Dim(0)
	}
	fmt.Fprintf(w, "loss: %s, Accuracy: %s\n", pyFloat(totalLoss/float64(loader.Len())), pyFloat(float64(correct)/float64(total)))
	return loader.Err()
}

// predict returns the class with the highest score for each row of x.
func predict(model *FourLayerNN, x tensor.Tensor) []int64 {
	nn.Eval(model)
	return tensor.NoGrad(x, model.Forward).ArgMax(1).Int64s()
}

func run(w io.Writer, device tensor.Device) error {
	np, torch := rng.NewNumPy(42), rng.NewTorch(42)

	// Random data: 1000 samples of 100 numbers each, with classes from 0 to 9.
	const inputDim, numClasses, numSamples = 100, 10, 1000
	x, y := make([]float64, numSamples*inputDim), make([]int64, numSamples)
	np.Randn(x)
	np.Randint(y, 0, numClasses)
	X := tensor.FromAs(tensor.Options{DType: tensor.Float32}, x, numSamples, inputDim)
	Y := tensor.From(y)
	fmt.Fprintln(w, X.Shape())
	fmt.Fprintln(w, Y.Shape())

	loader := data.NewLoader(data.NewTensorDataset(X, Y), data.LoaderConfig{BatchSize: 32, Shuffle: true, RNG: torch, Device: device})
	model := NewFourLayerNN(torch, inputDim, 128, 64, 32, numClasses)
	nn.To(model, device)
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.001})

	const numEpochs = 20
	for epoch := range numEpochs {
		fmt.Fprintf(w, "Epoch %d/%d\n", epoch+1, numEpochs)
		if err := train(model, loader, opt); err != nil {
			return err
		}
		if err := evaluate(w, model, loader); err != nil {
			return err
		}
	}

	// Predict the classes of new data.
	const numNewSamples = 100
	xNew := make([]float64, numNewSamples*inputDim)
	np.Randn(xNew)
	XNew := tensor.FromAs(tensor.Options{}, xNew, numNewSamples, inputDim).To(device)
	fmt.Fprintln(w, numpyArray(predict(model, XNew)))
	return nil
}

func main() {
	name := flag.String("device", "auto", "device: auto, cpu or cuda")
	flag.Parse()
	log.SetFlags(0)
	device := tensor.BestDevice() // device = "cuda" if torch.cuda.is_available() else "cpu"
	if *name != "auto" {
		var err error
		if device, err = tensor.OpenDevice(*name); err != nil {
			log.Fatal(err)
		}
	}
	if err := run(os.Stdout, device); err != nil {
		log.Fatal(err)
	}
}
