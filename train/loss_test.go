package train

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// One wrong digit of 501 is alone in the last batch if batches have 500 samples. It must not weigh as much as the other
// 500 together.
func TestLossOfASmallLastBatch(t *testing.T) {
	scores := make([]float32, 501*2)
	for i := range 500 {
		scores[2*i+1] = float32(math.Log(math.Exp(0.467) - 1)) // the score of class 1 for which the loss of class 0 is 0.467
	}
	scores[1001] = 8.192725
	ds := data.NewTensorDataset(tensor.From(scores, 501, 2), tensor.From(make([]int64, 501)))
	r, err := Evaluate(context.Background(), &nn.Identity{}, data.NewLoader(ds, data.LoaderConfig{BatchSize: 500}), nn.CrossEntropyLoss{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%.4f", r.Loss); got != "0.4824" {
		t.Errorf("the loss is %s, want 0.4824", got)
	}
}

// The loss that Evaluate and Fit report is that of all samples and does not depend on the batch size.
func TestLossDoesNotDependOnBatches(t *testing.T) {
	const n, c = 23, 4
	g := rng.NewTorch(1)
	o := tensor.Options{}
	x := o.RandN(g, n, c)
	classes := make([]int64, n)
	g.Randint(classes, 0, c)
	ignoring := append([]int64(nil), classes...)
	ignoring[3], ignoring[20], ignoring[21] = -100, -100, -100 // some batches of size 1 and 2 have only ignored targets
	weights := tensor.From([]float32{0.5, 2, 1, 4})
	probabilities, signs := o.RandN(g, n, c).Softmax(1), o.RandN(g, n, c).GreaterScalar(0).Cast(tensor.Float32).MulScalar(2).AddScalar(-1)
	two := 2
	numbers := o.RandN(g, n, c)
	for name, test := range map[string]struct {
		loss   Loss
		target tensor.Tensor
	}{
		"mse":                            {nn.MSELoss{}, numbers},
		"mse, sum":                       {nn.MSELoss{Reduction: nn.Sum}, numbers},
		"l1":                             {nn.L1Loss{}, numbers},
		"smooth l1":                      {nn.SmoothL1Loss{}, numbers},
		"huber":                          {nn.HuberLoss{}, numbers},
		"bce with logits":                {nn.BCEWithLogitsLoss{Weight: weights}, probabilities},
		"kl":                             {nn.KLDivLoss{}, probabilities},
		"kl per sample":                  {nn.KLDivLoss{BatchMean: true}, probabilities},
		"hinge embedding":                {nn.HingeEmbeddingLoss{}, signs},
		"multi margin":                   {nn.MultiMarginLoss{Weight: weights}, tensor.From(classes)},
		"multi margin, sum":              {nn.MultiMarginLoss{Reduction: nn.Sum}, tensor.From(classes)},
		"cross-entropy":                  {nn.CrossEntropyLoss{}, tensor.From(classes)},
		"cross-entropy, ignoring":        {nn.CrossEntropyLoss{}, tensor.From(ignoring)},
		"cross-entropy, ignoring 2":      {nn.CrossEntropyLoss{IgnoreIndex: &two, LabelSmoothing: 0.1}, tensor.From(classes)},
		"cross-entropy, weighted":        {nn.CrossEntropyLoss{Weight: weights}, tensor.From(ignoring)},
		"cross-entropy, sum":             {nn.CrossEntropyLoss{Weight: weights, Reduction: nn.Sum}, tensor.From(ignoring)},
		"cross-entropy of probabilities": {nn.CrossEntropyLoss{Weight: weights}, probabilities},
		"nll, weighted":                  {nn.NLLLoss{Weight: weights}, tensor.From(ignoring)},
		"a function":                     {LossFunc(nn.MSE), numbers},
	} {
		want := test.loss.Forward(x, test.target).Item()
		for _, size := range []int{1, 2, 5, 11, 22, 23} {
			ds := data.NewTensorDataset(x, test.target)
			loader := func() *data.Loader { return data.NewLoader(ds, data.LoaderConfig{BatchSize: size}) }
			r, err := Evaluate(context.Background(), &nn.Identity{}, loader(), test.loss)
			if err != nil || math.Abs(r.Loss-want) > 1e-6*math.Abs(want) {
				t.Errorf("%s in batches of %d: %v (%v), want %v", name, size, r.Loss, err, want)
			}
			if size < 5 {
				continue // Fit ends at a batch whose targets are all ignored, because its loss is NaN, as in PyTorch
			}
			still := &scale{tensor.Ones(1)}
			h, err := Fit(context.Background(), still, Config{
				Train:     loader(),
				Optimizer: optim.NewSGD(nn.Parameters(still), optim.SGDConfig{LR: 1e-30}),
				Loss:      test.loss,
				Epochs:    1,
			})
			if err != nil {
				t.Errorf("%s trained in batches of %d: %v", name, size, err)
			} else if math.Abs(h.Epochs[0].Loss-want) > 1e-6*math.Abs(want) {
				t.Errorf("%s trained in batches of %d: %v, want %v", name, size, h.Epochs[0].Loss, want)
			}
		}
	}
}

// scale is a user's layer that does not call SetRequiresGrad on its parameter.
type scale struct{ Factor tensor.Tensor }

func (m *scale) Forward(x tensor.Tensor) tensor.Tensor { return x.Mul(m.Factor) }

// Data without a sample, or with ignored targets only, have no loss: 0 would be wrong.
func TestNothingToEvaluate(t *testing.T) {
	x := tensor.Ones(3, 2)
	for name, ds := range map[string]data.Dataset{
		"ignored targets": data.NewTensorDataset(x, tensor.From([]int64{-100, -100, -100})),
		"no samples":      data.NewTensorDataset(x.Narrow(0, 0, 0), tensor.From([]int64{})),
	} {
		_, err := Evaluate(context.Background(), &nn.Identity{}, data.NewLoader(ds, data.LoaderConfig{BatchSize: 2}), nn.CrossEntropyLoss{})
		if err == nil || err.Error() != "evaluation: the data have no sample, or only ignored targets" {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// A parameter on which SetRequiresGrad was never called is trained, by Fit and in a hand-written loop; a frozen one is
// not.
func TestParameterWithoutSetRequiresGrad(t *testing.T) {
	x := tensor.Ones(4, 1)
	for _, frozen := range []bool{false, true} {
		m := nn.Sequential{nn.NewLinear(rng.NewTorch(1), 1, 1), &scale{tensor.Ones(1)}}
		factor := m[1].(*scale).Factor
		if frozen {
			nn.Freeze(m[1])
		}
		opt := optim.NewSGD(nn.Parameters(m), optim.SGDConfig{LR: 0.1})
		m.Forward(x).Sum().Backward()
		opt.Step()
		if trained := factor.Item() != 1; trained == frozen {
			t.Errorf("frozen: %v, and the factor is %v after a step", frozen, factor.Item())
		}
		before := factor.Item()
		_, err := Fit(context.Background(), m, Config{
			Train:     data.NewLoader(data.NewTensorDataset(x, x.MulScalar(9)), data.LoaderConfig{BatchSize: 2}),
			Optimizer: opt,
			Loss:      nn.MSELoss{},
			Epochs:    1,
		})
		if trained := factor.Item() != before; err != nil || trained == frozen {
			t.Errorf("frozen: %v, and the factor is %v after Fit; error %v", frozen, factor.Item(), err)
		}
	}
}

// Training that would train nothing is an error, and Fit writes nothing.
func TestNothingToTrain(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*net, *Config)
		want   string
	}{
		"no epochs":       {func(_ *net, c *Config) { c.Epochs = 0 }, "train: Config.Epochs must be at least 1, not 0"},
		"negative epochs": {func(_ *net, c *Config) { c.Epochs = -1 }, "train: Config.Epochs must be at least 1, not -1"},
		"another model's optimizer": {func(_ *net, c *Config) {
			_, other := newTraining()
			c.Optimizer, c.Schedule, c.BatchSchedule = other.Optimizer, nil, nil
		}, "train: the optimizer holds none of the model's parameters: create it with nn.Parameters(model)"},
		"a part in the optimizer": {func(m *net, c *Config) {
			c.Optimizer = optim.NewSGD(append(nn.Parameters(m.FC1), m.FC2.Weight), optim.SGDConfig{})
			c.Schedule, c.BatchSchedule = nil, nil
		}, "train: the optimizer does not hold fc2.bias, fc3.weight, fc3.bias: create it with nn.Parameters(model), freeze parameters " +
			`that should not change with nn.Freeze, or tag tensors that are not parameters nn:",buffer"`},
		"another optimizer's schedule": {func(_ *net, c *Config) {
			_, other := newTraining()
			c.Schedule = other.Schedule
		}, "train: a schedule belongs to another optimizer: create it with Config.Optimizer"},
		"another optimizer's schedule for batches": {func(_ *net, c *Config) {
			_, other := newTraining()
			c.BatchSchedule = sched.NewChained(other.BatchSchedule)
		}, "train: a schedule belongs to another optimizer: create it with Config.Optimizer"},
		"a frozen model": {func(m *net, _ *Config) { nn.Freeze(m) }, "train: nothing would be trained: all parameters are frozen"},
		"no batches": {func(_ *net, c *Config) {
			c.Train = data.NewLoader(someData(), data.LoaderConfig{BatchSize: 100, DropLast: true})
		}, "train: epoch 1, step 0: the loader in Config.Train has no batches"},
	} {
		model, c := newTraining()
		test.change(model, &c)
		before := bits(model)
		_, err := Fit(context.Background(), model, c)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: got  %v\nwant %s", name, err, test.want)
		}
		for i, v := range bits(model) {
			if v != before[i] {
				t.Errorf("%s: the model has changed", name)
				break
			}
		}
	}
	_, c := newTraining()
	if _, err := Fit(context.Background(), &nn.ReLU{}, c); err == nil ||
		err.Error() != "train: the model has no parameters: they must be tensors or layers in exported fields" {
		t.Errorf("a model without parameters: %v", err)
	}
	// Frozen parameters need not be in the optimizer.
	model, c := newTraining()
	nn.Freeze(model.FC1)
	c.Optimizer = optim.NewSGD(append(nn.Parameters(model.FC2), nn.Parameters(model.FC3)...), optim.SGDConfig{LR: 0.1})
	c.Schedule, c.BatchSchedule = nil, nil
	if _, err := Fit(context.Background(), model, c); err != nil {
		t.Errorf("a head on a frozen body: %v", err)
	}
}

// scores returns its input: the scores of the classes.
type scores struct{ nn.Sequential }

func (scores) Forward(x tensor.Tensor) tensor.Tensor { return x }

// TestIgnoredTargets evaluates data of which the loss ignores some targets: the accuracy is of the others.
func TestIgnoredTargets(t *testing.T) {
	x := tensor.From([]float32{3, 0, 3, 0, 0, 3, 0, 3}, 4, 2) // predictions 0 0 1 1
	zero := 0
	for name, test := range map[string]struct {
		loss           Loss
		y              []int64
		correct, total int
	}{
		"default":         {nn.CrossEntropyLoss{}, []int64{0, -100, 0, 1}, 2, 3},
		"function":        {LossFunc(nn.CrossEntropy), []int64{0, -100, 0, 1}, 2, 3},
		"index 0":         {nn.CrossEntropyLoss{IgnoreIndex: &zero}, []int64{0, 1, 0, 1}, 1, 2},
		"index 0, NLL":    {nn.NLLLoss{IgnoreIndex: &zero}, []int64{0, 1, 0, 1}, 1, 2},
		"nothing ignored": {nn.CrossEntropyLoss{}, []int64{0, 1, 0, 1}, 2, 4},
	} {
		loader := data.NewLoader(data.NewTensorDataset(x, tensor.From(test.y)), data.LoaderConfig{BatchSize: 3})
		r, err := Evaluate(context.Background(), scores{}, loader, test.loss)
		if err != nil || r.Correct != test.correct || r.Total != test.total {
			t.Errorf("%s: %d of %d (%v), want %d of %d", name, r.Correct, r.Total, err, test.correct, test.total)
		}
	}
}
