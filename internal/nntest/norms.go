package nntest

import (
	"math"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/tensor"
)

// normedSets normalizes the elements of x with equal set numbers to mean 0 and variance 1.
func normedSets(x array, eps float64, setOf func(i int) int) array {
	sets := map[int][]int{}
	for i := range x.V {
		sets[setOf(i)] = append(sets[setOf(i)], i)
	}
	y := array{Shape: x.Shape, V: make([]float64, len(x.V))}
	for _, at := range sets {
		v, squares := make([]float64, len(at)), make([]float64, len(at))
		for k, i := range at {
			v[k] = x.V[i]
		}
		mean := total(v) / float64(len(at))
		for k := range v {
			squares[k] = (v[k] - mean) * (v[k] - mean)
		}
		for _, i := range at {
			y.V[i] = (x.V[i] - mean) / math.Sqrt(total(squares)/float64(len(at))+eps)
		}
	}
	return y
}

// channelsOf returns the number of channels, and of elements of a channel of one sample.
func channelsOf(x array) (channels, size int) { return x.Shape[1], sized(x.Shape[2:]) }

// scaled multiplies each channel of y by its weight and adds its bias, in[1] and in[2] if there are any, and applies a ReLU.
func scaled(y array, in []array, relu bool) array {
	channels, size := channelsOf(y)
	for i := range y.V {
		c := i / size % channels
		if len(in) > 1 {
			y.V[i] *= in[1].V[c]
		}
		if len(in) > 2 {
			y.V[i] += in[2].V[c]
		}
		if relu && y.V[i] < 0 {
			y.V[i] = 0
		}
	}
	return y
}

// inputOr returns input i, or the zero Tensor if there are fewer.
func inputOr(x []tensor.Tensor, i int) tensor.Tensor {
	if i < len(x) {
		return required(x[i])
	}
	return tensor.Tensor{}
}

// channelRow makes a row of a norm of channels, without its function.
func channelRow(name string, inputs int, shapes [][]int, attrs ...attributes) *tensortest.Op {
	op := &tensortest.Op{Name: name, DTypes: float, Inputs: make([]input, inputs), Tol: norms, Half: &halfNorms}
	for i, x := range shapes {
		c := []int{x[1]}
		for _, eps := range []float64{1e-5, 0.5} {
			a := attributes{"eps": eps}
			if len(attrs) > 0 {
				a["groups"] = attrs[i]["groups"]
			}
			op.Samples = append(op.Samples, sample{Shapes: [][]int{x, c, c, c, c}[:inputs], Attrs: a, Big: sized(x) > 100})
		}
	}
	if inputs == 1 {
		x := []float64{1, 2, 3, nan, 5, 6, 7, inf, 1, 0, 2, 4}
		a := attributes{"eps": 1e-5, "groups": 2}
		op.Samples = append(op.Samples, sample{Shapes: [][]int{{2, 2, 3}}, Values: [][]float64{x}, Attrs: a, Big: true},
			sample{Shapes: [][]int{{2, 2, 3}}, Values: [][]float64{{7, 7, 7, 0, 0, 0, 7, 7, 7, 0, math.Copysign(0, -1), 0}}, Attrs: a, Big: true})
	}
	return op
}

var batchShapes = [][]int{{5, 3}, {3, 2, 4}, {2, 3, 2, 3}, {2, 2, 2, 1, 3}, {1, 2, 7}, {0, 2, 3}, {3, 2, 170}, {70, 3}}

// batchRow is a row of batch norm in training.
func batchRow(name string, inputs int, act tensor.Activation) *tensortest.Op {
	op := channelRow(name, inputs, batchShapes)
	op.Call = func(x []tensor.Tensor, a attributes) tensor.Tensor {
		return tensor.BatchNorm(x[0], tensor.Tensor{}, tensor.Tensor{}, inputOr(x, 1), inputOr(x, 2), true, 0, a.Float("eps"), act)
	}
	op.Ref = func(in []array, a attributes) array {
		channels, size := channelsOf(in[0])
		return scaled(normedSets(in[0], a.Float("eps"), func(i int) int { return i / size % channels }), in, act == tensor.ReLU)
	}
	eps := attributes{"eps": 1e-5}
	op.Errors = []mistake{
		{Shapes: [][]int{{3}, {3}, {3}}[:inputs], Attrs: eps, Text: "batch_norm: the input must have a batch and a channel dimension: (3,)"},
		{Shapes: [][]int{{1, 3}, {3}, {3}}[:inputs], Attrs: eps, Text: "batch_norm: training needs more than one value per channel: use a larger batch, or evaluation mode: (1, 3)"},
		{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], DTypes: []tensor.DType{tensor.Int64, tensor.Float32, tensor.Float32}[:inputs], Attrs: eps, Text: "batch_norm: the input must be floating point, not int64: (2, 3)"},
	}
	if inputs > 1 {
		op.Errors = append(op.Errors, mistake{Shapes: [][]int{{2, 3}, {4}, {3}}[:inputs], Attrs: eps, Text: "batch_norm: the weight must be float32 and of shape (3,), not float32: (4,) × (2, 3)"},
			mistake{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], DTypes: []tensor.DType{tensor.Float32, tensor.Float64}, Attrs: eps, Text: "batch_norm: the weight must be float32 and of shape (3,), not float64: (3,) × (2, 3)"})
	}
	return op
}

// evalRow is a row of batch norm in evaluation, whose last inputs are the running mean and variance.
func evalRow(name string, act tensor.Activation) *tensortest.Op {
	op := channelRow(name, 5, batchShapes)
	op.Inputs[3].Const = true
	op.Inputs[4] = input{Lo: 0.5, Hi: 2, Const: true}
	op.Call = func(x []tensor.Tensor, a attributes) tensor.Tensor {
		return tensor.BatchNorm(x[0], required(x[3]), required(x[4]), required(x[1]), required(x[2]), false, 0, a.Float("eps"), act)
	}
	op.Ref = func(in []array, a attributes) array {
		x := in[0]
		channels, size := channelsOf(x)
		y := array{Shape: x.Shape, V: make([]float64, len(x.V))}
		for i, v := range x.V {
			c := i / size % channels
			y.V[i] = (v - in[3].V[c]) / math.Sqrt(in[4].V[c]+a.Float("eps"))
		}
		return scaled(y, in[:3], act == tensor.ReLU)
	}
	op.Samples = append(op.Samples, sample{Shapes: [][]int{{1, 4}, {4}, {4}, {4}, {4}}, Values: [][]float64{{nan, inf, -inf, 0}, nil, nil, nil, nil},
		Attrs: attributes{"eps": 1e-5}, Big: true})
	op.Errors = []mistake{{Shapes: [][]int{{2, 3}, {3}, {3}, {2}, {3}}, Attrs: attributes{"eps": 1e-5},
		Text: "batch_norm: the running mean must be float32 and of shape (3,), not float32: (2,) × (2, 3)"}}
	return op
}

func groupRow(name string, inputs int) *tensortest.Op {
	shapes := [][]int{{5, 6}, {3, 4, 4}, {2, 4, 2, 3}, {2, 4, 2, 3}, {0, 2, 3}, {2, 6, 35}, {1, 2, 170}}
	var attrs []attributes
	for _, groups := range []int{2, 1, 2, 4, 1, 3, 2} {
		attrs = append(attrs, attributes{"groups": groups})
	}
	op := channelRow(name, inputs, shapes, attrs...)
	op.Call = func(x []tensor.Tensor, a attributes) tensor.Tensor {
		return tensor.GroupNorm(x[0], a.Int("groups"), inputOr(x, 1), inputOr(x, 2), a.Float("eps"))
	}
	op.Ref = func(in []array, a attributes) array {
		channels, size := channelsOf(in[0])
		per := channels / a.Int("groups") * size
		return scaled(normedSets(in[0], a.Float("eps"), func(i int) int { return i / per }), in, false)
	}
	op.Errors = []mistake{
		{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], Attrs: attributes{"groups": 2, "eps": 1e-5}, Text: "group_norm: 3 channels cannot be divided into 2 groups: (2, 3)"},
		{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], Attrs: attributes{"groups": 0, "eps": 1e-5}, Text: "group_norm: 3 channels cannot be divided into 0 groups: (2, 3)"},
	}
	return op
}

func instanceRow(name string, inputs int) *tensortest.Op {
	op := channelRow(name, inputs, [][]int{{3, 2, 4}, {2, 3, 2, 3}, {2, 2, 2, 1, 3}, {0, 2, 3}, {2, 3, 170}})
	op.Call = func(x []tensor.Tensor, a attributes) tensor.Tensor {
		return tensor.InstanceNorm(x[0], tensor.Tensor{}, tensor.Tensor{}, inputOr(x, 1), inputOr(x, 2), true, 0, a.Float("eps"))
	}
	op.Ref = func(in []array, a attributes) array {
		_, size := channelsOf(in[0])
		return scaled(normedSets(in[0], a.Float("eps"), func(i int) int { return i / size }), in, false)
	}
	op.Errors = []mistake{{Shapes: [][]int{{2, 3, 1}, {3}, {3}}[:inputs], Attrs: attributes{"eps": 1e-5},
		Text: "instance_norm: more than one value per channel of a sample is needed: (2, 3, 1)"}}
	return op
}

func normRows() []*tensortest.Op {
	return []*tensortest.Op{
		batchRow("batch_norm", 3, tensor.NoActivation), batchRow("batch_norm_no_bias", 2, tensor.NoActivation),
		batchRow("batch_norm_plain", 1, tensor.NoActivation), batchRow("batch_norm_relu", 3, tensor.ReLU),
		evalRow("batch_norm_eval", tensor.NoActivation), evalRow("batch_norm_eval_relu", tensor.ReLU),
		groupRow("group_norm", 3), groupRow("group_norm_no_bias", 2), groupRow("group_norm_plain", 1),
		instanceRow("instance_norm", 3), instanceRow("instance_norm_plain", 1),
	}
}
