package nn

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// observe computes model's forward pass for inputs in evaluation mode, without recording, and passes every layer's
// report to f. It restores the mode; the random generators do not change. It calls ready with the inputs' tensors
// before the forward pass and done with the results' tensors after it, unless they are nil.
func observe(op string, model any, inputs []any, f func(layer any, inputs, outputs []tensor.Tensor),
	ready, done func([]tensor.Tensor)) {
	defer LocatePanic(model)
	forward := forwardOf(op, model, inputs)
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
	device := tensor.CPU()
	if given := tensorsIn(inputs); len(given) > 0 {
		device = given[0].Device()
	}
	s := tensor.NewScope(device)
	s.SetRecording(false)
	defer s.Recycle()
	args := make([]reflect.Value, len(inputs))
	copies := newCloner(func(t tensor.Tensor) tensor.Tensor { return t.Keep().InScope(s) })
	for i, in := range inputs {
		args[i] = copies.copyOf(reflect.ValueOf(in))
	}
	if ready != nil {
		ready(tensorsIn(args))
	}
	s.Observe(f)
	defer s.Observe(nil)
	call := forward.Call
	if forward.Type().IsVariadic() {
		call = forward.CallSlice
	}
	results := call(args)
	if done != nil {
		done(tensorsIn(results))
	}
}

// forwardOf returns model's method Forward. It panics unless Forward takes inputs.
func forwardOf(op string, model any, inputs []any) reflect.Value {
	if model == nil {
		fail(op, nil, "the model is nil")
	}
	forward := reflect.ValueOf(model).MethodByName("Forward")
	if !forward.IsValid() {
		fail(op, nil, fmt.Sprintf("%T has no method Forward", model))
	}
	t := forward.Type()
	takes := t.NumIn() == len(inputs)
	for i := 0; takes && i < len(inputs); i++ {
		takes = inputs[i] != nil && reflect.TypeOf(inputs[i]).AssignableTo(t.In(i))
	}
	if !takes {
		var types []string
		for _, in := range inputs {
			types = append(types, fmt.Sprintf("%T", in))
		}
		fail(op, nil, fmt.Sprintf("%T.Forward is a %s, which does not take (%s)", model, t, strings.Join(types, ", ")))
	}
	return forward
}

// tensorsIn returns the tensors among values and in their exported fields, slices, arrays and maps.
func tensorsIn[T any](values []T) []tensor.Tensor {
	var out []tensor.Tensor
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch {
		case !v.IsValid():
		case v.Type() == tensorType:
			if t := v.Interface().(tensor.Tensor); t.Defined() {
				out = append(out, t)
			}
		case v.Kind() == reflect.Interface:
			visit(v.Elem())
		case !hasTensor(v.Type(), map[reflect.Type]bool{}):
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					visit(v.Field(i))
				}
			}
		case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		case v.Kind() == reflect.Map:
			for _, k := range sortedKeys(v) {
				visit(v.MapIndex(k))
			}
		}
	}
	for _, v := range values {
		if r, ok := any(v).(reflect.Value); ok {
			visit(r)
		} else {
			visit(reflect.ValueOf(v))
		}
	}
	return out
}

// NotFinite is the error of [TraceNaN]: it says which layer of a model first computed an infinity or a NaN.
type NotFinite struct {
	Path       string   // the path of the layer, such as "model.fc2"; empty if the input is not finite
	Layer      any      // the layer
	Parameters []string // the names of its parameters that are not finite
}

// Error returns a line such as "the output of model.fc2 is not finite; neither is its parameter weight".
func (e *NotFinite) Error() string {
	if e.Path == "" {
		return "the input is not finite"
	}
	msg := fmt.Sprintf("the output of %s is not finite", e.Path)
	if len(e.Parameters) > 0 {
		msg += "; neither is its parameter " + strings.Join(e.Parameters, ", ")
	}
	return msg
}

// TraceNaN computes model's forward pass in evaluation mode and returns a *NotFinite that names the first layer whose
// output holds an infinity or a NaN, or nil if there is none. The inputs are the arguments of model's method Forward.
// No other goroutine may use the model during the call.
func TraceNaN(model any, inputs ...any) error {
	var found *NotFinite
	note := func(path string, layer any, tensors []tensor.Tensor) {
		for _, t := range tensors {
			if found == nil && !finite(t) {
				found = &NotFinite{Path: path, Layer: layer}
			}
		}
	}
	observe("TraceNaN", model, inputs, func(layer any, _, outputs []tensor.Tensor) {
		note(cmp.Or(PathOf(model, layer), typeName(layer)+", which is not in the model,"), layer, outputs)
	}, func(inputs []tensor.Tensor) {
		note("", nil, inputs)
	}, func(outputs []tensor.Tensor) {
		note("model", model, outputs)
	})
	if found == nil {
		return nil
	}
	if found.Layer != nil {
		for _, p := range NamedParameters(found.Layer) {
			if !finite(p.Tensor) {
				found.Parameters = append(found.Parameters, p.Name)
			}
		}
	}
	return found
}

// finite reports whether all elements of x are finite: 0 times an infinity or a NaN is NaN.
func finite(x tensor.Tensor) bool {
	return !x.DType().IsFloat() || x.Detach().MulScalar(0).Sum().Item() == 0
}
