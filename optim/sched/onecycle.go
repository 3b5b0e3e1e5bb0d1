package sched

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
)

// OneCycleConfig holds the settings of NewOneCycleLR.
type OneCycleConfig struct {
	MaxLRs         []float64 // a highest rate for each group, instead of one for all groups
	PctStart       float64   // fraction of the steps in which the rate rises; 0 means 0.3
	Linear         bool      // linear instead of cosine annealing
	FixedMomentum  bool      // do not change the momentum
	BaseMomentum   float64   // lowest momentum, at the highest rate; 0 means 0.85
	MaxMomentum    float64   // highest momentum, at the ends; 0 means 0.95
	DivFactor      float64   // the first rate is the highest divided by this; 0 means 25
	FinalDivFactor float64   // the last rate is the first divided by this; 0 means 1e4
	ThreePhase     bool      // lower the rate to the first one in as many steps as it rose, then to the last rate
}

// NewOneCycleLR raises the rates from highest/DivFactor to highest and lowers them far below the first rate, in the
// given number of steps, while the momentum (β₁ for Adam and its variants) moves in the opposite direction. Call Step
// after each batch. Stepping beyond the last step panics.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
func NewOneCycleLR(opt Optimizer, highest float64, steps int, c OneCycleConfig) *Schedule {
	const name = "OneCycleLR"
	positive(name, "steps", steps)
	c.PctStart = defaults.Float(c.PctStart, 0.3)
	c.BaseMomentum = defaults.Float(c.BaseMomentum, 0.85)
	c.MaxMomentum = defaults.Float(c.MaxMomentum, 0.95)
	c.DivFactor = defaults.Float(c.DivFactor, 25)
	c.FinalDivFactor = defaults.Float(c.FinalDivFactor, 1e4)
	within(name, "PctStart", c.PctStart, 0, 1)
	groups := opt.Groups()
	highs := perGroup(name, c.MaxLRs, highest, len(groups))

	// The rates and the momenta at the ends of the phases.
	const low, high, last = 0, 1, 2
	rate := func(at, group int) float64 {
		first := highs(group) / c.DivFactor
		return [3]float64{low: first, high: highs(group), last: first / c.FinalDivFactor}[at]
	}
	scale := func(group int) float64 { // 1, unless a program changed the first rate that this function set
		if first := rate(low, group); first > 0 && group < len(groups) {
			return groups[group].InitialLR() / first
		}
		return 1
	}
	momenta := [3]float64{low: c.MaxMomentum, high: c.BaseMomentum, last: c.MaxMomentum}
	for i, g := range groups {
		g.SetInitialLR(rate(low, i))
		if _, ok := g.Momentum(); !ok && !c.FixedMomentum {
			fail(name, "the optimizer has no momentum to cycle; set FixedMomentum")
		}
	}
	type phase struct {
		end      float64 // the phase's last step
		from, to int
	}
	rise, total := float64(c.PctStart*float64(steps)), float64(steps-1)
	phases := []phase{{rise - 1, low, high}, {total, high, last}}
	if c.ThreePhase {
		phases = []phase{{rise - 1, low, high}, {2*c.PctStart*float64(steps) - 2, high, low}, {total, low, last}}
	}

	between := func(a, b, share float64) float64 {
		if c.Linear {
			return float64((b-a)*share) + a
		}
		return b + float64((a-b)/2*(math.Cos(math.Pi*share)+1))
	}
	next := func(step int, group int) float64 {
		if step > steps {
			fail("OneCycleLR", fmt.Sprintf("step %d; the schedule has %d", step, steps))
		}
		start, at := 0.0, 0
		for at < len(phases)-1 && float64(step) > phases[at].end {
			start = phases[at].end
			at++
		}
		p := phases[at]
		share := (float64(step) - start) / (p.end - start)
		if !c.FixedMomentum {
			opt.Groups()[group].SetMomentum(between(momenta[p.from], momenta[p.to], share))
		}
		return scale(group) * between(rate(p.from, group), rate(p.to, group), share)
	}
	return New(opt, Rule{Name: "OneCycleLR",
		First: func(_, _ float64, group int) float64 { return next(0, group) },
		Next:  func(step int, _, _ float64, group int) float64 { return next(step, group) }})
}
