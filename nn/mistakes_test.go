package nn_test

import (
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A layer that is nil, was not made, or has parts that do not fit is a typed error that names the layer's operation.
func TestMistakesOfLayers(t *testing.T) {
	g := rng.NewTorch(1)
	x := tensor.Ones(2, 3)
	x64, one := f64.Ones(2, 3), tensor.From([]int64{1})
	bilinear := func(bias tensor.Tensor) *nn.Bilinear { return &nn.Bilinear{Weight: tensor.Ones(4, 3, 3), Bias: bias} }
	norm := func(w, b tensor.Tensor) *nn.LayerNorm {
		return &nn.LayerNorm{Weight: w, Bias: b, Shape: tensor.ShapeOf(3)}
	}
	for want, f := range map[string]func(){
		"linear: the layer is a nil *nn.Linear: it was never made":          func() { (*nn.Linear)(nil).Forward(x) },
		"bilinear: the layer is a nil *nn.Bilinear: it was never made":      func() { (*nn.Bilinear)(nil).Forward(x, x) },
		"embedding: the layer is a nil *nn.Embedding: it was never made":    func() { (*nn.Embedding)(nil).Forward(one) },
		"layer_norm: the layer is a nil *nn.LayerNorm: it was never made":   func() { (*nn.LayerNorm)(nil).Forward(x) },
		"rms_norm: the layer is a nil *nn.RMSNorm: it was never made":       func() { (*nn.RMSNorm)(nil).Forward(x) },
		"dropout: the layer is a nil *nn.Dropout: it was never made":        func() { (*nn.Dropout)(nil).Forward(x) },
		"prelu: the layer is a nil *nn.PReLU: it was never made":            func() { (*nn.PReLU)(nil).Forward(x) },
		"leaky_relu: the layer is a nil *nn.LeakyReLU: it was never made":   func() { (*nn.LeakyReLU)(nil).Forward(x) },
		"elu: the layer is a nil *nn.ELU: it was never made":                func() { (*nn.ELU)(nil).Forward(x) },
		"celu: the layer is a nil *nn.CELU: it was never made":              func() { (*nn.CELU)(nil).Forward(x) },
		"gelu: the layer is a nil *nn.GELU: it was never made":              func() { (*nn.GELU)(nil).Forward(x) },
		"softplus: the layer is a nil *nn.Softplus: it was never made":      func() { (*nn.Softplus)(nil).Forward(x) },
		"hardtanh: the layer is a nil *nn.Hardtanh: it was never made":      func() { (*nn.Hardtanh)(nil).Forward(x) },
		"softmax: the layer is a nil *nn.Softmax: it was never made":        func() { (*nn.Softmax)(nil).Forward(x) },
		"softmin: the layer is a nil *nn.Softmin: it was never made":        func() { (*nn.Softmin)(nil).Forward(x) },
		"log_softmax: the layer is a nil *nn.LogSoftmax: it was never made": func() { (*nn.LogSoftmax)(nil).Forward(x) },
		"glu: the layer is a nil *nn.GLU: it was never made":                func() { (*nn.GLU)(nil).Forward(x) },
		"sequential: layer 1 is nil":                                        func() { nn.Sequential{&nn.ReLU{}, nil}.Forward(x) },

		"linear: the generator is nil: rng.NewTorch makes one":    func() { nn.NewLinear(nil, 2, 3) },
		"bilinear: the generator is nil: rng.NewTorch makes one":  func() { nn.NewBilinear(nil, 2, 3, 4) },
		"embedding: the generator is nil: rng.NewTorch makes one": func() { nn.NewEmbedding(nil, 2, 3) },

		"uniform: the generator is nil: rng.NewTorch makes one: (2, 3)":          func() { nninit.Uniform(nil, x, 0, 1) },
		"normal: the generator is nil: rng.NewTorch makes one: (2, 3)":           func() { nninit.Normal(nil, x, 0, 1) },
		"truncated normal: the generator is nil: rng.NewTorch makes one: (2, 3)": func() { nninit.TruncatedNormal(nil, x, 0, 1, -1, 1) },
		"sparse: the generator is nil: rng.NewTorch makes one: (2, 3)":           func() { nninit.Sparse(nil, x, 0.5, 1) },
		"orthogonal: the generator is nil: rng.NewTorch makes one: (2, 3)":       func() { nninit.Orthogonal(nil, x, 1) },

		"linear: the layer's weight is no tensor: a New function makes one":    func() { (&nn.Linear{}).Forward(x) },
		"bilinear: the layer's weight is no tensor: a New function makes one":  func() { (&nn.Bilinear{}).Forward(x, x) },
		"embedding: the layer's weight is no tensor: a New function makes one": func() { (&nn.Embedding{}).Forward(one) },
		"prelu: the layer's weight is no tensor: a New function makes one":     func() { (&nn.PReLU{}).Forward(x) },

		"embedding: the weight is no matrix: (3,)":                                     func() { (&nn.Embedding{Weight: tensor.Ones(3)}).Forward(one) },
		"prelu: the input is float32, the weight float64: (2, 3) × (3,)":               func() { (&nn.PReLU{Weight: f64.Ones(3)}).Forward(x) },
		"dropout: 1.5 is no probability: (2, 3)":                                       func() { (&nn.Dropout{P: 1.5, RNG: g}).Forward(x) },
		"dropout: -1 is no probability: (2, 3)":                                        func() { (&nn.Dropout{P: -1, RNG: g}).Forward(x) },
		"bilinear: the weight must have the shape (out, in1, in2): (2, 3)":             func() { (&nn.Bilinear{Weight: x}).Forward(x, x) },
		"bilinear: a float32 bias does not fit the float32 weight: (1,) × (4, 3, 3)":   func() { bilinear(tensor.Ones(1)).Forward(x, x) },
		"bilinear: a float32 bias does not fit the float32 weight: (2, 4) × (4, 3, 3)": func() { bilinear(tensor.Ones(2, 4)).Forward(x, x) },
		"bilinear: a float64 bias does not fit the float32 weight: (4,) × (4, 3, 3)":   func() { bilinear(f64.Ones(4)).Forward(x, x) },
		"bilinear: the inputs are float32 and float64, the weight float32: (2, 3) × (2, 3) × (4, 3, 3)": func() {
			bilinear(tensor.Ones(4)).Forward(x, x64)
		},
		"layer_norm: weight and bias must be float32 and of the normalized shape (3,), not float32: (2,)": func() {
			norm(tensor.Ones(3), tensor.Ones(2)).Forward(x)
		},
		"layer_norm: weight and bias must be float32 and of the normalized shape (3,), not float32: (4,)": func() {
			norm(tensor.Ones(4), tensor.Ones(3)).Forward(x)
		},
		"layer_norm: weight and bias must be float32 and of the normalized shape (3,), not float64: (3,)": func() {
			norm(tensor.Ones(3), f64.Ones(3)).Forward(x)
		},
		"layer_norm: there is a bias but no weight: (3,)": func() { norm(tensor.Tensor{}, tensor.Ones(3)).Forward(x) },
		"rms_norm: weight and bias must be float32 and of the normalized shape (3,), not float32: (2,)": func() {
			(&nn.RMSNorm{Weight: tensor.Ones(2), Shape: tensor.ShapeOf(3)}).Forward(x)
		},
		"bce: the weight does not fit the elements: (7,) × (2, 3)":               func() { nn.BCELoss{Weight: tensor.Ones(7)}.Forward(x, x) },
		"bce_with_logits: the weight does not fit the elements: (7,) × (2, 3)":   func() { nn.BCEWithLogitsLoss{PosWeight: tensor.Ones(7)}.Forward(x, x) },
		"bce: a float64 weight does not fit the float32 elements: (3,) × (2, 3)": func() { nn.BCELoss{Weight: f64.Ones(3)}.Forward(x, x) },
		"triplet_margin: the margin must be positive, not -1: (2, 3)":            func() { nn.TripletMarginLoss{Margin: -1}.Forward(x, x, x) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// own is a layer of a user's own; a nil one dereferences nil.
type own struct{ Scale float64 }

func (l *own) Forward(x tensor.Tensor) tensor.Tensor { return x.MulScalar(l.Scale) }

// mixed has layers of several kinds, which tests leave out.
type mixed struct {
	FC1, FC2 *nn.Linear
	Any      nn.Module
	Own      *own
	Blocks   map[string]nn.Sequential
}

func (m *mixed) Forward(x tensor.Tensor) tensor.Tensor {
	x = m.FC2.Forward(m.FC1.Forward(x))
	if m.Blocks != nil {
		x = m.Blocks["a"].Forward(x)
	}
	return m.Own.Forward(m.Any.Forward(x))
}

// The error for a nil layer, and for a mistake that an operation inside a layer finds, says where in the model the layer is.
func TestMistakesHavePaths(t *testing.T) {
	g := rng.NewTorch(1)
	fc := func() *nn.Linear { return nn.NewLinear(g, 3, 3) }
	x := tensor.Ones(2, 3)
	for want, m := range map[string]*mixed{
		"linear: the layer is a nil *nn.Linear: it was never made, in model.fc1":                                                {FC2: fc()},
		"linear: the layer is a nil *nn.Linear: it was never made, in model.fc1 or model.fc2":                                   {},
		"forward: runtime error: invalid memory address or nil pointer dereference; these layers are nil: model.any, model.own": {FC1: fc(), FC2: fc()},
		"forward: runtime error: invalid memory address or nil pointer dereference; these layers are nil: model.own": {
			FC1: fc(), FC2: fc(), Any: &nn.ReLU{},
		},
		"softmax: dimension 7 does not exist: (2, 3), in model.blocks.a.1": {
			FC1: fc(), FC2: fc(), Blocks: map[string]nn.Sequential{"a": {&nn.ReLU{}, &nn.Softmax{Dim: 7}}},
		},
		"linear: the layer's weight is no tensor: a New function makes one, in model.blocks.a.0": {
			FC1: fc(), FC2: fc(), Blocks: map[string]nn.Sequential{"a": {&nn.Linear{}, &nn.ReLU{}}},
		},
	} {
		err := tensor.Try(func() {
			defer nn.LocatePanic(m)
			m.Forward(x)
		})
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	// A loss is known by its value.
	judged := &struct{ First, Second nn.CrossEntropyLoss }{Second: nn.CrossEntropyLoss{LabelSmoothing: 0.1}}
	err := nn.Locate(judged, tensor.Try(func() { judged.Second.Forward(x, x.Narrow(0, 0, 1)) }))
	if err == nil || !strings.HasSuffix(err.Error(), ", in model.second") {
		t.Errorf("a mistake in a loss: %v", err)
	}
	// Another nil than a layer's is the runtime's own panic still.
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(error).Error(), "nil pointer") {
			t.Errorf("got %v", r)
		}
	}()
	defer nn.LocatePanic(&mixed{FC1: fc(), FC2: fc(), Any: &nn.ReLU{}, Own: &own{}})
	var p *int
	*p = 1
}

// A state dict with the zero value of a tensor lacks that key.
func TestLoadNoTensor(t *testing.T) {
	m := nn.NewLinear(rng.NewTorch(1), 2, 2)
	err := nn.LoadStateDict(m, []nn.Named{{Name: "weight", Tensor: tensor.Ones(2, 2)}, {Name: "bias"}})
	if want := "the state dict does not fit the model; missing: bias"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// selfish holds anything, also itself.
type selfish struct {
	Parts map[string]any
	List  []any
	Up    *selfish
	W     tensor.Tensor
}

// A model that contains itself by way of a map or a slice is refused with the path, by every walk; a pointer back to an outer layer is
// fine, and so is one map at two places.
func TestModelsThatContainThemselves(t *testing.T) {
	w := tensor.Ones(1)
	mapped := &selfish{Parts: map[string]any{"w": w}}
	mapped.Parts["again"] = mapped.Parts
	deep := map[string]any{}
	deep["a"] = []any{map[string]any{"b": deep}}
	listed := &selfish{List: []any{w, nil, nil}}
	listed.List[1], listed.List[2] = listed.List, listed.List // without a check, the walk has no end
	part := []any{nil, w}
	part[0] = part[:1]
	for _, c := range []struct {
		model any
		want  string
	}{
		{mapped, "model: model.parts.again is model.parts again: a map must not contain itself"},
		{deep, "model: model.a.0.b is model again: a map must not contain itself"},
		{listed, "model: model.list.1 is model.list again: a slice must not contain itself"},
		{part, "model: model.0.0 is model.0 again: a slice must not contain itself"},
	} {
		for name, f := range map[string]func(){
			"Parameters": func() { nn.Parameters(c.model) },
			"StateDict":  func() { nn.StateDict(c.model) },
			"Train":      func() { nn.Train(c.model) },
			"Generators": func() { nn.Generators(c.model) },
			"PathOf":     func() { nn.PathOf(c.model, &nn.ReLU{}) },
		} {
			if err := tensor.Try(f); err == nil || err.Error() != c.want {
				t.Errorf("%s: got  %v\nwant %s", name, err, c.want)
			}
		}
		nn.Clone(c.model) // a copy contains itself as the original does
	}
	tied := map[string]any{"w": w}
	fine := &selfish{Parts: map[string]any{"a": tied, "b": tied}, List: []any{tied, []any{}, []any{}}, W: w}
	fine.Up = fine
	if got := strings.Join(names(nn.StateDict(fine)), " "); got != "w parts.a.w parts.b.w list.0.w" {
		t.Errorf("the keys are %s", got)
	}
	copied := nn.Clone(fine)
	if got := strings.Join(names(nn.StateDict(copied)), " "); got != "w parts.a.w parts.b.w list.0.w" || copied.Up != copied || copied.W == w {
		t.Errorf("the copy's keys are %s", got)
	}
	copied.Parts["a"].(map[string]any)["new"] = tensor.Ones(1)
	if _, ok := copied.Parts["b"].(map[string]any)["new"]; !ok || len(tied) != 1 {
		t.Error("a map at two places is two maps in the copy, or is the original's")
	}
}

// node points at its peers, as in a graph that is linked both ways.
type node struct {
	W     tensor.Tensor
	Peers []*node
}

// The ways through layers that all point at one another are more than any walk can take: that is an error, and no endless walk.
func TestModelsInCircles(t *testing.T) {
	nodes := make([]*node, 20)
	for i := range nodes {
		nodes[i] = &node{W: tensor.Ones(1)}
	}
	for _, n := range nodes {
		n.Peers = nodes
	}
	err := tensor.Try(func() { nn.Parameters(nodes[0]) })
	if err == nil || !strings.HasPrefix(err.Error(), "model: model.peers.") || !strings.HasSuffix(err.Error(), "is model.peers again: a slice must not contain itself") {
		t.Errorf("got %v", err)
	}
	for i, n := range nodes { // in slices of their own
		n.Peers = append([]*node(nil), nodes[i:]...)
		n.Peers = append(n.Peers, nodes[:i]...)
	}
	err = tensor.Try(func() { nn.Parameters(nodes[0]) })
	if err == nil || !strings.HasPrefix(err.Error(), "model: the walk has come to model.peers.") ||
		!strings.HasSuffix(err.Error(), `and has no end in sight: layers point at one another in circles; tag a field that points back nn:"-"`) {
		t.Errorf("got %v", err)
	}
	if len(nn.Clone(nodes[0]).Peers) != len(nodes) {
		t.Error("the copy has other peers")
	}
	nn.Sprint(nodes[0])
}
