package nn

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// PathOf returns the path of a layer in model, such as "model.fc2". The path of the model itself is "model". PathOf
// returns "" if layer is not part of model. A layer is identified by its address, so models hold pointers to layers;
// a layer whose Forward has a value receiver, such as a loss, is identified by its value. For a nil pointer it
// returns the paths of all nil fields of that type, joined by " or ".
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

// valueOf returns the struct that m points to if that struct is itself a layer, as losses are, and nil otherwise.
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

// missing returns the paths of the nil layers in model whose type f accepts.
func missing(model any, f func(reflect.Type) bool) (paths []string) {
	walker{missing: func(path string, t reflect.Type) {
		if f(t) {
			paths = append(paths, inModel(path))
		}
	}}.walk(model)
	return paths
}

// Locate adds the layer's path to a *tensor.Error that names a layer of model, so that its message ends in "…, in
// model.fc2", and returns err. Call it before wrapping err, because wrapping formats the text.
func Locate(model any, err error) error {
	if e, ok := err.(*tensor.Error); ok && e.Path == "" {
		e.Path = PathOf(model, e.Layer)
	}
	return err
}

// LocatePanic is [Locate] for a panic, which it continues:
//
//	defer nn.LocatePanic(model)
//
// It turns the runtime's nil pointer panic into a *tensor.Error that names the nil layers of model, if there are any.
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
			r = &tensor.Error{Op: "forward", Msg: fmt.Sprintf("%v; these layers are nil: %s", e,
				strings.Join(paths, ", "))}
		}
	}
	panic(r)
}

// InLayer adds the layer to the error of any operation in the layer's Forward, which begins with
//
//	defer nn.InLayer(l)
//
// It sets Layer of a *tensor.Error that has none, and turns the runtime's panic for a nil layer into a *tensor.Error.
func InLayer[L any](layer L) {
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
			r = &tensor.Error{Op: snake(name), Msg: "the layer is nil: create a *nn." + name, Layer: layer}
		}
	}
	panic(r)
}
