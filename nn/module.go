package nn

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Zero sets a setting to 0 if its zero value means a default other than 0: LeakyReLU{NegativeSlope: Zero}.
const Zero = defaults.Zero

// Module is a layer or a model with one input and one result. [Sequential] holds Modules. The other functions of this
// package accept any type with a method Forward, which may take and return any tensors and slices or structs of
// tensors.
type Module interface {
	Forward(x tensor.Tensor) tensor.Tensor
}

// Mode is embedded by layers that behave differently in training and in evaluation. The zero value is training mode.
type Mode struct{ evaluation bool }

// Training reports whether the layer is in training mode.
func (m *Mode) Training() bool { return !m.evaluation }

// SetTraining switches between training and evaluation mode. It writes only on a change, so concurrent calls that
// change nothing do not race.
func (m *Mode) SetTraining(on bool) {
	if m.evaluation == on {
		m.evaluation = !on
	}
}

// Report tells the observer of x, if any, that layer computed y from x, and returns y. The Forward of each layer ends
// with it, and so should the Forward of your own layers, so that [Summary] and [TraceNaN] see them:
//
//	return nn.Report(l, x, y)
func Report[L any](layer L, x, y tensor.Tensor) tensor.Tensor {
	if f := x.Observer(); f != nil {
		f(layer, []tensor.Tensor{x}, []tensor.Tensor{y})
	}
	return y
}

// ReportAll is Report for a layer with any number of inputs and results, such as the fields of a struct:
//
//	nn.ReportAll(l, []tensor.Tensor{x, state.H, state.C}, []tensor.Tensor{y, h, c})
//	return y, State{h, c}
//
// Undefined tensors, such as an absent optional mask, are left out. Without an observer, the slices are not allocated
// on the heap.
func ReportAll[L any](layer L, inputs, outputs []tensor.Tensor) {
	f := observerOf(inputs)
	if f == nil {
		f = observerOf(outputs)
	}
	if f != nil {
		f(layer, defined(inputs), defined(outputs))
	}
}

// reported calls ReportAll for one result and returns the result.
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

// defined returns a new slice of the tensors that are defined.
func defined(tensors []tensor.Tensor) []tensor.Tensor {
	var out []tensor.Tensor
	for _, t := range tensors {
		if t.Defined() {
			out = append(out, t)
		}
	}
	return out
}

// fail panics with a *tensor.Error. layer may be nil. The shapes are copied so that the arguments of callers do not
// escape to the heap.
func fail(op string, layer any, msg string, shapes ...tensor.Shape) {
	panic(&tensor.Error{Op: op, Msg: strings.Clone(msg), Shapes: append([]tensor.Shape(nil), shapes...), Layer: layer})
}

// checkWeighted panics unless the layer l has its weight.
func checkWeighted(op string, l any, weight tensor.Tensor) {
	if !weight.Defined() {
		fail(op, l, "the layer's weight is no tensor: create the layer with its New function")
	}
}

// checkSize panics if the argument name of a layer's New function is negative.
func checkSize(op, name string, n int) {
	if n < 0 {
		fail(op, nil, fmt.Sprintf("%s must be at least 0, not %d", name, n))
	}
}

// checkGenerator panics if the generator for a layer's initial parameters is nil.
func checkGenerator(op string, g *rng.Torch) {
	if g == nil {
		fail(op, nil, "the generator is nil: create one with rng.NewTorch")
	}
}
