package nn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A recurrentCase is one of testdata/torch/nn_recurrent.py.
type recurrentCase struct {
	Kind           string
	Sizes          [2]int
	Config         attrs
	DType          string
	Keys, Digests  []string
	Text           string
	X              packed
	Lengths        []int
	Sorted         bool
	States         []packed
	Packed, Padded *packed
	BatchSizes     []int   `json:"batch_sizes"`
	Indices        [][]int // sorted and unsorted
	PaddedLengths  []int   `json:"padded_lengths"`
	Outputs, Grads []packed
}

func (c *recurrentCase) title() string {
	return fmt.Sprintf("%s %s %v %v lengths=%v states=%d", c.Kind, c.DType, c.X.Shape, c.Config, c.Lengths, len(c.States))
}

// model returns the network or the cell, drawn after torch.manual_seed(5).
func (c *recurrentCase) model() any {
	g, in, hidden := rng.NewTorch(5), c.Sizes[0], c.Sizes[1]
	a := c.Config
	integer := func(k string) int {
		if v := a.int(k); v != nil {
			return *v
		}
		return 0
	}
	noBias, relu := a["bias"] == false, a["nonlinearity"] == "relu"
	net := nn.RecurrentConfig{Layers: integer("num_layers"), NoBias: noBias, BatchFirst: a["batch_first"] == true,
		Dropout:       a.float("dropout"),
		Bidirectional: a["bidirectional"] == true, ProjSize: integer("proj_size"), ReLU: relu, DType: dtypes[c.DType]}
	cell := nn.RecurrentCellConfig{NoBias: noBias, ReLU: relu, DType: dtypes[c.DType]}
	switch c.Kind {
	case "rnn":
		return net.NewRNN(g, in, hidden)
	case "lstm":
		return net.NewLSTM(g, in, hidden)
	case "gru":
		return net.NewGRU(g, in, hidden)
	case "rnn_cell":
		return cell.NewRNNCell(g, in, hidden)
	case "lstm_cell":
		return cell.NewLSTMCell(g, in, hidden)
	}
	return cell.NewGRUCell(g, in, hidden)
}

// forward returns the defined results of a model: y, h, c.
func (c *recurrentCase) forward(t *testing.T, m any, x, h, cell tensor.Tensor) (out []tensor.Tensor) {
	var y, hn, cn tensor.Tensor
	if c.Lengths == nil {
		switch m := m.(type) {
		case *nn.RNN:
			m.RNG.Seed(7)
			y, hn = m.Forward(x, h)
		case *nn.LSTM:
			m.RNG.Seed(7)
			y, hn, cn = m.Forward(x, h, cell)
		case *nn.GRU:
			m.RNG.Seed(7)
			y, hn = m.Forward(x, h)
		case *nn.RNNCell:
			hn = m.Forward(x, h)
		case *nn.LSTMCell:
			hn, cn = m.Forward(x, h, cell)
		case *nn.GRUCell:
			hn = m.Forward(x, h)
		}
	} else {
		first := c.Config["batch_first"] == true
		p := nn.PackPaddedSequence(x, c.Lengths, nn.PackConfig{BatchFirst: first, NoEnforceSorted: !c.Sorted})
		if err := c.Packed.near(p.Data, 0, 1); err != nil || !slices.Equal(p.BatchSizes, c.BatchSizes) {
			t.Errorf("packed: %v, batch sizes %v", err, p.BatchSizes)
		}
		for i, index := range []tensor.Tensor{p.SortedIndices, p.UnsortedIndices} {
			if index.Defined() != (c.Indices[i] != nil) || index.Defined() && fmt.Sprint(index.Int64s()) != fmt.Sprint(c.Indices[i]) {
				t.Errorf("indices %v, want %v", index, c.Indices[i])
			}
		}
		switch m := m.(type) {
		case *nn.RNN:
			m.RNG.Seed(7)
			p, hn = m.ForwardPacked(p, h)
		case *nn.LSTM:
			m.RNG.Seed(7)
			p, hn, cn = m.ForwardPacked(p, h, cell)
		case *nn.GRU:
			m.RNG.Seed(7)
			p, hn = m.ForwardPacked(p, h)
		}
		y = p.Data
		padded, lengths := nn.PadPackedSequence(p, nn.PadConfig{BatchFirst: first, PaddingValue: -2.5,
			TotalLength: slices.Max(c.Lengths) + 1})
		if err := c.Padded.differs(padded, 32); err != nil || !slices.Equal(lengths, c.PaddedLengths) {
			t.Errorf("padded: %v, lengths %v", err, lengths)
		}
		for i, s := range nn.UnpackSequence(p) {
			if s.Dim(0) != c.Lengths[i] {
				t.Errorf("unpacked sequence %d has the length %d, want %d", i, s.Dim(0), c.Lengths[i])
			}
		}
	}
	for _, r := range []tensor.Tensor{y, hn, cn} {
		if r.Defined() {
			out = append(out, r)
		}
	}
	return out
}

func TestRecurrentGolden(t *testing.T) {
	var file struct {
		Networks []*recurrentCase
		Padding  []struct {
			Lengths    []int
			BatchFirst bool `json:"batch_first"`
			Left       bool
			Y          packed
		}
	}
	golden(t, "recurrent", &file)
	for dev, d := range devices {
		for _, c := range file.Networks {
			t.Run(dev+"/"+c.title(), func(t *testing.T) { c.run(t, d) })
		}
		for _, c := range file.Padding {
			var sequences []tensor.Tensor
			for i, n := range c.Lengths {
				s := tensor.Arange(2*n).Cast(tensor.Float32).AddScalar(float64(1+10*i)).Reshape(n, 2)
				sequences = append(sequences, s.To(d))
			}
			y := nn.PadSequence(nn.PadConfig{BatchFirst: c.BatchFirst, Left: c.Left, PaddingValue: -1}, sequences...)
			if err := c.Y.near(y, 0, 1); err != nil {
				t.Errorf("pad_sequence of %v, batch first %v, left %v: %v", c.Lengths, c.BatchFirst, c.Left, err)
			}
			if c.Left {
				continue
			}
			for i, s := range nn.UnpadSequence(y, c.Lengths, c.BatchFirst) {
				if !slices.Equal(s.Float32s(), sequences[i].Float32s()) {
					t.Errorf("unpad_sequence of %v gives %v as sequence %d", c.Lengths, s, i)
				}
			}
		}
	}
}

func (c *recurrentCase) run(t *testing.T, d tensor.Device) {
	m := c.model()
	var keys []string
	for _, p := range nn.StateDict(m) {
		keys = append(keys, p.Name)
	}
	if !slices.Equal(keys, c.Keys) {
		t.Errorf("keys %v, want %v", keys, c.Keys)
	}
	for i, p := range nn.Parameters(m) {
		if digest(p) != c.Digests[i] {
			t.Errorf("the first value of %s is not PyTorch's", keys[i])
		}
	}
	if text := fmt.Sprint(m); text != c.Text {
		t.Errorf("the text is %s, want %s", text, c.Text)
	}
	nn.To(m, d)
	leaves := []tensor.Tensor{c.X.on(d).SetRequiresGrad(true)}
	var states [2]tensor.Tensor
	for i, s := range c.States {
		states[i] = s.on(d).SetRequiresGrad(true)
		leaves = append(leaves, states[i])
	}
	out := c.forward(t, m, leaves[0], states[0], states[1])
	var flat []tensor.Tensor
	for i, y := range out {
		if err := c.Outputs[i].differs(y, 32); err != nil {
			t.Errorf("output %d: %v", i, err)
		}
		flat = append(flat, y.Flatten(0))
	}
	total := tensor.Cat(0, flat...)
	w := tensor.Options{DType: total.DType()}.Linspace(0.5, 1.5, total.Len()).To(d)
	total.Mul(w).Sum().Backward()
	for i, p := range append(leaves, nn.Parameters(m)...) {
		g := p.Grad()
		if !g.Defined() {
			g = p.ZerosLike()
		}
		if err := c.Grads[i].near(g, 64, c.Grads[i].largest()); err != nil {
			t.Errorf("gradient %d: %v", i, err)
		}
	}
}

// A training step of a network allocates nothing, with all options.
func TestRecurrentAllocations(t *testing.T) {
	g := rng.NewTorch(1)
	c := nn.RecurrentConfig{Layers: 2, Bidirectional: true, Dropout: 0.3, BatchFirst: true}
	lstm, gru := c.NewLSTM(g, 6, 8), c.NewGRU(g, 6, 8)
	x := tensor.Options{}.RandN(g, 4, 9, 6)
	p := nn.PackPaddedSequence(x, []int{9, 7, 7, 2}, nn.PackConfig{BatchFirst: true})
	s := tensor.NewScope(tensor.CPU())
	step := func() {
		s.Recycle()
		y, _, _ := lstm.Forward(x.InScope(s), tensor.Tensor{}, tensor.Tensor{})
		z, _ := gru.Forward(x.InScope(s), tensor.Tensor{})
		inScope := p
		inScope.Data = p.Data.InScope(s)
		q, hn := gru.ForwardPacked(inScope, tensor.Tensor{})
		y.Sum().Add(z.Sum()).Add(q.Data.Sum()).Add(hn.Sum()).Backward()
	}
	for range 5 {
		step()
	}
	if n := tensortest.AllocsPerRun(20, step); n > 0 {
		t.Errorf("%v allocations in a steady step", n)
	}
}

// The padding is not computed: a packed batch has as many rows as its sequences have elements.
func TestPackedRows(t *testing.T) {
	x := tensor.Zeros(50, 3, 2)
	p := nn.PackPaddedSequence(x, []int{50, 1, 1}, nn.PackConfig{})
	if y, _ := nn.NewGRU(rng.NewTorch(1), 2, 4).ForwardPacked(p, tensor.Tensor{}); y.Data.Shape() != tensor.ShapeOf(52, 4) {
		t.Errorf("the result of 52 elements has the shape %v", y.Data.Shape())
	}
}

func TestMistakesOfRecurrentLayers(t *testing.T) {
	g := rng.NewTorch(1)
	none := tensor.Tensor{}
	x := tensor.Zeros(5, 2, 3)
	lstm, two := nn.NewLSTM(g, 3, 4), nn.RecurrentConfig{Layers: 2, Bidirectional: true}.NewGRU(g, 3, 4)
	model := struct{ Encoder *nn.LSTM }{lstm}
	for want, f := range map[string]func(){
		"lstm: the input's last dimension must be 3, the features that the layer was made for: (5, 2, 7), in model.encoder": func() { lstm.Forward(tensor.Zeros(5, 2, 7), none, none) },
		"lstm: the state h must be float32 and of shape (2, 4), not float32: (3, 4) × (5, 2, 3), in model.encoder":          func() { lstm.Forward(x, tensor.Zeros(1, 3, 4), none) },
		"lstm: the input must be (T, B, in), (B, T, in) with BatchFirst, or (T, in) for one sequence: (3,), in model.encoder": func() {
			lstm.Forward(tensor.Zeros(3), none, none)
		},
		"lstm: the state must have as many dimensions as the input: (1, 4) × (5, 2, 3), in model.encoder": func() { lstm.Forward(x, tensor.Zeros(1, 4), none) },
		"lstm: the packed sequences have no batch sizes: make them with PackPaddedSequence or PackSequence: (5, 3), in model.encoder": func() {
			lstm.ForwardPacked(nn.PackedSequence{Data: tensor.Zeros(5, 3)}, none, none)
		},
		"lstm: the packed sequences have no batch sizes: make them with PackPaddedSequence or PackSequence, in model.encoder": func() {
			lstm.ForwardPacked(nn.PackedSequence{}, none, none)
		},
		"gru: the state must have 3 dimensions, the first of 4 layers and directions: (2, 2, 4) × (5, 2, 3)": func() { two.Forward(x, tensor.Zeros(2, 2, 4)) },
		"gru: the network has no layers: create it with its New function":                                    func() { (&nn.GRU{}).Forward(x, none) },
		"gru: only an LSTM has a projection":                                                                 func() { nn.RecurrentConfig{ProjSize: 2}.NewGRU(g, 3, 4) },
		"gru: only an RNN may have ReLU":                                                                     func() { nn.RecurrentConfig{ReLU: true}.NewGRU(g, 3, 4) },
		"lstm: a projection of 4 hidden units must have from 1 to 3, not 4":                                  func() { nn.RecurrentConfig{ProjSize: 4}.NewLSTM(g, 3, 4) },
		"rnn: the dropout probability must be between 0 and 1, not 2":                                        func() { nn.RecurrentConfig{Dropout: 2}.NewRNN(g, 3, 4) },
		"rnn: 3 features, 0 hidden units and 0 layers are impossible: at least 0, 1 and 1 are possible":      func() { nn.NewRNN(g, 3, 0) },
		"rnn: the generator is nil: create one with rng.NewTorch":                                            func() { nn.NewRNN(nil, 3, 4) },
		"rnn: the layer is nil: create a *nn.RNN":                                                            func() { (*nn.RNN)(nil).Forward(x, none) },
		"lstm_cell: 3 features and 0 hidden units are impossible: at least 0 and 1 are possible":             func() { nn.NewLSTMCell(g, 3, 0) },
		"gru_cell: only an RNNCell may have ReLU":                                                            func() { nn.RecurrentCellConfig{ReLU: true}.NewGRUCell(g, 3, 4) },
		"lstm_cell: the layer is nil: create a *nn.LSTMCell":                                                 func() { (*nn.LSTMCell)(nil).Forward(x, none, none) },
		"gru_cell: the input must be (B, in), or (in,) for one sample: (5, 2, 3)":                            func() { nn.NewGRUCell(g, 3, 4).Forward(x, none) },
		"gru_cell: the state must have as many dimensions as the input: (4,) × (2, 3)":                       func() { nn.NewGRUCell(g, 3, 4).Forward(tensor.Zeros(2, 3), tensor.Zeros(4)) },
		"rnn_cell: the layer's weight is no tensor: create the layer with its New function":                  func() { (&nn.RNNCell{}).Forward(tensor.Zeros(2, 3), none) },
		"pack_padded_sequence: the length of sequence 1 is 6; 1 to 5 are possible: (5, 2, 3)":                func() { nn.PackPaddedSequence(x, []int{5, 6}, nn.PackConfig{}) },
		"pack_padded_sequence: the length of sequence 0 is 0; 1 to 5 are possible: (5, 2, 3)":                func() { nn.PackPaddedSequence(x, []int{0, 1}, nn.PackConfig{}) },
		"pack_padded_sequence: 1 lengths do not fit 2 sequences; at least one of each is needed: (5, 2, 3)":  func() { nn.PackPaddedSequence(x, []int{5}, nn.PackConfig{}) },
		"pack_padded_sequence: the input must have a dimension of steps and one of sequences: (5,)":          func() { nn.PackPaddedSequence(tensor.Zeros(5), []int{5}, nn.PackConfig{}) },
		"pad_sequence: at least one sequence is needed":                                                      func() { nn.PadSequence(nn.PadConfig{}) },
		"pad_sequence: sequence 1 must be (T, …) of the first one's type, with its dimensions behind T: (2,) × (5, 2, 3)": func() {
			nn.PadSequence(nn.PadConfig{}, x, tensor.Zeros(2))
		},
		"pad_sequence: the total length is 1; 5 or more are possible: (5, 2, 3)":        func() { nn.PadSequence(nn.PadConfig{TotalLength: 1}, x) },
		"unpad_sequence: the length of sequence 0 is 6; 0 to 5 are possible: (2, 5, 3)": func() { nn.UnpadSequence(x, []int{6, 1}, false) },
		"unpad_sequence: 1 lengths do not fit 2 sequences: (2, 5, 3)":                   func() { nn.UnpadSequence(x, []int{6}, false) },
		"pad_packed_sequence: the packed sequences have no batch sizes: make them with PackPaddedSequence or PackSequence: (5, 2, 3)": func() {
			nn.PadPackedSequence(nn.PackedSequence{Data: x}, nn.PadConfig{})
		},
		"pad_packed_sequence: step 1 of packed sequences has 3 rows; 1 to 2 are possible": func() {
			nn.PadPackedSequence(nn.PackedSequence{Data: x, BatchSizes: []int{2, 3}}, nn.PadConfig{})
		},
		"pad_packed_sequence: packed sequences of 3 rows in all need as many in Data: (5, 2, 3)": func() {
			nn.PadPackedSequence(nn.PackedSequence{Data: x, BatchSizes: []int{2, 1}}, nn.PadConfig{})
		},
		"pad_packed_sequence: the indices of 3 packed sequences must be int64 and (3,), not int64: (2,)": func() {
			nn.PadPackedSequence(nn.PackedSequence{Data: x, BatchSizes: []int{3, 2}, SortedIndices: tensor.Arange(2)}, nn.PadConfig{})
		},
		"pad_packed_sequence: SortedIndices has 3; 0 to 2 are possible": func() {
			nn.PadPackedSequence(nn.PackedSequence{Data: x, BatchSizes: []int{3, 2},
				SortedIndices: tensor.From([]int64{0, 1, 3})}, nn.PadConfig{})
		},
		// a state of more sequences than there are, whose order would choose some of them
		"lstm: the state must have 3 dimensions, the second of 2 sequences: (1, 3, 4), in model.encoder": func() {
			lstm.ForwardPacked(nn.PackPaddedSequence(x, []int{2, 5}, nn.PackConfig{NoEnforceSorted: true}), tensor.Zeros(1, 3, 4), none)
		},
		"lstm: the input is float64, the weights float32: (5, 2, 3) × (16, 4), in model.encoder": func() { lstm.Forward(x.Cast(tensor.Float64), none, none) },
		"lstm: the input must have 3 features, as weight_ih has columns: (10, 7) × (16, 3), in model.encoder": func() {
			lstm.ForwardPacked(nn.PackPaddedSequence(tensor.Zeros(5, 2, 7), []int{5, 5}, nn.PackConfig{}), none, none)
		},
		"gru: the input must have 3 features, as weight_ih has columns: (1, 2, 7) × (12, 3)": func() { nn.NewGRUCell(g, 3, 4).Forward(tensor.Zeros(2, 7), none) },
		"pack_padded_sequence: the lengths 2 and 5 of sequences 0 and 1 increase: sort them, or set NoEnforceSorted": func() {
			nn.PackPaddedSequence(x, []int{2, 5}, nn.PackConfig{})
		},
		"pad_packed_sequence: the total length is 2; 5 or more are possible: (10, 3)": func() {
			nn.PadPackedSequence(nn.PackPaddedSequence(x, []int{5, 5}, nn.PackConfig{}), nn.PadConfig{TotalLength: 2})
		},
	} {
		if err := nn.Locate(&model, tensor.Try(f)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// PackSequence takes sequences of any order with NoEnforceSorted only, and BatchFirst says nothing about them.
func TestPackSequence(t *testing.T) {
	a, b := tensor.Arange(2), tensor.Arange(3).AddScalar(5)
	p := nn.PackSequence(nn.PackConfig{NoEnforceSorted: true, BatchFirst: true}, a, b)
	if got := p.Data.Float32s(); !slices.Equal(got, []float32{5, 0, 6, 1, 7}) || !slices.Equal(p.BatchSizes, []int{2, 2, 1}) {
		t.Errorf("%v with batch sizes %v", got, p.BatchSizes)
	}
	err := tensor.Try(func() { nn.PackSequence(nn.PackConfig{}, a, b) })
	if err == nil || !strings.Contains(err.Error(), "NoEnforceSorted") {
		t.Errorf("increasing lengths: %v", err)
	}
}

// With Left the padding comes before each sequence, as PadSequence puts it.
func TestPadPackedSequenceLeft(t *testing.T) {
	a, b := tensor.Arange(2), tensor.Arange(3).AddScalar(5)
	for _, first := range []bool{false, true} {
		cfg := nn.PadConfig{BatchFirst: first, Left: true, PaddingValue: -1, TotalLength: 4}
		got, lengths := nn.PadPackedSequence(nn.PackSequence(nn.PackConfig{NoEnforceSorted: true}, a, b), cfg)
		want := nn.PadSequence(cfg, a, b)
		if got.Shape() != want.Shape() || !slices.Equal(got.Contiguous().Float32s(), want.Contiguous().Float32s()) ||
			!slices.Equal(lengths, []int{2, 3}) {
			t.Errorf("batch first %v: %v of lengths %v, want %v", first, got, lengths, want)
		}
	}
}
