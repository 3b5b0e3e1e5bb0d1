package train

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// steep returns a training of one weight w with the loss (xw)², whose steps grow if the rate is above 1/x² = 1/100.
func steep(path string, rate float64) (*nn.Linear, Config) {
	model := &nn.Linear{Weight: tensor.Ones(1, 1)}
	x := tensor.From(slices.Repeat([]float32{10}, 200), 200, 1)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: rate})
	return model, Config{
		Train: data.NewLoader(data.NewTensorDataset(x, tensor.Zeros(200, 1)),
			data.LoaderConfig{BatchSize: 1, Shuffle: true, RNG: rng.NewTorch(1)}), Epochs: 2,
		Optimizer: opt, Loss: nn.MSELoss{}, Checkpoint: path, CheckpointEvery: 7, Resume: true,
		BatchSchedule: sched.NewCosineAnnealingLR(opt, 400, rate/2),
	}
}

// TestRollback trains with a rate that is too large: Fit goes back and halves it until the loss stays finite, and a
// training that is stopped after that resumes bit for bit.
func TestRollback(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	_, c := steep(path, 0.08)
	var loss *LossError
	if _, err := Fit(context.Background(), &nn.Linear{Weight: tensor.Ones(1, 1)}, c); err == nil {
		t.Error("the optimizer of another model trained")
	}
	model, c := steep(path, 0.08)
	if _, err := Fit(context.Background(), model, c); !errors.As(err, &loss) {
		t.Fatalf("the error is %v", err)
	}
	var factors []float64
	run := func(name string, stopAt int) (float64, *History) {
		model, c := steep(filepath.Join(t.TempDir(), name), 0.08)
		c.Rollbacks = 8
		c.OnRollback = func(err error, factor float64) { factors = append(factors, factor) }
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if stopAt > 0 {
			c.Callbacks = []Callback{stopAfter{stopAt, cancel}}
			if _, err := Fit(ctx, model, c); !errors.Is(err, context.Canceled) {
				t.Fatalf("the error is %v", err)
			}
			path := c.Checkpoint
			model, c = steep(path, 0.08)
			c.Rollbacks = 8
		}
		h, err := Fit(context.Background(), model, c)
		if err != nil {
			t.Fatal(err)
		}
		return model.Weight.Item(), h
	}
	want, h := run("whole", 0)
	if len(factors) == 0 || len(h.Losses) != 400 || !(h.Losses[399] < 1) {
		t.Errorf("rollbacks with %v, %d losses, the last %v", factors, len(h.Losses), h.Losses[len(h.Losses)-1])
	}
	for _, at := range []int{5, 90, 390} {
		if got, other := run("parts", at); got != want || !slices.Equal(other.Losses, h.Losses) {
			t.Errorf("stopped at step %d, the weight is %v, want %v", at, got, want)
		}
	}
}

// stopAfter ends a context at a step, counted from the training's start.
type stopAfter struct {
	step int
	stop func()
}

func (s stopAfter) AfterStep(p Progress) error {
	if (p.Epoch-1)*p.Steps+p.Step == s.step {
		s.stop()
	}
	return nil
}
func (stopAfter) AfterEpoch(Epoch) error { return nil }
