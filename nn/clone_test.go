package nn_test

import (
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// everything holds tensors, layers and generators in each kind of field that a model may have.
type everything struct {
	Own    tensor.Tensor
	Mean   tensor.Tensor `nn:",buffer"`
	First  *nn.Linear
	Tied   *nn.Linear
	Blocks []nn.Module
	Heads  map[string]*nn.Linear
	Pair   [2]nn.Linear
	Drop   *nn.Dropout
	Noise  *rng.Torch
	Self   *everything
	Names  []string
	Shared *int
	hidden map[string]int
	absent *nn.Linear `nn:"-"`
}

func TestClone(t *testing.T) {
	g := rng.NewTorch(1)
	shared := 7
	a := &everything{
		Own: tensor.Ones(2).SetRequiresGrad(true), Mean: tensor.Ones(3), First: nn.NewLinear(g, 2, 3),
		Drop: nn.NewDropout(g, 0.5), Noise: g,
		Heads: map[string]*nn.Linear{"a": nn.NewLinear(g, 2, 1)}, Pair: [2]nn.Linear{*nn.NewLinear(g, 1, 1), {}},
		Names: []string{"x"}, Shared: &shared, hidden: map[string]int{"n": 1},
	}
	a.Self, a.absent = a, a.First
	a.Tied = &nn.Linear{Weight: a.First.Weight}
	a.Blocks = []nn.Module{a.First, nn.Sequential{a.Drop, &nn.ReLU{}}}
	nn.Freeze(a.Heads)
	nn.Eval(a.Drop)
	a.First.Weight.Sum().Backward()
	b := nn.Clone(a)

	want, got := nn.StateDict(a), nn.StateDict(b)
	if !slices.Equal(names(got), names(want)) {
		t.Fatalf("keys %v, want %v", names(got), names(want))
	}
	for i := range want {
		x, y := want[i].Tensor, got[i].Tensor
		if x == y || !slices.Equal(x.Float32s(), y.Float32s()) || x.RequiresGrad() != y.RequiresGrad() || y.Grad().Defined() {
			t.Errorf("%s: the copy is the original, differs from it, or has its gradient", want[i].Name)
		}
	}
	if len(nn.Parameters(b)) != len(nn.Parameters(a)) || b.Tied.Weight != b.First.Weight ||
		b.Blocks[0] != nn.Module(b.First) || b.Self != b || b.absent != b.First {
		t.Error("a shared part was copied twice")
	}
	if b.First == a.First || b.Heads["a"] == a.Heads["a"] || &b.Blocks[0] == &a.Blocks[0] || b.Drop == a.Drop {
		t.Error("the copy shares a layer")
	}
	if b.Noise == g || b.Drop.RNG != b.Noise || b.Noise.Uint64() != g.Uint64() {
		t.Error("the generator is shared with the original, was copied twice, or has another state")
	}
	if b.Drop.Training() {
		t.Error("the copy is in another mode")
	}
	b.Own.Data().FillInPlace(9)
	b.Mean.FillInPlace(9)
	b.Names[0], b.hidden["n"] = "y", 2
	if a.Own.At(0) != 1 || a.Mean.At(0) != 1 || a.Names[0] != "x" || a.hidden["n"] != 1 {
		t.Error("a change of the copy changes the original")
	}
	if b.Shared != a.Shared {
		t.Error("a pointer that leads to no part of a model was copied")
	}
}

// Clones do not share the memory of dropout masks.
func TestClonesDoNotShareMasks(t *testing.T) {
	g := rng.NewTorch(1)
	a := nn.Sequential{nn.NewLinear(g, 8, 8), nn.NewDropout(g, 0.5)}
	x := tensor.Ones(4, 8)
	a.Forward(x) // allocates the mask
	b := nn.Clone(a)
	done := make(chan []float32)
	for _, m := range []nn.Sequential{a, b} {
		go func() {
			var y []float32
			for range 20 {
				y = m.Forward(x).Float32s()
			}
			done <- y
		}()
	}
	if !slices.Equal(<-done, <-done) {
		t.Error("the copy computes another result")
	}
}

func TestFreeze(t *testing.T) {
	g := rng.NewTorch(1)
	m := &tied{nn.NewLinear(g, 2, 3), nn.NewLinear(g, 3, 1)}
	m.Forward(tensor.Ones(1, 2)).Sum().Backward()
	nn.Freeze(m.Encode)
	for _, p := range nn.Parameters(m) {
		p.ZeroGrad()
	}
	m.Forward(tensor.Ones(1, 2)).Sum().Backward()
	if m.Encode.Weight.Grad().Defined() || m.Encode.Bias.RequiresGrad() || !m.Decode.Weight.Grad().Defined() {
		t.Error("a frozen parameter has a gradient, or another one has none")
	}
	nn.Unfreeze(m)
	m.Forward(tensor.Ones(1, 2)).Sum().Backward()
	if !m.Encode.Weight.Grad().Defined() {
		t.Error("no gradient after Unfreeze")
	}
}

func TestLoadPartialStateDict(t *testing.T) {
	g := rng.NewTorch(1)
	m := &tied{nn.NewLinear(g, 2, 3), nn.NewLinear(g, 3, 1)}
	dict := []nn.Named{{Name: "encode.weight", Tensor: tensor.Ones(3, 2)}, {Name: "head.weight", Tensor: tensor.Ones(1)}}
	missing, unexpected, err := nn.LoadPartialStateDict(m, dict)
	if err != nil || !slices.Equal(missing, []string{"encode.bias", "decode.weight", "decode.bias"}) ||
		!slices.Equal(unexpected, []string{"head.weight"}) {
		t.Errorf("missing %v, unexpected %v, %v", missing, unexpected, err)
	}
	if m.Encode.Weight.At(2, 1) != 1 {
		t.Error("the shared keys were not copied")
	}
	dict = append(dict, nn.Named{Name: "decode.weight", Tensor: tensor.Ones(2, 2)})
	dict[0].Tensor = tensor.Zeros(3, 2)
	_, _, err = nn.LoadPartialStateDict(m, dict)
	if err == nil || err.Error() != "the state dict does not fit the model; of another shape: decode.weight is (2, 2) in the dict and (1, 3) in the model" {
		t.Errorf("another shape: %v", err)
	}
	if m.Encode.Weight.At(0, 0) != 1 {
		t.Error("a tensor was copied although another one does not fit")
	}
}

// A clone's parameters are frozen if the original's are; parameters for which SetRequiresGrad was never called stay so.
func TestCloneKeepsFrozen(t *testing.T) {
	m := &struct{ A, B, C tensor.Tensor }{tensor.Ones(1).SetRequiresGrad(true), tensor.Ones(1).SetRequiresGrad(false), tensor.Ones(1)}
	c := nn.Clone(m)
	for i, p := range nn.Parameters(c) {
		if p.RequiresGrad() != (i == 0) || p.Frozen() != (i == 1) {
			t.Errorf("parameter %d requires a gradient: %v, is frozen: %v", i, p.RequiresGrad(), p.Frozen())
		}
	}
}
