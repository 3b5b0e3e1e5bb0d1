package nntest

import (
	"math"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// classesOf returns the sizes before, of and after the classes of scores x (N, C, d…).
func classesOf(x array) (outer, classes, inner int) {
	d := min(1, len(x.Shape)-1)
	return sized(x.Shape[:d]), x.Shape[d], sized(x.Shape[d+1:])
}

// logSoftmaxOf returns the logarithms of the probabilities along the classes.
func logSoftmaxOf(x array) array {
	outer, c, inner := classesOf(x)
	y := array{Shape: x.Shape, V: make([]float64, len(x.V))}
	for at := range outer * inner {
		place := func(k int) int { return (at/inner*c+k)*inner + at%inner }
		largest := -inf
		for k := range c {
			largest = max(largest, x.V[place(k)])
		}
		e := make([]float64, c)
		for k := range c {
			e[k] = math.Exp(x.V[place(k)] - largest)
		}
		for k := range c {
			y.V[place(k)] = x.V[place(k)] - largest - math.Log(total(e))
		}
	}
	return y
}

// likelihood is −w[t]·((1−ε)·log[t] + ε/C·Σ …) for each target, by the definition: what PyTorch calls nll_loss for ε =
// 0.
func likelihood(log array, in []array, a attributes) array {
	outer, c, inner := classesOf(log)
	ignore, eps := -100, 0.0
	if a["ignore_index"] != nil {
		ignore = a.Int("ignore_index")
	}
	if a["label_smoothing"] != nil {
		eps = a.Float("label_smoothing")
	}
	weight := func(k int) float64 {
		if len(in) > 2 {
			return in[2].V[k]
		}
		return 1
	}
	loss, weights := array{Shape: in[1].Shape}, 0.0
	for at := range outer * inner {
		t := int(in[1].V[at])
		if t == ignore {
			loss.V = append(loss.V, 0)
			continue
		}
		place := func(k int) int { return (at/inner*c+k)*inner + at%inner }
		terms := []float64{-(1 - eps) * weight(t) * log.V[place(t)]}
		for k := range c {
			if eps > 0 {
				terms = append(terms, -eps/float64(c)*weight(k)*log.V[place(k)])
			}
		}
		weights += weight(t)
		loss.V = append(loss.V, total(terms))
	}
	return reduced(loss, weights, a)
}

// expectation computes −Σ w·target·log over the classes, for targets that are probabilities.
func expectation(log array, in []array, a attributes) array {
	outer, c, inner := classesOf(log)
	eps := 0.0
	if a["label_smoothing"] != nil {
		eps = a.Float("label_smoothing")
	}
	d := min(1, len(log.Shape)-1)
	loss := array{Shape: append(append([]int{}, log.Shape[:d]...), log.Shape[d+1:]...)}
	for at := range outer * inner {
		terms := make([]float64, c)
		for k := range c {
			p := (at/inner*c+k)*inner + at%inner
			w := 1.0
			if len(in) > 2 {
				w = in[2].V[k]
			}
			terms[k] = -w * ((1-eps)*in[1].V[p] + eps/float64(c)) * log.V[p]
		}
		loss.V = append(loss.V, total(terms))
	}
	return reduced(loss, float64(outer*inner), a)
}

// classSamples are scores and targets, and the classes' weights.
func classSamples(inputs int, attrs ...attributes) (out []sample) {
	for _, a := range attrs {
		out = append(out, withReductions(
			sample{Shapes: [][]int{{4, 3}, {4}, {3}}[:inputs], Values: [][]float64{nil, {0, 2, 1, 2}, {0.5, 2, 1}}[:inputs], Attrs: a},
			sample{Shapes: [][]int{{3}, {}, {3}}[:inputs], Values: [][]float64{nil, {1}, {0.5, 2, 1}}[:inputs], Attrs: a},
			sample{Shapes: [][]int{{2, 3, 2}, {2, 2}, {3}}[:inputs], Values: [][]float64{nil, {0, 2, 1, 2},
				{0.5, 2, 1}}[:inputs], Attrs: a},
			sample{Shapes: [][]int{{1, 2, 2, 2}, {1, 2, 2}, {2}}[:inputs], Values: [][]float64{nil, {0, 1, 1, 1},
				{0.5, 2}}[:inputs], Attrs: a},
			sample{Shapes: [][]int{{2, 1}, {2}, {1}}[:inputs], Values: [][]float64{nil, {0, 0}, {0.5}}[:inputs], Attrs: a},
			sample{Shapes: [][]int{{0, 3}, {0}, {3}}[:inputs], Values: [][]float64{nil, {}, {0.5, 2, 1}}[:inputs],
				Attrs: a, Big: true}, // the mean of no elements is 0/0
			sample{Shapes: [][]int{{2, 130}, {2}, {130}}[:inputs], Values: [][]float64{nil, {0, 129}, nil}[:inputs], Attrs: a, Big: true},
		)...)
	}
	if inputs == 2 {
		for _, v := range [][]float64{{1e4, -1e4, 0}, {inf, 1, 2}, {-inf, 1, 2}, {nan, 1, 2}, {100, 100, 100}, {-inf, -inf, -inf}} {
			out = append(out, sample{Shapes: [][]int{{1, 3}, {1}}, Values: [][]float64{v, {1}},
				Attrs: attributes{"reduction": "none"}, Big: true})
		}
	}
	return out
}

// classLoss makes the row of a loss whose targets are class indices.
func classLoss(name string, inputs int, entropy bool, attrs ...attributes) *tensortest.Op {
	ignore := 0
	op := &tensortest.Op{Name: name, DTypes: float, Inputs: []input{{}, {DType: &whole},
		{Lo: 0.5, Hi: 2, Const: true}}[:inputs], Tol: lossTol, Half: &halfLoss,
		Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
			l := nn.CrossEntropyLoss{Reduction: reductionOf(a)}
			if a["label_smoothing"] != nil {
				l.LabelSmoothing = a.Float("label_smoothing")
			}
			if a["ignore_index"] != nil {
				ignore = a.Int("ignore_index")
				l.IgnoreIndex = &ignore
			}
			if inputs > 2 {
				l.Weight = required(x[2])
			}
			if entropy {
				return l.Forward(x[0], x[1])
			}
			return nn.NLLLoss{Weight: l.Weight, IgnoreIndex: l.IgnoreIndex, Reduction: l.Reduction}.Forward(x[0], x[1])
		},
		Ref: func(in []array, a attributes) array {
			log := in[0]
			if entropy {
				log = logSoftmaxOf(log)
			}
			return likelihood(log, in, a)
		},
		Samples: classSamples(inputs, attrs...),
	}
	ints := []tensor.DType{tensor.Float32, tensor.Int64}
	wrong := func(x, t []int, types []tensor.DType, text string) {
		op.Errors = append(op.Errors, mistake{Shapes: [][]int{x, t, {3}}[:inputs], DTypes: types,
			Attrs: attributes{"reduction": "mean"}, Text: text})
	}
	wrong([]int{2, 3}, []int{2}, nil, "the targets must be int64 class numbers, not float32: (2, 3) × (2,)")
	wrong([]int{2, 3}, []int{3}, ints, "the targets must have the logits' shape without the class dimension: (2, 3) × (3,)")
	wrong([]int{}, []int{}, ints, "the targets must have the logits' shape without the class dimension: () × ()")
	wrong([]int{2, 3}, []int{2}, []tensor.DType{tensor.Int64, tensor.Int64}, "the logits must be floating point, not int64")
	if inputs > 2 {
		wrong([]int{2, 4}, []int{2}, ints, "the weight must have one element per class, of the logits' type: (3,) × (2, 4)")
	} else {
		wrong([]int{2, 1}, []int{2}, ints, "target 1 of row 0 is not one of 1 classes, 0 to 0: (2, 1) × (2,)")
	}
	return op
}

// probabilityLoss makes the row of the cross-entropy with targets that are probabilities.
func probabilityLoss(name string, inputs int) *tensortest.Op {
	op := &tensortest.Op{Name: name, DTypes: float, Inputs: []input{{}, {Lo: 0.1, Hi: 0.9},
		{Lo: 0.5, Hi: 2, Const: true}}[:inputs], Tol: lossTol, Half: &halfLoss,
		Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
			l := nn.CrossEntropyLoss{Reduction: reductionOf(a)}
			if a["label_smoothing"] != nil {
				l.LabelSmoothing = a.Float("label_smoothing")
			}
			if inputs > 2 {
				l.Weight = required(x[2])
			}
			return l.Forward(x[0], x[1])
		},
		Ref: func(in []array, a attributes) array { return expectation(logSoftmaxOf(in[0]), in, a) },
		Errors: []mistake{
			{Shapes: [][]int{{2, 3}, {2, 3}, {3}}[:inputs], DTypes: []tensor.DType{tensor.Float32, tensor.Float64},
				Text: "prediction and target must be floats of one type, not float32 and float64: (2, 3)"},
			{Shapes: [][]int{{}, {}, {3}}[:inputs], Text: "the logits must have a class dimension: ()"},
		},
	}
	for _, a := range []attributes{nil, {"label_smoothing": 0.25}} {
		op.Samples = append(op.Samples, withReductions(
			sample{Shapes: [][]int{{4, 3}, {4, 3}, {3}}[:inputs], Attrs: a}, sample{Shapes: [][]int{{3}, {3}, {3}}[:inputs], Attrs: a},
			sample{Shapes: [][]int{{2, 3, 2}, {2, 3, 2}, {3}}[:inputs], Attrs: a},
			sample{Shapes: [][]int{{0, 3}, {0, 3}, {3}}[:inputs], Attrs: a, Big: true},
			sample{Shapes: [][]int{{2, 130}, {2, 130}, {130}}[:inputs], Attrs: a, Big: true},
		)...)
	}
	return op
}

// pairLoss makes the row of a loss of predictions and targets of one shape, and of an optional third input.
func pairLoss(name string, inputs []input, call func(x []tensor.Tensor, a attributes) tensor.Tensor,
	f func(x []float64, a attributes) float64, attrs ...attributes) *tensortest.Op {
	op := &tensortest.Op{Name: name, DTypes: float, Inputs: inputs, Tol: lossTol, Half: &halfLoss, Call: call,
		Ref: func(in []array, a attributes) array {
			loss := array{Shape: in[0].Shape}
			x := make([]float64, len(in))
			for i := range in[0].V {
				for j := range in {
					x[j] = in[j].V[i%max(1, len(in[j].V))] // a third input may broadcast along the rows
				}
				loss.V = append(loss.V, f(x, a))
			}
			return reduced(loss, float64(len(loss.V)), a)
		},
		Errors: []mistake{
			{Shapes: [][]int{{2, 3}, {3}, {2, 3}}[:len(inputs)], Text: "prediction and target differ in shape: (2, 3) × (3,)"},
			{Shapes: [][]int{{2, 3}, {2, 3}, {2, 3}}[:len(inputs)], DTypes: []tensor.DType{tensor.Float32,
				tensor.Float64}, Text: "must be floats of one type, not float32 and float64"},
		},
	}
	if attrs == nil {
		attrs = []attributes{nil}
	}
	for i, m := range op.Errors {
		m.Attrs = attrs[0]
		op.Errors[i] = m
	}
	for _, a := range attrs {
		for _, s := range [][]int{{}, {5}, {3, 4}, {2, 0}, {3, 90}} {
			op.Samples = append(op.Samples, withReductions(sample{Shapes: [][]int{s, s, s}[:len(inputs)], Attrs: a,
				Big: sized(s) > 100 || sized(s) == 0})...)
		}
	}
	return op
}

// logarithm is limited as in PyTorch's binary cross-entropy.
func logarithm(x float64) float64 { return max(math.Log(x), -100) }

func logitLoss(x []float64, p float64) float64 {
	logSigmoid := min(x[0], 0) - math.Log1p(math.Exp(-math.Abs(x[0])))
	return (1-x[1])*x[0] - (1+(p-1)*x[1])*logSigmoid
}

func lossRows() []*tensortest.Op {
	plain := attributes{}
	smooth := attributes{"label_smoothing": 0.25}
	skip := attributes{"ignore_index": 2}
	both := attributes{"label_smoothing": 0.25, "ignore_index": 2}
	probability, part, factor := input{Lo: 0.1, Hi: 0.9}, input{Lo: 0, Hi: 1}, input{Lo: 0.5, Hi: 2, Const: true}
	apart := []input{{Lo: 2.2, Hi: 3},
		{Lo: 0, Hi: 1}} // |d| > 1 keeps samples away from β, where there is no second derivative; PyTorch's cases are on both sides
	curve := func(name, key string, in []input, call func(c float64, r nn.Reduction, x []tensor.Tensor) tensor.Tensor,
		f func(d, c float64) float64) *tensortest.Op {
		return pairLoss(name, in, func(x []tensor.Tensor, a attributes) tensor.Tensor { return call(a.Float(key), reductionOf(a), x) },
			func(x []float64, a attributes) float64 { return f(math.Abs(x[0]-x[1]), a.Float(key)) },
			attributes{key: 1.0}, attributes{key: 0.5})
	}
	return []*tensortest.Op{
		classLoss("cross_entropy", 2, true, plain, smooth, skip, both), classLoss("cross_entropy_weight", 3, true,
			plain, smooth, skip, both),
		classLoss("nll_loss", 2, false, plain, skip), classLoss("nll_loss_weight", 3, false, plain, skip),
		probabilityLoss("cross_entropy_probabilities", 2), probabilityLoss("cross_entropy_probabilities_weight", 3),
		pairLoss("mse_loss", make([]input, 2), func(x []tensor.Tensor, a attributes) tensor.Tensor {
			return nn.MSELoss{Reduction: reductionOf(a)}.Forward(x[0], x[1])
		}, func(x []float64, _ attributes) float64 { return (x[0] - x[1]) * (x[0] - x[1]) }),
		pairLoss("l1_loss", apart, func(x []tensor.Tensor, a attributes) tensor.Tensor {
			return nn.L1Loss{Reduction: reductionOf(a)}.Forward(x[0], x[1])
		}, func(x []float64, _ attributes) float64 { return math.Abs(x[0] - x[1]) }),
		curve("smooth_l1_loss", "beta", apart, func(c float64, r nn.Reduction, x []tensor.Tensor) tensor.Tensor {
			return nn.SmoothL1Loss{Beta: c, Reduction: r}.Forward(x[0], x[1])
		}, func(d, c float64) float64 {
			if d < c {
				return d * d / (2 * c)
			}
			return d - c/2
		}),
		curve("huber_loss", "delta", apart, func(c float64, r nn.Reduction, x []tensor.Tensor) tensor.Tensor {
			return nn.HuberLoss{Delta: c, Reduction: r}.Forward(x[0], x[1])
		}, func(d, c float64) float64 {
			if d <= c {
				return d * d / 2
			}
			return c * (d - c/2)
		}),
		pairLoss("binary_cross_entropy", []input{probability, part}, func(x []tensor.Tensor, a attributes) tensor.Tensor {
			return nn.BCELoss{Reduction: reductionOf(a)}.Forward(x[0], x[1])
		}, func(x []float64, _ attributes) float64 { return -x[1]*logarithm(x[0]) - (1-x[1])*logarithm(1-x[0]) }),
		pairLoss("binary_cross_entropy_weight", []input{probability, part, factor}, func(x []tensor.Tensor, a attributes) tensor.Tensor {
			return nn.BCELoss{Weight: required(x[2]), Reduction: reductionOf(a)}.Forward(x[0], x[1])
		}, func(x []float64, _ attributes) float64 {
			return x[2] * (-x[1]*logarithm(x[0]) - (1-x[1])*logarithm(1-x[0]))
		}),
		pairLoss("binary_cross_entropy_with_logits", []input{{}, part}, func(x []tensor.Tensor, a attributes) tensor.Tensor {
			return nn.BCEWithLogitsLoss{Reduction: reductionOf(a)}.Forward(x[0], x[1])
		}, func(x []float64, _ attributes) float64 { return logitLoss(x, 1) }),
		pairLoss("binary_cross_entropy_with_logits_weight", []input{{}, part, factor}, func(x []tensor.Tensor, a attributes) tensor.Tensor {
			return nn.BCEWithLogitsLoss{Weight: required(x[2]), Reduction: reductionOf(a)}.Forward(x[0], x[1])
		}, func(x []float64, _ attributes) float64 { return x[2] * logitLoss(x, 1) }),
		pairLoss("binary_cross_entropy_with_logits_pos_weight", []input{{}, part, factor},
			func(x []tensor.Tensor, a attributes) tensor.Tensor {
				return nn.BCEWithLogitsLoss{PosWeight: required(x[2]), Reduction: reductionOf(a)}.Forward(x[0], x[1])
			}, func(x []float64, _ attributes) float64 { return logitLoss(x, x[2]) }),
	}
}
