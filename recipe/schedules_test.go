package recipe

import (
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
)

// TestSchedules compares the rates of the schedules with their formulas. Their options have PyTorch's names; final is a
// part of the rate where PyTorch's eta_min is a rate.
func TestSchedules(t *testing.T) {
	const steps = 5 // of each of 4 epochs
	for _, c := range []struct {
		schedule string
		step     int // of 20
		want     float64
	}{
		{"{name: cosine, final: 0.1}", 10, 0.55},
		{"{name: cosine, final: 0.1}", 20, 0.1},
		{"{name: linear, final: 0.5}", 10, 0.75},
		{"{name: linear, final: 0.5, warmup: 4}", 4, 1},
		{"{name: one-cycle, pct_start: 0.5}", 9, 1},
		{"{name: step, step_size: 2, gamma: 0.5}", 9, 1},
		{"{name: step, step_size: 2, gamma: 0.5}", 10, 0.5},
		{"{name: exponential, gamma: 0.5}", 20, 0.0625},
	} {
		r, err := decode(t, "task: test\noptimizer: {name: sgd, lr: 1}\ntraining: {epochs: 4}\nschedule: "+c.schedule)
		if err != nil {
			t.Fatal(err)
		}
		opt := r.BuildOptimizer(nn.Parameters(nn.NewLinear(rng.NewTorch(1), 1, 1)))
		s := r.BuildSchedule(opt, steps)
		for i := 1; i <= c.step; i++ {
			if s.Batch != nil {
				s.Batch.Step()
			}
			if s.Epoch != nil && i%steps == 0 {
				s.Epoch.Step()
			}
		}
		if got := opt.Groups()[0].LR(); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: the rate after step %d is %v, want %v", c.schedule, c.step, got, c.want)
		}
	}
	for _, old := range []string{"{name: cosine, lowest: 0.1}", "{name: one-cycle, rise: 0.5}", "{name: step, epochs: 2}"} {
		if _, err := decode(t, "task: test\nschedule: "+old); err == nil || !strings.Contains(err.Error(), "has no") {
			t.Errorf("%s: %v", old, err)
		}
	}
}
