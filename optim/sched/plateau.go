package sched

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// PlateauConfig holds the settings of ReduceLROnPlateau.
type PlateauConfig struct {
	Max       bool      // a larger measure is better, as for accuracy; otherwise a smaller one
	Factor    float64   // multiplies the rates; below 1; 0 means 0.1
	Patience  int       // allowed steps without progress; 0 means 10, -1 none
	Threshold float64   // how much better counts as progress; 0 means 1e-4
	Absolute  bool      // the threshold is absolute, not relative to the best value
	Cooldown  int       // steps after a reduction in which steps without progress do not count
	MinLR     float64   // lower bound of the rates
	MinLRs    []float64 // a lowest rate for each group, instead of one for all groups
	Eps       float64   // smaller reductions are not made; 0 means 1e-8
}

// ReduceLROnPlateau reduces the learning rates when a measure has stopped improving. Its Step has the measure as an
// argument, so it is not a Scheduler.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
type ReduceLROnPlateau struct {
	config    PlateauConfig
	opt       Optimizer
	lowest    func(group int) float64
	best      float64
	bad, cool int // steps without progress, steps of cooldown left
}

// NewReduceLROnPlateau returns a schedule for opt.
func NewReduceLROnPlateau(opt Optimizer, c PlateauConfig) *ReduceLROnPlateau {
	const name = "ReduceLROnPlateau"
	c.Factor = defaults.Float(c.Factor, 0.1)
	c.Threshold = defaults.Float(c.Threshold, 1e-4)
	c.Eps = defaults.Float(c.Eps, 1e-8)
	c.Patience = defaults.Int(c.Patience, 10)
	if !(c.Factor < 1) {
		fail(name, fmt.Sprintf("Factor is %g; it must be below 1", c.Factor))
	}
	r := &ReduceLROnPlateau{config: c, opt: opt, lowest: perGroup(name, c.MinLRs, c.MinLR, len(opt.Groups())),
		best: math.Inf(1)}
	if c.Max {
		r.best = math.Inf(-1)
	}
	return r
}

// Step evaluates a new value of the measure and sets the rates.
func (r *ReduceLROnPlateau) Step(measure float64) {
	c := &r.config
	if r.better(measure) {
		r.best = measure
		r.bad = 0
	} else {
		r.bad++
	}
	if r.cool > 0 {
		r.cool--
		r.bad = 0
	}
	if r.bad <= c.Patience {
		return
	}
	for i, g := range r.opt.Groups() {
		if lr := max(g.LR()*c.Factor, r.lowest(i)); g.LR()-lr > c.Eps {
			g.SetLR(lr)
		}
	}
	r.cool, r.bad = c.Cooldown, 0
}

func (r *ReduceLROnPlateau) better(v float64) bool {
	c := &r.config
	switch {
	case c.Max && c.Absolute:
		return v > r.best+c.Threshold
	case c.Max:
		return v > r.best*(c.Threshold+1)
	case c.Absolute:
		return v < r.best-c.Threshold
	}
	return v < r.best*(1-c.Threshold)
}

// Maximizes reports whether the measure is to be large, such as an accuracy.
func (r *ReduceLROnPlateau) Maximizes() bool { return r.config.Max }

// LRs returns the current learning rate of each group.
func (r *ReduceLROnPlateau) LRs() []float64 { return rates(r.opt.Groups()) }

// State returns the best value so far and the counts of steps, as Scheduler's State does.
func (r *ReduceLROnPlateau) State() map[string]tensor.Tensor {
	return map[string]tensor.Tensor{
		"best": tensor.Scalar(r.best), "bad_steps": tensor.Scalar(int64(r.bad)), "cooldown": tensor.Scalar(int64(r.cool)),
	}
}

// LoadState loads a state that State returned. Its error lists everything that does not fit; then nothing is changed.
func (r *ReduceLROnPlateau) LoadState(saved map[string]tensor.Tensor) error {
	v, err := numbers(saved, 2, "bad_steps", "cooldown", "best")
	if err != nil {
		return err
	}
	r.bad, r.cool, r.best = int(v[0]), int(v[1]), v[2]
	return nil
}
