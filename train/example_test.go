package train_test

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// spirals returns points on two arms that wind around each other, and the arm of each.
func spirals() (x, y tensor.Tensor) {
	var points []float32
	var arms []int64
	for i := range 200 {
		arm := i % 2
		angle := float64(i)/40 + float64(arm)*math.Pi
		r := 0.2 + float64(i)/200
		points = append(points, float32(r*math.Cos(angle)), float32(r*math.Sin(angle)))
		arms = append(arms, int64(arm))
	}
	return tensor.From(points, 200, 2), tensor.From(arms)
}

func ExampleFit() {
	x, y := spirals()
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewLinear(g, 2, 32), &nn.ReLU{}, nn.NewLinear(g, 32, 32), &nn.ReLU{}, nn.NewLinear(g, 32, 2)}

	history, err := train.Fit(context.Background(), model, train.Config{
		Train:     data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 20, Shuffle: true, RNG: g}),
		Optimizer: optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01}),
		Loss:      nn.CrossEntropyLoss{},
		Epochs:    60,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(history.Epochs), "epochs,", len(history.Losses), "steps")
	fmt.Println("the loss fell:", history.Losses[599] < history.Losses[0]/5)
	fmt.Println("arms of the first points:", train.Predict(model, x.Narrow(0, 0, 6)))
	// Output:
	// 60 epochs, 600 steps
	// the loss fell: true
	// arms of the first points: [0 1 0 1 0 1]
}

func ExampleEvaluate() {
	// A classifier that always prefers class 1, with scores 0 and log 3.
	model := &nn.Linear{Weight: tensor.Zeros(2, 3), Bias: tensor.From([]float32{0, float32(math.Log(3))})}
	x, y := tensor.Zeros(4, 3), tensor.From([]int64{1, 1, 0, 1})
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 2})

	result, err := train.Evaluate(context.Background(), model, loader, nn.CrossEntropyLoss{})
	fmt.Printf("%d of %d, accuracy %.2f, loss %.4f, error %v\n", result.Correct, result.Total, result.Accuracy(), result.Loss, err)
	// Output: 3 of 4, accuracy 0.75, loss 0.5623, error <nil>
}

func ExampleProbabilities() {
	model := &nn.Linear{Weight: tensor.Zeros(2, 3), Bias: tensor.From([]float32{0, float32(math.Log(3))})}
	fmt.Println(train.Probabilities(model, tensor.Zeros(1, 3)))
	// Output: tensor([[0.2500, 0.7500]])
}

// bars is a reporter that draws the loss of each epoch.
type bars struct{}

func (bars) Step(train.Progress) {}

func (bars) Epoch(e train.Epoch, epochs int) {
	fmt.Printf("%d/%d %s\n", e.Epoch, epochs, strings.Repeat("#", int(10*e.Loss)))
}

func ExampleReporter() {
	x := tensor.From([]float32{-1, 0, 1}, 3, 1)
	w := &nn.Linear{Weight: tensor.Zeros(1, 1).SetRequiresGrad(true), Bias: tensor.Zeros(1).SetRequiresGrad(true)}
	_, err := train.Fit(context.Background(), w, train.Config{
		Train:     data.NewLoader(data.NewTensorDataset(x, x.MulScalar(2)), data.LoaderConfig{BatchSize: 3}),
		Optimizer: optim.NewSGD(nn.Parameters(w), optim.SGDConfig{LR: 0.2}),
		Loss:      nn.MSELoss{},
		Epochs:    4,
		Reporter:  bars{},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1/4 ##########################
	// 2/4 ##############
	// 3/4 #######
	// 4/4 ####
}
