package train

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
)

// rates keeps the rate of each step, and stops before a step.
type rates struct {
	opt  optim.Optimizer
	stop int
	all  []float64 // after each step
}

func (r *rates) AfterStep(Progress) error {
	r.all = append(r.all, r.opt.LR())
	if len(r.all) == r.stop {
		return ErrStop
	}
	return nil
}

func (r *rates) AfterEpoch(Epoch) error { return nil }

// TestRateOfAnEpoch trains with a schedule that ends at 0: the rate of an epoch is the mean of its steps, also if the
// training is resumed in the middle of an epoch.
func TestRateOfAnEpoch(t *testing.T) {
	training := func(c *Config) *rates {
		steps := c.Epochs * c.Train.Len()
		c.Schedule, c.BatchSchedule = nil, sched.NewLinearLR(c.Optimizer, 1, 0, steps)
		r := &rates{opt: c.Optimizer}
		c.Callbacks = []Callback{r}
		return r
	}
	model, c := newTraining()
	first := c.Optimizer.LR()
	r := training(&c)
	h, err := Fit(context.Background(), model, c)
	if err != nil {
		t.Fatal(err)
	}
	if last := r.all[len(r.all)-1]; math.Abs(last) > 1e-12 {
		t.Errorf("the last rate is %v, want 0", last)
	}
	steps := c.Train.Len()
	used := append([]float64{first}, r.all...)
	for i, e := range h.Epochs {
		sum := 0.0
		for _, lr := range used[i*steps:][:steps] {
			sum += lr
		}
		if want := sum / float64(steps); math.Abs(e.LR-want) > 1e-12*first {
			t.Errorf("the rate of epoch %d is %v, want %v", e.Epoch, e.LR, want)
		}
	}

	file := filepath.Join(t.TempDir(), "checkpoint")
	for k := range 2 {
		model, c = newTraining()
		r = training(&c)
		c.Checkpoint, c.CheckpointEvery, c.Resume = file, 1, true
		if k == 0 {
			r.stop = steps + 2
		}
		again, err := Fit(context.Background(), model, c)
		if err != nil && !errors.Is(err, ErrStop) {
			t.Fatal(err)
		}
		for i, e := range again.Epochs {
			if e.LR != h.Epochs[i].LR {
				t.Errorf("part %d: the rate of epoch %d is %v, want %v", k, e.Epoch, e.LR, h.Epochs[i].LR)
			}
		}
	}
}
