package sched

import (
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

func addGroup(opt *optim.SGD) {
	opt.AddGroup([]tensor.Tensor{tensor.Zeros(1).SetRequiresGrad(true)}, optim.SGDConfig{LR: 0.02, Momentum: 0.9})
}

// TestLateGroup checks that a group added after 25 steps has PyTorch's rates until PyTorch stops. A schedule with a
// rate or a function for each group refuses it. If PyTorch stops with an error, formulas of the step alone give the
// rate of a group that existed from the start.
func TestLateGroup(t *testing.T) {
	fromStart := map[string]bool{"CosineAnnealingWarmRestarts 20 1 0": true,
		"CosineAnnealingWarmRestarts 10 3 0.001": true, "CyclicLR": true,
		"CyclicLR gamma": true, "CyclicLR scale": true, "OneCycleLR linear": true, "OneCycleLR three": true,
		"OneCycleLR fixed": true}
	refused := map[string]bool{"LambdaLR": true, "MultiplicativeLR": true, "OneCycleLR": true, "CyclicLR halve": true,
		"ReduceLROnPlateau abs": true}
	for _, tr := range readTraces(t) {
		t.Run(tr.Schedule, func(t *testing.T) {
			opt, whole := optimizer(), optimizer()
			addGroup(whole)
			step, other := func(int) {}, func(int) {}
			if c, ok := plateaus[tr.Schedule]; ok {
				p := NewReduceLROnPlateau(opt, c)
				step = func(i int) {
					if c.Max {
						p.Step(-metric(i) + 2)
					} else {
						p.Step(metric(i))
					}
				}
			} else {
				s := schedules[tr.Schedule](opt)
				step = func(int) { s.Step() }
			}
			if fromStart[tr.Schedule] {
				s := schedules[tr.Schedule](whole)
				other = func(int) { s.Step() }
			}
			wasRefused := false
			for i := range 60 {
				if i == 25 {
					addGroup(opt)
				}
				other(i)
				if err := tensor.Try(func() { step(i) }); err != nil {
					if !strings.Contains(err.Error(), "a group was added") || i-25 < len(tr.Late) {
						t.Fatal(err)
					}
					wasRefused = true
					break
				}
				if i < 25 {
					continue
				}
				lr := opt.Groups()[2].LR()
				switch {
				case i-25 < len(tr.Late):
					if want := tr.Late[i-25]; !(math.Abs(lr-want) <= 1e-15) {
						t.Fatalf("step %d: rate %v, PyTorch %v", i+1, lr, want)
					}
				case fromStart[tr.Schedule]:
					if want := whole.Groups()[2].LR(); lr != want {
						t.Fatalf("step %d: rate %v, from the start %v", i+1, lr, want)
					}
				case !(lr > 0 && lr <= 0.3):
					t.Fatalf("step %d: rate %v", i+1, lr)
				}
			}
			if wasRefused != refused[tr.Schedule] {
				t.Errorf("refused: %v", wasRefused)
			}
		})
	}
}

// TestLateGroupResumes checks that the state of a schedule contains the late group's first rate.
func TestLateGroupResumes(t *testing.T) {
	opt := optimizer()
	s := NewCosineAnnealingWarmRestarts(opt, 10, 1, 0)
	s.Step()
	addGroup(opt)
	s.Step()
	saved, rates := s.State(), opt.State()

	again := optimizer()
	r := NewCosineAnnealingWarmRestarts(again, 10, 1, 0)
	addGroup(again)
	if err := again.LoadState(rates); err != nil {
		t.Fatal(err)
	}
	if err := r.LoadState(saved); err != nil {
		t.Fatal(err)
	}
	s.Step()
	r.Step()
	for i, lr := range s.LRs() {
		if r.LRs()[i] != lr {
			t.Errorf("group %d: %v, without the interruption %v", i, r.LRs()[i], lr)
		}
	}
}

// TestLateGroupInTheMiddle uses a schedule with the groups of two optimizers: a group added to the first optimizer
// precedes those of the second.
func TestLateGroupInTheMiddle(t *testing.T) {
	a, b := optimizer(), optimizer()
	b.SetLR(0.5)
	s := NewLambdaLR(several{a, b}, func(step int) float64 { return 1 / float64(1+step) })
	addGroup(a)
	s.Step()
	for i, want := range []float64{0.05, 0.015, 0.01, 0.25, 0.25} {
		if lr := s.LRs()[i]; lr != want {
			t.Errorf("group %d: rate %v, want %v", i, lr, want)
		}
	}
}

type several []*optim.SGD

func (s several) Groups() (all []*optim.Group) {
	for _, o := range s {
		all = append(all, o.Groups()...)
	}
	return all
}

// TestOneCycleFirstRate lowers the first rates within a cycle: the rates that follow are lower in the same proportion.
func TestOneCycleFirstRate(t *testing.T) {
	plain, lowered := optimizer(), optimizer()
	a, b := NewOneCycleLR(plain, 0.5, 20, OneCycleConfig{}), NewOneCycleLR(lowered, 0.5, 20, OneCycleConfig{})
	for step := range 20 {
		factor := 1.0
		if step >= 7 {
			factor = 0.25
		}
		if step == 7 {
			g := lowered.Groups()[0]
			g.SetLR(g.LR() * factor)
			g.SetInitialLR(g.InitialLR() * factor)
		}
		if got, want := lowered.LR(), factor*plain.LR(); math.Abs(got-want) > 1e-15 {
			t.Errorf("step %d: rate %v, want %v", step, got, want)
		}
		a.Step()
		b.Step()
	}
}
