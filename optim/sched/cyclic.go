package sched

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
)

// CyclicConfig holds the settings of NewCyclicLR.
type CyclicConfig struct {
	BaseLRs, MaxLRs []float64 // lowest and highest rates for each group, instead of one for all groups
	StepsDown       int       // steps of the descent; 0 means as many as of the ascent

	Halve bool    // each cycle has half the height of the previous one: PyTorch's "triangular2"
	Gamma float64 // the height is multiplied by this at each step: PyTorch's "exp_range"; 0 means 1
	// Scale returns a factor on the height for a step, counted from 0, and its cycle, counted from 1; nil means 1.
	Scale func(step, cycle int) float64

	FixedMomentum bool    // do not change the momentum
	BaseMomentum  float64 // lowest momentum, at the highest rate; 0 means 0.8
	MaxMomentum   float64 // highest momentum, at the lowest rate; 0 means 0.9
}

// NewCyclicLR raises the rates linearly from base to highest in the given number of steps, lowers them again, and
// repeats, while the momentum (β₁ for Adam and its variants) moves in the opposite direction. Call Step after each
// batch. (https://arxiv.org/abs/1506.01186)
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html
func NewCyclicLR(opt Optimizer, base, highest float64, steps int, c CyclicConfig) *Schedule {
	const name = "CyclicLR"
	positive(name, "steps", steps)
	if c.StepsDown == 0 {
		c.StepsDown = steps
	}
	positive(name, "StepsDown", c.StepsDown)
	c.Gamma = defaults.Float(c.Gamma, 1)
	c.BaseMomentum = defaults.Float(c.BaseMomentum, 0.8)
	c.MaxMomentum = defaults.Float(c.MaxMomentum, 0.9)
	groups := opt.Groups()
	low, high := perGroup(name, c.BaseLRs, base, len(groups)), perGroup(name, c.MaxLRs, highest, len(groups))
	for i, g := range groups {
		if _, ok := g.Momentum(); !ok && !c.FixedMomentum {
			fail(name, "the optimizer has no momentum to cycle; set FixedMomentum")
		}
		g.SetLR(low(i)) // later schedules start from it, unless an earlier one has set the initial rate
	}

	length := float64(steps + c.StepsDown)
	turn := float64(steps) / length
	next := func(step, group int) float64 {
		cycle := math.Floor(1 + float64(step)/length)
		at := 1 + float64(step)/length - cycle // fraction of the cycle
		height := at / turn
		if at > turn {
			height = (at - 1) / (turn - 1)
		}
		scale := math.Pow(c.Gamma, float64(step))
		if c.Halve {
			scale /= math.Pow(2, cycle-1)
		}
		if c.Scale != nil {
			scale *= c.Scale(step, int(cycle))
		}
		if !c.FixedMomentum {
			opt.Groups()[group].SetMomentum(c.MaxMomentum - float64((c.MaxMomentum-c.BaseMomentum)*height*scale))
		}
		return low(group) + float64((high(group)-low(group))*height*scale)
	}
	return New(opt, Rule{Name: "CyclicLR",
		First: func(_, _ float64, group int) float64 { return next(0, group) },
		Next:  func(step int, _, _ float64, group int) float64 { return next(step, group) }})
}

// perGroup returns a function from a group's index to its number: from the n given ones, or v if none are given.
func perGroup(op string, given []float64, v float64, n int) func(group int) float64 {
	if given == nil {
		return func(int) float64 { return v }
	}
	if len(given) != n {
		fail(op, fmt.Sprintf("%d rates for %d groups", len(given), n))
	}
	return func(group int) float64 {
		if group >= len(given) {
			fail(op, fmt.Sprintf("a group was added to the optimizer; there are rates for %d groups", len(given)))
		}
		return given[group]
	}
}
