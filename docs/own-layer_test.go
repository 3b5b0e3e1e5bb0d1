package docs

import (
	"context"
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// Prototypes learns a point for each class. The closer a sample is to the point, the higher is its score for the class.
type Prototypes struct {
	Points tensor.Tensor // (K, D)
	Bias   tensor.Tensor // (K,)
}

// NewPrototypes returns a layer whose points are drawn from g.
func NewPrototypes(g *rng.Torch, inputs, classes int) *Prototypes {
	l := &Prototypes{Points: tensor.Zeros(classes, inputs), Bias: tensor.Zeros(classes)}
	nninit.Normal(g, l.Points, 0, 1)
	return l
}

// Forward returns the scores of a batch, (N, D) → (N, K).
func (l *Prototypes) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(l)
	difference := x.Unsqueeze(1).Sub(l.Points)  // (N, 1, D) − (K, D) gives (N, K, D)
	y := l.Bias.Sub(difference.Square().Sum(2)) // (N, K)
	return nn.Report(l, x, y)
}

// Classifier is a model with the layer.
type Classifier struct {
	Hidden  *nn.Linear
	Classes *Prototypes
}

// Forward returns scores, (N, 2) → (N, 3).
func (m *Classifier) Forward(x tensor.Tensor) tensor.Tensor {
	return m.Classes.Forward(m.Hidden.Forward(x).Tanh())
}

func Example_prototypes() {
	g := rng.NewTorch(1)
	model := &Classifier{Hidden: nn.NewLinear(g, 2, 4), Classes: NewPrototypes(g, 4, 3)}
	for _, p := range nn.NamedParameters(model) {
		fmt.Println(p.Name, p.Tensor.Shape())
	}
	fmt.Println(nn.Summary(model, 1, 2))
	// Output:
	// hidden.weight (4, 2)
	// hidden.bias (4,)
	// classes.points (3, 4)
	// classes.bias (3,)
	// layer    type        output shape  parameters  multiply-adds  weights  output
	// ─────────────────────────────────────────────────────────────────────────────
	// hidden   Linear      (1, 4)                12              8     48 B    16 B
	// classes  Prototypes  (1, 3)                15                    60 B    12 B
	// ─────────────────────────────────────────────────────────────────────────────
	// total                                      27              8    108 B    28 B
	// input (1, 2), 27 parameters, all trained
}

func Example_prototypesGradCheck() {
	options := tensor.Options{DType: tensor.Float64}
	g := rng.NewTorch(1)
	x, points, bias := options.RandN(g, 2, 4), options.RandN(g, 3, 4), options.RandN(g, 3)
	inputs := []tensor.Tensor{x.SetRequiresGrad(true), points.SetRequiresGrad(true), bias.SetRequiresGrad(true)}

	f := func(xs []tensor.Tensor) tensor.Tensor {
		return (&Prototypes{Points: xs[1], Bias: xs[2]}).Forward(xs[0])
	}
	fmt.Println(tensor.GradCheck(f, inputs, tensor.GradCheckOptions{}))
	// Output: <nil>
}

func Example_prototypesTrained() {
	g := rng.NewTorch(1)
	model := &Classifier{Hidden: nn.NewLinear(g, 2, 4), Classes: NewPrototypes(g, 4, 3)}

	centers := tensor.From([]float32{0, 2, -2, -1, 2, -1}, 3, 2) // samples lie around three points
	y := tensor.Options{}.RandInt(g, 0, 3, 300)
	x := centers.IndexSelect(0, y).Add(tensor.Options{}.RandN(g, 300, 2).MulScalar(0.5))

	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 30, Shuffle: true, RNG: g})
	history, err := train.Fit(context.Background(), model, train.Config{
		Train: loader, Validation: loader, Epochs: 10, Loss: nn.CrossEntropyLoss{},
		Optimizer: optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.02}),
	})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f%% of the samples are right\n", 100*history.Epochs[9].Validation.Accuracy())

	err = tensor.Try(func() { model.Forward(tensor.Zeros(5, 3)) })
	fmt.Println(nn.Locate(model, err))
	model.Classes = &Prototypes{Points: tensor.Zeros(3, 7), Bias: tensor.Zeros(3)} // 7 inputs, but the layer before gives 4
	err = tensor.Try(func() { model.Forward(tensor.Zeros(5, 2)) })
	fmt.Println(nn.Locate(model, err))
	// Output:
	// 100% of the samples are right
	// linear: the input's last dimension is not the weight's: (5, 3) × (4, 2), in model.hidden
	// sub: shapes do not broadcast: (5, 1, 4) × (3, 7), in model.classes
}

// Center subtracts from each feature its mean: the batch's in training, the running mean of all batches in evaluation.
type Center struct {
	nn.Mode               // Training() is true until nn.Eval
	Mean    tensor.Tensor `nn:"running_mean,buffer"` // (D,), saved with the model, not trained
}

// Forward centers a batch, (N, D) → (N, D).
func (l *Center) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(l)
	mean := l.Mean
	if l.Training() {
		mean = x.Mean(0)
		l.Mean.LerpInPlace(mean.Detach(), 0.1) // 0.9 × old + 0.1 × new
	}
	return nn.Report(l, x, x.Sub(mean))
}

func Example_center() {
	layer := &Center{Mean: tensor.Zeros(2)}
	x := tensor.From([]float32{1, 10, 3, 30}, 2, 2)
	fmt.Println(layer.Forward(x)) // the means are 2 and 20
	nn.Eval(layer)
	fmt.Println(layer.Forward(x)) // the running means are 0.2 and 2
	for _, p := range nn.StateDict(layer) {
		fmt.Println(p.Name, p.Tensor)
	}
	// Output:
	// tensor([[ -1., -10.],
	//         [  1.,  10.]])
	// tensor([[ 0.8000,  8.0000],
	//         [ 2.8000, 28.0000]])
	// running_mean tensor([0.2000, 2.0000])
}
