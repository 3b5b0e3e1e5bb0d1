package explain

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// Layer is the result of one call of a layer.
type Layer struct {
	Path   string        // in the model, such as "conv1"; empty for the model itself
	Type   string        // such as "Conv2d"
	Input  tensor.Tensor // a copy on the Go heap, of the first input if there are several; undefined if there is none
	Output tensor.Tensor // a copy on the Go heap; (N, channels, H, W) for a convolution
	Layer  any           // the layer itself, such as a *nn.Conv2d
}

// FeatureMaps returns the results of all layers for x, in the order of the forward pass. A layer is listed if its
// Forward calls [nn.Report], as those of package nn do; operations outside of layers, such as x.ReLU() in a model's
// Forward, are not. A layer with several results is listed once for each. PyTorch: register_forward_hook on every
// module.
func FeatureMaps(model nn.Module, x tensor.Tensor) []Layer {
	var layers []Layer
	forward(model, x, false, func(_ tensor.Tensor, layer any, a, y tensor.Tensor) {
		l := Layer{Path: pathOf(model, layer), Type: typeName(layer), Output: y.Keep(), Layer: layer}
		if a.Defined() {
			l.Input = a.Keep()
		}
		layers = append(layers, l)
	}, nil)
	return layers
}

// Filters returns the name and the value of the model's first parameter with at least two dimensions: the filters
// (out, in, kh, kw) of the first convolution, or the weights (out, in) of the first linear layer. It panics if the
// model has none. The tensor shares the parameter's memory.
func Filters(model any) (name string, weight tensor.Tensor) {
	for _, p := range nn.NamedParameters(model) {
		if p.Tensor.Rank() >= 2 {
			return p.Name, p.Tensor.Detach()
		}
	}
	panic(&tensor.Error{Op: "explain.Filters",
		Msg: fmt.Sprintf("%T has no parameter with two or more dimensions", model)})
}

// forward computes the model's result for a copy of x in a scope that ends with the call. It passes the copy, every
// layer, the layer's first input and each of its results to each, which must copy what it keeps, and the copy of x
// and the model's result to use. Both may be nil.
func forward(model nn.Module, x tensor.Tensor, record bool, each func(x tensor.Tensor, layer any, a, y tensor.Tensor),
	use func(x, y tensor.Tensor)) {
	defer nn.LocatePanic(model)
	nn.Eval(model)
	s := tensor.NewScope(x.Device())
	s.SetRecording(record)
	defer s.Recycle()
	x = x.Keep()
	if record {
		x.SetRequiresGrad(true)
	}
	in := x.InScope(s)
	if each != nil {
		s.Observe(func(layer any, inputs, outputs []tensor.Tensor) {
			var a tensor.Tensor
			if len(inputs) > 0 {
				a = inputs[0]
			}
			for _, y := range outputs {
				each(in, layer, a, y)
			}
		})
		defer s.Observe(nil)
	}
	y := model.Forward(in)
	if use != nil {
		use(in, y)
	}
}

// pathOf returns the path of a layer as nn.Summary writes it: "conv1" for "model.conv1".
func pathOf(model, layer any) string {
	path := nn.PathOf(model, layer)
	if path == "" {
		return "not in the model"
	}
	return strings.TrimPrefix(strings.TrimPrefix(path, "model"), ".")
}

func typeName(layer any) string {
	t := reflect.TypeOf(layer)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
