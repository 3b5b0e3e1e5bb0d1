package nn_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// printed has a method String that calls Sprint.
type printed struct {
	Rate   float64
	Depth  int
	Name   string
	Scale  tensor.Tensor
	Body   nn.Sequential
	Heads  map[string]*nn.Linear
	Blocks []*block
	Loss   nn.CrossEntropyLoss
	Self   *printed
	None   *nn.Linear
	Act    nn.Module
	Any    any
	Err    error
	More   any
	Skip   *nn.ReLU `nn:"-"`
	log    []int
	nn.Mode
}

func (m *printed) String() string { return nn.Sprint(m) }

type block struct {
	FC   *nn.Linear
	Drop nn.Dropout
	Own  *titled
	Own2 *plain
}

// titled has its own method String.
type titled struct{ A, B int }

func (t *titled) Forward(x tensor.Tensor) tensor.Tensor { return x }
func (t *titled) String() string                        { return fmt.Sprintf("titled\n%d of %d", t.A, t.B) }

// plain has no method String.
type plain struct {
	Slope float64
	Limit *int
	W, B  tensor.Tensor
}

func (t *plain) Forward(x tensor.Tensor) tensor.Tensor { return x }

func TestSprint(t *testing.T) {
	g := rng.NewTorch(1)
	two := 2
	newBlock := func() *block {
		return &block{nn.NewLinear(g, 2, 2), *nn.NewDropout(g, 0.25), &titled{1, 2}, &plain{Slope: 0.5, Limit: &two, W: tensor.Ones(3)}}
	}
	m := &printed{
		Rate: 0.1, Name: "it", Scale: tensor.Ones(2, 1),
		Body:   nn.Sequential{nn.NewLinear(g, 2, 2), &nn.ReLU{}, nil},
		Heads:  map[string]*nn.Linear{"b": nn.LinearConfig{NoBias: true}.New(g, 2, 1), "a": nil},
		Blocks: []*block{newBlock(), newBlock()},
		Loss:   nn.CrossEntropyLoss{Weight: tensor.Ones(2), LabelSmoothing: 0.1, Reduction: nn.Sum},
		Any:    3,
		Err:    errors.New("no part"),
		More:   []any{&nn.ReLU{}},
		log:    []int{1},
	}
	m.Self = m
	want := strings.TrimPrefix(`
printed(
  rate=0.1, name="it"
  (scale): float32 (2, 1)
  (body): Sequential(
    (0): Linear(in_features=2, out_features=2, bias=True)
    (1): ReLU()
    (2): nil
  )
  (heads): map[string]*nn.Linear(
    (a): nil
    (b): Linear(in_features=2, out_features=1, bias=False)
  )
  (blocks): []*nn_test.block(
    (0-1): 2 x block(
      (fc): Linear(in_features=2, out_features=2, bias=True)
      (drop): Dropout(p=0.25)
      (own): titled
      1 of 2
      (own2): plain(slope=0.5, limit=2, w=float32 (3,))
    )
  )
  (loss): CrossEntropyLoss(label_smoothing=0.1, reduction=sum, weight=float32 (2,))
  (self): …
  (none): nil
  (act): nil
  (more): []interface {}(
    (0): ReLU()
  )
)`, "\n")
	if got := fmt.Sprint(m); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// The method String of an embedded layer is not used for the model.
	embedding := &struct {
		nn.Sequential `nn:"body"`
		Extra         *nn.Linear
	}{nn.Sequential{&nn.ReLU{}}, nn.NewLinear(g, 1, 1)}
	if got := nn.Sprint(embedding); !strings.HasPrefix(got, "struct(\n  (body): Sequential(") ||
		!strings.Contains(got, "(extra): Linear(") {
		t.Errorf("a struct with an embedded model prints as\n%s", got)
	}
	loop := map[string]any{"fc": nn.NewLinear(g, 1, 1)}
	loop["again"] = loop
	if got := nn.Sprint(loop); got != "map[string]interface {}(\n  (again): …\n  (fc): Linear(in_features=1, out_features=1, bias=True)\n)" {
		t.Errorf("a map that contains itself prints as\n%s", got)
	}
}

// Layers print as in PyTorch, except for Go's format of numbers and bools.
func TestLayersPrint(t *testing.T) {
	g := rng.NewTorch(1)
	three := 3
	for want, l := range map[string]any{
		"Linear(in_features=3, out_features=2, bias=True)":                    nn.NewLinear(g, 3, 2),
		"Bilinear(in1_features=3, in2_features=4, out_features=2, bias=True)": nn.NewBilinear(g, 3, 4, 2),
		"Embedding(5, 2)":                nn.NewEmbedding(g, 5, 2),
		"Embedding(5, 2, padding_idx=3)": nn.EmbeddingConfig{PaddingIndex: &three}.New(g, 5, 2),
		"LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=True)": nn.NewLayerNorm(3, 4),
		"LayerNorm((3,), eps=0.1, elementwise_affine=False, bias=False)":   nn.LayerNormConfig{Eps: 0.1, NoAffine: true}.New(3),
		"RMSNorm((3,), elementwise_affine=True)":                           nn.NewRMSNorm(3),
		"RMSNorm((3,), eps=1e-06, elementwise_affine=True)":                nn.RMSNormConfig{Eps: 1e-6}.New(3),
		"PReLU(num_parameters=4)":                                          nn.NewPReLU(4),
		"Dropout(p=0.5)":                                                   nn.NewDropout(g, 0.5),
		"LeakyReLU(negative_slope=0.01)":                                   &nn.LeakyReLU{},
		"ELU(alpha=1)":                                                     &nn.ELU{},
		"CELU(alpha=2)":                                                    &nn.CELU{Alpha: 2},
		"GELU()":                                                           &nn.GELU{},
		"GELU(approximate=tanh)":                                           &nn.GELU{Tanh: true},
		"Softplus(beta=1, threshold=20)":                                   &nn.Softplus{},
		"Hardtanh(min_val=-1, max_val=1)":                                  &nn.Hardtanh{},
		"Hardtanh(min_val=0, max_val=6)":                                   &nn.Hardtanh{Min: nn.Zero, Max: 6},
		"Softmax(dim=1)":                                                   &nn.Softmax{Dim: 1},
		"LogSoftmax(dim=-1)":                                               &nn.LogSoftmax{Dim: -1},
		"Softmin(dim=0)":                                                   &nn.Softmin{},
		"GLU(dim=-1)":                                                      &nn.GLU{Dim: -1},
		"ReLU()":                                                           &nn.ReLU{},
		"Sigmoid()":                                                        &nn.Sigmoid{},
		"Tanh()":                                                           &nn.Tanh{},
		"Flatten()":                                                        &nn.Flatten{},
		"SELU()":                                                           &nn.SELU{},
		"SiLU()":                                                           &nn.SiLU{},
		"Mish()":                                                           &nn.Mish{},
		"Softsign()":                                                       &nn.Softsign{},
		"Hardshrink(0.5)":                                                  &nn.Hardshrink{},
		"Hardshrink(0)":                                                    &nn.Hardshrink{Lambda: nn.Zero},
		"Hardsigmoid()":                                                    &nn.Hardsigmoid{},
		"Hardswish()":                                                      &nn.Hardswish{},
		"LogSigmoid()":                                                     &nn.LogSigmoid{},
		"Identity()":                                                       &nn.Identity{},
		"Sequential(\n  (0): Tanh()\n  (1): Identity()\n)": nn.Sequential{&nn.Tanh{}, &nn.Identity{}},
		"Sequential()": nn.Sequential{},
	} {
		if got := fmt.Sprint(l); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := nn.Sprint(l); got != want {
			t.Errorf("Sprint: got  %s\nwant %s", got, want)
		}
	}
	for _, l := range []fmt.Stringer{&nn.Linear{}, &nn.Bilinear{}, &nn.Embedding{}, &nn.PReLU{}} {
		if got := l.String(); !strings.HasSuffix(got, "()") {
			t.Errorf("a layer without weight prints as %s", got)
		}
	}
	if got := nn.Sprint(nil); got != "nil" {
		t.Errorf("nil prints as %s", got)
	}
}
