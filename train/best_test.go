package train

import (
	"context"
	"errors"
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
	r, err := Evaluate(context.Background(), model, c.Test, c.Loss)
	if err != nil || r.Correct != h.Epochs[best].Test.Correct {
		t.Errorf("%d are right (%v), and after the best epoch %d were", r.Correct, err, h.Epochs[best].Test.Correct)
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
