package train

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/data"
)

// TestStopBetweenEpochs stops a training in a callback after an epoch and in Weights, as a callback does that asks ctx:
// the checkpoint resumes bit for bit.
func TestStopBetweenEpochs(t *testing.T) {
	whole, c := newTraining()
	want, err := Fit(context.Background(), whole, c)
	if err != nil {
		t.Fatal(err)
	}
	for name, stop := range map[string]func(c *Config, end func() error){
		"callback": func(c *Config, end func() error) { c.Callbacks = []Callback{afterEpoch(end)} },
		"weights":  func(c *Config, end func() error) { c.Weights = func(Epoch, bool) error { return end() } },
	} {
		for _, at := range []int{1, 2, 3} {
			path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
			ctx, cancel := context.WithCancel(context.Background())
			model, c := newTraining()
			c.Checkpoint, c.Resume = path, true
			epochs := 0
			stop(&c, func() error {
				if epochs++; epochs == at {
					cancel()
				}
				return ctx.Err()
			})
			if _, err := Fit(ctx, model, c); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s, epoch %d: the error is %v", name, at, err)
			}
			model, c = newTraining()
			c.Checkpoint, c.Resume = path, true
			h, err := Fit(context.Background(), model, c)
			if err != nil {
				t.Fatalf("%s, epoch %d: %v", name, at, err)
			}
			if !slices.Equal(bits(model), bits(whole)) || !slices.Equal(h.Losses, want.Losses) || len(h.Epochs) != len(want.Epochs) {
				t.Errorf("%s, epoch %d: the resumed training differs", name, at)
			}
			for i, e := range h.Epochs {
				if e.LR != want.Epochs[i].LR || e.Validation.Loss != want.Epochs[i].Validation.Loss {
					t.Errorf("%s, stopped after epoch %d: epoch %d is %+v, want %+v", name, at, i+1, e, want.Epochs[i])
				}
			}
		}
	}
}

// afterEpoch is a callback after each epoch.
type afterEpoch func() error

func (afterEpoch) AfterStep(Progress) error   { return nil }
func (f afterEpoch) AfterEpoch(e Epoch) error { return f() }

// stopsReading is a data set that ends a context when a sample is read, and then returns the context's error.
type stopsReading struct {
	*data.TensorDataset
	ctx   context.Context
	stop  func()
	after int
}

func (d *stopsReading) Read(i int, s *data.Sample) error {
	if d.after--; d.after == 0 {
		d.stop()
	}
	if err := d.ctx.Err(); err != nil {
		return err
	}
	return d.TensorDataset.Read(i, s)
}

// TestStopWithinAStep ends a training whose step has several batches between two of them: there is no checkpoint without
// the gradients of the first batch.
func TestStopWithinAStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	configure := func(ds data.Dataset) (*net, Config) {
		model, c := newTraining()
		old := c.Train.Config()
		c.Train = data.NewLoader(ds, old)
		c.Accumulate, c.Checkpoint, c.Resume, c.CheckpointEvery = 3, path, true, 3
		return model, c
	}
	whole, c := configure(someData())
	c.Checkpoint, c.Resume = "", false
	if _, err := Fit(context.Background(), whole, c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	model, c := configure(&stopsReading{someData(), ctx, cancel, 18}) // in batch 5, the second of step 2
	if _, err := Fit(ctx, model, c); !errors.Is(err, context.Canceled) {
		t.Fatalf("the error is %v", err)
	}
	model, c = configure(someData())
	if _, err := Fit(context.Background(), model, c); err != nil || !slices.Equal(bits(model), bits(whole)) {
		t.Errorf("the resumed training differs (%v)", err)
	}
}
