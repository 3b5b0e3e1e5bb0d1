package nn

import (
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// RNN is Elman's recurrent network. A unit's state is, with act = tanh or ReLU,
//
//	hₜ = act(W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh)
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html)
type RNN struct {
	Recurrent
	ReLU bool // ReLU instead of tanh
}

// LSTM is a network of long short-term memory units. A unit's state is h and c: with σ = sigmoid,
//
//	i, f, g, o = σ, σ, tanh, σ of the four parts of W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh
//	cₜ = f·cₜ₋₁ + i·g
//	hₜ = o·tanh(cₜ), or W_hr·(o·tanh(cₜ)) with a projection
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
type LSTM struct{ Recurrent }

// GRU is a network of gated recurrent units. A unit's state is, with σ = sigmoid,
//
//	r, z = σ of the first two parts of W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh
//	n = tanh(W_in·xₜ + b_in + r·(W_hn·hₜ₋₁ + b_hn))
//	hₜ = (1 − z)·n + z·hₜ₋₁
//
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html)
type GRU struct{ Recurrent }

// NewRNN returns a network of one layer, whose parameters are drawn from g, uniform in ±1/√hidden. The values are
// those of PyTorch after torch.manual_seed. It panics if a size is impossible.
func NewRNN(g *rng.Torch, in, hidden int) *RNN { return RecurrentConfig{}.NewRNN(g, in, hidden) }

// NewLSTM returns a network of one layer; see [NewRNN].
func NewLSTM(g *rng.Torch, in, hidden int) *LSTM { return RecurrentConfig{}.NewLSTM(g, in, hidden) }

// NewGRU returns a network of one layer; see [NewRNN].
func NewGRU(g *rng.Torch, in, hidden int) *GRU { return RecurrentConfig{}.NewGRU(g, in, hidden) }

// NewRNN returns a network for inputs of in features with hidden units in each layer and direction; see [NewRNN].
func (c RecurrentConfig) NewRNN(g *rng.Torch, in, hidden int) *RNN {
	return &RNN{c.layers("rnn", g, 1, in, hidden), c.ReLU}
}

// NewLSTM returns a network for inputs of in features with hidden units in each layer and direction; see [NewRNN].
func (c RecurrentConfig) NewLSTM(g *rng.Torch, in, hidden int) *LSTM {
	return &LSTM{c.layers("lstm", g, 4, in, hidden)}
}

// NewGRU returns a network for inputs of in features with hidden units in each layer and direction; see [NewRNN].
func (c RecurrentConfig) NewGRU(g *rng.Torch, in, hidden int) *GRU {
	return &GRU{c.layers("gru", g, 3, in, hidden)}
}

func stepTanh(x, h, _ tensor.Tensor, w tensor.RecurrentWeights, r tensor.Recurrence) (y, hn, cn tensor.Tensor) {
	y, hn = tensor.RNNLayer(x, h, w, false, r)
	return y, hn, cn
}

func stepReLU(x, h, _ tensor.Tensor, w tensor.RecurrentWeights, r tensor.Recurrence) (y, hn, cn tensor.Tensor) {
	y, hn = tensor.RNNLayer(x, h, w, true, r)
	return y, hn, cn
}

func stepGRU(x, h, _ tensor.Tensor, w tensor.RecurrentWeights, r tensor.Recurrence) (y, hn, cn tensor.Tensor) {
	y, hn = tensor.GRULayer(x, h, w, r)
	return y, hn, cn
}

func (l *RNN) step() recurrentStep {
	if l.ReLU {
		return stepReLU
	}
	return stepTanh
}

// Forward returns the last layer's states of all steps, and each layer's and direction's state after its last step. D
// is the number of directions, and the first dimension of the states has layer 0, its second direction, layer 1, and
// so on.
//
//	x (T, B, in), h (layers·D, B, H) → y (T, B, D·H), hn (layers·D, B, H)
//
// With BatchFirst x and y are (B, T, …); the states are not. One sequence has no dimension B, in the states neither.
// The zero Tensor for h means 0. It panics if a shape, a type or a device does not fit.
func (l *RNN) Forward(x, h tensor.Tensor) (y, hn tensor.Tensor) {
	defer InLayer(l)
	y, hn, _ = l.sequences("rnn", l, l.step(), x, h, tensor.Tensor{})
	ReportAll(l, []tensor.Tensor{x, h}, []tensor.Tensor{y, hn})
	return y, hn
}

// ForwardPacked is Forward for packed sequences. It computes nothing for a padding. The states are those of the
// sequences in their original order.
func (l *RNN) ForwardPacked(x PackedSequence, h tensor.Tensor) (y PackedSequence, hn tensor.Tensor) {
	defer InLayer(l)
	y, hn, _ = l.packed("rnn", l, l.step(), x, h, tensor.Tensor{})
	ReportAll(l, []tensor.Tensor{x.Data, h}, []tensor.Tensor{y.Data, hn})
	return y, hn
}

// Forward returns the last layer's h of all steps, and each layer's and direction's h and c after its last step; see
// [RNN.Forward]. With a projection h has P elements and c has H. The zero Tensor for h or c means 0.
//
//	x (T, B, in), h (layers·D, B, P), c (layers·D, B, H) → y (T, B, D·P), hn (layers·D, B, P), cn (layers·D, B, H)
func (l *LSTM) Forward(x, h, c tensor.Tensor) (y, hn, cn tensor.Tensor) {
	defer InLayer(l)
	y, hn, cn = l.sequences("lstm", l, tensor.LSTMLayer, x, h, c)
	ReportAll(l, []tensor.Tensor{x, h, c}, []tensor.Tensor{y, hn, cn})
	return y, hn, cn
}

// ForwardPacked is Forward for packed sequences; see [RNN.ForwardPacked].
func (l *LSTM) ForwardPacked(x PackedSequence, h, c tensor.Tensor) (y PackedSequence, hn, cn tensor.Tensor) {
	defer InLayer(l)
	y, hn, cn = l.packed("lstm", l, tensor.LSTMLayer, x, h, c)
	ReportAll(l, []tensor.Tensor{x.Data, h, c}, []tensor.Tensor{y.Data, hn, cn})
	return y, hn, cn
}

// Forward returns the last layer's states of all steps, and each layer's and direction's state after its last step;
// see [RNN.Forward].
func (l *GRU) Forward(x, h tensor.Tensor) (y, hn tensor.Tensor) {
	defer InLayer(l)
	y, hn, _ = l.sequences("gru", l, stepGRU, x, h, tensor.Tensor{})
	ReportAll(l, []tensor.Tensor{x, h}, []tensor.Tensor{y, hn})
	return y, hn
}

// ForwardPacked is Forward for packed sequences; see [RNN.ForwardPacked].
func (l *GRU) ForwardPacked(x PackedSequence, h tensor.Tensor) (y PackedSequence, hn tensor.Tensor) {
	defer InLayer(l)
	y, hn, _ = l.packed("gru", l, stepGRU, x, h, tensor.Tensor{})
	ReportAll(l, []tensor.Tensor{x.Data, h}, []tensor.Tensor{y.Data, hn})
	return y, hn
}

// String returns PyTorch's text, such as "RNN(10, 20, num_layers=2)".
func (l *RNN) String() string { return l.settings("RNN", 1) }

// String returns PyTorch's text, such as "LSTM(10, 20, bidirectional=True)".
func (l *LSTM) String() string { return l.settings("LSTM", 4) }

// String returns PyTorch's text, such as "GRU(10, 20, batch_first=True)".
func (l *GRU) String() string { return l.settings("GRU", 3) }

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *Recurrent) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return l.multiplyAdds(outputs[0].Size() / max(1, outputs[0].Dim(-1)))
}
