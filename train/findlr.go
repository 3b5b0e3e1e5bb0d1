package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/nn"
)

// LRConfig says which learning rates [FindLR] tries.
type LRConfig struct {
	Low, High float64 // the first and the last rate; 0 means 1e-6 and 10
	Steps     int     // 0 means 200
}

// LRCurve is the result of a learning-rate range test: the loss of each step and the rate that it was made with.
type LRCurve struct {
	LR, Loss []float64
	Smooth   []float64 // Loss, averaged over neighboring steps with Gaussian weights
	// the test ended before the last rate, because the loss rose to four times its smallest value or was not finite
	Diverged bool
}

// FindLR is the learning-rate range test: it trains with c's Train, Optimizer, Loss, Transform, Accumulate, ClipNorm,
// ClipValue, Precision and Generators while the learning rate rises exponentially from f.Low to f.High, and ends early when the
// loss diverges. Model, generators and learning rates are as before afterwards; the optimizer's state is not, so the
// training that follows needs a new optimizer.
//
// Source: L. Smith, Cyclical Learning Rates for Training Neural Networks, 2017.
func FindLR(ctx context.Context, model nn.Module, c Config, f LRConfig) (curve *LRCurve, err error) {
	low, high, steps := cmp.Or(f.Low, 1e-6), cmp.Or(f.High, 10), cmp.Or(f.Steps, 200)
	if !(low > 0 && low < high) || math.IsInf(high, 1) || steps < 10 {
		return nil, fmt.Errorf("find a learning rate: from %v to %v in %d steps; want 0 < low < high and at least 10 steps", low, high, steps)
	}
	test := &rangeTest{curve: &LRCurve{}, optimizer: c.Optimizer, low: low,
		factor: math.Pow(high/low, 1/float64(steps-1)), steps: steps}
	fit := newFit(model, Config{
		Train: c.Train, Optimizer: c.Optimizer, Loss: c.Loss, Epochs: steps, Transform: c.Transform, Accumulate: c.Accumulate,
		ClipNorm: c.ClipNorm, ClipValue: c.ClipValue, Precision: c.Precision, Generators: c.Generators, Callbacks: []Callback{test},
	})
	weights := nn.Clone(model)
	states, err := fit.training.States()
	if err != nil {
		return nil, err
	}
	for _, g := range c.Optimizer.Groups() {
		defer g.SetLR(g.LR())
	}
	defer func() {
		fit.copyWeights(model, weights)
		c.Optimizer.ZeroGrad()
		c.Train.Resume(0, 0)
		err = errors.Join(err, fit.training.SetStates(states))
	}()

	c.Optimizer.SetLR(low)
	var lossError *LossError
	if _, err := Fit(ctx, model, fit.Config); errors.As(err, &lossError) {
		test.curve.Diverged = true
	} else if err != nil {
		return nil, err
	}
	test.curve.smooth()
	return test.curve, nil
}

// rangeTest is the callback of FindLR.
type rangeTest struct {
	curve       *LRCurve
	optimizer   interface{ SetLR(lr float64) }
	low, factor float64
	steps       int
	mean, least float64 // the running mean of the losses, and its smallest value
}

// AfterStep records the loss and raises the rate.
func (r *rangeTest) AfterStep(p Progress) error {
	const decay = 0.9
	c := r.curve
	step := len(c.LR)
	c.LR = append(c.LR, r.low*math.Pow(r.factor, float64(step)))
	c.Loss = append(c.Loss, p.Loss)
	r.mean = decay*r.mean + (1-decay)*p.Loss
	mean := r.mean / (1 - math.Pow(decay, float64(step+1)))
	if step == 0 || mean < r.least {
		r.least = mean
	}
	if c.Diverged = mean > 4*r.least && r.least > 0; c.Diverged || len(c.LR) == r.steps {
		return ErrStop
	}
	r.optimizer.SetLR(r.low * math.Pow(r.factor, float64(step+1)))
	return nil
}

// AfterEpoch does nothing: the test goes on with the next epoch.
func (r *rangeTest) AfterEpoch(Epoch) error { return nil }

// smooth computes Smooth. The mean is centered, so it does not shift the curve to larger rates as a running mean does.
func (c *LRCurve) smooth() {
	width := max(float64(len(c.LR))/50, 1)
	c.Smooth = make([]float64, len(c.Loss))
	for i := range c.Smooth {
		sum, weights := 0.0, 0.0
		for j, loss := range c.Loss {
			z := float64(i-j) / width
			w := math.Exp(-z * z / 2)
			sum += w * loss
			weights += w
		}
		c.Smooth[i] = sum / weights
	}
}

// Steepest returns the rate at which the smoothed loss falls fastest with the logarithm of the rate. ok is false if it
// falls nowhere.
func (c *LRCurve) Steepest() (lr float64, ok bool) {
	slope := 0.0
	for i := 1; i < c.lowest(); i++ {
		if s := c.Smooth[i+1] - c.Smooth[i-1]; s < slope {
			lr, slope, ok = c.LR[i], s, true
		}
	}
	return lr, ok
}

// lowest returns the index of the smallest smoothed loss.
func (c *LRCurve) lowest() int {
	if len(c.Smooth) == 0 {
		return 0
	}
	return slices.Index(c.Smooth, slices.Min(c.Smooth))
}

// Divergence returns the rate beyond which the smoothed loss stays above its smallest values: by more than a tenth of its
// whole fall. ok is false if it does not rise up to the last rate. The rate of the smallest loss says less: a network that
// has learned much at small rates, as those with batch normalization do, has about the same loss at all larger ones that
// it bears.
func (c *LRCurve) Divergence() (lr float64, ok bool) {
	last := len(c.LR) - 1
	if last < 0 {
		return 0, false
	}
	lowest := c.lowest()
	least := c.Smooth[lowest]
	limit := least + 0.1*(slices.Max(c.Smooth[:lowest+1])-least)
	i := last
	for i > lowest && c.Smooth[i] > limit {
		i--
	}
	return c.LR[i], i < last || c.Diverged
}

// Suggestion returns a rate to train with, with two digits: the rate of the steepest descent, but at least a tenth and at
// most a quarter of the rate of the divergence, or of the last rate if the loss does not diverge. ok is false if the loss
// falls nowhere.
func (c *LRCurve) Suggestion() (lr float64, ok bool) {
	if lr, ok = c.Steepest(); !ok {
		return 0, false
	}
	limit, diverges := c.Divergence()
	if !diverges {
		limit = c.LR[len(c.LR)-1]
	}
	lr = min(max(lr, limit/10), limit/4)
	unit := math.Pow(10, math.Floor(math.Log10(lr))-1)
	if unit < 1 { // so that 0.0012 is not 0.0012000000000000001
		return math.Round(lr/unit) / math.Round(1/unit), true
	}
	return math.Round(lr/unit) * unit, true
}
