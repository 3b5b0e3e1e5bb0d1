package train_test

import (
	"context"
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// A warm-up, clipped gradients, an average of the weights, and an end when nothing improves any more.
func ExampleConfig_recipe() {
	model, loader := slope()
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.5})
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:         loader,
		Validation:    loader,
		Optimizer:     opt,
		Loss:          nn.MSELoss{},
		Epochs:        100,
		BatchSchedule: sched.NewLinearLR(opt, 0.1, 1, 5), // a warm-up of 5 steps
		Plateau:       sched.NewReduceLROnPlateau(opt, sched.PlateauConfig{Patience: 2}),
		ClipNorm:      1,
		EMA:           0.5,
		KeepBest:      true,
		Patience:      3,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d epochs, weight %.4f\n", len(history.Epochs), model.Weight.Item())
	// Output:
	// 33 epochs, weight 2.0000
}

// goodEnough ends a training when the loss is small.
type goodEnough struct{ loss float64 }

func (goodEnough) AfterStep(train.Progress) error { return nil }

func (g goodEnough) AfterEpoch(e train.Epoch) error {
	if e.Loss < g.loss {
		return train.ErrStop
	}
	return nil
}

func ExampleCallback() {
	model, loader := slope()
	history, err := train.Fit(context.Background(), model, train.Config{
		Train:     loader,
		Optimizer: optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.5}),
		Loss:      nn.MSELoss{},
		Epochs:    100,
		Callbacks: []train.Callback{goodEnough{0.01}},
	})
	fmt.Println(len(history.Epochs), "epochs,", err)
	// Output:
	// 4 epochs, <nil>
}

// The mean of the outputs for an image and its mirror image.
func ExampleAugmented() {
	model := nn.Sequential{&nn.Flatten{}, &nn.Linear{Weight: tensor.From([]float32{1, 0, 0}, 1, 3)}}
	mirrored := func(x tensor.Tensor) tensor.Tensor { return x.Flip(-1) }
	both := &train.Augmented{Model: model, Views: []func(tensor.Tensor) tensor.Tensor{train.Same, mirrored}}
	x := tensor.From([]float32{1, 2, 5}, 1, 1, 3)
	fmt.Println(model.Forward(x), both.Forward(x))
	// Output:
	// tensor([[1.]]) tensor([[3.]])
}

func ExampleClassWeights() {
	w := train.ClassWeights([]int64{0, 0, 0, 1}, 2)
	fmt.Println(w)
	fmt.Println(nn.CrossEntropyLoss{Weight: w}.Forward(tensor.Zeros(2, 2), tensor.From([]int64{0, 1})))
	// Output:
	// tensor([0.6667, 2.0000])
	// tensor(0.6931)
}

func ExampleLRCurve() {
	model, loader := slope()
	curve, err := train.FindLR(context.Background(), model, train.Config{
		Train:     loader,
		Optimizer: optim.NewSGD(nn.Parameters(model), optim.SGDConfig{}),
		Loss:      nn.MSELoss{},
	}, train.LRConfig{Low: 1e-4, High: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	lr, ok := curve.Suggestion()
	fmt.Println(ok, lr > 0.001 && lr < 1)
	// Output: true true
}

func ExampleLRConfig() {
	model, loader := slope()
	curve, err := train.FindLR(context.Background(), model, train.Config{
		Train:     loader,
		Optimizer: optim.NewSGD(nn.Parameters(model), optim.SGDConfig{}),
		Loss:      nn.MSELoss{},
	}, train.LRConfig{Low: 1e-3, High: 0.1, Steps: 21})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d rates from %.3f over %.3f to %.3f\n", len(curve.LR), curve.LR[0], curve.LR[10], curve.LR[20])
	// Output: 21 rates from 0.001 over 0.010 to 0.100
}
