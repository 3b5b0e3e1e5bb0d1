package models_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// tableRows returns the rows of testdata/torch/tabular.py.
func tableRows(rows, numbers int, categories []int) tensor.Tensor {
	var x []float32
	for i := range rows {
		for j := range numbers {
			x = append(x, float32(math.Sin(float64(i*numbers+j)*0.83)*2))
		}
		for j, n := range categories {
			x = append(x, float32((i*5+j)%n))
		}
	}
	return tensor.From(x, rows, numbers+len(categories))
}

// TestTabularGolden compares initial weights and float32 outputs with the reference in PyTorch, whose own rounding is the
// tolerance, and in float64 the loss of all members and its gradients.
func TestTabularGolden(t *testing.T) {
	b, err := os.ReadFile("../testdata/torch/tabular.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct {
		Initial, Gradients map[string]float64
		Outputs            []float64
		Loss, Tolerance    float64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	const outputs = 3
	in := models.TabularInputs{Numbers: 4, Categories: []int{3, 12}}
	binned, clipped := in, in
	binned.Bins = 5
	clipped.Bins, clipped.Clip = 5, 3
	ft := models.FTTransformerConfig{Blocks: 2, Width: 16, Heads: 4, Inner: 20, AttentionDropout: nn.Zero, Dropout: nn.Zero}
	ft1 := ft
	ft1.Blocks = 1
	networks := map[string]func(g *rng.Torch) nn.Module{
		"mlp": func(g *rng.Torch) nn.Module {
			return models.TabularMLPConfig{Hidden: []int{16, 12}, Dropout: nn.Zero}.New(g, in, outputs)
		},
		"mlp_members": func(g *rng.Torch) nn.Module {
			return models.TabularMLPConfig{Hidden: []int{16, 12}, Dropout: nn.Zero, Members: 3, Classes: true}.New(g, clipped, outputs)
		},
		"resnet": func(g *rng.Torch) nn.Module {
			return models.TabularResNetConfig{Width: 16, Inner: 24, Dropout: nn.Zero}.New(g, in, outputs)
		},
		"ft_transformer":      func(g *rng.Torch) nn.Module { return ft.New(g, in, outputs) },
		"ft_transformer_bins": func(g *rng.Torch) nn.Module { return ft1.New(g, binned, outputs) },
	}
	x := tableRows(6, in.Numbers, in.Categories)
	target := tensor.From([]int64{0, 2, 1, 0, 2, 1}, 6)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			near := func(what string, got, want, tol float64) {
				t.Helper()
				if d := math.Abs(got - want); !(d <= tol*math.Max(1, math.Abs(want))) {
					t.Errorf("%s is %v, want %v (tolerance %v)", what, got, want, tol)
				}
			}
			m := networks[name](rng.NewTorch(0))
			named := nn.NamedParameters(m)
			for _, p := range named {
				if want, ok := c.Initial[p.Name]; ok {
					near("the norm of the initial "+p.Name, norm(p.Tensor), want, 1e-6)
				} else {
					t.Errorf("%s is not in the reference", p.Name)
				}
				if strings.HasSuffix(p.Name, ".bins") {
					v := make([]float32, p.Tensor.Shape().Size())
					for i := range v {
						v[i] = float32(math.Sin(float64(i) * 0.7))
					}
					p.Tensor.Data().CopyFrom(tensor.From(v, p.Tensor.Shape().Dims()...))
				}
			}
			if len(named) != len(c.Gradients) {
				t.Errorf("%d parameters, want %d", len(named), len(c.Gradients))
			}
			m.(interface{ FitBins(x tensor.Tensor) }).FitBins(x)
			nn.Eval(m)
			for i, v := range tensor.NoGrad(x, m.Forward).Float32s() {
				near("an output", float64(v), c.Outputs[i], c.Tolerance+1e-7)
			}
			nn.Cast(m, tensor.Float64)
			nn.Train(m)
			loss := models.MemberLoss{Loss: nn.CrossEntropyLoss{}}.Forward(m.Forward(x.Cast(tensor.Float64)), target)
			near("the loss", loss.Item(), c.Loss, 1e-6)
			loss.Backward()
			for _, p := range nn.NamedParameters(m) {
				near("the norm of the gradient of "+p.Name, norm(p.Tensor.Grad()), c.Gradients[p.Name], 1e-6)
			}
		})
	}
}

// TestTabularBins: FitBins puts the edges at quantiles; equal quantiles are one edge; a column of one value does no harm.
func TestTabularBins(t *testing.T) {
	in := models.TabularInputs{Numbers: 3, Bins: 4}
	m := models.NewTabularMLP(rng.NewTorch(1), in, 2)
	rows := []float32{0, 1, 7, 1, 1, 7, 2, 1, 7, 3, 1, 7, 8, 2, 7}
	m.FitBins(tensor.From(rows, 5, 3))
	want := []float32{0, 1, 2, 3, 1, 0, 0, 0, 7, 0, 0, 0}
	for i, v := range m.ContEmbeddings.Lower.Float32s() {
		if v != want[i] {
			t.Errorf("lower edges are %v, want %v", m.ContEmbeddings.Lower.Float32s(), want)
			break
		}
	}
	scale := []float32{1, 1, 1, 0.2, 1, 0, 0, 0, 1, 0, 0, 0}
	for i, v := range m.ContEmbeddings.Scale.Float32s() {
		if v != scale[i] {
			t.Errorf("scales are %v, want %v", m.ContEmbeddings.Scale.Float32s(), scale)
			break
		}
	}
}

// TestTabularEvaluation: in evaluation mode several members give the mean of their numbers, or of their probabilities.
func TestTabularEvaluation(t *testing.T) {
	x := tableRows(5, 3, []int{4})
	in := models.TabularInputs{Numbers: 3, Categories: []int{4}}
	for _, classes := range []bool{false, true} {
		m := models.TabularMLPConfig{Dropout: nn.Zero, Members: 4, Classes: classes}.New(rng.NewTorch(2), in, 3)
		members := m.Forward(x)
		if got := members.Shape().String(); got != "(5, 4, 3)" {
			t.Fatalf("in training the shape is %s", got)
		}
		nn.Eval(m)
		got, want := m.Forward(x), members.Mean(1)
		if classes {
			got, want = got.Exp(), members.Softmax(2).Mean(1)
		}
		for i, v := range got.Float32s() {
			if w := want.Float32s()[i]; math.Abs(float64(v-w)) > 1e-6 {
				t.Errorf("classes %v: output %d is %v, want %v", classes, i, v, w)
			}
		}
	}
}

// TestMemberLossDivisor: the weight of a batch is that of its samples, however many members there are.
func TestMemberLossDivisor(t *testing.T) {
	l := models.MemberLoss{Loss: nn.CrossEntropyLoss{}}
	target := tensor.From([]int64{0, 1, -100, 1, 2}, 5)
	if d, ok := l.Divisor(tensor.Zeros(5, 4, 3), target); d != 4 || !ok {
		t.Errorf("the divisor is %v, %v, want 4", d, ok)
	}
}

// TestTabularMistakes: wrong sizes and inputs are errors that say what is accepted.
func TestTabularMistakes(t *testing.T) {
	g := rng.NewTorch(1)
	in := models.TabularInputs{Numbers: 2, Categories: []int{3}}
	for want, f := range map[string]func(){
		"want at least one column": func() { models.NewTabularMLP(g, models.TabularInputs{}, 1) },
		"has 0 codes":              func() { models.NewTabularLinear(g, models.TabularInputs{Categories: []int{0}}, 1) },
		"0 outputs":                func() { models.NewTabularResNet(g, in, 0) },
		"none may be negative":     func() { models.NewFTTransformer(g, models.TabularInputs{Numbers: 1, Bins: -1}, 1) },
		"members, want at least 1": func() { models.TabularMLPConfig{Members: -2}.New(g, in, 1) },
		"cannot be split among":    func() { models.FTTransformerConfig{Width: 10, Heads: 4}.New(g, in, 1) },
		"the input must be (N, 3)": func() { models.NewTabularMLP(g, in, 1).Forward(tensor.Zeros(2, 4)) },
		"2 numbers and the codes":  func() { models.NewTabularLinear(g, in, 1).Forward(tensor.Zeros(3)) },
	} {
		err := tensor.Try(f)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}

// A steady training step of the networks for tables allocates nothing on the Go heap.
func TestTabularStepAllocatesNothing(t *testing.T) {
	in := models.TabularInputs{Numbers: 3, Categories: []int{4, 30}, Clip: 3, Bins: 4}
	x := tableRows(8, 3, in.Categories)
	y := tensor.From([]int64{0, 1, 0, 1, 0, 1, 0, 1}, 8)
	for name, m := range map[string]nn.Module{
		"linear":         models.NewTabularLinear(rng.NewTorch(1), in, 2),
		"mlp":            models.TabularMLPConfig{Hidden: []int{8}, Members: 3}.New(rng.NewTorch(1), in, 2),
		"resnet":         models.TabularResNetConfig{Width: 8}.New(rng.NewTorch(1), in, 2),
		"ft transformer": models.FTTransformerConfig{Width: 8, Heads: 2, AttentionDropout: nn.Zero}.New(rng.NewTorch(1), in, 2),
	} {
		loss := models.MemberLoss{Loss: nn.CrossEntropyLoss{}}
		s := tensor.NewScope(tensor.CPU())
		step := func() {
			loss.Forward(m.Forward(x.InScope(s)), y.InScope(s)).Backward()
			s.Recycle()
		}
		step()
		step()
		if n := testing.AllocsPerRun(10, step); n > 0 {
			t.Errorf("%s: %v allocations in a step", name, n)
		}
	}
}

// TestTabularSummary: the summary of a network of a table names only layers that its parameters have.
func TestTabularSummary(t *testing.T) {
	in := models.TabularInputs{Numbers: 2, Categories: []int{4}, Bins: 8}
	x := tableRows(3, 2, in.Categories)
	for _, m := range []nn.Module{models.NewTabularMLP(rng.NewTorch(1), in, 2), models.NewTabularResNet(rng.NewTorch(1), in, 2)} {
		if text := nn.SummaryOf(m, x).String(); strings.Contains(text, "not in the model") || !strings.Contains(text, "cont_embeddings") {
			t.Errorf("the summary is\n%s", text)
		}
	}
}
