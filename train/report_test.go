package train

import (
	"strings"
	"testing"
	"time"
)

// TestEpochLines checks that the line of an epoch fits in 100 columns, whatever is measured, and that its numbers are plain.
func TestEpochLines(t *testing.T) {
	for _, c := range []struct {
		e    Epoch
		want string
	}{
		{Epoch{Epoch: 2, Seconds: 1.25, Loss: 0.12345, Validation: &Result{Loss: 38719.66,
			Metrics: map[string]float64{"rmse": 38719.66, "r2": -0.5}}},
			"epoch 2/20: loss 0.1235, validation loss 38720, r2 -0.5000, rmse 38720, 1.2 s, 800 samples/s"},
		{Epoch{Epoch: 2, Seconds: 1.25, Loss: 0.0009613}, "epoch 2/20: loss 0.00096, 1.2 s, 800 samples/s"},
		{Epoch{Epoch: 2, Seconds: 1.25, Loss: 0.00001234}, "epoch 2/20: loss 1.2e-5, 1.2 s, 800 samples/s"},
		{Epoch{Epoch: 2, Seconds: 0.05, Loss: 2.5e7, Validation: &Result{Loss: 0.5, Correct: 9, Total: 10},
			Average: &Result{Loss: 0.25, Correct: 10, Total: 10,
				Metrics: map[string]float64{"f1": 1, "precision": 0.99127}}},
			"epoch 2/20: loss 25000000, averaged: validation loss 0.2500, accuracy 100.00%, f1 1.0000, precision 0.9913"},
	} {
		var out strings.Builder
		l := Lines(&out)
		for step := 1; step <= 3; step++ {
			l.Step(Progress{Epoch: 2, Epochs: 20, Step: step, Steps: 3, Samples: 500})
		}
		l.Epoch(c.e, 20)
		if got := strings.TrimSuffix(out.String(), "\n"); got != c.want {
			t.Errorf("the line is\n%s\nwant\n%s", got, c.want)
		}
	}
}

// TestRemaining estimates the rest of a training.
func TestRemaining(t *testing.T) {
	for _, c := range []struct {
		p    Progress
		want string
	}{
		{Progress{Epoch: 2, Epochs: 3, Step: 10, Steps: 100}, "3m"}, // 190 steps of a second
		{Progress{Epoch: 3, Epochs: 3, Step: 10, Steps: 30}, "20s"},
		{Progress{Epoch: 1, Epochs: 3, Step: 10, Steps: -1}, "?"},
		{Progress{Epoch: 1, Epochs: 3, Steps: 30}, "?"},
	} {
		if got := c.p.Remaining(10 * time.Second); got != c.want {
			t.Errorf("%+v: %s, want %s", c.p, got, c.want)
		}
	}
}
