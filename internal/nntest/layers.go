package nntest

import (
	"math"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// affineOf computes x·wᵀ + b by the definition; b is optional.
func affineOf(in []array, relu bool) array {
	x, w := in[0], in[1]
	n, out := w.Shape[1], w.Shape[0]
	y := array{Shape: append(append([]int{}, x.Shape[:len(x.Shape)-1]...), out)}
	for row := range sized(x.Shape[:len(x.Shape)-1]) {
		for k := range out {
			sum := 0.0
			for i := range n {
				sum += x.V[row*n+i] * w.V[k*n+i]
			}
			if len(in) > 2 {
				sum += in[2].V[k]
			}
			if relu && sum < 0 {
				sum = 0
			}
			y.V = append(y.V, sum)
		}
	}
	return y
}

func linearRow(name string, inputs int, relu bool) *tensortest.Op {
	layer := &nn.Linear{}
	model := nn.Sequential{layer, &nn.ReLU{}}
	op := &tensortest.Op{Name: name, DTypes: float, Inputs: make([]input, inputs), Tol: products,
		Call: func(x []tensor.Tensor, _ attributes) tensor.Tensor {
			layer.Weight, layer.Bias = x[1], tensor.Tensor{}
			if inputs > 2 {
				layer.Bias = required(x[2])
			}
			if relu {
				return model.Forward(x[0])
			}
			return layer.Forward(x[0])
		},
		Ref: func(in []array, _ attributes) array { return affineOf(in, relu) },
		Errors: []mistake{
			{Shapes: [][]int{{2, 3}, {4, 2}, {4}}[:inputs],
				Text: "linear: the input's last dimension is not the weight's: (2, 3) × (4, 2)"},
			{Shapes: [][]int{{}, {4, 2}, {4}}[:inputs], Text: "linear: the input's last dimension is not the weight's: () × (4, 2)"},
			{Shapes: [][]int{{2, 3}, {3}, {3}}[:inputs], Text: "linear: the weight must be a matrix: (3,)"},
			{Shapes: [][]int{{2, 3}, {4, 3}, {4}}[:inputs], DTypes: []tensor.DType{tensor.Float64},
				Text: "linear: the input is float64, the weight float32: (2, 3) × (4, 3)"},
		},
	}
	if inputs > 2 {
		op.Errors = append(op.Errors, mistake{Shapes: [][]int{{2, 3}, {4, 3}, {3}},
			Text: "linear: a float32 bias does not fit the float32 weight: (3,) × (4, 3)"})
	}
	for _, s := range [][][]int{
		{{3}, {2, 3}, {2}}, {{2, 3}, {4, 3}, {4}}, {{1, 1}, {1, 1}, {1}}, {{2, 3, 4}, {3, 4}, {3}},
		{{0, 3}, {2, 3}, {2}}, {{2, 0}, {3, 0}, {3}}, {{2, 3}, {0, 3}, {0}},
		{{33, 65}, {47, 65}, {47}}, {{1, 300}, {70, 300}, {70}}, {{2, 17, 300}, {19, 300}, {19}},
	} {
		// The pre-activation of the drawn numbers is not near 0, where ReLU has no derivative.
		op.Samples = append(op.Samples, sample{Shapes: s[:inputs], Big: sized(s[1]) > 100})
	}
	for _, bad := range []float64{nan, inf, -inf} { // 0 times NaN and ∞
		zero, hard := []float64{0, 0, 0, 0, 0, 0}, []float64{bad, 1, 2, 3, 4, 5}
		for _, v := range [][][]float64{{zero, hard, {1, 2}}, {hard, zero, {1, 2}}, {zero, zero, {bad, 1}}} {
			op.Samples = append(op.Samples, sample{Shapes: [][]int{{2, 3}, {2, 3}, {2}}[:inputs], Values: v[:inputs], Big: true})
		}
	}
	return op
}

// normed normalizes rows of n elements. With center it subtracts their mean.
func normed(in []array, n int, eps float64, center bool) array {
	y := array{Shape: in[0].Shape}
	for at := 0; at < len(in[0].V); at += n {
		row := in[0].V[at:][:n]
		mean, square := 0.0, 0.0
		if center {
			for _, v := range row {
				mean += v / float64(n)
			}
		}
		for _, v := range row {
			square += (v - mean) * (v - mean) / float64(n)
		}
		for i, v := range row {
			v = (v - mean) / math.Sqrt(square+eps)
			if len(in) > 1 {
				v *= in[1].V[i]
			}
			if len(in) > 2 {
				v += in[2].V[i]
			}
			y.V = append(y.V, v)
		}
	}
	return y
}

// normRow makes the row of a norm over the last dims dimensions, an attribute.
func normRow(name string, inputs int, center bool) *tensortest.Op {
	layer, root := &nn.LayerNorm{}, &nn.RMSNorm{}
	rank := func(a attributes) int {
		if a["dims"] == nil {
			return 1
		}
		return a.Int("dims")
	}
	eps := func(a attributes) float64 {
		if a["eps"] == nil {
			return 0
		}
		return a.Float("eps")
	}
	op := &tensortest.Op{Name: name, DTypes: float, Inputs: make([]input, inputs), Tol: norms, Half: &halfNorms,
		Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
			s := x[0].Shape()
			shape := tensor.ShapeOf(s.Dim(-1))
			if rank(a) == 2 {
				shape = tensor.ShapeOf(s.Dim(-2), s.Dim(-1))
			}
			var w, b tensor.Tensor
			if inputs > 1 {
				w = required(x[1])
				shape = w.Shape()
			}
			if inputs > 2 {
				b = required(x[2])
			}
			if center {
				*layer = nn.LayerNorm{Weight: w, Bias: b, Shape: shape, Eps: eps(a)}
				return layer.Forward(x[0])
			}
			*root = nn.RMSNorm{Weight: w, Shape: shape, Eps: eps(a)}
			return root.Forward(x[0])
		},
	}
	op.Ref = func(in []array, a attributes) array {
		e := eps(a)
		s := in[0].Shape
		return normed(in, sized(s[len(s)-rank(a):]), e, center)
	}
	sampled := func(x []int, dims int, e float64) {
		s := [][]int{x, x[len(x)-dims:], x[len(x)-dims:]}
		op.Samples = append(op.Samples, sample{Shapes: s[:inputs], Attrs: attributes{"dims": dims, "eps": e}, Big: sized(x) > 100})
	}
	for _, e := range []float64{1e-5, 0.5} {
		sampled([]int{5}, 1, e)
		sampled([]int{2, 3}, 1, e)
		sampled([]int{2, 3, 4}, 1, e)
		sampled([]int{2, 3, 4}, 2, e)
		sampled([]int{0, 3}, 1, e)
		sampled([]int{3, 70}, 1, e)
		sampled([]int{7, 1300}, 1, e)
	}
	sampled([]int{4, 1}, 1, 0.5)
	if inputs == 1 {
		for _, v := range [][]float64{{nan, 1, 2}, {inf, 1, 2}, {-inf, inf, 0}, {0, math.Copysign(0, -1), 0}, {7, 7, 7}} {
			op.Samples = append(op.Samples, sample{Shapes: [][]int{{3}}, Values: [][]float64{v},
				Attrs: attributes{"dims": 1, "eps": 1e-5}, Big: true})
		}
		op.Errors = []mistake{{Shapes: [][]int{{2, 3}}, DTypes: []tensor.DType{tensor.Int64},
			Attrs: attributes{"dims": 1, "eps": 1}, Text: "the input must have the type of the layer, not int64: (2, 3) × (3,)"}}
	} else {
		s := [][]int{{2, 3}, {4}, {4}}
		op.Errors = []mistake{
			{Shapes: s[:inputs], Attrs: attributes{"dims": 1, "eps": 1},
				Text: "the input's last dimensions are not the normalized shape: (2, 3) × (4,)"},
			{Shapes: [][]int{{2, 4}, {4}, {4}}[:inputs], DTypes: []tensor.DType{tensor.Float64},
				Attrs: attributes{"dims": 1, "eps": 1}, Text: "the input must have the type of the layer, not float64: (2, 4) × (4,)"},
		}
	}
	return op
}

// rowsOf is a sample of an embedding table and an index.
func rowsOf(table, index []int, at ...float64) sample {
	return sample{Shapes: [][]int{table, index}, Values: [][]float64{nil, at}, Big: sized(table) > 100}
}

func layerRows() []*tensortest.Op {
	table := &nn.Embedding{}
	padding := 0
	drop := nn.NewDropout(rng.NewTorch(1), 0)
	rows := []*tensortest.Op{
		linearRow("linear", 3, false), linearRow("linear_no_bias", 2, false), linearRow("linear_relu", 3, true),
		normRow("layer_norm", 3, true), normRow("layer_norm_no_bias", 2, true), normRow("layer_norm_plain", 1, true),
		normRow("rms_norm", 2, false), normRow("rms_norm_plain", 1, false),
		{Name: "embedding", DTypes: float, Inputs: []input{{}, {DType: &whole}}, Tol: picked,
			Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
				table.Weight, table.PaddingIndex = x[0], nil
				if a["padding_idx"] != nil {
					padding = a.Int("padding_idx")
					table.PaddingIndex = &padding
				}
				return table.Forward(x[1])
			},
			Ref: func(in []array, _ attributes) array {
				w, index := in[0], in[1]
				y := array{Shape: append(append([]int{}, index.Shape...), w.Shape[1])}
				for _, i := range index.V {
					y.V = append(y.V, w.V[int(i)*w.Shape[1]:][:w.Shape[1]]...)
				}
				return y
			},
			Samples: []sample{
				rowsOf([]int{5, 3}, []int{4}, 4, 0, 4, 2), rowsOf([]int{5, 3}, []int{2, 3}, 0, 1, 2, 4, 4, 4),
				rowsOf([]int{1, 2}, []int{}, 0), rowsOf([]int{5, 3}, []int{0}),
				rowsOf([]int{4, 0}, []int{3}, 1, 2, 3), rowsOf([]int{3, 700}, []int{2}, 2, 2), rowsOf([]int{40, 30}, []int{3}, 39, 0, 39),
				{Shapes: [][]int{{2, 3}, {3}}, Values: [][]float64{{nan, inf, -inf, 1, 2, 3}, {1, 0, 1}}, Big: true},
			},
			Errors: []mistake{
				{Shapes: [][]int{{2, 3}, {2}}, Text: "embedding: the index must be int64 or int32, not float32: (2,)"},
				{Shapes: [][]int{{1, 3}, {2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
					Text: "embedding: index 1 at element 0 is outside the 1 rows: (2,) × (1, 3)"},
				{Shapes: [][]int{{2, 3}, {2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
					Attrs: attributes{"padding_idx": 2}, Text: "embedding: the padding index 2 is out of range for 2 rows: (2, 3)"},
			},
		},
		{Name: "dropout", DTypes: float, Inputs: []input{{}}, MemoryOrder: true,
			Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
				drop.RNG.Seed(uint64(a.Int("seed")))
				drop.P = a.Float("p")
				return drop.Forward(x[0])
			},
			Ref: func(in []array, a attributes) array {
				p := a.Float("p")
				mask := make([]float64, len(in[0].V))
				rng.NewTorch(uint64(a.Int("seed"))).Bernoulli64(mask, 1-p)
				y := array{Shape: in[0].Shape}
				for i, v := range in[0].V {
					if p == 1 {
						mask[i] = 0
					} else if p == 0 {
						mask[i] = 1
					} else {
						mask[i] /= 1 - p
					}
					y.V = append(y.V, v*mask[i])
				}
				return y
			},
			Samples: []sample{
				{Shapes: [][]int{{}}, Attrs: attributes{"p": 0.5, "seed": 2}},
				{Shapes: [][]int{{7}}, Attrs: attributes{"p": 0.3, "seed": 2}},
				{Shapes: [][]int{{3, 4}}, Attrs: attributes{"p": 0.9, "seed": 2}},
				{Shapes: [][]int{{3, 4}}, Attrs: attributes{"p": 0.0, "seed": 2}},
				{Shapes: [][]int{{3, 4}}, Attrs: attributes{"p": 1.0, "seed": 2}},
				{Shapes: [][]int{{2, 0}}, Attrs: attributes{"p": 0.5, "seed": 2}},
				{Shapes: [][]int{{3, 700}}, Attrs: attributes{"p": 0.5, "seed": 2}, Big: true},
				{Shapes: [][]int{{8}}, Values: [][]float64{{nan, inf, -inf, math.Copysign(0, -1), nan, inf, -inf, 1}},
					Attrs: attributes{"p": 0.5, "seed": 2}, Big: true},
			},
			Tol: tensortest.Tol{ULP: 1, Torch: 1, Grad: 1, Why: "1/(1−p) is rounded before the product"},
		},
	}
	return rows
}
