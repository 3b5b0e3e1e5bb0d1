package optim

import (
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/optim/internal/state"
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
	l := state.NewLoader(saved)
	configs := make([]C, len(o.configs))
	for i, g := range o.groups {
		configs[i] = *o.configs[i]
		loadGroup(l, i, &configs[i], g)
	}
	for i := range o.slots {
		o.loadSlot(l, i, &configs[o.slots[i].group])
	}
	if err := l.Finish(strings.TrimPrefix(o.name, "New") + " optimizer"); err != nil {
		return err
	}
	for i := range configs {
		*o.configs[i] = configs[i]
	}
	return nil
}

func (o *core[C, S]) loadSlot(l *state.Loader, i int, c *C) {
	s := &o.slots[i]
	key := func(name string) string { return fmt.Sprint(i, ".", name) }
	if !l.Has(key("step")) { // a parameter that never had a gradient
		l.Then(func() { *s = slot{param: s.param, group: s.group} })
		return
	}
	next := slot{param: s.param, group: s.group}
	next.steps = l.Count(key("step"), 1)
	if o.hasProduct() {
		next.muProduct = float32(l.Number(key("mu_product")))
	}
	for j, name := range o.rule.state(c) {
		if name != "" {
			next.state[j] = l.Tensor(key(name), s.param)
		}
	}
	l.Then(func() {
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
func loadGroup(l *state.Loader, i int, config any, g *Group) {
	prefix := fmt.Sprint("group.", i, ".")
	eachSetting(config,
		func(name string, v *float64) {
			if *v = l.Number(prefix + name); math.IsNaN(*v) {
				l.Wrong("%s%s is not a number", prefix, name)
			}
		},
		func(name string, v bool) {
			if got := l.Number(prefix + name); l.Has(prefix+name) && got != number(v) {
				l.Wrong("%s%s is %g, the optimizer was made with %g", prefix, name, got, number(v))
			}
		})
	if initial := prefix + "initial_lr"; l.Has(initial) {
		lr := l.Number(initial)
		l.Then(func() { g.initial = &lr })
	} else {
		l.Then(func() { g.initial = nil })
	}
}
