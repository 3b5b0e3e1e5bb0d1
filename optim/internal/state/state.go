// Package state reads what optimizers and schedules saved: tensors by name, which come from files and may be anything.
package state

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// A Loader reads a state, collects what is wrong with it, and only then lets changes happen.
type Loader struct {
	state map[string]tensor.Tensor
	used  map[string]bool
	bad   []string
	later []func()
}

// NewLoader returns a loader of m.
func NewLoader(m map[string]tensor.Tensor) *Loader { return &Loader{state: m, used: map[string]bool{}} }

// Wrong notes a reason to refuse the state.
func (l *Loader) Wrong(format string, args ...any) {
	l.bad = append(l.bad, fmt.Sprintf(format, args...))
}

// Then has f called once nothing was found wrong.
func (l *Loader) Then(f func()) { l.later = append(l.later, f) }

// Has reports whether the state has a tensor called key.
func (l *Loader) Has(key string) bool { return l.state[key].Defined() }

// Number returns a single number, and 0 where it is missing or something else.
func (l *Loader) Number(key string) float64 {
	l.used[key] = true
	t := l.state[key]
	if !t.Defined() {
		l.Wrong("%s is missing", key)
		return 0
	}
	switch t.DType() {
	case tensor.Float32, tensor.Float64, tensor.Int64:
		if t.Len() == 1 {
			return t.Item()
		}
	}
	l.Wrong("%s holds %s of shape %s, a single number is needed", key, t.DType(), t.Shape())
	return 0
}

// Count returns a whole number that is not below least.
func (l *Loader) Count(key string, least int) int {
	v := l.Number(key)
	if l.Has(key) && !(v >= float64(least) && v <= 1<<53 && v == math.Trunc(v)) {
		l.Wrong("%s is %g, no count", key, v)
		return least
	}
	return int(v)
}

// Tensor returns the state of parameter p, no tensor where it is missing or does not fit.
func (l *Loader) Tensor(key string, p tensor.Tensor) tensor.Tensor {
	l.used[key] = true
	t := l.state[key]
	switch {
	case !t.Defined():
		l.Wrong("%s is missing", key)
	case t.Shape() != p.Shape():
		l.Wrong("%s has shape %s, its parameter %s", key, t.Shape(), p.Shape())
	case t.DType() != p.DType():
		l.Wrong("%s holds %s, its parameter %s", key, t.DType(), p.DType())
	default:
		return t
	}
	return tensor.Tensor{}
}

// Finish makes the changes, or returns what was wrong.
func (l *Loader) Finish(name string) error {
	for key := range l.state {
		if !l.used[key] {
			l.Wrong("%s is unexpected", key)
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
