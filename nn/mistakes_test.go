package nn_test

import (
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A nil layer, a layer without weight, or one with tensors of wrong shapes or types panics with a *tensor.Error that
// names the layer's op.
func TestMistakesOfLayers(t *testing.T) {
	g := rng.NewTorch(1)
	x := tensor.Ones(2, 3)
	x64, one := f64.Ones(2, 3), tensor.From([]int64{1})
	bilinear := func(bias tensor.Tensor) *nn.Bilinear { return &nn.Bilinear{Weight: tensor.Ones(4, 3, 3), Bias: bias} }
	norm := func(w, b tensor.Tensor) *nn.LayerNorm {
		return &nn.LayerNorm{Weight: w, Bias: b, Shape: tensor.ShapeOf(3)}
	}
	for want, f := range map[string]func(){
		"linear: the layer is nil: create a *nn.Linear":                         func() { (*nn.Linear)(nil).Forward(x) },
		"bilinear: the layer is nil: create a *nn.Bilinear":                     func() { (*nn.Bilinear)(nil).Forward(x, x) },
		"embedding: the layer is nil: create a *nn.Embedding":                   func() { (*nn.Embedding)(nil).Forward(one) },
		"layer_norm: the layer is nil: create a *nn.LayerNorm":                  func() { (*nn.LayerNorm)(nil).Forward(x) },
		"group_norm: the layer is nil: create a *nn.GroupNorm":                  func() { (*nn.GroupNorm)(nil).Forward(x) },
		"instance_norm1d: the layer is nil: create a *nn.InstanceNorm1d":        func() { (*nn.InstanceNorm1d)(nil).Forward(x) },
		"local_response_norm: the layer is nil: create a *nn.LocalResponseNorm": func() { (*nn.LocalResponseNorm)(nil).Forward(tensor.Ones(1, 2, 3)) },
		"dropout1d: the layer is nil: create a *nn.Dropout1d":                   func() { (*nn.Dropout1d)(nil).Forward(x) },
		"group_norm: 4 channels cannot be divided into 3 groups":                func() { nn.NewGroupNorm(3, 4) },
		"local_response_norm: the number of channels must be positive, not 0":   func() { nn.NewLocalResponseNorm(0) },
		"instance_norm2d: the input must have 3 or 4 dimensions, not 2: (2, 3)": func() { nn.NewInstanceNorm2d(3).Forward(x) },
		"dropout2d: the probability must be between 0 and 1, not 3: (1, 1, 1)": func() {
			(&nn.Dropout2d{Dropout: nn.Dropout{P: 3}}).Forward(tensor.Ones(1, 1, 1))
		},
		"batch_norm1d: the layer is nil: create a *nn.BatchNorm1d":         func() { (*nn.BatchNorm1d)(nil).Forward(x) },
		"batch_norm2d: the layer is nil: create a *nn.BatchNorm2d":         func() { (*nn.BatchNorm2d)(nil).Forward(tensor.Ones(2, 3, 1, 1)) },
		"batch_norm3d: the layer is nil: create a *nn.BatchNorm3d":         func() { (*nn.BatchNorm3d)(nil).Forward(tensor.Ones(2, 3, 1, 1, 1)) },
		"batch_norm1d: the input must have 2 or 3 dimensions, not 1: (3,)": func() { nn.NewBatchNorm1d(3).Forward(tensor.Ones(3)) },
		"batch_norm2d: the input must have 4 dimensions, not 2: (2, 3)":    func() { nn.NewBatchNorm2d(3).Forward(x) },
		"batch_norm3d: the input must have 5 dimensions, not 2: (2, 3)":    func() { nn.NewBatchNorm3d(3).Forward(x) },
		"rms_norm: the layer is nil: create a *nn.RMSNorm":                 func() { (*nn.RMSNorm)(nil).Forward(x) },
		"dropout: the layer is nil: create a *nn.Dropout":                  func() { (*nn.Dropout)(nil).Forward(x) },
		"prelu: the layer is nil: create a *nn.PReLU":                      func() { (*nn.PReLU)(nil).Forward(x) },
		"leaky_relu: the layer is nil: create a *nn.LeakyReLU":             func() { (*nn.LeakyReLU)(nil).Forward(x) },
		"elu: the layer is nil: create a *nn.ELU":                          func() { (*nn.ELU)(nil).Forward(x) },
		"celu: the layer is nil: create a *nn.CELU":                        func() { (*nn.CELU)(nil).Forward(x) },
		"gelu: the layer is nil: create a *nn.GELU":                        func() { (*nn.GELU)(nil).Forward(x) },
		"softplus: the layer is nil: create a *nn.Softplus":                func() { (*nn.Softplus)(nil).Forward(x) },
		"hardtanh: the layer is nil: create a *nn.Hardtanh":                func() { (*nn.Hardtanh)(nil).Forward(x) },
		"softmax: the layer is nil: create a *nn.Softmax":                  func() { (*nn.Softmax)(nil).Forward(x) },
		"softmin: the layer is nil: create a *nn.Softmin":                  func() { (*nn.Softmin)(nil).Forward(x) },
		"log_softmax: the layer is nil: create a *nn.LogSoftmax":           func() { (*nn.LogSoftmax)(nil).Forward(x) },
		"glu: the layer is nil: create a *nn.GLU":                          func() { (*nn.GLU)(nil).Forward(x) },
		"sequential: layer 1 is nil":                                       func() { nn.Sequential{&nn.ReLU{}, nil}.Forward(x) },

		"linear: the generator is nil: create one with rng.NewTorch":    func() { nn.NewLinear(nil, 2, 3) },
		"bilinear: the generator is nil: create one with rng.NewTorch":  func() { nn.NewBilinear(nil, 2, 3, 4) },
		"embedding: the generator is nil: create one with rng.NewTorch": func() { nn.NewEmbedding(nil, 2, 3) },

		"uniform_: the generator is nil: create one with rng.NewTorch: (2, 3)":      func() { nninit.Uniform(nil, x, 0, 1) },
		"normal_: the generator is nil: create one with rng.NewTorch: (2, 3)":       func() { nninit.Normal(nil, x, 0, 1) },
		"trunc_normal_: the generator is nil: create one with rng.NewTorch: (2, 3)": func() { nninit.TruncatedNormal(nil, x, 0, 1, -1, 1) },
		"sparse_: the generator is nil: create one with rng.NewTorch: (2, 3)":       func() { nninit.Sparse(nil, x, 0.5, 1) },
		"orthogonal_: the generator is nil: create one with rng.NewTorch: (2, 3)":   func() { nninit.Orthogonal(nil, x, 1) },

		"linear: the layer's weight is no tensor: create the layer with its New function":    func() { (&nn.Linear{}).Forward(x) },
		"bilinear: the layer's weight is no tensor: create the layer with its New function":  func() { (&nn.Bilinear{}).Forward(x, x) },
		"embedding: the layer's weight is no tensor: create the layer with its New function": func() { (&nn.Embedding{}).Forward(one) },
		"prelu: the layer's weight is no tensor: create the layer with its New function":     func() { (&nn.PReLU{}).Forward(x) },

		"embedding: the weight must be a matrix: (3,)":                                 func() { (&nn.Embedding{Weight: tensor.Ones(3)}).Forward(one) },
		"prelu: the input is float32, the weight float64: (2, 3) × (3,)":               func() { (&nn.PReLU{Weight: f64.Ones(3)}).Forward(x) },
		"dropout: the probability must be between 0 and 1, not 1.5: (2, 3)":            func() { (&nn.Dropout{P: 1.5, RNG: g}).Forward(x) },
		"dropout: the probability must be between 0 and 1, not -1: (2, 3)":             func() { (&nn.Dropout{P: -1, RNG: g}).Forward(x) },
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
		"layer_norm: a bias needs a weight: (3,)": func() { norm(tensor.Tensor{}, tensor.Ones(3)).Forward(x) },
		"rms_norm: weight and bias must be float32 and of the normalized shape (3,), not float32: (2,)": func() {
			(&nn.RMSNorm{Weight: tensor.Ones(2), Shape: tensor.ShapeOf(3)}).Forward(x)
		},
		"binary_cross_entropy: the weight does not broadcast to the elements: (7,) × (2, 3)":             func() { nn.BCELoss{Weight: tensor.Ones(7)}.Forward(x, x) },
		"binary_cross_entropy_with_logits: the weight does not broadcast to the elements: (7,) × (2, 3)": func() { nn.BCEWithLogitsLoss{PosWeight: tensor.Ones(7)}.Forward(x, x) },
		"binary_cross_entropy: the weight is float64, the elements float32: (3,) × (2, 3)":               func() { nn.BCELoss{Weight: f64.Ones(3)}.Forward(x, x) },
		"triplet_margin_loss: Margin must be positive, not -1: (2, 3)":                                   func() { nn.TripletMarginLoss{Margin: -1}.Forward(x, x, x) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// own is a user's layer; if it is nil, its Forward dereferences nil.
type own struct{ Scale float64 }

func (l *own) Forward(x tensor.Tensor) tensor.Tensor { return x.MulScalar(l.Scale) }

// mixed has layers of several kinds, which tests set to nil.
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

// The error for a nil layer, and for a mistake that an op inside a layer finds, names the layer's path.
func TestMistakesHavePaths(t *testing.T) {
	g := rng.NewTorch(1)
	fc := func() *nn.Linear { return nn.NewLinear(g, 3, 3) }
	x := tensor.Ones(2, 3)
	for want, m := range map[string]*mixed{
		"linear: the layer is nil: create a *nn.Linear, in model.fc1":                                                           {FC2: fc()},
		"linear: the layer is nil: create a *nn.Linear, in model.fc1 or model.fc2":                                              {},
		"forward: runtime error: invalid memory address or nil pointer dereference; these layers are nil: model.any, model.own": {FC1: fc(), FC2: fc()},
		"forward: runtime error: invalid memory address or nil pointer dereference; these layers are nil: model.own": {
			FC1: fc(), FC2: fc(), Any: &nn.ReLU{},
		},
		"softmax: dimension 7 does not exist: (2, 3), in model.blocks.a.1": {
			FC1: fc(), FC2: fc(), Blocks: map[string]nn.Sequential{"a": {&nn.ReLU{}, &nn.Softmax{Dim: 7}}},
		},
		"linear: the layer's weight is no tensor: create the layer with its New function, in model.blocks.a.0": {
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
	// A loss is identified by its value.
	judged := &struct{ First, Second nn.CrossEntropyLoss }{Second: nn.CrossEntropyLoss{LabelSmoothing: 0.1}}
	err := nn.Locate(judged, tensor.Try(func() { judged.Second.Forward(x, x.Narrow(0, 0, 1)) }))
	if err == nil || !strings.HasSuffix(err.Error(), ", in model.second") {
		t.Errorf("a mistake in a loss: %v", err)
	}
	// A nil dereference outside of layers stays the runtime's panic.
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(error).Error(), "nil pointer") {
			t.Errorf("got %v", r)
		}
	}()
	defer nn.LocatePanic(&mixed{FC1: fc(), FC2: fc(), Any: &nn.ReLU{}, Own: &own{}})
	var p *int
	*p = 1
}

// An undefined tensor in a state dict counts as a missing key.
func TestLoadNoTensor(t *testing.T) {
	m := nn.NewLinear(rng.NewTorch(1), 2, 2)
	err := nn.LoadStateDict(m, []nn.Named{{Name: "weight", Tensor: tensor.Ones(2, 2)}, {Name: "bias"}})
	if want := "the state dict does not fit the model; missing: bias"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// selfish can hold anything, including itself.
type selfish struct {
	Parts map[string]any
	List  []any
	Up    *selfish
	W     tensor.Tensor
}

// A model that contains itself through a map or a slice is refused with the path, by every walk. A pointer back to an
// outer layer is accepted, and so is a map that occurs twice.
func TestModelsThatContainThemselves(t *testing.T) {
	w := tensor.Ones(1)
	mapped := &selfish{Parts: map[string]any{"w": w}}
	mapped.Parts["again"] = mapped.Parts
	deep := map[string]any{}
	deep["a"] = []any{map[string]any{"b": deep}}
	listed := &selfish{List: []any{w, nil, nil}}
	listed.List[1], listed.List[2] = listed.List, listed.List // without a check, the walk does not end
	part := []any{nil, w}
	part[0] = part[:1]
	for _, c := range []struct {
		model any
		want  string
	}{
		{mapped, "model: model.parts.again is the same as model.parts: a map must not contain itself"},
		{deep, "model: model.a.0.b is the same as model: a map must not contain itself"},
		{listed, "model: model.list.1 is the same as model.list: a slice must not contain itself"},
		{part, "model: model.0.0 is the same as model.0: a slice must not contain itself"},
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
	if got := strings.Join(names(nn.StateDict(copied)), " "); got != "w parts.a.w parts.b.w list.0.w" ||
		copied.Up != copied || copied.W == w {
		t.Errorf("the copy's keys are %s", got)
	}
	copied.Parts["a"].(map[string]any)["new"] = tensor.Ones(1)
	if _, ok := copied.Parts["b"].(map[string]any)["new"]; !ok || len(tied) != 1 {
		t.Error("a map that occurs twice became two maps in the copy, or is shared with the original")
	}
}

// node points at its peers, as in a graph with links in both directions.
type node struct {
	W     tensor.Tensor
	Peers []*node
}

// Layers that all point at one another have too many paths to walk: the walk ends with an error.
func TestModelsWithCycles(t *testing.T) {
	nodes := make([]*node, 20)
	for i := range nodes {
		nodes[i] = &node{W: tensor.Ones(1)}
	}
	for _, n := range nodes {
		n.Peers = nodes
	}
	err := tensor.Try(func() { nn.Parameters(nodes[0]) })
	if err == nil || !strings.HasPrefix(err.Error(), "model: model.peers.") ||
		!strings.HasSuffix(err.Error(), "is the same as model.peers: a slice must not contain itself") {
		t.Errorf("got %v", err)
	}
	for i, n := range nodes { // each in its own slice
		n.Peers = append([]*node(nil), nodes[i:]...)
		n.Peers = append(n.Peers, nodes[:i]...)
	}
	err = tensor.Try(func() { nn.Parameters(nodes[0]) })
	if err == nil || !strings.HasPrefix(err.Error(), "model: the model has more than 262144 references, the last at model.peers.") ||
		!strings.HasSuffix(err.Error(), `: its layers point at one another in cycles; tag the fields that point back nn:"-"`) {
		t.Errorf("got %v", err)
	}
	if len(nn.Clone(nodes[0]).Peers) != len(nodes) {
		t.Error("the copy has other peers")
	}
	nn.Sprint(nodes[0])
}
