package optim

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// A state is PyTorch's state_dict(), flattened: state["state"][3]["exp_avg"] is "state.3.exp_avg", and
// state["param_groups"][0]["betas"][1] is "param_groups.0.betas.1". In addition, "rule.Adam" names the optimizer.

// State returns all that Step depends on except parameters and gradients, by PyTorch's names: "state.3.exp_avg" is the
// state of parameter 3, "state.3.step" the number of its steps, "param_groups.0.lr" a setting, "param_groups.0.params"
// the numbers of the group's parameters. Single numbers are tensors without dimensions; switches are 0 or 1.
// "rule.Adam" names the optimizer. The tensors are not copies: the next step changes them.
func (o *Base[C]) State() map[string]tensor.Tensor {
	m := map[string]tensor.Tensor{"rule." + o.name: tensor.Scalar(int64(1))}
	for i := range o.states {
		s := &o.states[i]
		if s.steps == 0 {
			continue
		}
		m[fmt.Sprint("state.", i, ".step")] = tensor.Scalar(int64(s.steps))
		rule := o.rules[s.group]
		for _, d := range rule.State(s.param) { // by the current settings: a momentum that was set to 0 needs no buffer
			r := s.find(d.Name)
			if r == nil {
				r = s.addState(rule, d.Name)
			}
			if !r.number {
				matchParam(r.Tensor, s.param)
			}
			m[fmt.Sprint("state.", i, ".", r.name)] = r.Tensor
		}
	}
	first := 0
	for i, g := range o.groups {
		g.save(m, i, first)
		first += len(g.params)
	}
	return m
}

// save adds the settings of group i, whose first parameter has the number first.
func (g *Group) save(m map[string]tensor.Tensor, i, first int) {
	prefix := fmt.Sprint("param_groups.", i, ".")
	for _, s := range g.settings {
		m[prefix+s.Name] = tensor.Scalar(s.number())
	}
	if g.initial != nil {
		m[prefix+"initial_lr"] = tensor.Scalar(*g.initial)
	}
	numbers := make([]int64, len(g.params))
	for j := range numbers {
		numbers[j] = int64(first + j)
	}
	m[prefix+"params"] = tensor.From(numbers)
}

// LoadState loads a state that State returned, in this program or another, so that training continues bit for bit. The
// optimizer must have the same rule, groups and switches. Numbers among the settings are taken from the state. The
// error lists everything that is missing, unexpected, of another shape or out of bounds; then nothing is changed.
func (o *Base[C]) LoadState(saved map[string]tensor.Tensor) error {
	l := newLoader(saved)
	o.load(l)
	return l.finish(o.name + " optimizer")
}

// LoadPartialState loads the parts of a state of the same rule that fit: the settings of each group and the state of
// each parameter, if all of it fits. The other parts do not change. It returns the reasons why parts did not fit, in
// order.
func (o *Base[C]) LoadPartialState(saved map[string]tensor.Tensor) (rest []string) {
	l := newLoader(saved)
	if l.rule(o.name) {
		o.load(l)
	} else {
		l.state = nil
	}
	rest = l.problems()
	l.apply()
	return rest
}

func (o *Base[C]) load(l *loader) {
	l.rule(o.name)
	rules := make([]Rule, len(o.rules))
	first := 0
	for i, g := range o.groups {
		rules[i] = o.rules[i]
		l.allOrNothing(func() {
			c := *o.configs[i]
			r := any(&c).(Rule)
			l.group(i, g, r.Settings(), first)
			if err := check(r, g.params); err != nil {
				l.addError("param_groups.%d: %v", i, err)
			}
			rules[i] = r
			l.onSuccess(func() { *o.configs[i] = c })
		})
		first += len(g.params)
	}
	for i := range o.states {
		l.allOrNothing(func() { l.paramState(i, &o.states[i], rules[o.states[i].group]) })
	}
}

// paramState reads the state of parameter i.
func (l *loader) paramState(i int, s *paramState, rule Rule) {
	key := func(name string) string { return fmt.Sprint("state.", i, ".", name) }
	next := paramState{param: s.param, group: s.group}
	if l.has(key("step")) { // otherwise the parameter never had a gradient
		next.steps = l.count(key("step"), 1)
		for _, d := range rule.State(s.param) {
			t := d.tensor(s.param)
			if from := l.tensor(key(d.Name), t); from.Defined() {
				t.CopyFrom(from.To(t.Device()))
			}
			next.state = append(next.state, namedState{t, d.Name, d.Number})
		}
	}
	l.onSuccess(func() { *s = next })
}

// group reads the settings of group i through pointers into a copy of them.
func (l *loader) group(i int, g *Group, settings []Setting, first int) {
	prefix := fmt.Sprint("param_groups.", i, ".")
	for j := range settings {
		s := &settings[j]
		key := prefix + s.Name
		v := l.number(key)
		if !l.has(key) {
			continue
		}
		switch p := s.Value.(type) {
		case *float64:
			*p = v
		case *int:
			*p = int(v)
		case *bool:
			if v != s.number() {
				l.addError("%s is %g, the optimizer was made with %g", key, v, s.number())
			}
		}
		if problem := s.problem(key); problem != "" {
			l.addError("%s", problem)
		}
	}
	var initial *float64
	if key := prefix + "initial_lr"; l.has(key) {
		lr := l.number(key)
		if !(lr >= 0) {
			l.addError("%s is %g; it must not be negative", key, lr)
		}
		initial = &lr
	}
	l.onSuccess(func() { g.initial = initial })
	key := prefix + "params"
	l.used[key] = true
	t := l.state[key]
	if !t.Defined() {
		l.addError("%s is missing", key)
		return
	}
	want := make([]int64, len(g.params))
	for j := range want {
		want[j] = int64(first + j)
	}
	if t.DType() != tensor.Int64 || t.Rank() != 1 || fmt.Sprint(t.Int64s()) != fmt.Sprint(want) {
		l.addError("%s does not hold the numbers %d to %d of the group's parameters", key, first, first+len(want)-1)
	}
}

// loader reads a state, collects everything that is wrong with it, and changes the optimizer only if nothing is.
type loader struct {
	state   map[string]tensor.Tensor
	used    map[string]bool
	errors  []string
	changes []func()
}

func newLoader(m map[string]tensor.Tensor) *loader { return &loader{state: m, used: map[string]bool{}} }

// rule reads the name of the optimizer, and reports whether it is name.
func (l *loader) rule(name string) bool {
	key := "rule." + name
	l.used[key] = true
	if l.has(key) {
		return true
	}
	for k := range l.state {
		if other, ok := strings.CutPrefix(k, "rule."); ok {
			l.used[k] = true
			l.addError("the state is of the rule %s", other)
			return false
		}
	}
	l.addError("%s is missing", key)
	return false
}

// addError adds a reason to refuse the state.
func (l *loader) addError(format string, args ...any) {
	l.errors = append(l.errors, fmt.Sprintf(format, args...))
}

// onSuccess registers f to be called if nothing is wrong.
func (l *loader) onSuccess(f func()) { l.changes = append(l.changes, f) }

// allOrNothing reads a part of the state that is loaded completely or not at all.
func (l *loader) allOrNothing(read func()) {
	bad, later := len(l.errors), len(l.changes)
	read()
	if len(l.errors) > bad {
		l.changes = l.changes[:later]
	}
}

// has reports whether the state has a tensor called key.
func (l *loader) has(key string) bool { return l.state[key].Defined() }

// number returns a single number, 0 if it is missing or not a number.
func (l *loader) number(key string) float64 {
	l.used[key] = true
	t := l.state[key]
	if !t.Defined() {
		l.addError("%s is missing", key)
		return 0
	}
	switch t.DType() {
	case tensor.Float32, tensor.Float64, tensor.Int64:
		if t.Len() == 1 {
			return t.Item()
		}
	}
	l.addError("%s holds %s of shape %s, a single number is needed", key, t.DType(), t.Shape())
	return 0
}

// count returns a whole number that is not below least.
func (l *loader) count(key string, least int) int {
	v := l.number(key)
	if l.has(key) && !(v >= float64(least) && v <= 1<<53 && v == math.Trunc(v)) {
		l.addError("%s is %g, want a whole number of at least %d", key, v, least)
		return least
	}
	return int(v)
}

// tensor returns a tensor of the shape and type of like, the zero Tensor if it is missing or does not fit.
func (l *loader) tensor(key string, like tensor.Tensor) tensor.Tensor {
	l.used[key] = true
	t := l.state[key]
	switch {
	case !t.Defined():
		l.addError("%s is missing", key)
	case t.Shape() != like.Shape():
		l.addError("%s has shape %s, its parameter %s", key, t.Shape(), like.Shape())
	case t.DType() != like.DType():
		l.addError("%s holds %s, its parameter %s", key, t.DType(), like.DType())
	default:
		return t
	}
	return tensor.Tensor{}
}

// problems returns what does not fit, including tensors that were not read.
func (l *loader) problems() []string {
	for key := range l.state {
		if !l.used[key] {
			l.addError("%s is unexpected", key)
		}
	}
	sort.Strings(l.errors)
	return l.errors
}

// apply makes the changes.
func (l *loader) apply() {
	for _, f := range l.changes {
		f()
	}
}

// finish makes the changes or returns an error with everything that was wrong.
func (l *loader) finish(name string) error {
	if bad := l.problems(); len(bad) > 0 {
		return fmt.Errorf("the state does not fit the %s: %s", name, strings.Join(bad, "; "))
	}
	l.apply()
	return nil
}
