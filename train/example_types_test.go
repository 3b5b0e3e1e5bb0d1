package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// slope is a model with one weight for y = 2x, and its data.
func slope() (*nn.Linear, *data.Loader) {
	x := tensor.From([]float32{-1, 0, 1}, 3, 1)
	model := &nn.Linear{Weight: tensor.Zeros(1, 1).SetRequiresGrad(true)}
	return model, data.NewLoader(data.NewTensorDataset(x, x.MulScalar(2)), data.LoaderConfig{BatchSize: 3})
}

// A learning rate that falls, and a checkpoint after each epoch.
func ExampleConfig() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)

	for _, epochs := range []int{2, 4} { // the second training resumes the first
		model, loader := slope()
		opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.5})
		history, err := train.Fit(context.Background(), model, train.Config{
			Train:      loader,
			Optimizer:  opt,
			Loss:       nn.MSELoss{},
			Epochs:     epochs,
			Schedule:   sched.NewExponentialLR(opt, 0.5),
			Checkpoint: filepath.Join(folder, "slope.safetensors"),
			Resume:     true,
		})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%d epochs, losses %.4f\n", len(history.Epochs), history.Losses)
	}
	// Output:
	// 2 epochs, losses [2.6667 0.2963]
	// 4 epochs, losses [2.6667 0.2963 0.1317 0.0914]
}

func ExampleHistory() {
	model, loader := slope()
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:      loader,
		Validation: loader,
		Optimizer:  optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.75}),
		Loss:       nn.MSELoss{},
		Epochs:     3,
	})
	best := history.Epochs[history.Best()]
	fmt.Printf("%.4f, epoch %d was the best, error %v\n", history.Losses, best.Epoch, err)
	// Output: [2.6667 0.0000 0.0000], epoch 1 was the best, error <nil>
}

// Any function of two tensors is a loss.
func ExampleLossFunc() {
	relative := train.LossFunc(func(pred, target tensor.Tensor) tensor.Tensor {
		return pred.Sub(target).Abs().Div(target.Abs().AddScalar(1)).Mean()
	})
	fmt.Println(relative.Forward(tensor.From([]float32{2, 9}), tensor.From([]float32{1, 9})))
	// Output: tensor(0.2500)
}

// The loss of three pixels, one of which is ignored, does not depend on the batches: it is the mean over the other two.
func ExampleLoss() {
	model := nn.Sequential{&nn.Identity{}}
	scores := tensor.From([]float32{0, 0, 0, 1, 5, 5}, 3, 2)
	ds := data.NewTensorDataset(scores, tensor.From([]int64{0, 1, -100}))
	for size := 1; size <= 3; size++ {
		var loss train.Loss = nn.CrossEntropyLoss{}
		r, err := train.Evaluate(context.Background(), model, data.NewLoader(ds, data.LoaderConfig{BatchSize: size}), loss)
		fmt.Printf("%.4f %v\n", r.Loss, err)
	}
	// Output:
	// 0.5032 <nil>
	// 0.5032 <nil>
	// 0.5032 <nil>
}

// ticker is a reporter that writes a line for each step.
type ticker struct{}

func (ticker) Step(p train.Progress) {
	fmt.Printf("epoch %d/%d, step %d/%d, %d samples: loss %.3f\n", p.Epoch, p.Epochs, p.Step, p.Steps, p.Samples, p.Loss)
}

func (ticker) Epoch(train.Epoch, int) {}

func ExampleProgress() {
	model, _ := slope()
	x := tensor.From([]float32{-1, 0, 1}, 3, 1)
	_, err := train.Fit(context.Background(), model, train.Config{
		Train:     data.NewLoader(data.NewTensorDataset(x, x.MulScalar(2)), data.LoaderConfig{BatchSize: 2}),
		Optimizer: optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.25}),
		Loss:      nn.MSELoss{},
		Epochs:    1,
		Reporter:  ticker{},
	})
	fmt.Println(err)
	// Output:
	// epoch 1/1, step 1/2, 2 samples: loss 2.000
	// epoch 1/1, step 2/2, 1 samples: loss 2.250
	// <nil>
}

func ExampleEpoch() {
	e := train.Epoch{Epoch: 3, Loss: 0.1234, LR: 1e-3, Validation: &train.Result{Loss: 0.11, Correct: 9672, Total: 10000}, Seconds: 1.84}
	fmt.Println(e)
	// Output: loss 0.1234, validation loss 0.1100, accuracy 96.72%
}

func ExampleResult() {
	r := train.Result{Loss: 0.5, Correct: 3, Total: 4}
	fmt.Println(r.Accuracy())
	// Output: 0.75
}

// A checkpoint in a folder that does not exist.
func ExampleCheckpointError() {
	model, loader := slope()
	missing := filepath.Join("no", "such", "folder", "model")
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:      loader,
		Optimizer:  optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.5}),
		Loss:       nn.MSELoss{},
		Epochs:     5,
		Checkpoint: missing,
	})
	var failed *train.CheckpointError
	fmt.Println(errors.As(err, &failed), failed.Path == missing, errors.Is(err, os.ErrNotExist))
	fmt.Println(len(history.Losses), "steps were made")
	// Output:
	// true true true
	// 0 steps were made
}

func ExampleLines() {
	var log bytes.Buffer
	r := train.Lines(&log)
	r.Epoch(train.Epoch{Epoch: 1, Loss: 2.3}, 5)
	fmt.Print(&log)
	// Output: epoch 1/5: loss 2.3000, 0.0 s
}

// The model ends with the weights of its best epoch, although later epochs are worse.
func ExampleConfig_keepBest() {
	model, loader := slope()
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.5})
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:      loader,
		Validation: loader,
		Optimizer:  opt,
		Loss:       nn.MSELoss{},
		Epochs:     4,
		Schedule:   sched.NewExponentialLR(opt, 2),
		KeepBest:   true,
	})
	for _, e := range history.Epochs {
		fmt.Printf("epoch %d: validation loss %.4f\n", e.Epoch, e.Validation.Loss)
	}
	fmt.Printf("weight %.4f, error %v\n", model.Weight.Item(), err)
	// Output:
	// epoch 1: validation loss 0.2963
	// epoch 2: validation loss 0.0329
	// epoch 3: validation loss 0.0914
	// epoch 4: validation loss 1.7172
	// weight 2.2222, error <nil>
}
