package ui

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// trace is one step of training on one sample, with all of its numbers.
type trace struct {
	Sample  [3]float64   `json:"sample"` // x, y and target
	Index   int          `json:"index"`  // of the sample
	Inputs  []number     `json:"inputs"` // the input layer
	Layers  []traceLayer `json:"layers"`
	Output  number       `json:"output"` // y′: σ(z) of a class, z of a regression
	Loss    number       `json:"loss"`
	DOutput number       `json:"dOutput"` // ∂L/∂y′
	Before  number       `json:"before"`  // the loss of the sample before the step, without dropout
	After   number       `json:"after"`   // the same behind the step
}

// traceLayer has the numbers of one layer with n neurons. The gradients are those that Backward computes.
type traceLayer struct {
	Weights  []number `json:"weights"` // ω before the step, (n, inputs)
	Biases   []number `json:"biases"`
	Z        []number `json:"z"`
	A        []number `json:"a"`    // behind the activation and dropout
	Keep     []number `json:"keep"` // what dropout multiplies by: 0 or 1/(1−p); absent without dropout
	DA       []number `json:"dA"`   // ∂L/∂a
	DZ       []number `json:"dZ"`   // ∂L/∂z
	DWeights []number `json:"dWeights"`
	DBiases  []number `json:"dBiases"`
	NewW     []number `json:"newWeights"` // ω behind the step
	NewB     []number `json:"newBiases"`
}

// trace trains one step on one sample that is trained on, and returns its numbers.
func (t *trainer) trace(index int) *trace {
	index %= len(t.trained)
	s := t.trained[index]
	out := &trace{Sample: pointsOf([]sample{s})[0], Index: index}
	width := len(t.Inputs)
	row := t.featureRows[index*width : (index+1)*width]
	out.Inputs = numbers(row)
	x, y := t.scope.Empty(tensor.Float32, 1, width), t.scope.Empty(tensor.Float32, 1, 1)
	tensor.SetFrom(x, row)
	tensor.SetFrom(y, []float32{float32(s.target)})

	undropped := func() number {
		nn.Eval(t.net)
		defer nn.Train(t.net)
		_, loss := t.parts(t.net.Forward(x), y)
		return number(loss.Item())
	}
	out.Before = undropped()
	all := append(t.net.Hidden[:len(t.net.Hidden):len(t.net.Hidden)], t.net.Out)
	a := x
	var zs, as, kept []tensor.Tensor
	for i, l := range all {
		z := l.Forward(a)
		zs = append(zs, z)
		a = z
		if i < len(t.net.Hidden) {
			active := t.net.activation(z)
			kept = append(kept, active)
			a = t.net.Dropout.Forward(active)
		}
		as = append(as, a)
	}
	z := zs[len(zs)-1]
	prediction, loss := t.parts(z, y)
	out.Output, out.Loss = number(prediction.Item()), number(loss.Item())

	gradients := tensor.Gradient(loss, append(append(as[:len(as):len(as)], zs...), prediction), false)
	t.optimizer.ZeroGrad()
	loss.Backward()
	for i, l := range all {
		layer := traceLayer{
			Weights: numbers(l.Weight.Float32s()), Biases: numbers(l.Bias.Float32s()),
			Z: numbers(zs[i].Float32s()), A: numbers(as[i].Float32s()),
			DA: gradientOf(gradients[i], len(l.Bias.Float32s())), DZ: gradientOf(gradients[len(as)+i], l.Bias.Len()),
			DWeights: gradientOf(l.Weight.Grad(), l.Weight.Len()), DBiases: gradientOf(l.Bias.Grad(), l.Bias.Len()),
		}
		if i < len(kept) && t.Dropout > 0 {
			active := kept[i].Float32s()
			for j, v := range as[i].Float32s() {
				keep := number(1 / (1 - t.Dropout))
				if v == 0 && active[j] != 0 {
					keep = 0
				}
				layer.Keep = append(layer.Keep, keep)
			}
		}
		out.Layers = append(out.Layers, layer)
	}
	out.DOutput = gradientOf(gradients[len(gradients)-1], 1)[0]
	t.optimizer.Step()
	out.After = undropped()
	for i, l := range all {
		out.Layers[i].NewW, out.Layers[i].NewB = numbers(l.Weight.Float32s()), numbers(l.Bias.Float32s())
	}
	t.scope.Recycle()
	t.steps++
	t.epochs += 1 / float64(len(t.trained))
	return out
}

// parts returns the prediction y′ of the output z and its loss as a function of y′, so that ∂L/∂y′ exists.
func (t *trainer) parts(z, y tensor.Tensor) (prediction, loss tensor.Tensor) {
	switch {
	case t.Loss == "cross-entropy":
		prediction = z.Sigmoid()
		return prediction, nn.BCE(prediction, y)
	case t.classes:
		prediction = z.Sigmoid()
		return prediction, nn.MSE(prediction, y)
	case t.Loss == "l1":
		return z, nn.L1(z, y)
	}
	return z, nn.MSE(z, y)
}

// gradientOf returns the numbers of a gradient; an absent one is n zeros.
func gradientOf(g tensor.Tensor, n int) []number {
	if !g.Defined() {
		return make([]number, n)
	}
	return numbers(g.Float32s())
}
