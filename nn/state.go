package nn

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Named is a tensor of a model and its name, such as "fc1.weight".
type Named struct {
	Name   string
	Tensor tensor.Tensor
}

// NamedParameters returns the parameters of model with their names, in PyTorch's order: a struct's own before those of its
// fields. A parameter that occurs at several places comes once, under its first name.
func NamedParameters(model any) []Named {
	var out []Named
	seen := map[tensor.Tensor]bool{}
	walker{tensor: func(path string, t tensor.Tensor, buffer bool) {
		if !buffer && !seen[t] {
			seen[t] = true
			out = append(out, Named{path, t})
		}
	}}.walk(model)
	return out
}

// Parameters returns the parameters of model, each once: what an optimizer takes.
func Parameters(model any) []tensor.Tensor {
	named := NamedParameters(model)
	out := make([]tensor.Tensor, len(named))
	for i, p := range named {
		out[i] = p.Tensor
	}
	return out
}

// Count returns the number of elements of all parameters, each counted once.
func Count(model any) int {
	n := 0
	for _, p := range NamedParameters(model) {
		n += p.Tensor.Len()
	}
	return n
}

// StateDict returns the parameters and buffers of model under PyTorch's keys and in its order. What occurs at several places comes
// under each of its keys. The tensors are the model's own, not copies.
func StateDict(model any) []Named {
	var out []Named
	walker{tensor: func(path string, t tensor.Tensor, _ bool) { out = append(out, Named{path, t}) }}.walk(model)
	return out
}

// LoadStateDict copies the values of dict into the parameters and buffers of model, each converted to the type of the model's own, as
// PyTorch does: 16-bit weights become a float32 model's, and what goes to a narrower type is rounded. Either all keys fit or nothing is
// written: the error is then a *StateError with every key that is missing, unexpected or of another shape.
func LoadStateDict(model any, dict []Named) error {
	own := StateDict(model)
	bad := compareState(own, dict)
	if len(bad.Missing)+len(bad.Unexpected)+len(bad.Misshapen) > 0 {
		return bad
	}
	copyState(own, dict)
	return nil
}

// LoadPartialStateDict is LoadStateDict for a dict with other keys too: it copies what both have and returns the model's keys that
// the dict lacks and the dict's that the model lacks, as PyTorch's strict=False does. A key of another shape is an error still, and
// nothing is written then.
func LoadPartialStateDict(model any, dict []Named) (missing, unexpected []string, err error) {
	own := StateDict(model)
	bad := compareState(own, dict)
	if len(bad.Misshapen) > 0 {
		return bad.Missing, bad.Unexpected, &StateError{Misshapen: bad.Misshapen}
	}
	copyState(own, dict)
	return bad.Missing, bad.Unexpected, nil
}

// compareState returns how dict does not fit a model's own state.
func compareState(own, dict []Named) *StateError {
	given := byName(dict)
	bad := &StateError{}
	known := make(map[string]bool, len(own))
	for _, p := range own {
		known[p.Name] = true
		if t, ok := given[p.Name]; !ok {
			bad.Missing = append(bad.Missing, p.Name)
		} else if t.Shape() != p.Tensor.Shape() {
			bad.Misshapen = append(bad.Misshapen, Misshapen{p.Name, p.Tensor.Shape(), t.Shape()})
		}
	}
	for _, d := range dict {
		if !known[d.Name] {
			bad.Unexpected = append(bad.Unexpected, d.Name)
		}
	}
	return bad
}

func copyState(own, dict []Named) {
	given := byName(dict)
	for _, p := range own {
		if t, ok := given[p.Name]; ok {
			p.Tensor.Data().CopyFrom(t.To(p.Tensor.Device()))
		}
	}
}

func byName(dict []Named) map[string]tensor.Tensor {
	m := make(map[string]tensor.Tensor, len(dict))
	for _, d := range dict {
		if d.Tensor.Defined() {
			m[d.Name] = d.Tensor
		}
	}
	return m
}

// StateError says how a state dict does not fit a model.
type StateError struct {
	Missing    []string // keys of the model that the dict lacks
	Unexpected []string // keys of the dict that the model lacks
	Misshapen  []Misshapen
}

// Misshapen is a key whose shape in the dict is not that in the model.
type Misshapen struct {
	Key         string
	Model, Dict tensor.Shape
}

// Error lists every key.
func (e *StateError) Error() string {
	var b strings.Builder
	b.WriteString("the state dict does not fit the model")
	if len(e.Missing) > 0 {
		b.WriteString("; missing: " + strings.Join(e.Missing, ", "))
	}
	if len(e.Unexpected) > 0 {
		b.WriteString("; unexpected: " + strings.Join(e.Unexpected, ", "))
	}
	for i, m := range e.Misshapen {
		lead := ", "
		if i == 0 {
			lead = "; of another shape: "
		}
		fmt.Fprintf(&b, "%s%s is %s in the dict and %s in the model", lead, m.Key, m.Dict, m.Model)
	}
	return b.String()
}

// Generators returns the random generators in model's exported fields, each once: with the state dict, what a checkpoint of a
// model with Dropout must hold.
func Generators(model any) []*rng.Torch {
	var out []*rng.Torch
	seen := map[*rng.Torch]bool{}
	walker{generator: func(_ string, g *rng.Torch) {
		if !seen[g] {
			seen[g] = true
			out = append(out, g)
		}
	}}.walk(model)
	return out
}

// Train puts model's layers into training mode.
func Train(model any) { setTraining(model, true) }

// Eval puts model's layers into evaluation mode. It writes only what differs, so that a model in evaluation may be given to Eval
// again while others use it.
func Eval(model any) { setTraining(model, false) }

func setTraining(model any, on bool) {
	walker{module: func(_ string, m any) {
		if l, ok := m.(moder); ok {
			l.SetTraining(on)
		}
	}}.walk(model)
}

// Freeze has no gradient computed for model's parameters: an optimizer leaves them as they are. It is for a part of a model too.
func Freeze(model any) { setRequiresGrad(model, false) }

// Unfreeze has gradients computed for model's parameters again.
func Unfreeze(model any) { setRequiresGrad(model, true) }

func setRequiresGrad(model any, on bool) {
	for _, p := range NamedParameters(model) {
		p.Tensor.SetRequiresGrad(on)
		p.Tensor.ZeroGrad()
	}
}

// To moves model's parameters and buffers to d. Handles stay good: an optimizer made before goes on.
func To(model any, d tensor.Device) {
	walker{tensor: func(_ string, t tensor.Tensor, _ bool) { t.MoveTo(d) }}.walk(model)
}

// Cast converts model's floating-point parameters and buffers to dt, and gradients with them; integers stay as they are. Handles stay
// good: an optimizer made before goes on, and converts what it remembers at its next step. Going to a narrower type rounds. It panics
// where dt is not floating point.
func Cast(model any, dt tensor.DType) {
	if !dt.IsFloat() {
		fail("cast", nil, "a model computes in a floating-point type, not in "+dt.String())
	}
	walker{tensor: func(_ string, t tensor.Tensor, _ bool) {
		if t.DType().IsFloat() {
			t.ConvertTo(dt)
		}
	}}.walk(model)
}
