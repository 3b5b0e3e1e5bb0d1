package nn_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestLoRA compares three steps of training with PyTorch's: results, gradients of the adapters, the state after them,
// and the merged weights.
func TestLoRA(t *testing.T) {
	var golden struct {
		Cases map[string]struct {
			Rank           int
			Alpha, Dropout float64
			Stable         bool
			Steps          []struct {
				X, Y  []float64
				Grads map[string][]float64
			}
			Merged [][]float64
			State  map[string][]float64
		}
	}
	raw, err := os.ReadFile("../testdata/torch/lora.json")
	if err == nil {
		err = json.Unmarshal(raw, &golden)
	}
	if err != nil || len(golden.Cases) == 0 {
		t.Fatal("no golden cases", err)
	}
	for name, c := range golden.Cases {
		g := rng.NewTorch(5)
		model := nn.Sequential{nn.NewLinear(g, 6, 5), &nn.ReLU{}, nn.LinearConfig{NoBias: true}.New(g, 5, 4)}
		nn.AddLoRA(g, model, nn.LoRAConfig{Rank: c.Rank, Alpha: c.Alpha, Dropout: c.Dropout, RankStable: c.Stable})
		opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.02})
		s := tensor.NewScope(tensor.CPU())
		for _, step := range c.Steps {
			x := make([]float32, 36)
			g.Normal32(x, 0, 1)
			data := tensor.From(x, 2, 3, 6)
			approx(t, name+": x", data, step.X)
			y := model.Forward(data.InScope(s))
			approx(t, name+": y", y, step.Y)
			opt.ZeroGrad()
			y.Square().Sum().Backward()
			for _, p := range nn.NamedParameters(model) {
				if want, trained := step.Grads[p.Name]; trained {
					approx(t, name+": gradient of "+p.Name, p.Tensor.Grad(), want)
				} else if p.Tensor.Grad().Defined() {
					t.Errorf("%s: the frozen %s has a gradient", name, p.Name)
				}
			}
			opt.Step()
			s.Recycle()
		}
		state := nn.StateDict(model)
		if len(state) != len(c.State) {
			t.Errorf("%s: %d tensors in the state dict, want %d", name, len(state), len(c.State))
		}
		for _, p := range state {
			approx(t, name+": "+p.Name, p.Tensor, c.State[p.Name])
		}
		nn.Eval(model)
		x := tensor.Ones(2, 6)
		before := model.Forward(x).Float64s()
		nn.MergeLoRA(model)
		approx(t, name+": merged", model.Forward(x), before)
		approx(t, name+": merged weight", model[0].(*nn.Linear).Weight, c.Merged[0])
		approx(t, name+": merged weight", model[2].(*nn.Linear).Weight, c.Merged[1])
		if n := len(nn.StateDict(model)); n != 3 {
			t.Errorf("%s: %d tensors after the merge, want 3", name, n)
		}
	}
}

// A Linear with an activation applies it after the adapter, and a Sequential does too.
func TestLoRAActivation(t *testing.T) {
	g := rng.NewTorch(1)
	fused := nn.AddLoRA(g, nn.LinearConfig{Activation: tensor.ReLU}.New(g, 4, 3), nn.LoRAConfig{Rank: 2})
	fused.LoRA.B.Weight.Data().FillInPlace(-0.5)
	x := tensor.Options{}.RandN(g, 5, 4)
	plain := nn.Clone(fused)
	plain.Activation = tensor.NoActivation
	want := plain.Forward(x).ReLU().Float64s()
	approx(t, "activation", fused.Forward(x), want)
	approx(t, "Sequential", nn.Sequential{plain, &nn.ReLU{}}.Forward(x), want)
	if s := fused.String(); s != "Linear(in_features=4, out_features=3, bias=True, lora=2)" {
		t.Error(s)
	}
}

// A steady step with adapters and dropout allocates nothing.
func TestLoRAStep(t *testing.T) {
	g := rng.NewTorch(1)
	layer, data := nn.AddLoRA(g, nn.NewLinear(g, 6, 5), nn.LoRAConfig{Dropout: 0.5}), tensor.Ones(3, 6)
	params := nn.Parameters(layer)
	s := tensor.NewScope(tensor.CPU())
	step := func() {
		for _, p := range params {
			p.ZeroGrad()
		}
		layer.Forward(data.InScope(s)).Sum().Backward()
		s.Recycle()
	}
	for range 5 {
		step()
	}
	if n := tensortest.AllocsPerRun(20, step); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

// TestAdapterState saves the adapter and an unfrozen classifier, loads both into another model, and refuses other keys.
func TestAdapterState(t *testing.T) {
	build := func(seed uint64) nn.Sequential {
		g := rng.NewTorch(7)
		m := nn.Sequential{nn.NewLinear(g, 4, 4), nn.NewLinear(g, 4, 3)}
		nn.AddLoRA(rng.NewTorch(seed), m, nn.LoRAConfig{Targets: []string{"0"}})
		nn.Unfreeze(m[1])
		return m
	}
	a, b := build(1), build(2)
	a[0].(*nn.Linear).LoRA.B.Weight.Data().FillInPlace(1)
	a[1].(*nn.Linear).Bias.Data().FillInPlace(3)
	dict := nn.AdapterStateDict(a)
	var keys []string
	for _, p := range dict {
		keys = append(keys, strings.TrimPrefix(p.Name, "base_model.model."))
	}
	if got := strings.Join(keys, " "); got != "0.lora_A.weight 0.lora_B.weight 1.weight 1.bias" {
		t.Errorf("keys: %s", got)
	}
	if err := nn.LoadAdapterStateDict(b, dict); err != nil {
		t.Fatal(err)
	}
	x := tensor.Ones(2, 4)
	approx(t, "loaded", b.Forward(x), a.Forward(x).Float64s())
	var bad *nn.StateError
	if err := nn.LoadAdapterStateDict(b, dict[1:]); !errors.As(err, &bad) || len(bad.Missing) != 1 {
		t.Errorf("got %v, want one missing key", err)
	}
}

func TestLoRAMistakes(t *testing.T) {
	linear := func() *nn.Linear { return nn.NewLinear(rng.NewTorch(1), 2, 3) }
	g := rng.NewTorch(1)
	once := nn.AddLoRA(g, linear(), nn.LoRAConfig{})
	for want, f := range map[string]func(){
		"add_lora: the generator is nil: create one with rng.NewTorch": func() { nn.AddLoRA(nil, linear(), nn.LoRAConfig{}) },
		"add_lora: the rank must be positive, not -2":                  func() { nn.AddLoRA(g, linear(), nn.LoRAConfig{Rank: -2}) },
		"add_lora: the probability of dropout must be between 0 and 1, not 2": func() {
			nn.AddLoRA(g, linear(), nn.LoRAConfig{Dropout: 2})
		},
		"add_lora: no layer that can be adapted has the name \"query\": the model has \"0\", \"1\"": func() {
			nn.AddLoRA(g, nn.Sequential{linear(), linear()}, nn.LoRAConfig{Targets: []string{"0", "query"}})
		},
		"add_lora: no layer that can be adapted has the name \"query\": the model is one layer without a name: leave Targets nil": func() {
			nn.AddLoRA(g, linear(), nn.LoRAConfig{Targets: []string{"query"}})
		},
		"add_lora: *nn.ReLU has no layer that can be adapted, such as a Linear": func() { nn.AddLoRA(g, &nn.ReLU{}, nn.LoRAConfig{}) },
		"add_lora: model has a LoRA already: MergeLoRA removes it":              func() { nn.AddLoRA(g, once, nn.LoRAConfig{}) },
		"merge_lora: the layer's weight is computed: call RemoveParametrizations before: (3, 2)": func() {
			nn.MergeLoRA(nn.AddLoRA(g, nn.AddWeightNorm(linear(), 0), nn.LoRAConfig{}))
		},
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// ExampleLoRA adapts a layer of a network, trains nothing else but the classifier, and merges the adapter.
func ExampleLoRA() {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewLinear(g, 64, 64), &nn.ReLU{}, nn.NewLinear(g, 64, 2)}
	nn.AddLoRA(g, model, nn.LoRAConfig{Targets: []string{"0"}})
	nn.Unfreeze(model[2])
	for _, p := range nn.AdapterStateDict(model) {
		fmt.Println(p.Name, p.Tensor.Shape())
	}
	nn.MergeLoRA(model)
	fmt.Println(len(nn.StateDict(model)))
	// Output:
	// base_model.model.0.lora_A.weight (8, 64)
	// base_model.model.0.lora_B.weight (64, 8)
	// base_model.model.2.weight (2, 64)
	// base_model.model.2.bias (2,)
	// 4
}

// ExampleLoRAConfig adapts the queries and values of attention, as PEFT does for BERT.
func ExampleLoRAConfig() {
	type attention struct{ Query, Key, Value *nn.Linear }
	g := rng.NewTorch(1)
	model := &attention{nn.NewLinear(g, 4, 4), nn.NewLinear(g, 4, 4), nn.NewLinear(g, 4, 4)}
	nn.AddLoRA(g, model, nn.LoRAConfig{Targets: []string{"query", "value"}, Rank: 2, Alpha: 16, Dropout: 0.1})
	fmt.Println(model.Query)
	fmt.Println(model.Key)
	// Output:
	// Linear(in_features=4, out_features=4, bias=True, lora=2)
	// Linear(in_features=4, out_features=4, bias=True)
}

func ExampleAdapted() {
	var layer nn.Adapted = nn.NewLinear(rng.NewTorch(1), 3, 2)
	at, weight := layer.Adapter()
	fmt.Println(*at == nil, weight.Shape())
	// Output:
	// true (2, 3)
}
