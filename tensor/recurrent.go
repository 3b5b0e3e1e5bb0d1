package tensor

import (
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/internal/device"
)

// RecurrentWeights are the parameters of one layer and direction of a recurrent network, by PyTorch's names. G is 1
// for an RNN, 3 for a GRU (the gates r, z, n) and 4 for an LSTM (the gates i, f, g, o); H is the number of hidden
// units. The hidden state has P elements: P is H without WeightHR.
type RecurrentWeights struct {
	WeightIH Tensor // (G·H, in)
	WeightHH Tensor // (G·H, P)
	BiasIH   Tensor // (G·H,); optional, together with BiasHH
	BiasHH   Tensor // (G·H,)
	WeightHR Tensor // (P, H); optional, the projection of an LSTM
}

// Recurrence says how a recurrent layer goes through its input.
type Recurrence struct {
	// BatchSizes has the number of rows of each step of packed sequences: the longest sequence is the first, so the
	// numbers do not increase. nil means that all sequences have one length.
	BatchSizes []int
	Reverse    bool // go from the last step to the first
}

// RNNLayer computes one direction of a layer of Elman's network. With act = tanh, or ReLU if relu is true,
//
//	hₜ = act(W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh)
//
//	x (T, B, in), h (B, H) → y (T, B, H), hn (B, H)
//
// y has the states of all steps, hn each sequence's last one. h is the state before the first step: the zero Tensor
// means 0. For packed sequences x is (N, in) and y (N, H), with the rows of the first step, then those of the second
// step, and so on. It panics if shapes, types or devices do not fit.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html)
func RNNLayer(x, h Tensor, w RecurrentWeights, relu bool, r Recurrence) (y, hn Tensor) {
	kind, op := device.RNNTanh, "rnn_tanh"
	if relu {
		kind, op = device.RNNReLU, "rnn_relu"
	}
	y, hn, _ = recur(op, kind, x, h, Tensor{}, w, r)
	return y, hn
}

// LSTMLayer computes one direction of a layer of long short-term memory units, whose state is h and c. With σ =
// sigmoid,
//
//	i, f, g, o = σ, σ, tanh, σ of the four parts of W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh
//	cₜ = f·cₜ₋₁ + i·g
//	hₜ = o·tanh(cₜ), or W_hr·(o·tanh(cₜ))
//
//	x (T, B, in), h (B, P), c (B, H) → y (T, B, P), hn (B, P), cn (B, H)
//
// For packed sequences, absent states and panics see [RNNLayer].
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
func LSTMLayer(x, h, c Tensor, w RecurrentWeights, r Recurrence) (y, hn, cn Tensor) {
	return recur("lstm", device.LSTM, x, h, c, w, r)
}

// GRULayer computes one direction of a layer of gated recurrent units. With σ = sigmoid and the parts of W_ih, W_hh
// and the biases for r, z, n,
//
//	r, z = σ of the first two parts of W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh
//	n = tanh(W_in·xₜ + b_in + r·(W_hn·hₜ₋₁ + b_hn))
//	hₜ = (1 − z)·n + z·hₜ₋₁
//
//	x (T, B, in), h (B, H) → y (T, B, H), hn (B, H)
//
// For packed sequences, absent states and panics see [RNNLayer].
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html)
func GRULayer(x, h Tensor, w RecurrentWeights, r Recurrence) (y, hn Tensor) {
	y, hn, _ = recur("gru", device.GRU, x, h, Tensor{}, w, r)
	return y, hn
}

// recur checks the inputs of a recurrent layer and computes it, 16-bit floats in float32.
func recur(op string, kind device.RecurrentKind, x, h, c Tensor, w RecurrentWeights, r Recurrence) (y, hn, cn Tensor) {
	o := recurrent{kind: kind, reverse: r.Reverse, sizes: r.BatchSizes}
	o.steps, o.batch = checkSequence(op, x, r.BatchSizes)
	hidden, out := checkRecurrentWeights(op, kind, x, w)
	if !h.Defined() {
		h = x.NewZeros(o.batch, out)
	}
	checkState(op, "h", x, h, o.batch, out)
	if kind == device.LSTM {
		if !c.Defined() {
			c = x.NewZeros(o.batch, hidden)
		}
		checkState(op, "c", x, c, o.batch, hidden)
	}
	dt, shape := x.DType(), x.Shape().With(-1, out)
	x = x.Widen()
	if r.BatchSizes == nil {
		x = x.Contiguous().Reshape(o.steps*o.batch, x.Dim(2))
	}
	ys := o.apply(x, h.widenIn(x), c.widenIn(x), w.WeightIH.widenIn(x), w.WeightHH.widenIn(x), w.BiasIH.widenIn(x),
		w.BiasHH.widenIn(x), w.WeightHR.widenIn(x))
	y, hn = ys[0].Cast(dt).reshape(shape), ys[1].Cast(dt)
	if kind == device.LSTM {
		cn = ys[2].Cast(dt)
	}
	return y, hn, cn
}

// checkSequence returns the number of steps of x and of the sequences in it.
func checkSequence(op string, x Tensor, sizes []int) (steps, batch int) {
	s := x.Shape()
	if !x.DType().IsFloat() {
		fail(op, "the input must be floating point, not "+x.DType().String(), s)
	}
	if sizes == nil {
		if s.rank != 3 {
			fail(op, "the input must have 3 dimensions: step, sequence and feature", s)
		}
		if s.dims[0] == 0 {
			fail(op, "a sequence must have at least one step", s)
		}
		return s.dims[0], s.dims[1]
	}
	if s.rank != 2 {
		fail(op, "packed sequences must have 2 dimensions: row and feature", s)
	}
	rows, last := 0, s.dims[0]
	for t, n := range sizes {
		if n < 1 || n > last {
			fail(op, fmt.Sprintf("step %d of packed sequences has %d rows; 1 to %d are possible", t, n, last), s)
		}
		rows, last = rows+n, n
	}
	if rows != s.dims[0] || rows == 0 {
		fail(op, fmt.Sprintf("packed sequences of %d rows in all need at least one, and as many in the input", rows), s)
	}
	return len(sizes), sizes[0]
}

// checkRecurrentWeights returns the number of hidden units and of elements of the hidden state.
func checkRecurrentWeights(op string, kind device.RecurrentKind, x Tensor, w RecurrentWeights) (hidden, out int) {
	gates, hh := kind.Gates(), w.WeightHH.Shape()
	if hh.rank != 2 || hh.dims[0]%gates != 0 {
		fail(op, fmt.Sprintf("weight_hh must be a matrix whose rows are a multiple of %d", gates), hh)
	}
	if hidden, out = hh.dims[0]/gates, hh.dims[1]; hidden == 0 || out == 0 {
		fail(op, "there must be at least one hidden unit", hh)
	}
	check := func(name string, p Tensor, dims ...int) {
		if p.Shape() != ShapeOf(dims...) || p.DType() != x.DType() {
			fail(op, fmt.Sprintf("%s must be %s and of shape %v, not %s", name, x.DType(), ShapeOf(dims...),
				p.DType()), p.Shape(), x.Shape())
		}
		sameDevice(op, x.h, p.header())
	}
	rows, ih := gates*hidden, w.WeightIH.Shape()
	if x.DType() != w.WeightHH.DType() {
		fail(op, fmt.Sprintf("the input is %s, the weights %s", x.DType(), w.WeightHH.DType()), x.Shape(), hh)
	}
	if ih.rank == 2 && x.Dim(-1) != ih.dims[1] {
		fail(op, fmt.Sprintf("the input must have %d features, as weight_ih has columns", ih.dims[1]), x.Shape(), ih)
	}
	check("weight_hh", w.WeightHH, rows, out)
	check("weight_ih", w.WeightIH, rows, x.Dim(-1))
	if w.BiasIH.Defined() != w.BiasHH.Defined() {
		fail(op, "bias_ih and bias_hh belong together: one is the zero Tensor", hh)
	}
	if w.BiasIH.Defined() {
		check("bias_ih", w.BiasIH, rows)
		check("bias_hh", w.BiasHH, rows)
	}
	switch {
	case w.WeightHR.Defined() && kind != device.LSTM:
		fail(op, "only an LSTM has a projection weight_hr", w.WeightHR.Shape())
	case w.WeightHR.Defined():
		check("weight_hr", w.WeightHR, out, hidden)
	case out != hidden:
		fail(op, fmt.Sprintf("weight_hh must be of shape %v without a projection", ShapeOf(rows, hidden)), hh)
	}
	return hidden, out
}

// checkState panics unless a state has the shape (batch, size).
func checkState(op, name string, x, state Tensor, batch, size int) {
	if state.Shape() != ShapeOf(batch, size) || state.DType() != x.DType() {
		fail(op, fmt.Sprintf("the state %s must be %s and of shape %v, not %s", name, x.DType(), ShapeOf(batch, size),
			state.DType()), state.Shape(), x.Shape())
	}
	sameDevice(op, x.h, state.header())
}

// recurrent computes one direction of a recurrent layer. The inputs are x (N, in), h, c (only for an LSTM) and the
// weights in the order of [RecurrentWeights]; the results are y (N, out), the last h and, for an LSTM, the last c.
type recurrent struct {
	kind         device.RecurrentKind
	reverse      bool
	steps, batch int
	sizes        []int // rows of each step; nil: batch

	gates, hiddenN, prevH, prevC, m Tensor            // see device.Recurrence; what the kind does not have is absent
	args                            device.Recurrence // of a call of the device
}

func (*recurrent) Optional(i int) bool { return i == 2 || i > 4 }

// Saves has the inputs, of which Composite needs all, and the result of a simple unit: the other units save their gates.
func (o *recurrent) Saves() Saved {
	if o.kind.Gates() == 1 {
		return SaveInputs | SaveOutput
	}
	return SaveInputs
}

func (o *recurrent) rows(t int) int {
	if o.sizes == nil {
		return o.batch
	}
	return o.sizes[t]
}

// apply computes the layer by the device's kernel, or by its composite if there is none.
func (o *recurrent) apply(x, h, c, ih, hh, bih, bhh, hr Tensor) (ys [3]Tensor) {
	if _, ok := x.h.store.dev.(device.Recurrenter); !ok {
		o.Composite([]Tensor{x, h, c, ih, hh, bih, bhh, hr}, ys[:])
		return ys
	}
	results := 2
	if o.kind == device.LSTM {
		results = 3
	}
	ApplyN(*o, ys[:results], x, h, c, ih, hh, bih, bhh, hr)
	return ys
}

func (o *recurrent) Forward(s *Scope, xs, ys []Tensor) {
	x, h, c, hh, hr := xs[0], xs[1], xs[2], xs[4].Contiguous(), xs[7]
	rows, hidden, out := x.Dim(0), hh.Dim(0)/o.kind.Gates(), hh.Dim(1)
	empty := func(rows, cols int) Tensor { return s.NewEmpty(x, x.DType(), ShapeOf(rows, cols)) }
	gates := Linear(x, xs[3], xs[5], NoActivation)
	y, hn, cn := gates, empty(o.batch, out), Tensor{}
	hn.CopyFrom(h)
	var hiddenN, prevH, prevC, m Tensor
	if o.kind.Gates() > 1 {
		y = empty(rows, out)
	}
	if o.kind == device.GRU {
		hiddenN = empty(rows, hidden)
	}
	if o.kind == device.LSTM {
		cn = empty(o.batch, hidden)
		cn.CopyFrom(c)
	}
	if hr.Defined() {
		hr, m = hr.Contiguous(), empty(rows, hidden)
	}
	if s == nil || s.saves {
		prevH = empty(rows, out)
		if o.kind == device.LSTM {
			prevC = empty(rows, hidden)
		}
	}
	bias := xs[6]
	if bias.Defined() {
		bias = bias.Contiguous()
	}
	o.call(device.Recurrenter.RecurrentLayer, x,
		device.Recurrence{WeightHH: hh.array(), WeightHR: hr.array(), BiasHH: bias.array(),
			Gates: gates.array(), Y: y.array(), H: hn.array(), C: cn.array(), HiddenN: hiddenN.array(),
			PrevH: prevH.array(), PrevC: prevC.array(), M: m.array()})
	if o.kind.Gates() > 1 {
		s.Save(gates)
	}
	o.gates = gates
	o.hiddenN = s.saveOptional(hiddenN)
	o.prevH = s.saveOptional(prevH)
	o.prevC = s.saveOptional(prevC)
	o.m = s.saveOptional(m)
	ys[0], ys[1] = y, hn
	if o.kind == device.LSTM {
		ys[2] = cn
	}
}

// saveOptional is Save for a tensor that may be absent.
func (s *Scope) saveOptional(t Tensor) Tensor {
	if t.Defined() {
		s.Save(t)
	}
	return t
}

// call fills in the arguments that all calls of the device have, and calls it.
func (o *recurrent) call(f func(device.Recurrenter, *device.Recurrence), x Tensor, args device.Recurrence) {
	args.Kind, args.Reverse, args.Steps, args.Batch, args.Sizes = o.kind, o.reverse, o.steps, o.batch, o.sizes
	o.args = args // in the op, because what is passed to an interface's method moves to the heap
	f(x.h.store.dev.(device.Recurrenter), &o.args)
	o.args = device.Recurrence{}
}

// Backward goes through the steps from the last to the first, and collects the gradient d of the gates before their
// functions and, for a GRU, that of their recurrent part, dhh, which is d otherwise. With the state h before each
// step
//
//	dx = d·W_ih, dW_ih = dᵀ·x, dW_hh = dhhᵀ·h, db_ih = Σ d, db_hh = Σ dhh over all rows
func (o *recurrent) Backward(xs, ys, dys, dxs []Tensor) {
	x, hh, hr := xs[0], xs[4].Contiguous(), xs[7]
	gates, rows, out := o.gates, x.Dim(0), hh.Dim(1)
	if o.kind.Gates() == 1 {
		gates = ys[0]
	}
	empty := func(rows, cols int) Tensor { return x.h.scope.NewEmpty(x, x.DType(), ShapeOf(rows, cols)) }
	d := empty(rows, hh.Dim(0))
	dhh, dy, dout := d, dys[0], Tensor{}
	if o.kind == device.GRU {
		dhh = empty(rows, hh.Dim(0))
	}
	if dy.Defined() {
		dy = dy.Contiguous()
	}
	if hr.Defined() {
		hr, dout = hr.Contiguous(), empty(rows, out)
	}
	var states [2]Tensor
	for k := range min(2, len(dys)-1) {
		state := &states[k]
		if *state = xs[1+k].gradOrEmpty(); dys[1+k].Defined() {
			x.h.store.dev.Copy(state.array(), dys[1+k].array())
		} else {
			x.h.store.dev.Fill(state.array(), 0)
		}
	}
	o.call(device.Recurrenter.RecurrentLayerGrad, x,
		device.Recurrence{WeightHH: hh.array(), WeightHR: hr.array(), Gates: gates.array(),
			HiddenN: o.hiddenN.array(), PrevH: o.prevH.array(), PrevC: o.prevC.array(), DY: dy.array(), DGates: d.array(), DHH: dhh.array(),
			DH: states[0].array(), DC: states[1].array(), DOut: dout.array()})
	for k, state := range states {
		if xs[1+k].NeedsGrad() {
			dxs[1+k] = state
		}
	}
	product := func(i int, a, b Tensor) {
		if xs[i].NeedsGrad() {
			dxs[i] = xs[i].gradMatMul(a, b)
		}
	}
	product(0, d, xs[3])
	product(3, d.T(), x)
	product(4, dhh.T(), o.prevH)
	if hr.Defined() {
		product(7, dout.T(), o.m)
	}
	if xs[5].NeedsGrad() {
		dxs[5] = d.Sum(0)
	}
	if xs[6].NeedsGrad() {
		if dxs[6] = dxs[5]; o.kind == device.GRU || !dxs[6].Defined() {
			dxs[6] = dhh.Sum(0)
		}
	}
}

// gradOrEmpty returns memory for the gradient of x, or other memory of its shape if it needs none.
func (x Tensor) gradOrEmpty() Tensor {
	if x.NeedsGrad() {
		return x.NewGrad()
	}
	return x.h.scope.NewEmpty(x, x.DType(), x.Shape())
}

// Composite computes the same by ops.
func (o *recurrent) Composite(xs, ys []Tensor) {
	w := RecurrentWeights{xs[3], xs[4], xs[5], xs[6], xs[7]}
	gates := Linear(xs[0], w.WeightIH, w.BiasIH, NoActivation) // those of all steps, without the recurrent part
	out := make([]Tensor, o.steps)
	// state is the state of the first live sequences; ended has those of the others, the last sequence first.
	first, state, live := [2]Tensor{xs[1], xs[2]}, [2]Tensor{xs[1], xs[2]}, o.batch
	if o.reverse {
		live = 0
	}
	var ended [2][]Tensor
	row := 0
	if o.reverse {
		row = xs[0].Dim(0)
	}
	for i := range out {
		t := i
		if o.reverse {
			t = o.steps - 1 - i
			row -= o.rows(t)
		}
		n := o.rows(t)
		for k := range state {
			switch {
			case !first[k].Defined() || n == live:
			case n < live:
				ended[k] = append(ended[k], state[k].Narrow(0, n, live-n))
				state[k] = state[k].Narrow(0, 0, n)
			case live == 0:
				state[k] = first[k].Narrow(0, 0, n)
			default:
				state[k] = Cat(0, state[k], first[k].Narrow(0, live, n-live))
			}
		}
		live = n
		state = o.step(gates.Narrow(0, row, n), state, w)
		out[t] = state[0]
		if !o.reverse {
			row += n
		}
	}
	ys[0] = Cat(0, out...)
	for k := range state {
		if first[k].Defined() {
			all := append(ended[k], state[k])
			slices.Reverse(all)
			ys[1+k] = Cat(0, all...)
		}
	}
}

// step returns the state after one step.
func (o *recurrent) step(gates Tensor, state [2]Tensor, w RecurrentWeights) [2]Tensor {
	h, c := state[0], state[1]
	recurrent := Linear(h, w.WeightHH, w.BiasHH, NoActivation)
	size := recurrent.Dim(1) / o.kind.Gates()
	part := func(x Tensor, i int) Tensor { return x.Narrow(1, i*size, size) }
	if o.kind == device.GRU {
		rz := gates.Narrow(1, 0, 2*size).Add(recurrent.Narrow(1, 0, 2*size)).Sigmoid()
		n := part(gates, 2).Add(part(rz, 0).Mul(part(recurrent, 2))).Tanh()
		return [2]Tensor{h.Sub(n).Mul(part(rz, 1)).Add(n)}
	}
	sum := gates.Add(recurrent)
	switch o.kind {
	case device.RNNTanh:
		return [2]Tensor{sum.Tanh()}
	case device.RNNReLU:
		return [2]Tensor{sum.ReLU()}
	}
	i, f, g, output := part(sum, 0).Sigmoid(), part(sum, 1).Sigmoid(), part(sum, 2).Tanh(), part(sum, 3).Sigmoid()
	c = f.Mul(c).Add(i.Mul(g))
	h = output.Mul(c.Tanh())
	if w.WeightHR.Defined() {
		h = Linear(h, w.WeightHR, Tensor{}, NoActivation)
	}
	return [2]Tensor{h, c}
}
