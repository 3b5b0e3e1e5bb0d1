package nn

import (
	"strings"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Module is what has a forward pass: a layer or a whole model.
type Module interface {
	Forward(x tensor.Tensor) tensor.Tensor
}

// Mode is embedded by layers that work otherwise in training than in evaluation. The zero value is training.
type Mode struct{ evaluation bool }

// Training reports whether the layer is in training mode.
func (m *Mode) Training() bool { return !m.evaluation }

// SetTraining switches between training and evaluation. It writes only what differs.
func (m *Mode) SetTraining(on bool) {
	if m.evaluation == on {
		m.evaluation = !on
	}
}

// Report tells the observer of x, if there is one, that layer computed y from x, and returns y. Each layer's Forward ends with it;
// that of a user's own layer may, which puts it into summaries and the like.
func Report(layer Module, x, y tensor.Tensor) tensor.Tensor {
	if f := x.Observer(); f != nil {
		f(layer, x, y)
	}
	return y
}

// fail panics with an error that names a layer, which may be nil. Shapes are copied, so that naming them costs nothing where
// all is well.
func fail(op string, layer any, msg string, shapes ...tensor.Shape) {
	panic(&tensor.Error{Op: op, Msg: strings.Clone(msg), Shapes: append([]tensor.Shape(nil), shapes...), Layer: layer})
}

// checkWeighted panics unless the layer l has its weight.
func checkWeighted(op string, l any, weight tensor.Tensor) {
	if !weight.Defined() {
		fail(op, l, "the layer's weight is no tensor: a New function makes one")
	}
}

// checkGenerator panics where there is no generator to draw the first values of a layer's parameters from.
func checkGenerator(op string, g *rng.Torch) {
	if g == nil {
		fail(op, nil, "there is no generator to draw the weights from: rng.NewTorch makes one")
	}
}
