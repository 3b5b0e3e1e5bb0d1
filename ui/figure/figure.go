// Package figure computes what the page draws of a network that reads one input: a column for each layer with its
// activations, and one neuron with its inputs, weights and sum. Its results are plain numbers, which JSON carries.
package figure

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision/explain"
)

// Bounds of what a column shows.
const (
	MostNeurons = 4096 // neurons of a column
	MostMaps    = 64   // maps of a column
	MostSide    = 64   // pixels of a map's side; larger maps are averaged
)

// Values are numbers, in JSON the base64 of their little-endian float32.
type Values []float32

// MarshalJSON returns the base64 as a JSON string.
func (v Values) MarshalJSON() ([]byte, error) {
	raw := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(x))
	}
	return json.Marshal(raw)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Values) UnmarshalJSON(text []byte) error {
	var raw []byte
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if len(raw)%4 != 0 {
		return fmt.Errorf("%d bytes are no float32 numbers", len(raw))
	}
	*v = make(Values, len(raw)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return nil
}

// Column is a layer together with the activation that follows it.
type Column struct {
	Layer      int    `json:"layer"` // its place in explain.FeatureMaps(model, x)
	Path       string `json:"path"`  // in the model, such as "conv1"
	Type       string `json:"type"`  // such as "Conv2d"
	Activation string `json:"activation,omitempty"`
	Shape      []int  `json:"shape"`    // of the result: [neurons], [maps, height, width] or [places, features]
	Shown      []int  `json:"shown"`    // of Values: Shape, or less of it
	Weighted   bool   `json:"weighted"` // whether Neuron shows the neurons' sums
	Values     Values `json:"values"`   // after the activation

	result tensor.Tensor // (1, Shape…), after the activation
}

// Columns returns the columns of a model for the input x of one sample, in the order of the forward pass. Layers that only
// pass numbers on, such as Flatten and Dropout, have none, and neither have layers that consist of layers.
func Columns(model nn.Module, x tensor.Tensor) []Column {
	return columnsOf(explain.FeatureMaps(model, x))
}

func columnsOf(layers []explain.Layer) []Column {
	var columns []Column
	for i, l := range layers {
		switch {
		case passes[l.Type] || l.Output.Rank() < 2 || l.Output.Rank() > 4 || l.Output.Dim(0) != 1 ||
			!l.Output.DType().IsFloat() || compound(l):
			continue
		case activations[l.Type] && len(columns) > 0 && equal(l.Input, layers[columns[len(columns)-1].Layer].Output):
			c := &columns[len(columns)-1]
			c.Activation = l.Type
			c.show(l.Output)
			continue
		}
		c := Column{Layer: i, Path: l.Path, Type: l.Type, Shape: l.Output.Shape().Dims()[1:], Weighted: weighted[l.Type]}
		c.show(l.Output)
		if fused(l) {
			c.Activation = "ReLU"
		} else if i+1 < len(layers) {
			c.follow(l.Output, layers[i+1].Input)
		}
		columns = append(columns, c)
	}
	return columns
}

// passes lists the layers that pass numbers on.
var passes = map[string]bool{"Flatten": true, "Unflatten": true, "Dropout": true, "Dropout2d": true, "Identity": true, "AlphaDropout": true}

// activations lists the layers that change each number by itself.
var activations = map[string]bool{"ReLU": true, "Sigmoid": true, "Tanh": true, "GELU": true, "SiLU": true, "LeakyReLU": true, "ELU": true,
	"SELU": true, "CELU": true, "Mish": true, "Hardswish": true, "Hardsigmoid": true, "Hardtanh": true, "ReLU6": true,
	"Softplus": true, "Softsign": true,
	"PReLU": true}

// weighted lists the layers whose neurons are weighted sums.
var weighted = map[string]bool{"Linear": true, "Conv2d": true, "Conv1d": true, "BatchNorm1d": true, "BatchNorm2d": true, "MaxPool2d": true,
	"AvgPool2d": true, "AdaptiveAvgPool2d": true}

// compound reports whether a layer consists of layers, whose parameters then have a longer name.
func compound(l explain.Layer) bool {
	for _, p := range nn.NamedParameters(l.Layer) {
		if strings.Contains(p.Name, ".") {
			return true
		}
	}
	return false
}

// fused reports whether the layer computes ReLU in the same pass.
func fused(l explain.Layer) bool {
	v := reflect.Indirect(reflect.ValueOf(l.Layer))
	if v.Kind() != reflect.Struct {
		return false
	}
	f := v.FieldByName("Activation")
	a, ok := tensor.NoActivation, false
	if f.IsValid() && f.CanInterface() {
		a, ok = f.Interface().(tensor.Activation)
	}
	return ok && a == tensor.ReLU
}

// follow finds the activation that a model's Forward computes by a method, as in x.ReLU(), from the input of the next layer.
func (c *Column) follow(y, next tensor.Tensor) {
	if !next.Defined() || next.Shape().Size() != y.Shape().Size() || !next.DType().IsFloat() {
		return
	}
	for _, f := range []struct {
		name string
		of   func(tensor.Tensor) tensor.Tensor
	}{{"ReLU", tensor.Tensor.ReLU}, {"Sigmoid", tensor.Tensor.Sigmoid}, {"Tanh", tensor.Tensor.Tanh}} {
		if z := f.of(y); equal(z, next) && !equal(y, next) {
			c.Activation = f.name
			c.show(z)
			return
		}
	}
}

// equal reports whether two tensors have the same elements in the same order, whatever their shapes are.
func equal(a, b tensor.Tensor) bool {
	if !a.Defined() || !b.Defined() || a.Shape().Size() != b.Shape().Size() {
		return false
	}
	return a.Shape().Size() == 0 || a.Flatten(0).Sub(b.Flatten(0)).Abs().Max().Item() == 0
}

// show sets the values from the layer's result (1, …) within the bounds.
func (c *Column) show(y tensor.Tensor) {
	c.result = y
	y = y.Select(0, 0)
	switch y.Rank() {
	case 1:
		y = y.Narrow(0, 0, min(y.Dim(0), MostNeurons))
	case 2:
		y = y.Narrow(0, 0, min(y.Dim(0), MostSide)).Narrow(1, 0, min(y.Dim(1), 4*MostSide))
	case 3:
		y = y.Narrow(0, 0, min(y.Dim(0), MostMaps))
		if step := (max(y.Dim(1), y.Dim(2)) + MostSide - 1) / MostSide; step > 1 && y.Dim(1) >= step && y.Dim(2) >= step {
			y = y.Unsqueeze(0).AvgPool(2, tensor.PoolOptions{Kernel: []int{step}}).Squeeze(0)
		}
	}
	c.Shown = y.Shape().Dims()
	c.Values = y.Float32s()
}
