package nn

import (
	"strings"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Zero says 0 for a setting whose zero value means PyTorch's default, which is another number: LeakyReLU{NegativeSlope: Zero}.
const Zero = defaults.Zero

// Module is a layer or a whole model with one input and one result, such as [Sequential] holds. What else this package does with models
// works for any type with a method Forward, whatever tensors, slices or structs of tensors that takes and returns.
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

// Report tells the observer of x, if there is one, that layer computed y from x, and returns y. Each layer's Forward ends with it; that
// of a user's own layer should, too, so that summaries and the search for a NaN see it:
//
//	return nn.Report(l, x, y)
func Report[L any](layer L, x, y tensor.Tensor) tensor.Tensor {
	if f := x.Observer(); f != nil {
		f(layer, []tensor.Tensor{x}, []tensor.Tensor{y})
	}
	return y
}

// ReportAll is Report for a layer with any number of inputs and results, also where they are parts of structs or slices:
//
//	nn.ReportAll(l, []tensor.Tensor{x, state.H, state.C}, []tensor.Tensor{y, h, c})
//	return y, State{h, c}
//
// Absent tensors, such as a mask that is optional, may be among them. Where nobody observes, the slices stay off the Go heap.
func ReportAll[L any](layer L, inputs, outputs []tensor.Tensor) {
	f := observerOf(inputs)
	if f == nil {
		f = observerOf(outputs)
	}
	if f != nil {
		f(layer, present(inputs), present(outputs))
	}
}

// reported is ReportAll for one result, which it returns.
func reported[L any](layer L, y tensor.Tensor, inputs ...tensor.Tensor) tensor.Tensor {
	ReportAll(layer, inputs, []tensor.Tensor{y})
	return y
}

// observerOf returns the first observer of tensors, or nil.
func observerOf(tensors []tensor.Tensor) func(layer any, inputs, outputs []tensor.Tensor) {
	for _, t := range tensors {
		if t.Defined() {
			if f := t.Observer(); f != nil {
				return f
			}
		}
	}
	return nil
}

// present returns those of the tensors that there are, in a slice of their own.
func present(tensors []tensor.Tensor) []tensor.Tensor {
	var out []tensor.Tensor
	for _, t := range tensors {
		if t.Defined() {
			out = append(out, t)
		}
	}
	return out
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
		fail(op, nil, "the generator is nil: rng.NewTorch makes one")
	}
}

// beside returns w in x's scope if it lies on the heap, so that the results computed from w alone belong to the step.
func beside(w, x tensor.Tensor) tensor.Tensor {
	if s := x.Scope(); s != nil && w.Scope() == nil {
		return w.InScope(s)
	}
	return w
}
