package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// attention computes softmax(scale·q·kᵀ + mask)·v, one query at a time. The mask is a row's fourth input, if it has
// one.
func attention(in []Array, a Attrs, additive bool) Array {
	q, k, v := withHeads(in[0]), withHeads(in[1]), withHeads(in[2])
	n := len(q.Shape)
	l, e, keys, ev := q.Shape[n-2], q.Shape[n-1], k.Shape[len(k.Shape)-2], v.Shape[len(v.Shape)-1]
	group := func(x Array) int { // query heads for each head of x
		if h := x.Shape[len(x.Shape)-3]; a["enable_gqa"] == true {
			return q.Shape[n-3] / max(1, h)
		}
		return 1
	}
	gk, gv := group(k), group(v)
	grouped := func(x Array, g int) []int {
		s := append([]int{}, x.Shape[:len(x.Shape)-2]...)
		s[len(s)-1] *= g
		return s
	}
	lead := broadcast(broadcast(q.Shape[:n-2], grouped(k, gk)), grouped(v, gv))
	scale := 1 / math.Sqrt(float64(max(1, e)))
	if _, ok := a["scale"]; ok {
		scale = a.Float("scale")
	}
	out := Array{Shape: append(append([]int{}, lead...), l, ev)}
	if len(in[0].Shape) == 2 && len(in[1].Shape) == 2 && len(in[2].Shape) == 2 {
		out.Shape = []int{l, ev}
	}
	each(lead, func(at []int) {
		// element returns x[at, row, column], where g consecutive heads share one of x.
		element := func(x Array, g, row, column int) float64 {
			place := append([]int{}, at...)
			place[len(place)-1] /= g
			return x.at(append(place, row, column))
		}
		for i := range l {
			s := make([]float64, keys)
			for j := range s {
				for c := range e {
					s[j] += scale * element(q, 1, i, c) * element(k, gk, j, c)
				}
				if len(in) > 3 && additive {
					s[j] += in[3].at(append(append([]int{}, at...), i, j))
				}
				hidden := 0.0
				if additive {
					hidden = -inf
				}
				if len(in) > 3 && in[3].at(append(append([]int{}, at...), i, j)) == hidden || a["is_causal"] == true && j > i {
					s[j] = -inf // also if it is NaN
				}
			}
			if largest(s) != -inf {
				s = softmax(s)
			} else {
				s = make([]float64, keys)
			}
			for c := range ev {
				sum := 0.0
				for j, p := range s {
					sum += p * element(v, gv, j, c)
				}
				out.V = append(out.V, sum)
			}
		}
	})
	return out
}

// withHeads returns x with a dimension of heads.
func withHeads(x Array) Array {
	if len(x.Shape) == 2 {
		x.Shape = append([]int{1}, x.Shape...)
	}
	return x
}

func callAttention(x []tensor.Tensor, a Attrs) tensor.Tensor {
	return tensor.ScaledDotProductAttention(x[0], x[1], x[2], attentionConfig(x, a))
}

func attentionConfig(x []tensor.Tensor, a Attrs) tensor.AttentionConfig {
	c := tensor.AttentionConfig{Causal: a["is_causal"] == true, GroupedQueries: a["enable_gqa"] == true}
	if len(x) > 3 {
		x[3].Shape() // panics for no tensor: these rows always have a mask
		c.Mask = x[3]
	}
	if _, ok := a["scale"]; ok {
		c.Scale = a.Float("scale")
	}
	if _, ok := a["dropout_p"]; ok {
		c.Dropout, c.Generator = a.Float("dropout_p"), rng.NewTorch(7)
	}
	return c
}

// attentionWeightsRow is attention of values that are the identity matrix.
var attentionWeightsRow = &Op{Name: "attention_weights", Go: []string{"AttentionWeights"}, DTypes: floats, Inputs: []Input{{}, {}},
	Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
		return tensor.AttentionWeights(x[0], x[1], attentionConfig(x, a))
	},
	Ref: func(in []Array, a Attrs) Array {
		n := in[1].Shape[len(in[1].Shape)-2]
		identity := Array{Shape: []int{n, n}, V: make([]float64, n*n)}
		for i := range n {
			identity.V[i*n+i] = 1
		}
		return attention([]Array{in[0], in[1], identity}, a, false)
	},
	Tol: attentionTol, Half: &halfAttentionTol,
	Samples: []Sample{
		{Shapes: [][]int{{1, 1, 2, 3}, {1, 1, 2, 3}}},
		{Shapes: [][]int{{2, 2, 3, 2}, {2, 2, 4, 2}}, Attrs: causal},
		{Shapes: [][]int{{3, 2}, {4, 2}}, Attrs: Attrs{"scale": -0.7}},
		{Shapes: [][]int{{4, 1, 2}, {2, 3, 2}}, Attrs: grouped},
		{Shapes: [][]int{{1, 2, 2, 3}, {1, 2, 0, 3}}},
		{Shapes: [][]int{{1, 2, 0, 3}, {1, 2, 2, 3}}},
		{Shapes: [][]int{{1, 2, 37, 9}, {1, 2, 130, 9}}, Attrs: causal, Big: true},
		{Shapes: [][]int{{1, 2}, {2, 2}}, Values: [][]float64{{inf, 1}, {-1, 0, -2, 0}}, Big: true, Floats: true},
		{Shapes: [][]int{{2, 1}, {2, 1}}, Values: [][]float64{{1, 1}, {1, nan}}, Attrs: causal, Big: true, Floats: true},
	},
	Errors: []Mistake{
		{Shapes: [][]int{{}, {2, 3}}, Text: "AttentionWeights: the inputs must have at least two dimensions"},
		{Shapes: [][]int{{2, 3}, {2, 4}}, Text: "AttentionWeights: query and key differ in the last dimension"},
	},
}

var attentionTol = Tol{ULP: 16, Torch: 24, Grad: 48, Largest: true, Cancels: true, AnyZero: true,
	Why: "scores are rounded sums of products, which the exponential magnifies; then two more sums"}

var halfAttentionTol = Tol{ULP: 1, Torch: 2, Grad: 4, Largest: true, Cancels: true, AnyZero: true, Why: "PyTorch rounds the weights, too"}

// attentionRow is a row whose call has a mask if inputs has a fourth.
func attentionRow(name string, additive bool, inputs []Input, samples []Sample, mistakes []Mistake) *Op {
	var names []string
	if len(inputs) == 3 {
		names = []string{"ScaledDotProductAttention"} // a name is in one row
	}
	return &Op{Name: name, Go: names, DTypes: floats, Inputs: inputs, Call: callAttention,
		Ref: func(in []Array, a Attrs) Array { return attention(in, a, additive) },
		Tol: attentionTol, Half: &halfAttentionTol, Samples: samples, Errors: mistakes,
	}
}

// heads makes a sample of shapes (batch, heads, length, size); a mask may follow.
func heads(q, k, v []int, a Attrs, mask ...[]int) Sample {
	return Sample{Shapes: append([][]int{q, k, v}, mask...), Attrs: a}
}

func bigSample(s Sample) Sample {
	s.Big = true
	return s
}

var (
	causal  = Attrs{"is_causal": true}
	grouped = Attrs{"enable_gqa": true}
)

var attentionMistakes = []Mistake{
	{Shapes: [][]int{{}, {2, 3}, {2, 3}},
		Text: "scaled_dot_product_attention: the inputs must have at least two dimensions: () × (2, 3) × (2, 3)"},
	{Shapes: [][]int{{3}, {2, 3}, {2, 3}},
		Text: "scaled_dot_product_attention: the inputs must have at least two dimensions: (3,) × (2, 3) × (2, 3)"},
	{Shapes: [][]int{{2, 3}, {2, 4}, {2, 3}}, Text: "scaled_dot_product_attention: query and key differ in the last dimension"},
	{Shapes: [][]int{{2, 3}, {2, 3}, {4, 3}}, Text: "scaled_dot_product_attention: key and value must have one length"},
	{Shapes: [][]int{{4, 2, 3}, {2, 2, 3}, {2, 2, 3}}, Text: "scaled_dot_product_attention: 2 heads do not broadcast to 4"},
	{Shapes: [][]int{{2, 4, 2, 3}, {3, 4, 2, 3}, {2, 4, 2, 3}}, Text: "scaled_dot_product_attention: shapes do not broadcast: (2,) × (3,)"},
	{Shapes: [][]int{{4, 2, 3}, {3, 2, 3}, {3, 2, 3}}, Attrs: grouped,
		Text: "scaled_dot_product_attention: the heads of key and value, the third dimension from the end, must divide those of query"},
	{Shapes: [][]int{{2, 3}, {2, 3}, {2, 3}}, Attrs: grouped,
		Text: "scaled_dot_product_attention: grouped queries need a dimension of heads before the length"},
	{Shapes: [][]int{{2, 3}, {2, 3}, {2, 3}}, DTypes: []tensor.DType{tensor.Float32, tensor.Float64},
		Text: "one floating-point type, not float32, float64 and float32"},
	{Shapes: [][]int{{2, 3}, {2, 3}, {2, 3}}, DTypes: []tensor.DType{tensor.Int64, tensor.Int64, tensor.Int64},
		Text: "one floating-point type, not int64, int64 and int64"},
	{Shapes: [][]int{{2, 3}, {2, 3}, {2, 3}}, Attrs: Attrs{"dropout_p": 1.5},
		Text: "the dropout probability must be between 0 and 1, not 1.5"},
}

var _ = add(
	attentionWeightsRow,
	attentionRow("scaled_dot_product_attention", false, []Input{{}, {}, {}}, []Sample{
		heads([]int{1, 1, 2, 3}, []int{1, 1, 2, 3}, []int{1, 1, 2, 3}, nil),
		heads([]int{2, 2, 3, 2}, []int{2, 2, 4, 2}, []int{2, 2, 4, 3}, causal),
		heads([]int{2, 2, 4, 2}, []int{2, 2, 3, 2}, []int{2, 2, 3, 1}, causal),
		heads([]int{3, 2}, []int{4, 2}, []int{4, 2}, Attrs{"scale": -0.7}),
		heads([]int{2, 3, 2}, []int{2, 4, 2}, []int{2, 4, 2}, nil),
		heads([]int{2, 1, 2, 3, 2}, []int{1, 2, 4, 2}, []int{2, 1, 1, 4, 2}, nil),
		heads([]int{4, 1, 2}, []int{2, 3, 2}, []int{2, 3, 2}, grouped),
		heads([]int{2, 4, 2, 2}, []int{1, 1, 3, 2}, []int{2, 2, 3, 2}, Attrs{"enable_gqa": true, "is_causal": true}),
		heads([]int{1, 2, 2, 3}, []int{1, 2, 0, 3}, []int{1, 2, 0, 2}, nil),
		heads([]int{1, 2, 0, 3}, []int{1, 2, 2, 3}, []int{1, 2, 2, 2}, nil),
		heads([]int{1, 2, 2, 0}, []int{1, 2, 3, 0}, []int{1, 2, 3, 2}, nil),
		heads([]int{1, 2, 2, 2}, []int{1, 2, 3, 2}, []int{1, 2, 3, 0}, causal),
		heads([]int{0, 2, 2, 2}, []int{0, 2, 3, 2}, []int{0, 2, 3, 2}, nil),
		bigSample(heads([]int{2, 3, 70, 9}, []int{2, 3, 70, 9}, []int{2, 3, 70, 17}, causal)),
		bigSample(heads([]int{1, 2, 37, 32}, []int{1, 2, 130, 32}, []int{1, 2, 130, 32}, nil)),
		bigSample(heads([]int{1, 4, 1, 64}, []int{1, 2, 70, 64}, []int{1, 2, 70, 64}, grouped)),
		{Shapes: [][]int{{1, 2}, {2, 2}, {2, 1}}, Values: [][]float64{{inf, 1}, {-1, 0, -2, 0}, {1, 2}}, Big: true, Floats: true},
		{Shapes: [][]int{{2, 1}, {2, 1}, {2, 1}}, Values: [][]float64{{1, 1}, {1, nan}, {1, 2}}, Attrs: causal, Big: true, Floats: true},
		{Shapes: [][]int{{1, 2}, {2, 2}, {2, 1}}, Values: [][]float64{{1, 0}, {nan, 0, -2, 0}, {1, 2}}, Big: true, Floats: true},
	}, attentionMistakes),
	attentionRow("scaled_dot_product_attention_mask", false, []Input{{}, {}, {}, {DType: &boolean}}, []Sample{
		heads([]int{2, 2, 3, 2}, []int{2, 2, 4, 2}, []int{2, 2, 4, 2}, nil, []int{3, 4}),
		heads([]int{2, 2, 3, 2}, []int{2, 2, 4, 2}, []int{2, 2, 4, 2}, nil, []int{2, 1, 1, 4}),
		heads([]int{2, 2, 3, 2}, []int{2, 2, 4, 2}, []int{2, 2, 4, 2}, causal, []int{2, 1, 1, 4}),
		heads([]int{3, 2}, []int{4, 2}, []int{4, 2}, nil, []int{4}),
		heads([]int{1, 2, 2, 3, 2}, []int{2, 4, 2}, []int{2, 1, 1, 4, 2}, nil, []int{2, 1, 1, 3, 4}),
		heads([]int{2, 4, 2, 2}, []int{2, 2, 3, 2}, []int{2, 2, 3, 2}, grouped, []int{4, 2, 3}),
		heads([]int{1, 2, 2, 3}, []int{1, 2, 0, 3}, []int{1, 2, 0, 2}, nil, []int{2, 0}),
		{Shapes: [][]int{{2, 1}, {3, 1}, {3, 1}, {2, 3}}, Values: [][]float64{nil, nil, nil, {0, 0, 0, 1, 0, 1}}},
		heads([]int{3, 2}, []int{4, 2}, []int{4, 2}, nil, []int{}),
		{Shapes: [][]int{{1, 1}, {2, 1}, {2, 1}, {2}}, Values: [][]float64{{1}, {nan, 2}, {3, 4}, {0, 1}}, Big: true, Floats: true},
		{Shapes: [][]int{{1, 1}, {2, 1}, {2, 1}, {2}}, Values: [][]float64{{1}, {inf, 2}, {3, 4}, {0, 1}}, Big: true, Floats: true},
		bigSample(heads([]int{2, 2, 70, 9}, []int{2, 2, 70, 9}, []int{2, 2, 70, 9}, causal, []int{2, 1, 70, 70})),
	}, []Mistake{
		{Shapes: [][]int{{2, 3}, {4, 3}, {4, 3}, {2, 3}}, DTypes: []tensor.DType{0, 0, 0, tensor.Bool},
			Text: "shapes do not broadcast: (2, 3) × (2, 4)"},
		{Shapes: [][]int{{2, 3}, {4, 3}, {4, 3}, {1, 2, 4}}, DTypes: []tensor.DType{0, 0, 0, tensor.Bool},
			Text: "the mask does not broadcast to the scores: (1, 2, 4) × (2, 4)"},
		{Shapes: [][]int{{2, 3}, {4, 3}, {4, 3}, {2, 4}}, DTypes: []tensor.DType{0, 0, 0, tensor.Int64},
			Text: "the mask must be boolean, float32 or float32, not int64"},
	}),
	attentionRow("scaled_dot_product_attention_bias", true, []Input{{}, {}, {}, {}}, []Sample{
		heads([]int{2, 2, 3, 2}, []int{2, 2, 4, 2}, []int{2, 2, 4, 2}, nil, []int{3, 4}),
		heads([]int{2, 2, 3, 2}, []int{2, 2, 4, 2}, []int{2, 2, 4, 2}, nil, []int{2, 1, 1, 4}),
		heads([]int{2, 4, 3, 2}, []int{2, 2, 4, 2}, []int{2, 2, 4, 2}, Attrs{"enable_gqa": true, "is_causal": true,
			"scale": 0.3}, []int{4, 3, 4}),
		heads([]int{2, 1, 2, 3, 2}, []int{1, 2, 4, 2}, []int{2, 1, 1, 4, 2}, nil, []int{2, 3, 4}),
		heads([]int{1, 2, 2, 3}, []int{1, 2, 0, 3}, []int{1, 2, 0, 2}, nil, []int{2, 0}),
		{Shapes: [][]int{{2, 1}, {3, 1}, {3, 1}, {2, 3}}, Values: [][]float64{nil, nil, nil,
			{-inf, -inf, -inf, 1, -inf, 2}}, Big: true, Floats: true},
		{Shapes: [][]int{{1, 1}, {2, 1}, {2, 1}, {2}}, Values: [][]float64{{1}, {1, 2}, {3, 4}, {nan, 1}}, Big: true, Floats: true},
		{Shapes: [][]int{{1, 1}, {2, 1}, {2, 1}, {2}}, Values: [][]float64{{1}, {nan, 2}, {3, 4}, {-inf, 1}}, Big: true, Floats: true},
		bigSample(heads([]int{2, 2, 70, 9}, []int{2, 2, 70, 9}, []int{2, 2, 70, 9}, nil, []int{2, 1, 70, 70})),
	}, []Mistake{
		{Shapes: [][]int{{2, 3}, {4, 3}, {4, 3}, {2, 4}}, DTypes: []tensor.DType{0, 0, 0, tensor.Float64},
			Text: "the mask must be boolean, float32 or float32, not float64"},
		{Shapes: [][]int{{}, {4, 3}, {4, 3}, {2, 4}}, Text: "the inputs must have at least two dimensions: () × (4, 3) × (4, 3)"},
	}),
)
