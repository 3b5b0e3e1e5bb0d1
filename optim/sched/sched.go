// Package sched changes learning rates during training, as torch.optim.lr_scheduler does
// (https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate).
//
//	opt := optim.NewSGD(params, optim.SGDConfig{LR: 0.1})
//	lr := sched.NewStepLR(opt, 30, 0.1)
//	for epoch := range 90 {
//		… // steps of opt
//		lr.Step()
//	}
//
// The creation of a schedule sets the rates of step 0; each call of Step sets those of the next. A step is an epoch or
// a batch. Most schedules multiply the current rates by a factor, so several of them can be combined, and changes by
// the program remain.
//
// To resume, create the optimizer and the schedule as before, then load the states of both. The optimizer's contains
// the rates.
package sched

import (
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// Optimizer is the part of an optimizer that a schedule uses: its groups.
type Optimizer interface {
	Groups() []*optim.Group
}

// Scheduler changes the learning rates of an optimizer, one step at a time.
type Scheduler interface {
	// Step sets the rates of the next step. It is called after the optimizer's steps.
	Step()
	// LRs returns the current learning rate of each group.
	LRs() []float64
	// State returns all that Step depends on except the rates; see LoadState.
	State() map[string]tensor.Tensor
	// LoadState loads a state that State returned, in this program or another. Its error lists everything that does not
	// fit; then nothing is changed.
	LoadState(state map[string]tensor.Tensor) error
}

// Schedule follows the formula of a Rule. It also schedules groups that are added to the optimizer later, as PyTorch
// does, from the rate that they have then. (If a formula needs a group's first rate, PyTorch raises an error; here that
// is the rate with which the group was added.)
type Schedule struct {
	rule  Rule
	opt   Optimizer
	known []*optim.Group
	base  []float64 // the known groups' rates before any schedule
	step  int
}

// Rule is the formula of a schedule. lr is a group's current rate, base the rate before any schedule, group the group's
// index.
type Rule struct {
	Name  string                                              // PyTorch's, such as "StepLR"; saved states contain it
	First func(lr, base float64, group int) float64           // the rate of step 0; nil means lr
	Next  func(step int, lr, base float64, group int) float64 // the rate of a step, from 1 on
}

// New returns a schedule of opt that follows a rule, and sets the rates of step 0. It is for user-defined schedules;
// those of this package use it too.
func New(opt Optimizer, r Rule) *Schedule {
	s := &Schedule{rule: r, opt: opt}
	s.start((*optim.Group).LR)
	return s
}

// groups returns the optimizer's groups, and stores the first rates of new ones.
func (s *Schedule) groups() []*optim.Group {
	groups := s.opt.Groups()
	if len(groups) != len(s.known) {
		base := make([]float64, len(groups))
		for i, g := range groups {
			if j := slices.Index(s.known, g); j >= 0 {
				base[i] = s.base[j]
			} else {
				base[i] = g.InitialLR()
			}
		}
		s.known, s.base = slices.Clone(groups), base
	}
	return groups
}

// Step sets the rates of the next step.
func (s *Schedule) Step() {
	s.step++
	for i, g := range s.groups() {
		g.SetLR(s.rule.Next(s.step, g.LR(), s.base[i], i))
	}
}

// start sets the rates of step 0, computed from the rates that from returns.
func (s *Schedule) start(from func(g *optim.Group) float64) {
	s.step = 0
	for i, g := range s.groups() {
		lr := from(g)
		if s.rule.First != nil {
			lr = s.rule.First(lr, s.base[i], i)
		}
		g.SetLR(lr)
	}
}

// LRs returns the current learning rate of each group.
func (s *Schedule) LRs() []float64 { return rates(s.opt.Groups()) }

func rates(groups []*optim.Group) []float64 {
	lrs := make([]float64, len(groups))
	for i, g := range groups {
		lrs[i] = g.LR()
	}
	return lrs
}

// State returns the number of steps and the rates that the schedule started from. "rule.StepLR" names the schedule.
func (s *Schedule) State() map[string]tensor.Tensor {
	s.groups()
	m := map[string]tensor.Tensor{"step": tensor.Scalar(int64(s.step)), "rule." + s.rule.Name: tensor.Scalar(int64(1))}
	for i, lr := range s.base {
		m[fmt.Sprint("base_lr.", i)] = tensor.Scalar(lr)
	}
	return m
}

// LoadState loads a state that State returned. Its error lists everything that does not fit; then nothing is changed.
func (s *Schedule) LoadState(saved map[string]tensor.Tensor) error {
	s.groups()
	names := []string{"step"}
	for i := range s.base {
		names = append(names, fmt.Sprint("base_lr.", i))
	}
	v, err := numbers(saved, 1, append(names, "rule."+s.rule.Name)...)
	if err != nil {
		return err
	}
	base := v[1 : 1+len(s.base)]
	for i, lr := range base {
		if !(lr >= 0) {
			return fmt.Errorf("the state does not fit the schedule: base_lr.%d is %g; it must not be negative", i, lr)
		}
	}
	s.step = int(v[0])
	copy(s.base, base)
	return nil
}

// NewStepLR multiplies the rates by gamma every size steps.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
func NewStepLR(opt Optimizer, size int, gamma float64) *Schedule {
	positive("StepLR", "size", size)
	return New(opt, Rule{Name: "StepLR", Next: func(step int, lr, _ float64, _ int) float64 {
		if step%size == 0 {
			return lr * gamma
		}
		return lr
	}})
}

// NewMultiStepLR multiplies the rates by gamma at each of the milestones, and twice at one that occurs twice.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
func NewMultiStepLR(opt Optimizer, milestones []int, gamma float64) *Schedule {
	times := map[int]float64{}
	for _, m := range milestones {
		times[m]++
	}
	return New(opt, Rule{Name: "MultiStepLR", Next: func(step int, lr, _ float64, _ int) float64 {
		if n := times[step]; n > 0 {
			return lr * math.Pow(gamma, n)
		}
		return lr
	}})
}

// NewExponentialLR multiplies the rates by gamma at each step.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
func NewExponentialLR(opt Optimizer, gamma float64) *Schedule {
	return New(opt, Rule{Name: "ExponentialLR", Next: func(_ int, lr, _ float64, _ int) float64 { return lr * gamma }})
}

// NewConstantLR multiplies the rates by factor, from 0 to 1, for the given number of steps, and by 1 afterwards.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
func NewConstantLR(opt Optimizer, factor float64, steps int) *Schedule {
	within("ConstantLR", "factor", factor, 0, 1)
	return New(opt, Rule{Name: "ConstantLR", First: func(lr, _ float64, _ int) float64 { return lr * factor },
		Next: func(step int, lr, _ float64, _ int) float64 {
			if step == steps {
				return lr * (1 / factor)
			}
			return lr
		}})
}

// NewLinearLR changes the factor on the rates linearly from start to end, over the given number of steps: a warm-up if
// it grows. Start is above 0 and at most 1, end between 0 and 1.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
func NewLinearLR(opt Optimizer, start, end float64, steps int) *Schedule {
	within("LinearLR", "start", start, math.SmallestNonzeroFloat64, 1)
	within("LinearLR", "end", end, 0, 1)
	return New(opt, Rule{Name: "LinearLR", First: func(lr, _ float64, _ int) float64 { return lr * start },
		Next: func(step int, lr, _ float64, _ int) float64 {
			if step > steps {
				return lr
			}
			return lr * (1 + (end-start)/(float64(float64(steps)*start)+float64(float64(step-1)*(end-start))))
		}})
}

// NewPolynomialLR lowers the rates to 0 over the given number of steps as (1 − t/steps)^power.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
func NewPolynomialLR(opt Optimizer, steps int, power float64) *Schedule {
	positive("PolynomialLR", "steps", steps)
	return New(opt, Rule{Name: "PolynomialLR", Next: func(step int, lr, _ float64, _ int) float64 {
		if step > steps {
			return lr
		}
		n := float64(steps)
		return lr * math.Pow((1-float64(step)/n)/(1-float64(step-1)/n), power)
	}})
}

// NewCosineAnnealingLR lowers the rates along half a cosine to lowest over the given number of steps, then raises and
// lowers them again:
//
//	lowest + (base − lowest)·(1 + cos(πt/steps))/2
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
func NewCosineAnnealingLR(opt Optimizer, steps int, lowest float64) *Schedule {
	positive("CosineAnnealingLR", "steps", steps)
	n := float64(steps)
	return New(opt, Rule{Name: "CosineAnnealingLR", Next: func(step int, lr, base float64, _ int) float64 {
		if (step-1-steps)%(2*steps) == 0 { // leaving the minimum, where the factor below is 0/0
			return lr + (base-lowest)*(1-math.Cos(math.Pi/n))/2
		}
		factor := (1 + math.Cos(math.Pi*float64(step)/n)) / (1 + math.Cos(math.Pi*float64(step-1)/n))
		return float64(factor*(lr-lowest)) + lowest
	}})
}

// NewCosineAnnealingWarmRestarts lowers the rates along half a cosine to lowest over the given number of steps, and
// restarts; each run is growth times as long as the one before. Growth is at least 1.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
func NewCosineAnnealingWarmRestarts(opt Optimizer, steps, growth int, lowest float64) *Schedule {
	positive("CosineAnnealingWarmRestarts", "steps", steps)
	positive("CosineAnnealingWarmRestarts", "growth", growth)
	next := func(step int, _, base float64, _ int) float64 {
		length := steps
		if growth == 1 {
			step %= length
		}
		for step >= length {
			step -= length
			length *= growth
		}
		return lowest + (base-lowest)*(1+math.Cos(math.Pi*float64(step)/float64(length)))/2
	}
	return New(opt, Rule{Name: "CosineAnnealingWarmRestarts", Next: next,
		First: func(lr, base float64, i int) float64 { return next(0, lr, base, i) }})
}

// NewLambdaLR multiplies the first rates by f(step). There is one function for all groups, or one for each.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
func NewLambdaLR(opt Optimizer, f ...func(step int) float64) *Schedule {
	factor := factors("LambdaLR", opt, f)
	next := func(step int, _, base float64, group int) float64 { return base * factor(step, group) }
	return New(opt, Rule{Name: "LambdaLR", Next: next,
		First: func(lr, base float64, i int) float64 { return next(0, lr, base, i) }})
}

// NewMultiplicativeLR multiplies the rates at each step by f(step), from step 1 on. There is one function for all
// groups, or one for each.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
func NewMultiplicativeLR(opt Optimizer, f ...func(step int) float64) *Schedule {
	factor := factors("MultiplicativeLR", opt, f)
	return New(opt, Rule{Name: "MultiplicativeLR",
		Next: func(step int, lr, _ float64, group int) float64 { return lr * factor(step, group) }})
}

// factors returns the factor of a group at a step, from one function for all groups or one for each.
func factors(op string, opt Optimizer, f []func(step int) float64) func(step, group int) float64 {
	if n := len(opt.Groups()); len(f) != 1 && len(f) != n {
		fail(op, fmt.Sprintf("%d functions for %d groups", len(f), n))
	}
	return func(step, group int) float64 {
		if len(f) > 1 && group >= len(f) {
			fail(op, fmt.Sprintf("a group was added to the optimizer; there are functions for %d groups", len(f)))
		}
		return f[min(group, len(f)-1)](step)
	}
}

// NewSWALR changes the rates to lr over the given number of steps, along half a cosine or, with linear, linearly, and
// keeps them there, for optim.NewSWA.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html
func NewSWALR(opt Optimizer, lr float64, steps int, linear bool) *Schedule {
	if steps < 0 {
		fail("SWALR", fmt.Sprintf("steps is %d; it must not be negative", steps))
	}
	share := func(step int) float64 { // the finished fraction of the change
		t := max(0, min(1, float64(step)/float64(max(1, steps))))
		if linear {
			return t
		}
		return (1 - math.Cos(math.Pi*t)) / 2
	}
	next := func(step int, now float64) float64 {
		if steps == 0 {
			step = max(1, step)
		}
		from := lr
		if a := share(step - 1); a != 1 {
			from = (now - float64(a*lr)) / (1 - a)
		}
		a := share(step)
		return float64(lr*a) + float64(from*(1-a))
	}
	return New(opt, Rule{Name: "SWALR", First: func(now, _ float64, _ int) float64 { return next(0, now) },
		Next: func(step int, now, _ float64, _ int) float64 { return next(step, now) }})
}

func positive(op, name string, v int) {
	if v < 1 {
		fail(op, fmt.Sprintf("%s is %d; it must be positive", name, v))
	}
}

func within(op, name string, v, lo, hi float64) {
	if !(v >= lo && v <= hi) {
		fail(op, fmt.Sprintf("%s is %g; it must lie between %g and %g", name, v, lo, hi))
	}
}

func fail(op, msg string) { panic(&tensor.Error{Op: op, Msg: msg}) }
