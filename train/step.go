package train

import (
	"errors"
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// Callback is called during a training. It may read the model and change the optimizer's settings. An error ends the
// training; [ErrStop] ends it as if it were complete. A callback with a state of its own does not resume bit for bit.
type Callback interface {
	// AfterStep is called after each step of the optimizer.
	AfterStep(p Progress) error
	// AfterEpoch is called after each epoch and its evaluation, before the checkpoint is saved.
	AfterEpoch(e Epoch) error
}

// ErrStop is returned by a [Callback] to end the training without an error.
var ErrStop = errors.New("train: stopped by a callback")

// group is the batches of one step of the optimizer.
type group struct {
	batches int
	divisor float64 // the sum of the batches' divisors; 0 if their losses are added up
}

// backward adds the gradient of a batch's loss to those of its group. With several batches in a group, gradients are
// those of the losses' sums until step divides them, so that each sample counts the same.
func (f *fit) backward(loss tensor.Tensor, divisor float64, averaged bool) {
	if f.group.batches == 0 {
		f.Optimizer.ZeroGrad()
	}
	f.group.batches++
	if f.accumulate() > 1 && averaged {
		f.group.divisor += divisor
		loss = loss.MulScalar(divisor)
	}
	loss.Backward()
}

// accumulate returns the number of batches of a step.
func (f *fit) accumulate() int { return max(1, f.Accumulate) }

// step changes the parameters by the gradients of a group.
func (f *fit) step() {
	params := f.Optimizer.Params()
	if f.group.divisor > 0 {
		for _, p := range params {
			if g := p.Grad(); g.Defined() {
				g.MulScalarInPlace(1 / f.group.divisor)
			}
		}
	}
	if f.ClipValue > 0 {
		optim.ClipGradValue(params, f.ClipValue)
	}
	if f.ClipNorm > 0 {
		optim.ClipGradNorm(params, f.ClipNorm)
	}
	f.rate.add(f.Optimizer.LR() * f.scale)
	f.scaled(f.Optimizer.Step)
	if f.training.Average != nil {
		f.training.Average.Update()
	}
	if f.BatchSchedule != nil {
		f.BatchSchedule.Step()
	}
	f.group = group{}
}

// rate is the mean learning rate of steps. At the end of an epoch, and so of many schedules, the rate itself may be 0.
type rate struct {
	Mean  float64 `json:"mean"`
	Steps int     `json:"steps"`
}

func (r *rate) add(lr float64) {
	r.Steps++
	r.Mean += (lr - r.Mean) / float64(r.Steps)
}

// scaled calls do with the learning rates that rollbacks reduced. Schedules see the others.
func (f *fit) scaled(do func()) {
	if f.scale == 1 {
		do()
		return
	}
	groups := f.Optimizer.Groups()
	rates := make([]float64, len(groups))
	for i, g := range groups {
		rates[i] = g.LR()
		g.SetLR(rates[i] * f.scale)
	}
	do()
	for i, g := range groups {
		g.SetLR(rates[i])
	}
}

// rollback goes back to the last checkpoint with half the learning rate, if err is that of a loss that is not finite.
func (f *fit) rollback(err error) (again bool, problem error) {
	var l *LossError
	if !errors.As(err, &l) || f.rolled >= f.Rollbacks || f.Checkpoint == "" {
		return false, nil
	}
	f.rolled++
	f.scale /= 2
	f.group, f.states = group{}, nil
	if err := f.load(); err != nil {
		return false, err
	}
	if f.OnRollback != nil {
		f.OnRollback(err, f.scale)
	}
	return true, nil
}

// transformed returns the batch that the model is trained with.
func (f *fit) transformed(b data.Batch) data.Batch {
	if f.Transform == nil {
		return b
	}
	return f.Transform(b)
}

// floats returns the parameters and buffers of a model that an average follows, each once.
func floats(model any) []tensor.Tensor {
	var list []tensor.Tensor
	seen := map[tensor.Tensor]bool{}
	for _, p := range nn.StateDict(model) {
		if p.Tensor.DType().IsFloat() && !seen[p.Tensor] {
			seen[p.Tensor] = true
			list = append(list, p.Tensor)
		}
	}
	return list
}

// checkSettings panics for settings that have no meaning.
func (c *Config) checkSettings() {
	switch {
	case c.EMA < 0 || c.EMA >= 1:
		fail(fmt.Sprintf("Config.EMA is %v: a decay is at least 0 (no average) and below 1", c.EMA))
	case c.Accumulate < 0 || c.Patience < 0:
		fail(fmt.Sprintf("Config.Accumulate is %d and Config.Patience %d: neither may be negative", c.Accumulate,
			c.Patience))
	case !(c.ClipNorm >= 0) || !(c.ClipValue >= 0):
		fail(fmt.Sprintf("Config.ClipNorm is %v and Config.ClipValue %v: neither may be negative", c.ClipNorm,
			c.ClipValue))
	case c.Precision > tensor.Medium:
		fail(fmt.Sprintf("Config.Precision is %d; want Highest, High or Medium", c.Precision))
	}
}

// stalled reports whether the last Patience epochs were no better than the one before them.
func (f *fit) stalled() bool {
	n := len(f.history.Epochs)
	return f.Patience > 0 && f.at.Step == 0 && n > 0 && n-1-f.history.Best() >= f.Patience
}
