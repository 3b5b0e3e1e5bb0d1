package figure

import (
	"slices"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision/explain"
)

// Neuron is one neuron of a layer: the weighted sum z = Σ aᵢ·ωᵢ + b and the activation σ(z).
type Neuron struct {
	Shape    []int   `json:"shape"`    // of the layer's input: [neurons] or [maps, height, width]
	Inputs   Values  `json:"inputs"`   // a
	Weights  Values  `json:"weights"`  // ω; 0 for an input that the neuron does not see
	Bias     float64 `json:"bias"`     // b
	Sum      float64 `json:"sum"`      // z
	Output   float64 `json:"output"`   // σ(z), or z without an activation
	Weighted bool    `json:"weighted"` // whether z is that sum; otherwise there are no Inputs and Weights
	Gradient Values  `json:"gradient"` // how z depends on each number of the network's input
}

// NeuronOf returns a neuron of the column of a layer for the input x of one sample; index is [neuron] or [map, row, column]. It
// reports false if there is no such column or neuron.
func NeuronOf(model nn.Module, x tensor.Tensor, layer int, index ...int) (n Neuron, ok bool) {
	layers := explain.FeatureMaps(model, x)
	columns := columnsOf(layers)
	at := slices.IndexFunc(columns, func(c Column) bool { return c.Layer == layer })
	if at < 0 || !inside(index, columns[at].Shape) {
		return n, false
	}
	c, l := columns[at], layers[layer]
	index = append([]int{0}, index...)
	n.Gradient = explain.NeuronGradient(model, x, layer, index...).Float32s()
	n.Sum, n.Output = element(l.Output, index), element(c.result, index)
	z, ok := l.Neuron(index...)
	if n.Weighted = ok && c.Weighted; n.Weighted {
		n.Shape = z.Inputs.Shape().Dims()
		n.Inputs, n.Weights = z.Inputs.Float32s(), z.Weights.Float32s()
		n.Bias, n.Sum = z.Bias, z.Sum
	}
	return n, true
}

// inside reports whether an array of that shape has that index.
func inside(index, shape []int) bool {
	ok := len(index) == len(shape)
	for i := 0; ok && i < len(index); i++ {
		ok = index[i] >= 0 && index[i] < shape[i]
	}
	return ok
}

func element(y tensor.Tensor, index []int) float64 {
	for _, i := range index {
		y = y.Select(0, i)
	}
	return y.Item()
}
