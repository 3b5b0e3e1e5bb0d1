package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// RecurrentCell is the common part of [RNNCell], [LSTMCell] and [GRUCell], which compute one step; G is 1, 4 and 3, H
// the number of hidden units.
type RecurrentCell struct {
	WeightIH tensor.Tensor // (G·H, in)
	WeightHH tensor.Tensor // (G·H, H)
	BiasIH   tensor.Tensor // (G·H,); undefined if the layer has no bias
	BiasHH   tensor.Tensor // (G·H,); undefined if the layer has no bias
}

// RNNCell is one step of an [RNN].
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html)
type RNNCell struct {
	RecurrentCell
	ReLU bool // ReLU instead of tanh
}

// LSTMCell is one step of an [LSTM].
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html)
type LSTMCell struct{ RecurrentCell }

// GRUCell is one step of a [GRU].
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html)
type GRUCell struct{ RecurrentCell }

// RecurrentCellConfig holds the options of an RNNCell, an LSTMCell or a GRUCell. The zero value is PyTorch's default.
type RecurrentCellConfig struct {
	NoBias bool
	ReLU   bool // only for an RNNCell: ReLU instead of tanh
	DType  tensor.DType
}

// NewRNNCell returns a cell whose parameters are drawn from g, uniform in ±1/√hidden. The values are those of PyTorch
// after torch.manual_seed.
func NewRNNCell(g *rng.Torch, in, hidden int) *RNNCell {
	return RecurrentCellConfig{}.NewRNNCell(g, in, hidden)
}

// NewLSTMCell returns a cell; see [NewRNNCell].
func NewLSTMCell(g *rng.Torch, in, hidden int) *LSTMCell {
	return RecurrentCellConfig{}.NewLSTMCell(g, in, hidden)
}

// NewGRUCell returns a cell; see [NewRNNCell].
func NewGRUCell(g *rng.Torch, in, hidden int) *GRUCell {
	return RecurrentCellConfig{}.NewGRUCell(g, in, hidden)
}

// NewRNNCell returns a cell for inputs of in features; see [NewRNNCell].
func (c RecurrentCellConfig) NewRNNCell(g *rng.Torch, in, hidden int) *RNNCell {
	return &RNNCell{c.cell("rnn_cell", g, 1, in, hidden), c.ReLU}
}

// NewLSTMCell returns a cell for inputs of in features; see [NewRNNCell].
func (c RecurrentCellConfig) NewLSTMCell(g *rng.Torch, in, hidden int) *LSTMCell {
	return &LSTMCell{c.cell("lstm_cell", g, 4, in, hidden)}
}

// NewGRUCell returns a cell for inputs of in features; see [NewRNNCell].
func (c RecurrentCellConfig) NewGRUCell(g *rng.Torch, in, hidden int) *GRUCell {
	return &GRUCell{c.cell("gru_cell", g, 3, in, hidden)}
}

func (c RecurrentCellConfig) cell(op string, g *rng.Torch, gates, in, hidden int) RecurrentCell {
	checkGenerator(op, g)
	if in < 0 || hidden < 1 {
		fail(op, nil, fmt.Sprintf("%d features and %d hidden units are impossible: at least 0 and 1 are possible", in,
			hidden))
	}
	if c.ReLU && gates != 1 {
		fail(op, nil, "only an RNNCell may have ReLU")
	}
	w := newRecurrentWeights(g, c.DType, gates, in, hidden, hidden, !c.NoBias)
	return RecurrentCell{w.WeightIH, w.WeightHH, w.BiasIH, w.BiasHH}
}

// step computes a layer for one step.
func (l *RecurrentCell) step(op string, layer any, step recurrentStep, x, h, c tensor.Tensor) (hn, cn tensor.Tensor) {
	checkWeighted(op, layer, l.WeightIH)
	checkWeighted(op, layer, l.WeightHH)
	r := x.Rank()
	if r != 1 && r != 2 {
		fail(op, layer, "the input must be (B, in), or (in,) for one sample", x.Shape())
	}
	states := [2]tensor.Tensor{h, c}
	for k, s := range states {
		if !s.Defined() {
			continue
		}
		if s.Rank() != r {
			fail(op, layer, "the state must have as many dimensions as the input", s.Shape(), x.Shape())
		}
		if r == 1 {
			states[k] = s.Unsqueeze(0)
		}
	}
	if r == 1 {
		x = x.Unsqueeze(0)
	}
	w := tensor.RecurrentWeights{WeightIH: l.WeightIH, WeightHH: l.WeightHH, BiasIH: l.BiasIH, BiasHH: l.BiasHH}
	_, hn, cn = step(x.Unsqueeze(0), states[0], states[1], w, tensor.Recurrence{})
	if r == 1 {
		if hn = hn.Squeeze(0); cn.Defined() {
			cn = cn.Squeeze(0)
		}
	}
	return hn, cn
}

// Forward returns the state after the step. The zero Tensor for h means 0. It panics if a shape, a type or a device
// does not fit.
//
//	x (B, in), h (B, H) → (B, H), or without B
func (l *RNNCell) Forward(x, h tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	step := stepTanh
	if l.ReLU {
		step = stepReLU
	}
	hn, _ := l.step("rnn_cell", l, step, x, h, tensor.Tensor{})
	return reported(l, hn, x, h)
}

// Forward returns the state after the step; see [RNNCell.Forward].
//
//	x (B, in), h (B, H), c (B, H) → hn (B, H), cn (B, H), or without B
func (l *LSTMCell) Forward(x, h, c tensor.Tensor) (hn, cn tensor.Tensor) {
	defer InLayer(l)
	hn, cn = l.step("lstm_cell", l, tensor.LSTMLayer, x, h, c)
	ReportAll(l, []tensor.Tensor{x, h, c}, []tensor.Tensor{hn, cn})
	return hn, cn
}

// Forward returns the state after the step; see [RNNCell.Forward].
func (l *GRUCell) Forward(x, h tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	hn, _ := l.step("gru_cell", l, stepGRU, x, h, tensor.Tensor{})
	return reported(l, hn, x, h)
}

// String returns PyTorch's text, such as "RNNCell(10, 20)".
func (l *RNNCell) String() string {
	if l.ReLU {
		return l.text("RNNCell", 1, ", nonlinearity=relu")
	}
	return l.text("RNNCell", 1, "")
}

// String returns PyTorch's text, such as "LSTMCell(10, 20)".
func (l *LSTMCell) String() string { return l.text("LSTMCell", 4, "") }

// String returns PyTorch's text, such as "GRUCell(10, 20)".
func (l *GRUCell) String() string { return l.text("GRUCell", 3, "") }

func (l *RecurrentCell) text(name string, gates int, more string) string {
	if !l.WeightIH.Defined() {
		return name + "()"
	}
	if !l.BiasIH.Defined() {
		more = ", bias=False" + more
	}
	return fmt.Sprintf("%s(%d, %d%s)", name, l.WeightIH.Dim(-1), l.WeightIH.Dim(0)/gates, more)
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *RecurrentCell) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	rows := outputs[0].Size() / max(1, outputs[0].Dim(-1))
	return rows * (l.WeightIH.Len() + l.WeightHH.Len())
}
