package nntest

import (
	"math"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
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

// scaled multiplies each channel of y by its weight and adds its bias, in[1] and in[2] if there are any, and applies
// a ReLU.
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
			sample{Shapes: [][]int{{2, 2, 3}}, Values: [][]float64{{7, 7, 7, 0, 0, 0, 7, 7, 7, 0, math.Copysign(0, -1),
				0}}, Attrs: a, Big: true})
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
		{Shapes: [][]int{{3}, {3}, {3}}[:inputs], Attrs: eps,
			Text: "batch_norm: the input must have a batch and a channel dimension: (3,)"},
		{Shapes: [][]int{{1, 3}, {3}, {3}}[:inputs], Attrs: eps,
			Text: "batch_norm: training needs more than one value per channel: use a larger batch, or evaluation mode: (1, 3)"},
		{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], DTypes: []tensor.DType{tensor.Int64, tensor.Float32,
			tensor.Float32}[:inputs], Attrs: eps, Text: "batch_norm: the input must be floating point, not int64: (2, 3)"},
		{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], Attrs: attributes{"eps": 0.0},
			Text: "batch_norm: eps is 0; it must be positive in training, and not negative in evaluation: (2, 3)"},
	}
	if inputs > 1 {
		op.Errors = append(op.Errors, mistake{Shapes: [][]int{{2, 3}, {4}, {3}}[:inputs], Attrs: eps,
			Text: "batch_norm: the weight must be float32 and of shape (3,), not float32: (4,) × (2, 3)"},
			mistake{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], DTypes: []tensor.DType{tensor.Float32, tensor.Float64},
				Attrs: eps, Text: "batch_norm: the weight must be float32 and of shape (3,), not float64: (3,) × (2, 3)"})
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
	op.Samples = append(op.Samples, sample{Shapes: [][]int{{1, 4}, {4}, {4}, {4}, {4}},
		Values: [][]float64{{nan, inf, -inf, 0}, nil, nil, nil, nil},
		Attrs:  attributes{"eps": 1e-5}, Big: true})
	op.Errors = []mistake{
		{Shapes: [][]int{{2, 3}, {3}, {3}, {2}, {3}}, Attrs: attributes{"eps": 1e-5},
			Text: "batch_norm: the running mean must be float32 and of shape (3,), not float32: (2,) × (2, 3)"},
		{Shapes: [][]int{{2, 3}, {3}, {3}, {3}, {3}}, Attrs: attributes{"eps": -1e-5},
			Text: "batch_norm: eps is -1e-05; it must be positive in training, and not negative in evaluation: (2, 3)"},
	}
	return op
}

func groupRow(name string, inputs int) *tensortest.Op {
	shapes := [][]int{{5, 6}, {3, 4, 4}, {2, 4, 2, 3}, {2, 4, 2, 3}, {0, 2, 3}, {2, 6, 35}, {1, 2, 170}, {1, 4}, {3, 1, 4}}
	var attrs []attributes
	for _, groups := range []int{2, 1, 2, 4, 1, 3, 2, 1, 1} {
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
		{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], Attrs: attributes{"groups": 2, "eps": 1e-5},
			Text: "group_norm: 3 channels cannot be divided into 2 groups: (2, 3)"},
		{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], Attrs: attributes{"groups": 0, "eps": 1e-5},
			Text: "group_norm: 3 channels cannot be divided into 0 groups: (2, 3)"},
		{Shapes: [][]int{{1, 3}, {3}, {3}}[:inputs], Attrs: attributes{"groups": 3, "eps": 1e-5},
			Text: "group_norm: more than one value per group is needed: use fewer groups, or a larger batch: (1, 3)"},
	}
	return op
}

func instanceRow(name string, inputs int) *tensortest.Op {
	op := channelRow(name, inputs, [][]int{{3, 2, 4}, {2, 3, 2, 3}, {2, 2, 2, 1, 3}, {0, 2, 3}, {2, 3, 170}, {3, 1, 4}, {2, 1, 2, 40}})
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
		instanceRow("instance_norm", 3), instanceRow("instance_norm_plain", 1), responseRow(),
	}
}

func responseRow() *tensortest.Op {
	layer := &nn.LocalResponseNorm{}
	op := &tensortest.Op{Name: "local_response_norm", DTypes: float, Inputs: make([]input, 1),
		Half: &tensortest.Tol{ULP: 1, Torch: 3, Grad: 8, Largest: true, Cancels: true,
			Why: "computed in float32 and rounded once; PyTorch rounds each step to 16 bits"},
		Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
			*layer = nn.LocalResponseNorm{Size: a.Int("size"), Alpha: a.Float("alpha"), Beta: a.Float("beta"), K: a.Float("k")}
			return layer.Forward(x[0])
		},
		Ref: func(in []array, a attributes) array {
			x := in[0]
			channels, size := channelsOf(x)
			y := array{Shape: x.Shape}
			for i, v := range x.V {
				sum, c := 0.0, i/size%channels
				for j := c - a.Int("size")/2; j <= c+(a.Int("size")-1)/2; j++ {
					if j >= 0 && j < channels {
						sum += x.V[i+(j-c)*size] * x.V[i+(j-c)*size]
					}
				}
				y.V = append(y.V, v/math.Pow(a.Float("k")+a.Float("alpha")*sum/float64(a.Int("size")), a.Float("beta")))
			}
			return y
		},
		Tol: tensortest.Tol{ULP: 8, Torch: 8, Grad: 32, Largest: true, Cancels: true,
			Why: "a sum of squares, a power and a quotient, each rounded"},
	}
	for _, shape := range [][]int{{2, 3, 4}, {2, 5, 2, 3}, {1, 4, 2, 1, 3}, {0, 2, 3}, {3, 20, 9}} {
		for i, size := range []int{1, 2, 3, 5} {
			a := attributes{"size": size, "alpha": []float64{1e-4, 0.5, 1, 2}[i], "beta": []float64{0.75, 1, 0.5, 2}[i],
				"k": []float64{1, 2, 0.5, 1}[i]}
			op.Samples = append(op.Samples, sample{Shapes: [][]int{shape}, Attrs: a, Big: sized(shape) > 100})
		}
	}
	op.Errors = []mistake{{Shapes: [][]int{{2, 3}}, Attrs: attributes{"size": 2, "alpha": 1, "beta": 1, "k": 1},
		Text: "local_response_norm: the input must be floating point and have at least 3 dimensions, not float32: (2, 3)"}}
	return op
}

// channelDropoutRows are the dropouts with PyTorch's streams of random numbers.
func channelDropoutRows() (rows []*tensortest.Op) {
	g := rng.NewTorch(1)
	d1, d2, d3 := nn.NewDropout1d(g, 0), nn.NewDropout2d(g, 0), nn.NewDropout3d(g, 0)
	alpha, feature := nn.NewAlphaDropout(g, 0), nn.NewFeatureAlphaDropout(g, 0)
	for _, d := range []struct {
		name   string
		drop   *nn.Dropout
		layer  nn.Module
		shapes [][]int
		alpha  bool
		dims   func(rank int) int // how many dimensions the mask has
		wrong  []int
		text   string
	}{
		{"dropout1d", &d1.Dropout, d1, [][]int{{3, 4}, {2, 3, 4}, {2, 0, 3}}, false,
			func(rank int) int { return rank - 1 }, []int{2}, "dropout1d: the input must have 2 or 3 dimensions, not 1: (2,)"},
		{"dropout2d", &d2.Dropout, d2, [][]int{{2, 3, 4}, {2, 3, 2, 4}, {0, 3, 2, 2}}, false,
			func(int) int { return 2 }, []int{2}, "dropout2d: the input must have 3 or 4 dimensions, not 1: (2,)"},
		{"dropout3d", &d3.Dropout, d3, [][]int{{3, 2, 1, 4}, {2, 3, 2, 1, 2}, {0, 1, 2, 2}}, false,
			func(rank int) int { return rank - 3 }, []int{2}, "dropout3d: the input must have 4 or 5 dimensions, not 1: (2,)"},
		{"alpha_dropout", &alpha.Dropout, alpha, [][]int{{}, {7}, {3, 4}, {2, 0}, {3, 70}}, true,
			func(rank int) int { return rank }, nil, ""},
		{"feature_alpha_dropout", &feature.Dropout, feature, [][]int{{3, 4}, {2, 3, 4}, {2, 3, 2, 2}}, true,
			func(int) int { return 2 }, []int{2}, "feature_alpha_dropout: the input must have a batch and a channel dimension: (2,)"},
	} {
		op := &tensortest.Op{Name: d.name, DTypes: float, Inputs: []input{{}}, MemoryOrder: d.name == "alpha_dropout",
			Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
				d.drop.RNG.Seed(uint64(a.Int("seed")))
				d.drop.P = a.Float("p")
				return d.layer.Forward(x[0])
			},
			Ref: func(in []array, a attributes) array {
				x, p := in[0], a.Float("p")
				n := d.dims(len(x.Shape))
				mask := make([]float64, sized(x.Shape[:n]))
				if p > 0 && p < 1 && len(x.V) > 0 {
					rng.NewTorch(uint64(a.Int("seed"))).Bernoulli64(mask, 1-p)
				}
				y := array{Shape: x.Shape}
				for i, v := range x.V {
					m := mask[i/sized(x.Shape[n:])]
					switch s := 1.7580993408473766; {
					case p == 0:
					case p == 1:
						v *= 0
					case d.alpha:
						c := 1 / math.Sqrt((s*s*p+1)*(1-p))
						v = v*m*c + (m-1)*s*c + s*c*p
					default:
						v *= m / (1 - p)
					}
					y.V = append(y.V, v)
				}
				return y
			},
			Tol:  tensortest.Tol{ULP: 2, Torch: 2, Grad: 1, Largest: d.alpha, Why: "the factors are rounded before the product"},
			Half: &tensortest.Tol{ULP: 3, Torch: 1, Grad: 1, Largest: d.alpha, Why: "each step is rounded to 16 bits, as in PyTorch"},
		}
		for _, shape := range d.shapes {
			for _, p := range []float64{0, 0.3, 0.5, 1} {
				op.Samples = append(op.Samples, sample{Shapes: [][]int{shape}, Attrs: attributes{"p": p, "seed": 2},
					Big: sized(shape) > 100})
			}
		}
		if d.wrong != nil {
			op.Errors = []mistake{{Shapes: [][]int{d.wrong}, Attrs: attributes{"p": 0.5, "seed": 1}, Text: d.text}}
		}
		rows = append(rows, op)
	}
	return rows
}
