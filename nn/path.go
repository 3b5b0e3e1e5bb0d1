package nn

import (
	"reflect"

	"github.com/lamina-ml/lamina/tensor"
)

// PathOf returns where in model a layer is, such as "model.fc2", and "model" for the model itself. It is empty for what is no part of
// model. A layer is known by its address, so layers are held and passed as pointers.
func PathOf(model, layer any) string {
	if layer == nil || !reflect.ValueOf(layer).Comparable() {
		return ""
	}
	found := ""
	walker{module: func(path string, m any) {
		if found == "" && m == layer {
			found = inModel(path)
		}
	}}.walk(model)
	return found
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
func LocatePanic(model any) {
	if r := recover(); r != nil {
		if e, ok := r.(*tensor.Error); ok {
			Locate(model, e)
		}
		panic(r)
	}
}
