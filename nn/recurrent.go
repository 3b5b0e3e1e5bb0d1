package nn

import (
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// newRecurrentWeights draws the parameters, uniform in ±1/√hidden. out is P.
func newRecurrentWeights(g *rng.Torch, dt tensor.DType, gates, in, hidden, out int,
	bias bool) (w tensor.RecurrentWeights) {
	draw := func(dims ...int) tensor.Tensor {
		return symmetric(g, tensor.Options{DType: dt}, 1/math.Sqrt(float64(hidden)), dims...)
	}
	w.WeightIH, w.WeightHH = draw(gates*hidden, in), draw(gates*hidden, out)
	if bias {
		w.BiasIH, w.BiasHH = draw(gates*hidden), draw(gates*hidden)
	}
	if out != hidden {
		w.WeightHR = draw(out, hidden)
	}
	return w
}

// RecurrentLayers are the parameters of a recurrent network: RecurrentLayers[l][0] are those of layer l, and
// RecurrentLayers[l][1] those of its second direction. In a state dict the keys are PyTorch's, such as "weight_ih_l0"
// and "weight_hh_l1_reverse".
type RecurrentLayers [][]tensor.RecurrentWeights

// parameterList is implemented by the type of a field whose tensors count as fields of the struct that holds it.
type parameterList interface {
	each(f func(key string, t tensor.Tensor))
}

func (r RecurrentLayers) each(f func(key string, t tensor.Tensor)) {
	for l, directions := range r {
		for d, w := range directions {
			suffix := fmt.Sprintf("_l%d%s", l, [...]string{"", "_reverse"}[min(d, 1)])
			f("weight_ih"+suffix, w.WeightIH)
			f("weight_hh"+suffix, w.WeightHH)
			f("bias_ih"+suffix, w.BiasIH)
			f("bias_hh"+suffix, w.BiasHH)
			f("weight_hr"+suffix, w.WeightHR)
		}
	}
}

// Recurrent is the common part of [RNN], [LSTM] and [GRU]: layers that go through sequences step by step, in one
// direction or both. The second layer's input is the first one's result, and so on; the results of two directions are
// joined.
type Recurrent struct {
	Mode
	Layers     RecurrentLayers
	BatchFirst bool // inputs and results are (B, T, …) instead of (T, B, …)
	// the probability with which training sets elements of each layer's result but the last one's to 0
	Dropout float64
	RNG     *rng.Torch // draws the masks of Dropout
}

// RecurrentConfig holds the options of an RNN, an LSTM or a GRU. The zero value is PyTorch's default.
type RecurrentConfig struct {
	Layers        int // 0 means 1
	NoBias        bool
	BatchFirst    bool    // inputs and results are (B, T, …) instead of (T, B, …)
	Dropout       float64 // between layers, in training
	Bidirectional bool
	ProjSize      int  // only for an LSTM: the size of h, less than the number of hidden units; 0 means no projection
	ReLU          bool // only for an RNN: ReLU instead of tanh
	DType         tensor.DType
}

// layers draws the parameters of a network.
func (c RecurrentConfig) layers(op string, g *rng.Torch, gates, in, hidden int) Recurrent {
	checkGenerator(op, g)
	layers, directions, out := max(1, c.Layers), 1, hidden
	if c.Bidirectional {
		directions = 2
	}
	switch {
	case in < 0 || hidden < 1 || c.Layers < 0:
		fail(op, nil, fmt.Sprintf("%d features, %d hidden units and %d layers are impossible: at least 0, 1 and 1 are possible", in, hidden, c.Layers))
	case !(c.Dropout >= 0 && c.Dropout <= 1):
		fail(op, nil, fmt.Sprintf("the dropout probability must be between 0 and 1, not %v", c.Dropout))
	case c.ProjSize != 0 && gates != 4:
		fail(op, nil, "only an LSTM has a projection")
	case c.ProjSize < 0 || c.ProjSize >= hidden:
		fail(op, nil, fmt.Sprintf("a projection of %d hidden units must have from 1 to %d, not %d", hidden, hidden-1,
			c.ProjSize))
	case c.ReLU && gates != 1:
		fail(op, nil, "only an RNN may have ReLU")
	}
	if c.ProjSize > 0 {
		out = c.ProjSize
	}
	l := Recurrent{BatchFirst: c.BatchFirst, Dropout: c.Dropout, RNG: g}
	for range layers {
		var ws []tensor.RecurrentWeights
		for range directions {
			ws = append(ws, newRecurrentWeights(g, c.DType, gates, in, hidden, out, !c.NoBias))
		}
		l.Layers = append(l.Layers, ws)
		in = out * directions
	}
	return l
}

// A recurrentStep computes one layer and direction.
type recurrentStep func(x, h, c tensor.Tensor, w tensor.RecurrentWeights, r tensor.Recurrence) (y, hn, cn tensor.Tensor)

// sequences computes the network for x, (T, B, in), (B, T, in) or (T, in).
func (l *Recurrent) sequences(op string, layer any, step recurrentStep,
	x, h, c tensor.Tensor) (y, hn, cn tensor.Tensor) {
	l.check(op, layer)
	r := x.Rank()
	if r != 2 && r != 3 {
		fail(op, layer, "the input must be (T, B, in), (B, T, in) with BatchFirst, or (T, in) for one sequence",
			x.Shape())
	}
	if in := l.Layers[0][0].WeightIH.Dim(1); x.Dim(-1) != in {
		fail(op, layer, fmt.Sprintf("the input's last dimension must be %d, the features that the layer was made for",
			in), x.Shape())
	}
	states := [2]tensor.Tensor{h, c}
	for k, s := range states {
		switch {
		case !s.Defined():
		case s.Rank() != r:
			fail(op, layer, "the state must have as many dimensions as the input", s.Shape(), x.Shape())
		case r == 2:
			states[k] = s.Unsqueeze(1)
		}
	}
	switch {
	case r == 2:
		x = x.Unsqueeze(1)
	case l.BatchFirst:
		x = x.Transpose(0, 1)
	}
	y, hn, cn = l.run(op, layer, step, x, states[0], states[1], nil)
	if r == 2 {
		y, hn = y.Squeeze(1), hn.Squeeze(1)
		if cn.Defined() {
			cn = cn.Squeeze(1)
		}
	} else if l.BatchFirst {
		y = y.Transpose(0, 1)
	}
	return y, hn, cn
}

// packed computes the network for packed sequences.
func (l *Recurrent) packed(op string, layer any, step recurrentStep, x PackedSequence,
	h, c tensor.Tensor) (y PackedSequence, hn, cn tensor.Tensor) {
	l.check(op, layer)
	x.check(op, layer)
	states := [2]tensor.Tensor{h, c}
	for k, s := range states {
		if !s.Defined() {
			continue
		}
		if n := x.BatchSizes[0]; s.Rank() != 3 || s.Dim(1) != n {
			fail(op, layer, fmt.Sprintf("the state must have 3 dimensions, the second of %d sequences", n), s.Shape())
		}
		if x.SortedIndices.Defined() {
			states[k] = s.IndexSelect(1, x.SortedIndices)
		}
	}
	y = x
	y.Data, hn, cn = l.run(op, layer, step, x.Data, states[0], states[1], x.BatchSizes)
	if x.UnsortedIndices.Defined() {
		hn = hn.IndexSelect(1, x.UnsortedIndices)
		if cn.Defined() {
			cn = cn.IndexSelect(1, x.UnsortedIndices)
		}
	}
	return y, hn, cn
}

// check panics unless the layer has its parameters.
func (l *Recurrent) check(op string, layer any) {
	if len(l.Layers) == 0 {
		fail(op, layer, "the network has no layers: create it with its New function")
	}
	for i, ws := range l.Layers {
		if n := len(ws); n < 1 || n > 2 || n != len(l.Layers[0]) {
			fail(op, layer, fmt.Sprintf("layer %d has %d directions; each must have one, or each two", i, n))
		}
		for _, w := range ws {
			checkWeighted(op, layer, w.WeightIH)
			checkWeighted(op, layer, w.WeightHH)
		}
	}
}

// run computes all layers for x (T, B, in) or packed rows (N, in). The states are (layers·directions, B, …).
func (l *Recurrent) run(op string, layer any, step recurrentStep, x, h, c tensor.Tensor,
	sizes []int) (y, hn, cn tensor.Tensor) {
	directions := len(l.Layers[0])
	count := len(l.Layers) * directions
	for _, s := range [...]tensor.Tensor{h, c} {
		if s.Defined() && (s.Rank() != 3 || s.Dim(0) != count) {
			fail(op, layer, fmt.Sprintf("the state must have 3 dimensions, the first of %d layers and directions",
				count), s.Shape(), x.Shape())
		}
	}
	at := func(s tensor.Tensor, i int) tensor.Tensor {
		if s.Defined() {
			return s.Select(0, i)
		}
		return s
	}
	var room [2][16]tensor.Tensor // not on the heap for up to 16 states
	hs, cs := room[0][:0], room[1][:0]
	for i, ws := range l.Layers {
		var out [2]tensor.Tensor
		for d, w := range ws {
			k := i*directions + d
			r := tensor.Recurrence{BatchSizes: sizes, Reverse: d == 1}
			y, lastH, lastC := step(x, at(h, k), at(c, k), w, r)
			out[d] = y
			hs, cs = append(hs, lastH), append(cs, lastC)
		}
		x = out[0]
		if directions == 2 {
			x = tensor.Cat(-1, out[0], out[1])
		}
		if i+1 < len(l.Layers) && l.Training() && l.Dropout != 0 {
			if l.Dropout == 1 {
				x = x.MulScalar(0) // PyTorch draws no numbers here either
			} else {
				x = x.Mul(dropoutMask(op, layer, l.RNG, l.Dropout, x))
			}
		}
	}
	hn = tensor.Stack(0, hs...)
	if cs[0].Defined() {
		cn = tensor.Stack(0, cs...)
	}
	return x, hn, cn
}

// multiplyAdds returns the number of multiply-adds for rows inputs.
func (l *Recurrent) multiplyAdds(rows int) (n int) {
	l.Layers.each(func(key string, t tensor.Tensor) {
		if t.Defined() && strings.HasPrefix(key, "weight") {
			n += rows * t.Len()
		}
	})
	return n
}

// settings formats the network as PyTorch prints it: sizes, and the options that are not the default.
func (l *Recurrent) settings(name string, gates int) string {
	if len(l.Layers) == 0 || len(l.Layers[0]) == 0 {
		return name + "()"
	}
	w := l.Layers[0][0]
	s := fmt.Sprintf("%s(%d, %d", name, w.WeightIH.Dim(-1), w.WeightHH.Dim(0)/gates)
	if w.WeightHR.Defined() {
		s += fmt.Sprintf(", proj_size=%d", w.WeightHR.Dim(0))
	}
	if n := len(l.Layers); n > 1 {
		s += fmt.Sprintf(", num_layers=%d", n)
	}
	if !w.BiasIH.Defined() {
		s += ", bias=False"
	}
	if l.BatchFirst {
		s += ", batch_first=True"
	}
	if l.Dropout != 0 {
		s += fmt.Sprintf(", dropout=%v", l.Dropout)
	}
	if len(l.Layers[0]) == 2 {
		s += ", bidirectional=True"
	}
	return s + ")"
}
