package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/optim/sched"
)

// snapshots keeps the weights at the end of each epoch.
type snapshots struct {
	model *net
	all   [][]float32
}

func (s *snapshots) Step(Progress)    {}
func (s *snapshots) Epoch(Epoch, int) { s.all = append(s.all, bits(s.model)) }

// worsening returns a training whose best epoch is not its last one: the learning rate becomes too large.
func worsening() (*net, Config) {
	model, c := newTraining()
	c.Epochs, c.KeepBest = 5, true
	c.Schedule, c.BatchSchedule = sched.NewExponentialLR(c.Optimizer, 20), nil
	return model, c
}

func TestKeepBest(t *testing.T) {
	model, c := worsening()
	s := &snapshots{model: model}
	c.Reporter = s
	h, err := Fit(context.Background(), model, c)
	if err != nil {
		t.Fatal(err)
	}
	best := h.Best()
	if best == len(h.Epochs)-1 {
		t.Fatalf("the last epoch is the best: %v", h.Epochs)
	}
	if !slices.Equal(bits(model), s.all[best]) || slices.Equal(bits(model), s.all[len(s.all)-1]) {
		t.Errorf("the weights are not those of epoch %d", best+1)
	}
	r, err := Evaluate(context.Background(), model, c.Validation, c.Loss)
	if err != nil || r.Correct != h.Epochs[best].Validation.Correct {
		t.Errorf("%d are right (%v), and after the best epoch %d were", r.Correct, err, h.Epochs[best].Validation.Correct)
	}

	// Stop after some step, resume to the end, and resume the finished training once more.
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	for _, stop := range []int{5, 10, 15, 25, 30, 41, 50} {
		os.Remove(path)
		ctx, cancel := context.WithCancel(context.Background())
		again, c := worsening()
		c.Checkpoint, c.Reporter = path, &stopper{stop, cancel}
		if _, err := Fit(ctx, again, c); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after step %d: error is %v", stop, err)
		}
		for range 2 {
			again, c = worsening()
			c.Checkpoint, c.Resume = path, true
			if _, err := Fit(context.Background(), again, c); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(bits(again), s.all[best]) {
				t.Errorf("stopped after step %d: the weights are not those of epoch %d", stop, best+1)
			}
		}
	}
	plain, c := worsening()
	c.KeepBest, c.Checkpoint, c.Resume = false, path, true
	if _, err := Fit(context.Background(), plain, c); err == nil {
		t.Error("a checkpoint with the best weights resumes a training without them")
	} else {
		mustContain(t, err.Error(), "best weights kept")
	}
}

// TestBestWithoutValues compares epochs of which some lack a value.
func TestBestWithoutValues(t *testing.T) {
	metric := func(values ...float64) []Epoch {
		var out []Epoch
		for i, v := range values {
			r := &Result{Loss: float64(-i)}
			if !math.IsNaN(v) {
				r.Metrics = map[string]float64{"f1": v}
			}
			out = append(out, Epoch{Validation: r})
		}
		return out
	}
	none := math.NaN()
	for name, test := range map[string]struct {
		h    History
		want int
	}{
		"none among large":     {History{Epochs: metric(9, 8, none, 6), monitor: "f1", maximizes: true}, 0},
		"none among small":     {History{Epochs: metric(9, 8, none, 6), monitor: "f1"}, 3},
		"none first":           {History{Epochs: metric(none, 1, none), monitor: "f1"}, 1},
		"none at all":          {History{Epochs: metric(none, none), monitor: "f1"}, 1},
		"equal":                {History{Epochs: metric(2, 2), monitor: "f1", maximizes: true}, 1},
		"not every validation": {History{Epochs: []Epoch{{Loss: 0.1}, {Loss: 9, Validation: &Result{Loss: 9}}, {Loss: 0.05}}}, 1},
		"loss is NaN":          {History{Epochs: []Epoch{{Loss: none}, {Loss: 2}, {Loss: 1}}}, 2},
		"accuracy": {History{Epochs: []Epoch{{Validation: &Result{Loss: 1}},
			{Validation: &Result{Loss: 2, Correct: 1, Total: 2}}}}, 1},
		"loss, not accuracy": {History{Epochs: []Epoch{{Validation: &Result{Loss: 1, Correct: 1, Total: 2}},
			{Validation: &Result{Loss: 2, Correct: 2, Total: 2}}}, monitor: "loss"}, 0},
	} {
		if got := test.h.Best(); got != test.want {
			t.Errorf("%s: the best is %d, want %d", name, got, test.want)
		}
	}
}
