package nn_test

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// state is the state of an LSTM between steps.
type state struct{ H, C tensor.Tensor }

// lstmCell is a layer with a tensor and a struct as inputs, and a struct as result.
type lstmCell struct{ Input, Hidden *nn.Linear }

func newLSTMCell(g *rng.Torch, in, size int) *lstmCell {
	return &lstmCell{nn.NewLinear(g, in, 4*size), nn.NewLinear(g, size, 4*size)}
}

func (l *lstmCell) Forward(x tensor.Tensor, s state) state {
	gates := l.Input.Forward(x).Add(l.Hidden.Forward(s.H)).Chunk(4, 1)
	in, forget, cell, out := gates[0].Sigmoid(), gates[1].Sigmoid(), gates[2].Tanh(), gates[3].Sigmoid()
	c := forget.Mul(s.C).Add(in.Mul(cell))
	h := out.Mul(c.Tanh())
	nn.ReportAll(l, []tensor.Tensor{x, s.H, s.C}, []tensor.Tensor{h, c})
	return state{h, c}
}

// attention is a layer with two results and three inputs, of which the mask is optional.
type attention struct {
	nn.Mode
	Query, Key, Value *nn.Linear
}

func (l *attention) Forward(x, memory, mask tensor.Tensor) (y, weights tensor.Tensor) {
	q, k, v := l.Query.Forward(x), l.Key.Forward(memory), l.Value.Forward(memory)
	scores := q.MatMul(k.Transpose(-2, -1)).MulScalar(1 / math.Sqrt(float64(q.Dim(-1))))
	if mask.Defined() {
		scores = tensor.Where(mask, scores, scores.NewZeros().AddScalar(math.Inf(-1)))
	}
	weights = scores.Softmax(-1)
	y = weights.MatMul(v)
	nn.ReportAll(l, []tensor.Tensor{x, memory, mask}, []tensor.Tensor{y, weights})
	return y, weights
}

// tagger is a recurrent layer followed by attention. It computes its loss.
type tagger struct {
	Cell *lstmCell
	Look *attention
	Out  *nn.Linear
	Loss nn.CrossEntropyLoss
}

func (m *tagger) Forward(x tensor.Tensor, s state, memory, target tensor.Tensor) (loss tensor.Tensor, next state) {
	next = m.Cell.Forward(x, s)
	seen, _ := m.Look.Forward(next.H.Unsqueeze(1), memory, tensor.Tensor{})
	return m.Loss.Forward(m.Out.Forward(seen.Squeeze(1)), target), next
}

// Your own layers may have several inputs and results, also structs. Summaries see them if they call ReportAll.
func ExampleReportAll() {
	g := rng.NewTorch(0)
	m := &tagger{
		Cell: newLSTMCell(g, 3, 8),
		Look: &attention{Query: nn.NewLinear(g, 8, 8), Key: nn.NewLinear(g, 8, 8), Value: nn.NewLinear(g, 8, 8)},
		Out:  nn.NewLinear(g, 8, 5),
	}
	s := state{tensor.Zeros(2, 8), tensor.Zeros(2, 8)}
	fmt.Println(nn.SummaryOf(m, tensor.Ones(2, 3), s, tensor.Ones(2, 7, 8), tensor.From([]int64{0, 4})))
	// Output:
	// layer        type              output shape          parameters  multiply-adds  weights   output
	// ────────────────────────────────────────────────────────────────────────────────────────────────
	// cell.input   Linear            (2, 32)                      128            192    512 B    256 B
	// cell.hidden  Linear            (2, 32)                      288            512  1.1 KiB    256 B
	// cell         lstmCell          (2, 8), (2, 8)                                              128 B
	// look.query   Linear            (2, 1, 8)                     72            128    288 B     64 B
	// look.key     Linear            (2, 7, 8)                     72            896    288 B    448 B
	// look.value   Linear            (2, 7, 8)                     72            896    288 B    448 B
	// look         attention         (2, 1, 8), (2, 1, 7)                                        120 B
	// out          Linear            (2, 5)                        45             80    180 B     40 B
	// loss         CrossEntropyLoss  ()                                                            4 B
	// ────────────────────────────────────────────────────────────────────────────────────────────────
	// total                                                       677          2,704  2.6 KiB  1.7 KiB
	// input (2, 3), (2, 8), (2, 8), (2, 7, 8), (2,), 677 parameters, all trained
}

// A model prints as in PyTorch: Sequential by itself, a struct by Sprint.
func ExampleSprint() {
	g := rng.NewTorch(0)
	fmt.Println(nn.Sequential{nn.NewLinear(g, 4, 8), &nn.ReLU{}, nn.NewDropout(g, 0.5), nn.NewLinear(g, 8, 2)})
	fmt.Println(nn.Sprint(&xorNet{nn.NewLinear(g, 2, 8), nn.NewLinear(g, 8, 1)}))
	// Output:
	// Sequential(
	//   (0): Linear(in_features=4, out_features=8, bias=True)
	//   (1): ReLU()
	//   (2): Dropout(p=0.5)
	//   (3): Linear(in_features=8, out_features=2, bias=True)
	// )
	// xorNet(
	//   (hidden): Linear(in_features=2, out_features=8, bias=True)
	//   (out): Linear(in_features=8, out_features=1, bias=True)
	// )
}
