package sched

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// Chained applies several schedules of one optimizer together: each step is a step of all, in order.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
type Chained struct{ schedules []Scheduler }

// NewChained returns a schedule that steps all the given ones.
func NewChained(parts ...Scheduler) *Chained {
	if len(parts) == 0 {
		fail("ChainedScheduler", "no schedules were given")
	}
	return &Chained{parts}
}

// Step makes a step of each schedule.
func (c *Chained) Step() {
	for _, p := range c.schedules {
		p.Step()
	}
}

// LRs returns the current learning rate of each group.
func (c *Chained) LRs() []float64 { return c.schedules[0].LRs() }

// State returns the state of all schedules, with their indices as prefixes of the names.
func (c *Chained) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{}
	saveStates(m, c.schedules)
	return m
}

// LoadState loads a state that State returned. Its error lists everything that does not fit; then nothing is changed.
func (c *Chained) LoadState(saved map[string]tensor.Tensor) error {
	return loadStates(saved, c.schedules)
}

// Sequential applies several schedules of one optimizer one after another.
//
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
type Sequential struct {
	schedules  []*Schedule
	milestones []int
	step       int
}

// NewSequential returns a schedule that follows the first of parts until the first milestone, then starts the second,
// and so on. There is one milestone fewer than there are parts.
func NewSequential(parts []*Schedule, milestones []int) *Sequential {
	const name = "SequentialLR"
	if len(parts) == 0 || len(milestones) != len(parts)-1 {
		fail(name, fmt.Sprintf("%d schedules and %d milestones; there must be one milestone between each two schedules",
			len(parts), len(milestones)))
	}
	if !sort.IntsAreSorted(milestones) {
		fail(name, fmt.Sprintf("the milestones are %v, want non-decreasing ones", milestones))
	}
	s := &Sequential{schedules: parts, milestones: milestones}
	// undoes the changes of the rates by the creation of the other parts
	s.schedules[s.current()].start((*optim.Group).InitialLR)
	return s
}

// current returns the index of the active schedule.
func (s *Sequential) current() int { return sort.SearchInts(s.milestones, s.step+1) }

// Step sets the rates of the next step.
func (s *Sequential) Step() {
	s.step++
	i := s.current()
	if i > 0 && s.milestones[i-1] == s.step {
		s.schedules[i].start((*optim.Group).InitialLR)
		return
	}
	s.schedules[i].Step()
}

// LRs returns the current learning rate of each group.
func (s *Sequential) LRs() []float64 { return s.schedules[0].LRs() }

func (s *Sequential) schedulers() []Scheduler {
	var list []Scheduler
	for _, p := range s.schedules {
		list = append(list, p)
	}
	return list
}

// State returns the number of steps and the state of all schedules, with their indices as prefixes of the names.
func (s *Sequential) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{"step": tensor.Scalar(int64(s.step))}
	saveStates(m, s.schedulers())
	return m
}

// LoadState loads a state that State returned. Its error lists everything that does not fit; then nothing is changed.
func (s *Sequential) LoadState(saved map[string]tensor.Tensor) error {
	own, rest := map[string]tensor.Tensor{}, maps.Clone(saved)
	if t, ok := saved["step"]; ok {
		own["step"] = t
		delete(rest, "step")
	}
	before := map[string]tensor.Tensor{}
	saveStates(before, s.schedulers())
	step, wrong := numbers(own, 1, "step")
	if err := loadStates(rest, s.schedulers()); err != nil {
		return errors.Join(wrong, err)
	}
	if wrong != nil {
		loadStates(before, s.schedulers())
		return wrong
	}
	s.step = int(step[0])
	return nil
}

func saveStates(m map[string]tensor.Tensor, parts []Scheduler) {
	for i, p := range parts {
		for k, v := range p.State() {
			m[fmt.Sprint(i, ".", k)] = v
		}
	}
}

// loadStates loads the state of several schedules: of all, or of none if one does not fit.
func loadStates(saved map[string]tensor.Tensor, parts []Scheduler) error {
	of := make([]map[string]tensor.Tensor, len(parts))
	for i := range parts {
		of[i] = map[string]tensor.Tensor{}
	}
	var errs []error
	for k, v := range saved {
		number, name, _ := strings.Cut(k, ".")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(parts) || number != strconv.Itoa(i) {
			errs = append(errs, fmt.Errorf("the state does not fit the schedule: %s is unexpected", k))
			continue
		}
		of[i][name] = v
	}
	before := make([]map[string]tensor.Tensor, len(parts))
	for i, p := range parts {
		state := p.State()
		if err := p.LoadState(of[i]); err != nil {
			errs = append(errs, fmt.Errorf("part %d: %w", i, err))
			continue
		}
		before[i] = state
	}
	if len(errs) == 0 {
		return nil
	}
	for i, p := range parts {
		if before[i] != nil {
			p.LoadState(before[i])
		}
	}
	sort.Slice(errs, func(i, j int) bool { return errs[i].Error() < errs[j].Error() })
	return errors.Join(errs...)
}

// numbers returns the single numbers with the given names; the first ones are counts. The error lists everything that
// is missing, unexpected, not a single number or not a count.
func numbers(saved map[string]tensor.Tensor, counts int, names ...string) ([]float64, error) {
	v := make([]float64, len(names))
	var bad []string
	for i, name := range names {
		t := saved[name]
		if !t.Defined() {
			bad = append(bad, name+" is missing")
			continue
		}
		if dt := t.DType(); t.Len() != 1 || dt != tensor.Float64 && dt != tensor.Float32 && dt != tensor.Int64 {
			bad = append(bad, fmt.Sprintf("%s holds %s of shape %s, a single number is needed", name, dt, t.Shape()))
			continue
		}
		v[i] = t.Item()
		if i < counts && !(v[i] >= 0 && v[i] <= 1<<53 && v[i] == math.Trunc(v[i])) {
			bad = append(bad, fmt.Sprintf("%s is %g, want a whole number of at least 0", name, v[i]))
		}
	}
	for name := range saved {
		if !slices.Contains(names, name) {
			bad = append(bad, name+" is unexpected")
		}
	}
	if len(bad) > 0 {
		sort.Strings(bad)
		return nil, fmt.Errorf("the state does not fit the schedule: %s", strings.Join(bad, "; "))
	}
	return v, nil
}
