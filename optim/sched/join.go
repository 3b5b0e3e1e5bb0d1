package sched

import (
	"fmt"
	"maps"
	"sort"
	"strings"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/internal/state"
	"github.com/lamina-ml/lamina/tensor"
)

// Chained is several schedules of one optimizer at work together: each step is a step of all, in order.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
type Chained struct{ parts []Scheduler }

// NewChained joins schedules.
func NewChained(parts ...Scheduler) *Chained {
	if len(parts) == 0 {
		fail("NewChained", "no schedules were given")
	}
	return &Chained{parts}
}

// Step makes a step of each schedule.
func (c *Chained) Step() {
	for _, p := range c.parts {
		p.Step()
	}
}

// LRs returns the groups' learning rates as they are now.
func (c *Chained) LRs() []float64 { return c.parts[0].LRs() }

// State returns the state of all schedules, with their numbers before the names.
func (c *Chained) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{}
	saveParts(m, c.parts)
	return m
}

// LoadState takes over what State returned. Its error lists everything that does not fit, and then nothing is changed.
func (c *Chained) LoadState(saved map[string]tensor.Tensor) error {
	return loadParts(state.NewLoader(nil), saved, c.parts)
}

// Sequential is several schedules of one optimizer, one after the other.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
type Sequential struct {
	parts      []*Schedule
	milestones []int
	step       int
}

// NewSequential returns a schedule that follows the first of parts until the first milestone, then starts the second, and so on. There is
// one milestone fewer than there are parts.
func NewSequential(parts []*Schedule, milestones []int) *Sequential {
	const name = "NewSequential"
	if len(parts) == 0 || len(milestones) != len(parts)-1 {
		fail(name, fmt.Sprintf("%d schedules and %d milestones; there must be one milestone between each two schedules", len(parts), len(milestones)))
	}
	if !sort.IntsAreSorted(milestones) {
		fail(name, "the milestones must not fall")
	}
	s := &Sequential{parts: parts, milestones: milestones}
	s.parts[s.current()].start((*optim.Group).InitialLR) // undoes what making the other parts has done to the rates
	return s
}

// current returns the number of the schedule that is followed now.
func (s *Sequential) current() int { return sort.SearchInts(s.milestones, s.step+1) }

// Step sets the rates of the next step.
func (s *Sequential) Step() {
	s.step++
	i := s.current()
	if i > 0 && s.milestones[i-1] == s.step {
		s.parts[i].start((*optim.Group).InitialLR)
		return
	}
	s.parts[i].Step()
}

// LRs returns the groups' learning rates as they are now.
func (s *Sequential) LRs() []float64 { return s.parts[0].LRs() }

func (s *Sequential) schedulers() []Scheduler {
	var list []Scheduler
	for _, p := range s.parts {
		list = append(list, p)
	}
	return list
}

// State returns the number of steps and the state of all schedules, with their numbers before the names.
func (s *Sequential) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{"step": tensor.Scalar(int64(s.step))}
	saveParts(m, s.schedulers())
	return m
}

// LoadState takes over what State returned. Its error lists everything that does not fit, and then nothing is changed.
func (s *Sequential) LoadState(saved map[string]tensor.Tensor) error {
	rest := maps.Clone(saved)
	delete(rest, "step")
	l := state.NewLoader(map[string]tensor.Tensor{"step": saved["step"]})
	step := l.Count("step", 0)
	l.Then(func() { s.step = step })
	return loadParts(l, rest, s.schedulers())
}

func saveParts(m map[string]tensor.Tensor, parts []Scheduler) {
	for i, p := range parts {
		for k, v := range p.State() {
			m[fmt.Sprint(i, ".", k)] = v
		}
	}
}

// loadParts loads the state of several schedules: of all, or of none where one does not fit.
func loadParts(l *state.Loader, saved map[string]tensor.Tensor, parts []Scheduler) error {
	of := make([]map[string]tensor.Tensor, len(parts))
	for i := range parts {
		of[i] = map[string]tensor.Tensor{}
	}
	for k, v := range saved {
		var i int
		number, name, _ := strings.Cut(k, ".")
		if n, err := fmt.Sscan(number, &i); n != 1 || err != nil || i < 0 || i >= len(parts) || number != fmt.Sprint(i) {
			l.Wrong("%s is unexpected", k)
			continue
		}
		of[i][name] = v
	}
	before := make([]map[string]tensor.Tensor, len(parts))
	for i, p := range parts {
		before[i] = p.State()
		if err := p.LoadState(of[i]); err != nil {
			l.Wrong("part %d: %v", i, err)
			before[i] = nil
		}
	}
	err := l.Finish("schedule")
	if err != nil {
		for i, p := range parts {
			if before[i] != nil {
				p.LoadState(before[i])
			}
		}
	}
	return err
}
