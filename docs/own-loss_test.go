package docs

import (
	"context"
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// quantile is the loss of a prediction that a share tau of all targets should be below.
func quantile(pred, target tensor.Tensor, tau float64) tensor.Tensor {
	d := target.Sub(pred)
	return d.MulScalar(tau).Maximum(d.MulScalar(tau - 1)).Mean() // max(τd, (τ − 1)d)
}

func Example_quantile() {
	pred := tensor.From([]float64{1, 1}).SetRequiresGrad(true)
	target := tensor.From([]float64{3, 0}) // one target above the prediction, one below

	loss := quantile(pred, target, 0.9)
	loss.Backward()
	fmt.Println(loss.Item(), pred.Grad())

	f := func(xs []tensor.Tensor) tensor.Tensor { return quantile(xs[0], target, 0.9) }
	fmt.Println(tensor.GradCheck(f, []tensor.Tensor{pred}, tensor.GradCheckOptions{}))
	// Output:
	// 0.95 tensor([-0.4500,  0.0500], dtype=float64)
	// <nil>
}

// QuantileLoss is quantile as a loss for train.Fit.
type QuantileLoss struct{ Tau float64 }

// Forward returns the loss. The shapes must be equal.
func (l QuantileLoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(l)
	if pred.Shape() != target.Shape() {
		panic(&tensor.Error{Op: "quantile_loss", Msg: "the shapes must be equal", Shapes: []tensor.Shape{pred.Shape(), target.Shape()}})
	}
	return quantile(pred, target, l.Tau)
}

func Example_quantileLoss() {
	g := rng.NewTorch(1)
	x := tensor.Options{}.Rand(g, 1000, 1)
	y := x.Add(tensor.Options{}.Rand(g, 1000, 1)) // between x and x + 1
	model := nn.NewLinear(g, 1, 1)
	_, err := train.Fit(context.Background(), model, train.Config{
		Train:     data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 50, Shuffle: true, RNG: g}),
		Optimizer: optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.02}),
		Loss:      QuantileLoss{Tau: 0.9},
		Epochs:    20,
	})
	if err != nil {
		panic(err)
	}
	below := y.Less(model.Forward(x)).Cast(tensor.Float32).Mean().Item()
	fmt.Printf("%.0f%% of the targets are below the prediction\n", 100*below)
	fmt.Println(tensor.Try(func() { QuantileLoss{Tau: 0.9}.Forward(tensor.Zeros(32, 1), tensor.Zeros(32)) }))
	// Output:
	// 89% of the targets are below the prediction
	// quantile_loss: the shapes must be equal: (32, 1) × (32,)
}

// PresentMSE is the mean squared error over the targets that are present. NaN stands for a missing target.
type PresentMSE struct{}

// Forward returns the loss; 0 if no target is present.
func (PresentMSE) Forward(pred, target tensor.Tensor) tensor.Tensor {
	d := pred.Sub(target).MaskedFill(target.IsNaN(), 0)
	return d.Square().Sum().DivScalar(max(present(target), 1))
}

// Divisor returns what Forward divides by.
func (PresentMSE) Divisor(pred, target tensor.Tensor) (d float64, ok bool) {
	return present(target), true
}

// present returns the number of elements that are not NaN.
func present(target tensor.Tensor) float64 { return target.IsNaN().Not().Sum().Item() }

func Example_presentMSE() {
	x := tensor.From([]float32{1, 2, 3, 4}, 4, 1)
	nan := float32(math.NaN())
	y := tensor.From([]float32{2, nan, nan, 10}, 4, 1)
	model := &nn.Linear{Weight: tensor.From([]float32{2}, 1, 1), Bias: tensor.Zeros(1)} // errors 0 and 2

	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 3}) // batches of 3 samples and of 1
	result, err := train.Evaluate(context.Background(), model, loader, PresentMSE{})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Loss, "= (0² + 2²)/2")
	// Output: 2 = (0² + 2²)/2
}

func Example_lossOfScores() {
	scores := tensor.From([]float32{200, 0}, 1, 2)
	fmt.Println(scores.Softmax(1).Log())
	fmt.Println(scores.LogSoftmax(1))
	// Output:
	// tensor([[0., -inf]])
	// tensor([[   0., -200.]])
}
