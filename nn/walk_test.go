package nn_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func names(list []nn.Named) []string {
	var out []string
	for _, n := range list {
		out = append(out, n.Name)
	}
	return out
}

// scaled is embedded: its fields count as fields of the outer struct.
type scaled struct {
	Mean  tensor.Tensor `nn:",buffer"`
	Scale tensor.Tensor
}

// Nested is the model of that name in testdata/torch/nn.py, with fields in another order than PyTorch's.
type Nested struct {
	Body   nn.Sequential
	Heads  map[string]*nn.Linear
	Blocks []nn.Module
	Tied   *nn.Linear
	scaled
	Count int
	log   io.Writer
}

func newNested(g *rng.Torch) *Nested {
	m := &Nested{
		Body:   nn.Sequential{nn.NewLinear(g, 2, 3), &nn.ReLU{}, nn.LinearConfig{NoBias: true}.New(g, 3, 2)},
		Heads:  map[string]*nn.Linear{"b": nn.NewLinear(g, 2, 2), "a": nn.NewLinear(g, 2, 1)},
		Blocks: []nn.Module{nn.Sequential{nn.NewLinear(g, 2, 2)}, nn.NewLinear(g, 2, 2)},
		scaled: scaled{Scale: tensor.Ones(2).SetRequiresGrad(true), Mean: tensor.Zeros(2)},
		log:    io.Discard,
	}
	m.Tied = m.Body[2].(*nn.Linear)
	return m
}

func TestKeysArePyTorchs(t *testing.T) {
	var want map[string]struct{ State, Parameters []string }
	golden(t, "keys", &want)
	g := rng.NewTorch(1)
	for name, model := range map[string]any{"FourLayerNN": newFourLayerNN(g), "Nested": newNested(g)} {
		if got := names(nn.StateDict(model)); !slices.Equal(got, want[name].State) {
			t.Errorf("%s: state dict %v, want %v", name, got, want[name].State)
		}
		if got := names(nn.NamedParameters(model)); !slices.Equal(got, want[name].Parameters) {
			t.Errorf("%s: parameters %v, want %v", name, got, want[name].Parameters)
		}
	}
}

// step makes one training step with the loss Σy² and weight decay.
func step(m nn.Module, x tensor.Tensor) {
	s := tensor.NewScope(tensor.CPU())
	for _, p := range nn.Parameters(m) {
		p.ZeroGrad()
	}
	m.Forward(x.InScope(s)).Square().Mean().Backward()
	for _, p := range nn.Parameters(m) {
		if g := p.Grad(); g.Defined() {
			p.Data().AddScaledInPlace(-0.1, g)
		}
	}
}

// tied uses one matrix in two layers.
type tied struct{ Encode, Decode *nn.Linear }

func (m *tied) Forward(x tensor.Tensor) tensor.Tensor { return m.Decode.Forward(m.Encode.Forward(x)) }

func TestTiedWeights(t *testing.T) {
	g := rng.NewTorch(1)
	m := &tied{Encode: nn.NewLinear(g, 3, 3)}
	m.Decode = &nn.Linear{Weight: m.Encode.Weight, Bias: nn.NewLinear(g, 3, 3).Bias}
	if got := names(nn.NamedParameters(m)); !slices.Equal(got, []string{"encode.weight", "encode.bias", "decode.bias"}) {
		t.Errorf("parameters %v", got)
	}
	if got := names(nn.StateDict(m)); !slices.Equal(got, []string{"encode.weight", "encode.bias", "decode.weight", "decode.bias"}) {
		t.Errorf("state dict %v", got)
	}
	if n := nn.Count(m); n != 9+3+3 {
		t.Errorf("%d numbers, want 15", n)
	}
	// The gradient is the sum of both uses, as for two separate layers with the same weights.
	x := tensor.Options{}.RandN(g, 4, 3)
	m.Forward(x).Square().Sum().Backward()
	a := &nn.Linear{Weight: m.Encode.Weight.Keep().SetRequiresGrad(true), Bias: m.Encode.Bias}
	b := &nn.Linear{Weight: m.Encode.Weight.Keep().SetRequiresGrad(true), Bias: m.Decode.Bias}
	(&tied{a, b}).Forward(x).Square().Sum().Backward()
	want := a.Weight.Grad().Add(b.Weight.Grad())
	if d := m.Encode.Weight.Grad().Sub(want).Abs().Max().Item(); d > 1e-5*want.Abs().Max().Item() {
		t.Errorf("gradient off by %v", d)
	}
}

func TestUnusedLayer(t *testing.T) {
	m := newFourLayerNN(rng.NewTorch(1))
	unused := struct {
		*FourLayerNN
		Extra *nn.Linear
	}{m, nn.NewLinear(rng.NewTorch(2), 3, 3)}
	before := unused.Extra.Weight.Keep()
	step(unused, tensor.Ones(2, 100))
	if g := unused.Extra.Weight.Grad(); g.Defined() {
		t.Errorf("an unused layer has the gradient %v", g)
	}
	if !slices.Equal(unused.Extra.Weight.Float32s(), before.Float32s()) {
		t.Error("an unused layer was trained")
	}
	if got := names(nn.StateDict(unused)); len(got) != 10 || got[0] != "fc1.weight" || got[9] != "extra.bias" {
		t.Errorf("an embedded model's keys: %v", got)
	}
}

func TestWalkRefuses(t *testing.T) {
	g := rng.NewTorch(1)
	l := nn.NewLinear(g, 2, 2)
	w := tensor.Ones(1)
	for _, c := range []struct {
		name  string
		model any
		want  string // "" means no error
	}{
		{"an unexported layer", &struct{ fc *nn.Linear }{l}, "unexported field fc, which holds a *nn.Linear"},
		{"an unexported layer that is nil", &struct{ fc *nn.Linear }{}, "unexported field fc"},
		{"an unexported tensor", &struct{ w tensor.Tensor }{w}, "unexported field w, which holds a tensor.Tensor"},
		{"an unexported slice of layers", &struct{ layers []nn.Module }{}, "unexported field layers"},
		{"an unexported map of tensors", &struct{ m map[string]tensor.Tensor }{}, "unexported field m"},
		{"an unexported struct with a tensor", &struct {
			Inner struct{ own struct{ W tensor.Tensor } }
		}{}, "unexported field own"},
		{"a layer in an unexported any", &struct{ v any }{l}, "unexported field v, which holds a *nn.Linear"},
		{"a number in an unexported any", &struct{ v any }{3}, ""},
		{"nothing in an unexported any", &struct{ v any }{}, ""},
		{"an unexported scope", &struct{ s *tensor.Scope }{}, ""},
		{"an unexported generator", &struct{ g *rng.Torch }{g}, ""},
		{"an unexported tensor left out", &struct {
			w tensor.Tensor `nn:"-"`
		}{w}, ""},
		{"two fields with one key", &struct{ FC1, Fc1 *nn.Linear }{l, l}, `FC1 and Fc1 have the same key "fc1"`},
		{"two fields with one key by a tag", &struct {
			A *nn.Linear `nn:"b"`
			B *nn.Linear
		}{l, l}, `A and B have the same key "b"`},
		{"an unknown option", &struct {
			A tensor.Tensor `nn:",bufer"`
		}{}, "but the only options are buffer and inline"},
		{"an option in the place of a name", &struct {
			A tensor.Tensor `nn:"buffer"`
		}{}, `has the tag nn:"buffer", which is a name; the option is nn:",buffer"`},
		{"a dot in a tag", &struct {
			A tensor.Tensor `nn:"a.b"`
		}{}, "a name must not contain a dot"},
		{"a map by number", &struct{ M map[int]*nn.Linear }{map[int]*nn.Linear{1: l}},
			"model.m has a *nn.Linear under the key 1: keys must be non-empty strings"},
		{"a dot in a map's key", &struct{ M map[string]*nn.Linear }{map[string]*nn.Linear{"a.b": l}}, "under the key a.b"},
		{"no key", map[string]any{"": l}, "model has a *nn.Linear under the key "},
		{"a map of other things", &struct{ M map[int]any }{map[int]any{1: "a", 2: nil}}, ""},
		{"keys of other things", map[string]any{"a.b": 1, "": "c"}, ""},
	} {
		err := tensor.Try(func() { nn.Parameters(c.model) })
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want …%s…", c.name, err, c.want)
		}
	}
}

// ring contains a pointer to itself.
type ring struct {
	Next *ring
	W    tensor.Tensor
}

func TestWalkAccepts(t *testing.T) {
	g := rng.NewTorch(1)
	l := nn.LinearConfig{NoBias: true}.New(g, 1, 1)
	w := tensor.Ones(1)
	loop := &ring{W: w}
	loop.Next = &ring{Next: loop, W: tensor.Ones(1)}
	type deep struct{ *scaled }
	for _, c := range []struct {
		name  string
		model any
		want  []string
	}{
		{"nil", nil, nil},
		{"a nil layer", &struct{ FC *nn.Linear }{}, nil},
		{"a tensor that is none", &nn.Linear{Weight: w}, []string{"weight"}},
		{"a layer by value", &struct{ FC nn.Linear }{*l}, []string{"fc.weight"}},
		{"a copy of a model", struct{ FC *nn.Linear }{l}, []string{"fc.weight"}},
		{"a slice of tensors", &struct{ W []tensor.Tensor }{[]tensor.Tensor{w, {}, w}}, []string{"w.0", "w.2"}},
		{"an array of layers", &struct{ L [2]*nn.Linear }{[2]*nn.Linear{nil, l}}, []string{"l.1.weight"}},
		{"a map of maps", map[string]map[string]nn.Module{"b": {"z": l, "y": l}, "a": {"x": l}},
			[]string{"a.x.weight", "b.y.weight", "b.z.weight"}},
		{"an any", &struct{ V any }{l}, []string{"v.weight"}},
		{"a pointer to a pointer", &struct{ V **nn.Linear }{&l}, []string{"v.weight"}},
		{"a tag", &struct {
			A *nn.Linear `nn:"query"`
			B *nn.Linear `nn:"-"`
		}{l, l}, []string{"query.weight"}},
		{"a cycle", loop, []string{"w", "next.w"}},
		{"an embedded pointer", &deep{&scaled{Scale: w, Mean: w}}, []string{"scale", "mean"}},
		{"an embedded nil", &deep{}, nil},
		{"an embedded module with a name", &struct {
			*nn.Linear `nn:"inner"`
		}{l}, []string{"inner.weight"}},
		{"an embedded module", &struct{ *nn.Linear }{l}, []string{"weight"}},
	} {
		var got []string
		if err := tensor.Try(func() { got = names(nn.StateDict(c.model)) }); err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestBuffersAreNotTrained(t *testing.T) {
	m := newNested(rng.NewTorch(1))
	for _, p := range nn.Parameters(m) {
		if p == m.Mean {
			t.Error("a buffer is among the parameters")
		}
	}
	teacher := &struct {
		Teacher *FourLayerNN `nn:",buffer"`
		FC      *nn.Linear
	}{newFourLayerNN(rng.NewTorch(1)), nn.NewLinear(rng.NewTorch(1), 2, 2)}
	if got := names(nn.NamedParameters(teacher)); !slices.Equal(got, []string{"fc.weight", "fc.bias"}) {
		t.Errorf("a model tagged as buffer is trained: %v", got)
	}
	if got := nn.StateDict(teacher); len(got) != 10 {
		t.Errorf("a model tagged as buffer is not saved: %v", names(got))
	}
}

func TestLoadStateDict(t *testing.T) {
	from, to := newNested(rng.NewTorch(1)), newNested(rng.NewTorch(2))
	handle := to.Scale
	from.Mean.FillInPlace(3)
	dict := nn.StateDict(from)
	slices.Reverse(dict)
	dict[0].Tensor = dict[0].Tensor.Detach().Cast(tensor.Float64).Keep()
	if err := nn.LoadStateDict(to, dict); err != nil {
		t.Fatal(err)
	}
	for i, p := range nn.StateDict(to) {
		if want := nn.StateDict(from)[i]; !slices.Equal(p.Tensor.Float32s(), want.Tensor.Float32s()) {
			t.Errorf("%s differs", p.Name)
		}
	}
	if to.Scale != handle || !to.Scale.RequiresGrad() || to.Mean.RequiresGrad() {
		t.Error("loading changed more than the values")
	}
}

func TestLoadStateDictListsAllErrors(t *testing.T) {
	m := newFourLayerNN(rng.NewTorch(1))
	before := m.FC3.Weight.Keep()
	dict := nn.StateDict(newFourLayerNN(rng.NewTorch(2)))
	dict = append(slices.DeleteFunc(dict, func(n nn.Named) bool { return strings.HasPrefix(n.Name, "fc2") }),
		nn.Named{Name: "head.weight", Tensor: tensor.Zeros(1)}, nn.Named{Name: "head.bias", Tensor: tensor.Zeros(1)})
	dict[0].Tensor, dict[1].Tensor = tensor.Zeros(128, 99), tensor.Zeros()
	err := nn.LoadStateDict(m, dict)
	want := "the state dict does not fit the model; missing: fc2.weight, fc2.bias; unexpected: head.weight, head.bias; " +
		"of another shape: fc1.weight is (128, 99) in the dict and (128, 100) in the model, fc1.bias is () in the dict and (128,) in the model"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var state *nn.StateError
	if !errors.As(err, &state) || len(state.Missing) != 2 || len(state.Unexpected) != 2 || len(state.Misshapen) != 2 {
		t.Errorf("%#v", err)
	}
	if !slices.Equal(m.FC3.Weight.Float32s(), before.Float32s()) {
		t.Error("something was written despite the error")
	}
}

func TestModes(t *testing.T) {
	g := rng.NewTorch(1)
	d := []*nn.Dropout{nn.NewDropout(g, 0.1), nn.NewDropout(g, 0.2), nn.NewDropout(rng.NewTorch(2), 0.3)}
	m := &struct {
		Body  nn.Sequential
		Drops map[string]*nn.Dropout
		Value nn.Dropout
		*nn.Dropout
	}{Body: nn.Sequential{d[0], nn.Sequential{d[1]}}, Drops: map[string]*nn.Dropout{"x": d[2]}, Dropout: nn.NewDropout(nil, 0.4)}
	all := append(d, &m.Value, m.Dropout)
	nn.Eval(m)
	for i, l := range all {
		if l.Training() {
			t.Errorf("layer %d is in training mode after Eval", i)
		}
	}
	nn.Train(m)
	for i, l := range all {
		if !l.Training() {
			t.Errorf("layer %d is in evaluation mode after Train", i)
		}
	}
	if got := nn.Generators(m); len(got) != 2 || got[0] != g || got[1] != d[2].RNG {
		t.Errorf("%d generators", len(got))
	}
	err := tensor.Try(func() { nn.Eval(struct{ D nn.Dropout }{}) })
	if err == nil || !strings.Contains(err.Error(), "hold a pointer to nn.Dropout") {
		t.Errorf("a copy of a layer: %v", err)
	}
}

func TestToKeepsTensors(t *testing.T) {
	m := newNested(rng.NewTorch(1))
	w := m.Body[0].(*nn.Linear).Weight
	want := w.Float32s()
	nn.To(m, devices["async"])
	if w != m.Body[0].(*nn.Linear).Weight || w.Device() != devices["async"] || m.Mean.Device() != devices["async"] {
		t.Error("the model did not move, or its tensors were replaced")
	}
	if !slices.Equal(w.Float32s(), want) || !w.RequiresGrad() {
		t.Error("a parameter changed in the move")
	}
	if err := nn.LoadStateDict(m, nn.StateDict(newNested(rng.NewTorch(1)))); err != nil {
		t.Errorf("loading from another device: %v", err)
	}
	nn.To(m, tensor.CPU())
	if !slices.Equal(w.Float32s(), want) {
		t.Error("a parameter changed in the move back")
	}
}

// A converted model computes the same values in the new type. Integers and bools do not change, and tied weights stay
// tied.
func TestCast(t *testing.T) {
	m := struct {
		*Nested
		Steps tensor.Tensor `nn:",buffer"`
		Mask  tensor.Tensor `nn:",buffer"`
	}{newNested(rng.NewTorch(1)), tensor.Arange(2), tensor.Ones(2).GreaterScalar(0)}
	w := m.Body[0].(*nn.Linear).Weight
	want := w.Float64s()
	x := tensor.Ones(4, 2)
	nn.Freeze(m.Tied)
	m.Body.Forward(x).Sum().Backward()
	dw := w.Grad().Float64s()
	nn.Cast(m, tensor.Float64)
	for _, p := range nn.StateDict(m) {
		if dt := p.Tensor.DType(); dt != tensor.Float64 && p.Name != "steps" && p.Name != "mask" {
			t.Errorf("%s is %s", p.Name, dt)
		}
	}
	if m.Steps.DType() != tensor.Int64 || m.Mask.DType() != tensor.Bool || m.Tied.Weight != m.Body[2].(*nn.Linear).Weight {
		t.Error("an integer, a bool or tied weights changed")
	}
	if w != m.Body[0].(*nn.Linear).Weight || !w.RequiresGrad() || m.Tied.Weight.RequiresGrad() {
		t.Error("tensors were replaced, or RequiresGrad changed")
	}
	if !slices.Equal(w.Float64s(), want) || !slices.Equal(w.Grad().Float64s(), dw) {
		t.Error("values changed")
	}
	if y := m.Body.Forward(x.Cast(tensor.Float64)); y.DType() != tensor.Float64 {
		t.Errorf("the result is %s", y.DType())
	}
	nn.Cast(m, tensor.BFloat16)
	if y := m.Body.Forward(x.Cast(tensor.BFloat16)); y.DType() != tensor.BFloat16 {
		t.Errorf("the result is %s", y.DType())
	}
	err := tensor.Try(func() { nn.Cast(m, tensor.Int64) })
	if err == nil || err.Error() != "Cast: a model computes in a floating-point type, not in int64" {
		t.Error(err)
	}
}

func TestPaths(t *testing.T) {
	m := newNested(rng.NewTorch(1))
	for want, layer := range map[string]any{
		"model": m, "model.body.0": m.Body[0], "model.body.1": m.Body[1], "model.heads.b": m.Heads["b"],
		"model.body.2": m.Tied, "": &nn.ReLU{},
	} {
		if got := nn.PathOf(m, layer); got != want {
			t.Errorf("path %q, want %q", got, want)
		}
	}
	if got := nn.PathOf(m, m.Body); got != "" {
		t.Errorf("a slice has the path %q", got)
	}
	err := nn.Locate(m, tensor.Try(func() { m.Heads["a"].Forward(tensor.Zeros(3, 4)) }))
	if want := "linear: the input's last dimension is not the weight's: (3, 4) × (1, 2), in model.heads.a"; err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	err = tensor.Try(func() {
		defer nn.LocatePanic(m)
		m.Tied.Forward(tensor.Zeros())
	})
	if err == nil || !strings.HasSuffix(err.Error(), ", in model.body.2") {
		t.Errorf("a panic is not located: %v", err)
	}
}
