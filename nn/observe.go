package nn

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// observe computes model's forward pass for x in evaluation mode, without recording, and has every layer report to f. The mode and
// the random generators are afterwards as they were. The result is good until f's scope s is recycled.
func observe(model Module, x tensor.Tensor, s *tensor.Scope, f func(layer any, x, y tensor.Tensor)) tensor.Tensor {
	defer LocatePanic(model)
	var training []moder
	walker{module: func(_ string, m any) {
		if l, ok := m.(moder); ok && l.Training() {
			training = append(training, l)
			l.SetTraining(false)
		}
	}}.walk(model)
	defer func() {
		for _, l := range training {
			l.SetTraining(true)
		}
	}()
	s.Observe(f)
	defer s.Observe(nil)
	return model.Forward(x)
}

// predicting returns a scope on d that does not record.
func predicting(d tensor.Device) *tensor.Scope {
	s := tensor.NewScope(d)
	s.SetRecording(false)
	return s
}

// NotFinite says where in a model the first number that is infinite or NaN comes from.
type NotFinite struct {
	Path       string   // the layer with such a number in its output, such as "model.fc2"; empty where the input has one itself
	Layer      any      // the layer
	Parameters []string // those of its parameters that hold such a number
}

// Error returns a line such as "the output of model.fc2 is not finite; nor is its parameter weight".
func (e *NotFinite) Error() string {
	if e.Path == "" {
		return "the input is not finite"
	}
	msg := fmt.Sprintf("the output of %s is not finite", e.Path)
	if len(e.Parameters) > 0 {
		msg += "; nor is its parameter " + strings.Join(e.Parameters, ", ")
	}
	return msg
}

// TraceNaN computes model's forward pass for x, in evaluation mode, and returns a *NotFinite that names the first layer whose output
// holds an infinity or a NaN, or nil where there is none. It is for one goroutine, after a loss came out as NaN.
func TraceNaN(model Module, x tensor.Tensor) error {
	s := predicting(x.Device())
	defer s.Recycle()
	x = x.Keep().In(s)
	if !finite(x) {
		return &NotFinite{}
	}
	var found *NotFinite
	y := observe(model, x, s, func(layer any, x, y tensor.Tensor) {
		if found == nil && !finite(y) {
			found = &NotFinite{Path: PathOf(model, layer), Layer: layer}
		}
	})
	if found == nil && !finite(y) {
		found = &NotFinite{Path: "model", Layer: model}
	}
	if found == nil {
		return nil
	}
	for _, p := range NamedParameters(found.Layer) {
		if !finite(p.Tensor.In(s)) {
			found.Parameters = append(found.Parameters, p.Name)
		}
	}
	return found
}

// finite reports whether all elements are: 0 times anything else is NaN.
func finite(x tensor.Tensor) bool {
	return !x.DType().IsFloat() || x.MulScalar(0).Sum().Item() == 0
}
