package task

import (
	"context"
	"errors"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// impatient lets the live callback look at the control file in each step.
type impatient struct {
	*live
	at func(p train.Progress)
}

func (i impatient) AfterStep(p train.Progress) error {
	i.at(p)
	i.listened = i.listened.Add(-controlEvery)
	return i.live.AfterStep(p)
}

// TestLive trains, lowers the rate and then stops the training through its files.
func TestLive(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewLinear(g, 3, 4), &nn.ReLU{}, nn.NewLinear(g, 4, 2)}
	x := tensor.Options{}.RandN(g, 40, 3)
	y := make([]int64, 40)
	run := &runs.Run{Folder: t.TempDir()}
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.5})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := run.SetControl(runs.Control{Stop: true}); err != nil { // for an earlier training
		t.Fatal(err)
	}
	if err := run.Lock(); err != nil {
		t.Fatal(err)
	}
	defer run.Unlock()
	if err := run.SetControl(runs.Control{LR: 0.5}); err != nil { // for this one, before its first step
		t.Fatal(err)
	}
	l := newLive(&Session{Run: run, Recipe: &recipe.Recipe{Training: recipe.Training{Batch: 4}},
		Problem: &Problem{Weights: model}, Optimizer: opt}, stop)
	last := 0
	ask := func(p train.Progress) {
		last = p.Step
		c := map[int]runs.Control{3: {LR: 0.1}, 6: {Stop: true}}[p.Step]
		if c != (runs.Control{}) {
			if err := run.SetControl(c); err != nil {
				t.Error(err)
			}
		}
	}
	set := data.NewTensorDataset(x, tensor.From(y, 40))
	_, err := train.Fit(ctx, model, train.Config{Train: data.NewLoader(set, data.LoaderConfig{BatchSize: 4}), Optimizer: opt,
		Loss: nn.CrossEntropyLoss{}, Epochs: 2, Callbacks: []train.Callback{impatient{l, ask}}})
	if !errors.Is(err, context.Canceled) || last != 6 {
		t.Errorf("the training ended after step %d with %v", last, err)
	}
	if lr := opt.LR(); lr != 0.025 {
		t.Errorf("the rate is %v, want 0.025", lr)
	}
	steps, err := run.Steps()
	if err != nil || len(steps) == 0 || steps[0].Step != 1 || steps[0].Steps != 10 || steps[0].Epochs != 2 ||
		!(steps[0].Loss > 0) || steps[0].LR != 0.5 {
		t.Errorf("steps %+v, %v", steps, err)
	}
	h, err := run.Histograms()
	if err != nil || len(h) == 0 || len(h[0].Parameters) != 4 {
		t.Fatalf("histograms %+v, %v", h, err)
	}
	for _, p := range h[0].Parameters {
		for name, c := range map[string]runs.Histogram{"weight": p.Weight, "gradient": p.Gradient} {
			n := 0
			for _, k := range c.Counts {
				n += k
			}
			if want := map[string]int{"0.weight": 12, "0.bias": 4, "2.weight": 8, "2.bias": 2}[p.Name]; n != want || !(c.Low < c.High) {
				t.Errorf("%s of %s: %+v, want %d numbers", name, p.Name, c, want)
			}
		}
	}
}

// TestHistogram holds that of a large parameter only a part is counted.
func TestHistogram(t *testing.T) {
	h := histogram(tensor.Arange(3 * countMost).Cast(tensor.Float32))
	n := 0
	for _, k := range h.Counts {
		n += k
	}
	if n != countMost || h.Low != 0 {
		t.Errorf("%d numbers from %v", n, h.Low)
	}
}
