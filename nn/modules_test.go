package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Every layer and loss of the package reports its inputs and outputs, also in a scope that does not record.
func TestEveryLayerReports(t *testing.T) {
	g := rng.NewTorch(1)
	x, index, signs := tensor.Ones(2, 4).MulScalar(0.5), tensor.From([]int64{1, 0}), tensor.Ones(2, 4)
	for _, l := range []any{
		nn.NewLinear(g, 4, 3), nn.NewLayerNorm(4), nn.NewRMSNorm(4), nn.NewBatchNorm1d(4), nn.NewGroupNorm(2, 4),
		nn.NewInstanceNorm1d(2), nn.NewDropout1d(g, 0.5), nn.NewAlphaDropout(g, 0.5),
		nn.NewFeatureAlphaDropout(g, 0.5), nn.NewPReLU(4), nn.NewDropout(g, 0.5), nn.NewEmbedding(g, 3, 2),
		&nn.Flatten{}, &nn.Identity{}, &nn.ReLU{}, &nn.LeakyReLU{}, &nn.ELU{}, &nn.SELU{}, &nn.CELU{}, &nn.GELU{}, &nn.GELU{Tanh: true},
		&nn.SiLU{}, &nn.Mish{}, &nn.Sigmoid{}, &nn.Tanh{}, &nn.Softplus{}, &nn.Softsign{}, &nn.Hardtanh{},
		&nn.Hardshrink{}, &nn.Hardswish{}, &nn.Hardsigmoid{}, &nn.LogSigmoid{},
		&nn.Softmax{Dim: 1}, &nn.LogSoftmax{Dim: 1}, &nn.Softmin{Dim: 1}, &nn.GLU{Dim: 1}, nn.NewBilinear(g, 4, 4, 2),
		&nn.SinusoidalPositions{}, nn.NewLearnedPositions(g, 3, 4),
		nn.MSELoss{}, nn.L1Loss{}, nn.SmoothL1Loss{}, nn.HuberLoss{}, nn.KLDivLoss{}, nn.KLDivLoss{BatchMean: true},
		nn.BCELoss{}, nn.BCEWithLogitsLoss{},
		nn.BCEWithLogitsLoss{PosWeight: tensor.Ones(4)}, nn.CrossEntropyLoss{}, nn.CrossEntropyLoss{LabelSmoothing: 0.1,
			Weight: tensor.Ones(4)},
		nn.NLLLoss{}, nn.MultiMarginLoss{}, nn.HingeEmbeddingLoss{}, nn.MarginRankingLoss{}, nn.CosineEmbeddingLoss{},
		nn.TripletMarginLoss{},
	} {
		for _, recording := range []bool{true, false} {
			s := tensor.NewScope(tensor.CPU())
			s.SetRecording(recording)
			in := func(t tensor.Tensor) tensor.Tensor { return t.InScope(s) }
			var y tensor.Tensor
			var reports int
			s.Observe(func(layer any, inputs, outputs []tensor.Tensor) {
				if reports++; layer != l || len(inputs) < 1 || len(outputs) != 1 {
					t.Errorf("%T reports %v, %d inputs and %d outputs", l, layer, len(inputs), len(outputs))
				}
			})
			inputs := 1
			switch l := l.(type) {
			case *nn.Embedding:
				y = l.Forward(in(index))
			case nn.Module:
				y = l.Forward(in(x))
			case interface {
				Forward(a, b tensor.Tensor) tensor.Tensor
			}:
				inputs = 2
				target := x
				switch l.(type) {
				case nn.CrossEntropyLoss, nn.NLLLoss, nn.MultiMarginLoss:
					target = index
				}
				y = l.Forward(in(x), in(target))
			case nn.MarginRankingLoss:
				y, inputs = l.Forward(in(x), in(x), in(signs)), 3
			case nn.CosineEmbeddingLoss:
				y, inputs = l.Forward(in(x), in(x), in(tensor.Ones(2))), 3
			case nn.TripletMarginLoss:
				y, inputs = l.Forward(in(x), in(x), in(x)), 3
			default:
				t.Fatalf("%T was not called", l)
			}
			if reports != 1 || !y.Defined() || inputs == 0 {
				t.Errorf("%T reports %d times", l, reports)
			}
			s.Observe(nil)
		}
	}
}

// Without an observer, layers and losses do not allocate for their reports.
func TestReportsAllocateNothing(t *testing.T) {
	g := rng.NewTorch(1)
	bilinear, out := nn.NewBilinear(g, 3, 3, 4), nn.NewLinear(g, 4, 2)
	weighted := nn.CrossEntropyLoss{Weight: tensor.Ones(2)}
	x, target := tensor.Ones(5, 3), tensor.From([]int64{0, 1, 1, 0, 1})
	s := tensor.NewScope(tensor.CPU())
	step := func() {
		s.Recycle()
		x := x.InScope(s)
		y := bilinear.Forward(x, x)
		nn.ReportAll(bilinear, []tensor.Tensor{x, x, {}}, []tensor.Tensor{y, x})
		weighted.Forward(out.Forward(y), target.InScope(s))
	}
	step()
	if n := tensortest.AllocsPerRun(20, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// silent is a user's layer that does not report.
type silent struct{ _ byte }

func (l *silent) Forward(x tensor.Tensor) tensor.Tensor { return x.Tanh() }

// transformer has hard cases for summaries: layers that do not report, one whose inputs are outside the scope, a shared
// one.
type transformer struct {
	Words, Positions *nn.Embedding
	Act              *silent
	Scale            tensor.Tensor
	Blocks           []nn.Module
	Norm             *nn.LayerNorm
	Aux              *nn.ReLU
}

func (m *transformer) Forward(x tensor.Tensor) tensor.Tensor {
	y := m.Words.Forward(x).Add(m.Positions.Forward(tensor.Arange(x.Dim(1))))
	y = m.Act.Forward(y).Mul(m.Scale)
	for _, b := range m.Blocks {
		y = b.Forward(y)
	}
	return m.Norm.Forward(m.Norm.Forward(y))
}

func TestSummaryNamesUnseenLayers(t *testing.T) {
	g := rng.NewTorch(1)
	m := &transformer{
		Words: nn.NewEmbedding(g, 9, 4), Positions: nn.NewEmbedding(g, 3, 4), Act: &silent{}, Scale: tensor.Ones(4).SetRequiresGrad(true),
		Blocks: []nn.Module{nn.Sequential{nn.NewLinear(g, 4, 4), &silent{}}}, Norm: nn.NewLayerNorm(4), Aux: &nn.ReLU{},
	}
	want := strings.TrimPrefix(`
layer       type         output shape  parameters  multiply-adds  weights  output
─────────────────────────────────────────────────────────────────────────────────
words       Embedding    (2, 3, 4)             36                   144 B    96 B
blocks.0.0  Linear       (2, 3, 4)             20             96     80 B    96 B
norm        LayerNorm    (2, 3, 4)              8                    32 B    96 B
norm        LayerNorm    (2, 3, 4)          again                   again    96 B
model       transformer  not seen               4                    16 B
positions   Embedding    not seen              12                    48 B
act         silent       not seen
blocks.0.1  silent       not seen
aux         ReLU         not seen
─────────────────────────────────────────────────────────────────────────────────
total                                          80             96    320 B   384 B
input (2, 3), 80 parameters, all trained
not seen: not called, does not call nn.Report, or no argument depends on the input`, "\n")
	if got := nn.SummaryOf(m, tensor.Arange(3).Expand(2, 3)).String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// pair is a layer with two inputs and a mode, but without tensors.
type pair struct{ nn.Mode }

func (l *pair) Forward(a, b tensor.Tensor) (sum, difference tensor.Tensor) {
	sum, difference = a.Add(b), a.Sub(b)
	if l.Training() {
		sum = sum.MulScalar(2)
	}
	nn.ReportAll(l, []tensor.Tensor{a, b}, []tensor.Tensor{sum, difference})
	return sum, difference
}

// joined is a layer that takes a slice of tensors and returns a map of them.
type joined struct {
	Pair  *pair
	Other map[string]*nn.Bilinear
}

func (m *joined) Forward(x ...tensor.Tensor) map[string]tensor.Tensor {
	sum, difference := m.Pair.Forward(x[0], x[1])
	return map[string]tensor.Tensor{"sum": sum, "product": m.Other["a"].Forward(sum, difference)}
}

// Modes, paths, the walk and TraceNaN support layers with several inputs and results.
func TestLayersWithSeveralInputs(t *testing.T) {
	m := &joined{&pair{}, map[string]*nn.Bilinear{"a": nn.NewBilinear(rng.NewTorch(1), 2, 2, 3)}}
	if got := names(nn.NamedParameters(m)); !slices.Equal(got, []string{"other.a.weight", "other.a.bias"}) {
		t.Errorf("parameters %v", got)
	}
	nn.Eval(m)
	if m.Pair.Training() {
		t.Error("a layer with two inputs is in training mode after Eval")
	}
	nn.Train(m)
	for layer, want := range map[any]string{m.Pair: "model.pair", m.Other["a"]: "model.other.a", nn.MSELoss{}: ""} {
		if got := nn.PathOf(m, layer); got != want {
			t.Errorf("%T is at %q, want %q", layer, got, want)
		}
	}
	x := []tensor.Tensor{tensor.Ones(4, 2), tensor.Ones(4, 2)}
	if got := nn.SummaryOf(m, x); len(got.Rows) != 2 || got.Rows[0].Path != "pair" || text(got.Rows[0].Outputs) != "[(4, 2) (4, 2)]" ||
		got.Rows[1].Path != "other.a" || got.Rows[1].MultiplyAdds != 4*3*2*(2+1) ||
		text(got.Inputs) != "[(4, 2) (4, 2)]" || !m.Pair.Training() {
		t.Errorf("the summary is\n%v", got)
	}
	for want, change := range map[string]func(){
		"":                                       func() {},
		"the input is not finite":                func() { x[1] = tensor.Full(math.NaN(), 4, 2) },
		"the output of model.pair is not finite": func() { x[0], x[1] = tensor.Full(3e38, 4, 2), tensor.Full(3e38, 4, 2) },
		"the output of model.other.a is not finite; neither is its parameter bias": func() { m.Other["a"].Bias.Data().FillInPlace(math.Inf(1)) },
	} {
		before := m.Other["a"].Bias.Keep()
		x = []tensor.Tensor{tensor.Ones(4, 2), tensor.Ones(4, 2)}
		change()
		if err := nn.TraceNaN(m, x); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		m.Other["a"].Bias.Data().CopyFrom(before)
	}
	err := nn.Locate(m, tensor.Try(func() { m.Forward(tensor.Ones(4, 3), tensor.Ones(4, 3)) }))
	if err == nil || !strings.HasSuffix(err.Error(), ", in model.other.a") {
		t.Errorf("a mistake: %v", err)
	}
	hiding := &struct{ pair *pair }{&pair{}}
	if err := tensor.Try(func() { nn.Parameters(hiding) }); err == nil ||
		!strings.Contains(err.Error(), "unexported field pair, which holds a *nn_test.pair") {
		t.Errorf("a hidden layer with a mode: %v", err)
	}
	losses := &struct{ First, Second nn.CrossEntropyLoss }{Second: nn.CrossEntropyLoss{LabelSmoothing: 0.5}}
	if got := nn.PathOf(losses, losses.Second); got != "model.second" {
		t.Errorf("a loss is at %q", got)
	}
}

func text(shapes []tensor.Shape) string { return fmt.Sprint(shapes) }

func TestSummaryOfMistakes(t *testing.T) {
	l := nn.NewBilinear(rng.NewTorch(1), 2, 2, 3)
	x := tensor.Ones(1, 2)
	for want, f := range map[string]func(){
		"Summary: the model is nil":            func() { nn.Summary(nil, 1) },
		"Summary: []int has no method Forward": func() { nn.SummaryOf([]int{1}, x) },
		"Summary: *nn.Bilinear.Forward is a func(tensor.Tensor, tensor.Tensor) tensor.Tensor, which does not take (tensor.Tensor)": func() {
			nn.Summary(l, 1, 2)
		},
		"Summary: *nn.Bilinear.Forward is a func(tensor.Tensor, tensor.Tensor) tensor.Tensor, which does not take (tensor.Tensor, <nil>)": func() {
			nn.SummaryOf(l, x, nil)
		},
		"linear: the layer is nil: create a *nn.Linear, in model": func() { nn.Summary((*nn.Linear)(nil), 1) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
