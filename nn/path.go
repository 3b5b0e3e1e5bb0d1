package nn

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// PathOf returns where in model a layer is, such as "model.fc2", and "model" for the model itself. It is empty for what is no part of
// model. A layer is known by its address, so layers are held and passed as pointers; one whose Forward has no pointer as its receiver, such
// as a loss, is known by its value. For a nil pointer it returns where model has a nil
// of that type, or each of the places, joined by " or ".
func PathOf(model, layer any) string {
	if layer == nil || !reflect.ValueOf(layer).Comparable() {
		return ""
	}
	if isNil(layer) {
		return strings.Join(missing(model, func(t reflect.Type) bool { return t == reflect.TypeOf(layer) }), " or ")
	}
	found := ""
	walker{module: func(path string, m any) {
		if found == "" && (m == layer || valueOf(m) == layer) {
			found = inModel(path)
		}
	}}.walk(model)
	return found
}

// valueOf returns the struct that m points to where a copy of it is as good a layer, as with losses, and nil otherwise.
func valueOf(m any) any {
	if v := reflect.ValueOf(m).Elem(); isLayer(v.Type()) && v.Comparable() {
		return v.Interface()
	}
	return nil
}

func isNil(layer any) bool {
	v := reflect.ValueOf(layer)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// missing returns the paths of the layers in model that are nil and of a type that f accepts.
func missing(model any, f func(reflect.Type) bool) (paths []string) {
	walker{missing: func(path string, t reflect.Type) {
		if f(t) {
			paths = append(paths, inModel(path))
		}
	}}.walk(model)
	return paths
}

// Locate completes a *tensor.Error that names a layer of model with the layer's path, so that its message ends in
// "…, in model.fc2", and returns err. Do so before wrapping it, which fixes the text.
func Locate(model any, err error) error {
	if e, ok := err.(*tensor.Error); ok && e.Path == "" {
		e.Path = PathOf(model, e.Layer)
	}
	return err
}

// LocatePanic is Locate for a panic on its way up, which goes on:
//
//	defer nn.LocatePanic(model)
//
// The runtime's panic for a nil pointer becomes a *tensor.Error that names the layers of model that are nil, if any are.
func LocatePanic(model any) {
	r := recover()
	switch e := r.(type) {
	case nil:
		return
	case *tensor.Error:
		Locate(model, e)
	case runtime.Error:
		if !strings.Contains(e.Error(), "nil pointer dereference") {
			break
		}
		if paths := missing(model, func(reflect.Type) bool { return true }); len(paths) > 0 {
			r = &tensor.Error{Op: "forward", Msg: fmt.Sprintf("%v; these layers are nil: %s", e, strings.Join(paths, ", "))}
		}
	}
	panic(r)
}

// inLayer completes a panic on its way up through a layer's Forward:
//
//	defer inLayer(l)
//
// A *tensor.Error that names no layer gets this one. The runtime's panic for a layer that is nil becomes a *tensor.Error.
func inLayer[L any](layer L) {
	r := recover()
	switch e := r.(type) {
	case nil:
		return
	case *tensor.Error:
		if e.Layer == nil {
			e.Layer = layer
		}
	case runtime.Error:
		if isNil(layer) {
			name := typeName(layer)
			r = &tensor.Error{Op: snake(name), Msg: "the layer is a nil *nn." + name + ": it was never made", Layer: layer}
		}
	}
	panic(r)
}
