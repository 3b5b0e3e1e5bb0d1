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

// NamedParameters returns the parameters of model with their names, in PyTorch's order: a struct's tensors before
// those of the structs in its fields. A shared parameter is returned once, under its first name.
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

// Parameters returns the parameters of model, each once. It is the argument of an optimizer's constructor.
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

// StateDict returns the parameters and buffers of model with PyTorch's keys, in PyTorch's order. A shared tensor is
// returned under each of its keys. The tensors are not copies. To write them to a file and read them back, use
// safetensors.SaveModel and safetensors.LoadModel.
func StateDict(model any) []Named {
	var out []Named
	walker{tensor: func(path string, t tensor.Tensor, _ bool) { out = append(out, Named{path, t}) }}.walk(model)
	return out
}

// LoadStateDict copies the values of dict into the parameters and buffers of model and converts them to the model's
// types, as in PyTorch. A conversion to a narrower type rounds. If a key is missing, unexpected or of another shape,
// nothing is written and the error is a *StateError that lists all such keys.
func LoadStateDict(model any, dict []Named) error {
	state := StateDict(model)
	bad := compareState(state, dict)
	if len(bad.Missing)+len(bad.Unexpected)+len(bad.Misshapen) > 0 {
		return bad
	}
	copyState(state, dict)
	return nil
}

// LoadPartialStateDict is LoadStateDict with PyTorch's strict=False. It copies the tensors of the keys that model and
// dict share, and returns the missing keys, which only the model has, and the unexpected keys, which only dict has.
// If a shared key has another shape, nothing is written and the error is a *StateError.
func LoadPartialStateDict(model any, dict []Named) (missing, unexpected []string, err error) {
	state := StateDict(model)
	bad := compareState(state, dict)
	if len(bad.Misshapen) > 0 {
		return bad.Missing, bad.Unexpected, &StateError{Misshapen: bad.Misshapen}
	}
	copyState(state, dict)
	return bad.Missing, bad.Unexpected, nil
}

// compareState returns the differences between dict and a model's state.
func compareState(state, dict []Named) *StateError {
	given := byName(dict)
	bad := &StateError{}
	known := make(map[string]bool, len(state))
	for _, p := range state {
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

func copyState(state, dict []Named) {
	given := byName(dict)
	for _, p := range state {
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

// StateError lists the keys for which a state dict does not fit a model.
type StateError struct {
	Missing    []string // keys of the model that the dict lacks
	Unexpected []string // keys of the dict that the model lacks
	Misshapen  []Misshapen
}

// Misshapen is a key whose shapes in the dict and in the model differ.
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

// Generators returns the random generators in model's exported fields, each once. A checkpoint of a model with
// Dropout must save them in addition to the state dict.
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

// Train puts model's layers into training mode, as model.train() in PyTorch.
func Train(model any) { setTraining(model, true) }

// Eval puts model's layers into evaluation mode, as model.eval() in PyTorch. It writes only on a change, so Eval may
// be called on a model in evaluation mode while other goroutines use it.
func Eval(model any) { setTraining(model, false) }

func setTraining(model any, on bool) {
	walker{module: func(_ string, m any) {
		if l, ok := m.(moder); ok {
			l.SetTraining(on)
		}
	}}.walk(model)
}

// Freeze calls SetRequiresGrad(false) on the parameters of a model or a part of it, and clears their gradients. An
// optimizer does not change frozen parameters.
func Freeze(model any) { setRequiresGrad(model, false) }

// Unfreeze undoes Freeze: it calls SetRequiresGrad(true) on model's parameters.
func Unfreeze(model any) { setRequiresGrad(model, true) }

func setRequiresGrad(model any, on bool) {
	for _, p := range NamedParameters(model) {
		p.Tensor.SetRequiresGrad(on)
		p.Tensor.ZeroGrad()
	}
}

// To moves model's parameters and buffers to d. The tensors keep their identity, so an optimizer created before stays
// valid.
func To(model any, d tensor.Device) {
	walker{tensor: func(_ string, t tensor.Tensor, _ bool) { t.MoveTo(d) }}.walk(model)
}

// Cast converts model's floating-point parameters and buffers, with their gradients, to dt; integers do not change. A
// conversion to a narrower type rounds. The tensors keep their identity, so an optimizer created before stays valid;
// it converts its state at its next step. Cast panics if dt is not floating point.
func Cast(model any, dt tensor.DType) {
	if !dt.IsFloat() {
		fail("Cast", nil, "a model computes in a floating-point type, not in "+dt.String())
	}
	walker{tensor: func(_ string, t tensor.Tensor, _ bool) {
		if t.DType().IsFloat() {
			t.ConvertTo(dt)
		}
	}}.walk(model)
}
