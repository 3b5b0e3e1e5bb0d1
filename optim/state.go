package optim

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// State returns all that Step depends on besides parameters and gradients, by name: "3.exp_avg" is the state of parameter 3,
// "3.step" the number of its steps, "group.0.lr" a setting. Single numbers are tensors without dimensions; switches are 0 or 1.
// The state's tensors are the optimizer's own: the next step changes them.
func (o *core[C, S]) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{}
	for i := range o.slots {
		s := &o.slots[i]
		if s.steps == 0 {
			continue
		}
		m[fmt.Sprint(i, ".step")] = tensor.Scalar(int64(s.steps))
		if o.hasProduct() {
			m[fmt.Sprint(i, ".mu_product")] = tensor.Scalar(s.muProduct)
		}
		for j, name := range o.rule.state(o.configs[s.group]) {
			if name != "" {
				follow(s.state[j], s.param)
				m[fmt.Sprint(i, ".", name)] = s.state[j]
			}
		}
	}
	for i, g := range o.groups {
		saveGroup(m, i, o.configs[i], g)
	}
	return m
}

// saveGroup adds a group's settings.
func saveGroup(m map[string]tensor.Tensor, i int, config any, g *Group) {
	prefix := fmt.Sprint("group.", i, ".")
	eachSetting(config,
		func(name string, v *float64) { m[prefix+name] = tensor.Scalar(*v) },
		func(name string, v bool) { m[prefix+name] = tensor.Scalar(number(v)) })
	if g.initial != nil {
		m[prefix+"initial_lr"] = tensor.Scalar(*g.initial)
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// hasProduct reports whether slots hold NAdam's product of momenta.
func (o *core[C, S]) hasProduct() bool {
	_, ok := any(o.rule).(nadam)
	return ok
}

// LoadState takes over what State returned, in this program or another, so that training goes on bit for bit: the optimizer must
// have been made with the same groups and switches. Numbers among the settings are taken from the state. The error lists everything
// that is missing, unexpected or of another shape; then nothing is changed.
func (o *core[C, S]) LoadState(saved map[string]tensor.Tensor) error {
	l := newLoader(saved)
	configs := make([]C, len(o.configs))
	for i, g := range o.groups {
		configs[i] = *o.configs[i]
		loadGroup(l, i, &configs[i], g)
	}
	for i := range o.slots {
		o.loadSlot(l, i, &configs[o.slots[i].group])
	}
	if err := l.finish(strings.TrimPrefix(o.name, "New") + " optimizer"); err != nil {
		return err
	}
	for i := range configs {
		*o.configs[i] = configs[i]
	}
	return nil
}

func (o *core[C, S]) loadSlot(l *loader, i int, c *C) {
	s := &o.slots[i]
	key := func(name string) string { return fmt.Sprint(i, ".", name) }
	if !l.has(key("step")) { // a parameter that never had a gradient
		l.then(func() { *s = slot{param: s.param, group: s.group} })
		return
	}
	next := slot{param: s.param, group: s.group}
	next.steps = l.count(key("step"), 1)
	if o.hasProduct() {
		next.muProduct = float32(l.number(key("mu_product")))
	}
	for j, name := range o.rule.state(c) {
		if name != "" {
			next.state[j] = l.tensor(key(name), s.param)
		}
	}
	l.then(func() {
		for j, t := range next.state {
			if t.Defined() {
				next.state[j] = like(s.param, 0)
				next.state[j].CopyFrom(t.To(s.param.Device()))
			}
		}
		*s = next
	})
}

// loadGroup reads a group's settings into a copy of them.
func loadGroup(l *loader, i int, config any, g *Group) {
	prefix := fmt.Sprint("group.", i, ".")
	eachSetting(config,
		func(name string, v *float64) {
			if *v = l.number(prefix + name); math.IsNaN(*v) {
				l.wrong("%s%s is not a number", prefix, name)
			}
		},
		func(name string, v bool) {
			if got := l.number(prefix + name); l.has(prefix+name) && got != number(v) {
				l.wrong("%s%s is %g, the optimizer was made with %g", prefix, name, got, number(v))
			}
		})
	if initial := prefix + "initial_lr"; l.has(initial) {
		lr := l.number(initial)
		l.then(func() { g.initial = &lr })
	} else {
		l.then(func() { g.initial = nil })
	}
}

// A loader reads a state, collects what is wrong with it, and only then lets changes happen.
type loader struct {
	state map[string]tensor.Tensor
	used  map[string]bool
	bad   []string
	later []func()
}

func newLoader(m map[string]tensor.Tensor) *loader { return &loader{state: m, used: map[string]bool{}} }

// wrong notes a reason to refuse the state.
func (l *loader) wrong(format string, args ...any) {
	l.bad = append(l.bad, fmt.Sprintf(format, args...))
}

// then has f called once nothing was found wrong.
func (l *loader) then(f func()) { l.later = append(l.later, f) }

// has reports whether the state has a tensor called key.
func (l *loader) has(key string) bool { return l.state[key].Defined() }

// number returns a single number, and 0 where it is missing or something else.
func (l *loader) number(key string) float64 {
	l.used[key] = true
	t := l.state[key]
	if !t.Defined() {
		l.wrong("%s is missing", key)
		return 0
	}
	switch t.DType() {
	case tensor.Float32, tensor.Float64, tensor.Int64:
		if t.Len() == 1 {
			return t.Item()
		}
	}
	l.wrong("%s holds %s of shape %s, a single number is needed", key, t.DType(), t.Shape())
	return 0
}

// count returns a whole number that is not below least.
func (l *loader) count(key string, least int) int {
	v := l.number(key)
	if l.has(key) && !(v >= float64(least) && v <= 1<<53 && v == math.Trunc(v)) {
		l.wrong("%s is %g, no count", key, v)
		return least
	}
	return int(v)
}

// tensor returns the state of parameter p, no tensor where it is missing or does not fit.
func (l *loader) tensor(key string, p tensor.Tensor) tensor.Tensor {
	l.used[key] = true
	t := l.state[key]
	switch {
	case !t.Defined():
		l.wrong("%s is missing", key)
	case t.Shape() != p.Shape():
		l.wrong("%s has shape %s, its parameter %s", key, t.Shape(), p.Shape())
	case t.DType() != p.DType():
		l.wrong("%s holds %s, its parameter %s", key, t.DType(), p.DType())
	default:
		return t
	}
	return tensor.Tensor{}
}

// finish makes the changes, or returns what was wrong.
func (l *loader) finish(name string) error {
	for key := range l.state {
		if !l.used[key] {
			l.wrong("%s is unexpected", key)
		}
	}
	if len(l.bad) > 0 {
		sort.Strings(l.bad)
		return fmt.Errorf("the state does not fit the %s: %s", name, strings.Join(l.bad, "; "))
	}
	for _, f := range l.later {
		f()
	}
	return nil
}
