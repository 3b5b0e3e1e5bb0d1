package tensortest

import (
	"math"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

var (
	recurrentTol = Tol{ULP: 32, Torch: 32, Grad: 128, Largest: true, Cancels: true, AnyZero: true,
		Why: "sums of products and functions, each rounded; every step uses the rounded state of the step before it"}
	halfRecurrentTol = Tol{ULP: 1, Torch: 6, Grad: 24, Largest: true, Cancels: true, AnyZero: true,
		Why: "computed in float32 and rounded once; PyTorch rounds every step's state and gradients to 16 bits"}
)

// recurrentArgs are the inputs of a row, by name.
type recurrentArgs[T any] struct{ x, h, c, ih, hh, bih, bhh, hr T }

// args names the inputs of a row: x, h, c (only of an LSTM), the weights, the biases unless the row has none, the
// projection.
func args[T any](name string, in []T) (a recurrentArgs[T]) {
	next := func() T {
		v := in[0]
		in = in[1:]
		return v
	}
	a.x, a.h = next(), next()
	if strings.HasPrefix(name, "lstm") {
		a.c = next()
	}
	a.ih, a.hh = next(), next()
	if !strings.HasSuffix(name, "no_bias") {
		a.bih, a.bhh = next(), next()
	}
	if strings.Contains(name, "projected") {
		a.hr = next()
	}
	return a
}

// callRecurrent returns the states of all steps, the last h and the last c, flattened and joined.
func callRecurrent(name string, in []tensor.Tensor, at Attrs) tensor.Tensor {
	for _, x := range in {
		x.Rank() // panics for an absent input, which is optional for the layer but not for the row
	}
	a := args(name, in)
	w := tensor.RecurrentWeights{WeightIH: a.ih, WeightHH: a.hh, BiasIH: a.bih, BiasHH: a.bhh, WeightHR: a.hr}
	r := tensor.Recurrence{BatchSizes: at.Ints("batch_sizes"), Reverse: at["reverse"] == true}
	var y, hn tensor.Tensor
	switch {
	case strings.HasPrefix(name, "lstm"):
		y, hn, cn := tensor.LSTMLayer(a.x, a.h, a.c, w, r)
		return tensor.Cat(0, y.Flatten(0), hn.Flatten(0), cn.Flatten(0))
	case strings.HasPrefix(name, "gru"):
		y, hn = tensor.GRULayer(a.x, a.h, w, r)
	default:
		y, hn = tensor.RNNLayer(a.x, a.h, w, strings.HasPrefix(name, "rnn_relu"), r)
	}
	return tensor.Cat(0, y.Flatten(0), hn.Flatten(0))
}

// recurrentOf computes a layer by its definition, one sequence after another.
func recurrentOf(name string, in []Array, at Attrs) Array {
	a := args(name, in)
	size, out := a.ih.Shape[1], a.hh.Shape[1]
	sizes := at.Ints("batch_sizes")
	if sizes == nil {
		for range a.x.Shape[0] {
			sizes = append(sizes, a.x.Shape[1])
		}
	}
	gates := map[byte]int{'l': 4, 'g': 3, 'r': 1}[name[0]]
	hidden := a.hh.Shape[0] / gates
	rows := 0
	for _, n := range sizes {
		rows += n
	}
	y := make([]float64, rows*out)
	var hn, cn []float64
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	for b := range a.h.Shape[0] {
		h, c := append([]float64{}, a.h.V[b*out:][:out]...), make([]float64, hidden)
		if a.c.V != nil {
			copy(c, a.c.V[b*hidden:])
		}
		var steps []int // the rows of the sequence
		first := 0
		for _, n := range sizes {
			if b < n {
				steps = append(steps, first+b)
			}
			first += n
		}
		for s := range steps {
			row := steps[s]
			if at["reverse"] == true {
				row = steps[len(steps)-1-s]
			}
			x := a.x.V[row*size:][:size]
			product := func(w, bias Array, v []float64, j int) (sum float64) {
				for i := range v {
					sum += w.V[j*len(v)+i] * v[i]
				}
				if bias.V != nil {
					sum += bias.V[j]
				}
				return sum
			}
			both := func(j int) float64 { return product(a.ih, a.bih, x, j) + product(a.hh, a.bhh, h, j) }
			next := make([]float64, hidden)
			for j := range next {
				switch {
				case gates == 4:
					c[j] = sigmoid(both(hidden+j))*c[j] + sigmoid(both(j))*math.Tanh(both(2*hidden+j))
					next[j] = sigmoid(both(3*hidden+j)) * math.Tanh(c[j])
				case gates == 3:
					r, z := sigmoid(both(j)), sigmoid(both(hidden+j))
					n := math.Tanh(product(a.ih, a.bih, x, 2*hidden+j) + r*product(a.hh, a.bhh, h, 2*hidden+j))
					next[j] = (1-z)*n + z*h[j]
				case strings.HasPrefix(name, "rnn_relu"):
					next[j] = max(both(j), 0)
				default:
					next[j] = math.Tanh(both(j))
				}
			}
			if a.hr.V != nil {
				m := next
				next = make([]float64, out)
				for j := range next {
					next[j] = product(a.hr, Array{}, m, j)
				}
			}
			h = next
			copy(y[row*out:], h)
		}
		hn = append(hn, h...)
		if gates == 4 {
			cn = append(cn, c...)
		}
	}
	v := append(append(y, hn...), cn...)
	return Array{Shape: []int{len(v)}, V: v}
}

// recurrentShapes returns the inputs' shapes for an input of rows (T, B) or (N,) of size features.
func recurrentShapes(name string, rows []int, batch, size, hidden, out int) [][]int {
	gates := map[byte]int{'l': 4, 'g': 3, 'r': 1}[name[0]]
	s := [][]int{append(append([]int{}, rows...), size), {batch, out}}
	if gates == 4 {
		s = append(s, []int{batch, hidden})
	}
	s = append(s, []int{gates * hidden, size}, []int{gates * hidden, out})
	if !strings.HasSuffix(name, "no_bias") {
		s = append(s, []int{gates * hidden}, []int{gates * hidden})
	}
	if strings.Contains(name, "projected") {
		s = append(s, []int{out, hidden})
	}
	return s
}

func recurrentRow(name string, goNames ...string) *Op {
	projected := strings.Contains(name, "projected")
	op := &Op{Name: name, Go: goNames, DTypes: floats, Tol: recurrentTol, Half: &halfRecurrentTol,
		Call: func(in []tensor.Tensor, a Attrs) tensor.Tensor { return callRecurrent(name, in, a) },
		Ref:  func(in []Array, a Attrs) Array { return recurrentOf(name, in, a) },
	}
	add := func(sizes []int, steps, batch, size, hidden int, reverse bool) {
		rows, out := []int{steps, batch}, hidden
		a := Attrs{"reverse": reverse}
		if sizes != nil {
			a["batch_sizes"], rows, batch = sizes, []int{0}, sizes[0]
			for _, n := range sizes {
				rows[0] += n
			}
		}
		if projected {
			out = (hidden + 1) / 2
		}
		op.Samples = append(op.Samples, Sample{Shapes: recurrentShapes(name, rows, batch, size, hidden, out), Attrs: a, Big: hidden > 4})
	}
	for _, reverse := range []bool{false, true} {
		add(nil, 1, 1, 1, 1, reverse)
		add(nil, 3, 2, 2, 3, reverse)
		add(nil, 2, 0, 3, 2, reverse)
		add([]int{3, 2, 2, 1}, 0, 0, 2, 2, reverse)
		add([]int{19, 18, 7, 1, 1}, 0, 0, 5, 33, reverse)
		add(nil, 4, 13, 9, 40, reverse)
	}
	add(nil, 2, 2, 0, 2, false)
	add(nil, 2, 3, 1, 2, false)
	last := &op.Samples[len(op.Samples)-1]
	last.Values, last.Big = make([][]float64, len(last.Shapes)), true
	last.Values[0] = []float64{nan, inf, -inf, 1, 2, 3}
	for range recurrentShapes(name, []int{1, 1}, 1, 1, 1, 1) {
		op.Inputs = append(op.Inputs, Input{Lo: -0.6, Hi: 0.6})
	}
	mistake := func(i int, shape []int, a Attrs, text string) {
		s := recurrentShapes(name, []int{3, 2}, 2, 4, 5, map[bool]int{true: 3, false: 5}[projected])
		if shape != nil {
			s[i] = shape
		}
		short, _, _ := strings.Cut(name, "_no")
		short, _, _ = strings.Cut(short, "_projected")
		op.Errors = append(op.Errors, Mistake{Shapes: s, Attrs: a, Text: short + ": " + text})
	}
	mistake(0, []int{}, nil, "the input must have 3 dimensions: step, sequence and feature: ()")
	mistake(0, []int{3, 4}, nil, "the input must have 3 dimensions: step, sequence and feature: (3, 4)")
	mistake(0, []int{0, 2, 4}, nil, "a sequence must have at least one step: (0, 2, 4)")
	mistake(0, []int{3, 4}, Attrs{"batch_sizes": []int{1, 2}}, "step 1 of packed sequences has 2 rows; 1 to 1 are possible: (3, 4)")
	mistake(0, []int{3, 4}, Attrs{"batch_sizes": []int{1, 1}},
		"packed sequences of 2 rows in all need at least one, and as many in the input: (3, 4)")
	mistake(0, []int{0, 4}, Attrs{"batch_sizes": []int{}},
		"packed sequences of 0 rows in all need at least one, and as many in the input: (0, 4)")
	mistake(0, nil, Attrs{"batch_sizes": []int{1, 1}}, "packed sequences must have 2 dimensions: row and feature: (3, 2, 4)")
	mistake(0, []int{3, 2, 9}, nil, "the input must have 4 features, as weight_ih has columns: (3, 2, 9) × (")
	mistake(1, []int{2, 9}, nil, "the state h must be float32 and of shape (2, ")
	if name[0] == 'l' {
		mistake(2, []int{1, 5}, nil, "the state c must be float32 and of shape (2, 5), not float32: (1, 5) × (3, 2, 4)")
		mistake(4, []int{21, 5}, nil, "weight_hh must be a matrix whose rows are a multiple of 4: (21, 5)")
	}
	return op
}

var _ = add(
	recurrentRow("rnn_tanh", "RNNLayer"), recurrentRow("rnn_tanh_no_bias"), recurrentRow("rnn_relu"), recurrentRow("rnn_relu_no_bias"),
	recurrentRow("gru", "GRULayer"), recurrentRow("gru_no_bias"),
	recurrentRow("lstm", "LSTMLayer"), recurrentRow("lstm_no_bias"), recurrentRow("lstm_projected"), recurrentRow("lstm_projected_no_bias"),
)
