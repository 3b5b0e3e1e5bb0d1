package nn

import (
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// LoRA is a low-rank adapter of a layer: what is trained instead of the layer's weight W (out, in), which is frozen.
//
//	y = x·Wᵀ + b + s·(d(x)·Aᵀ)·Bᵀ
//
// A is (rank, in), B is (out, rank), s is Scale and d is Dropout. B is 0 at first, so that the layer begins with what
// it computed before. (https://arxiv.org/abs/2106.09685)
type LoRA struct {
	A       *Linear  `nn:"lora_A"`
	B       *Linear  `nn:"lora_B"`
	Dropout *Dropout `nn:"lora_dropout"` // of the layer's input; nil means none
	Scale   float64  // α/rank
}

// LoRAConfig holds the options of [AddLoRA]. The zero value is the default of Hugging Face's PEFT.
type LoRAConfig struct {
	// Targets names the layers: those whose path is one of the names or ends with a dot and the name, such as "query"
	// or "layers.0.self_attn.q_proj". Nil means all layers that are [Adapted], also the last one.
	Targets []string

	Rank       int     // 0 means 8
	Alpha      float64 // α; 0 means 8
	Dropout    float64
	RankStable bool // the scale is α/√rank instead of α/rank (https://arxiv.org/abs/2312.03732)
}

// Adapted is implemented by layers that [AddLoRA] adapts: a [Linear], the fully connected layers of models.GPT2, and
// layers of your own. Their Forward ends with [LoRA.Add].
type Adapted interface {
	// Adapter returns the place of the layer's LoRA, and the layer's weight, or a view of it, as (out, in).
	Adapter() (at **LoRA, weight tensor.Tensor)
}

// AddLoRA freezes a model and adds a [LoRA] to its layers. A is drawn from g, uniform in ±1/√in as by Kaiming's rule
// with a = √5; the values are PEFT's after torch.manual_seed. Both have the type and the device of the layer's
// weight. Load the model's own weights before. To train other parts as well, such as a new classifier, call
// [Unfreeze] for them. Create the optimizer afterwards.
//
// AddLoRA panics if no layer has one of the names, and for a layer that has a LoRA already.
// (https://huggingface.co/docs/peft/package_reference/lora)
func AddLoRA[M any](g *rng.Torch, model M, c LoRAConfig) M {
	const op = "add_lora"
	checkGenerator(op, g)
	c.Rank, c.Alpha = defaults.Int(c.Rank, 8), defaults.Float(c.Alpha, 8)
	if c.Rank < 1 {
		fail(op, nil, fmt.Sprintf("the rank must be positive, not %d", c.Rank))
	}
	if !(c.Dropout >= 0 && c.Dropout <= 1) {
		fail(op, nil, fmt.Sprintf("the probability of dropout must be between 0 and 1, not %v", c.Dropout))
	}
	layers := adaptedLayers(model)
	matched := map[string]bool{}
	var chosen []Adapted
	for _, l := range layers {
		name, ok := c.matches(l.path)
		if !ok {
			continue
		}
		matched[name] = true
		chosen = append(chosen, l.layer)
		at, w := l.layer.Adapter()
		if *at != nil {
			fail(op, l.layer, inModel(l.path)+" has a LoRA already: MergeLoRA removes it")
		}
		checkWeighted(op, l.layer, w)
		if w.Rank() != 2 || !w.DType().IsFloat() {
			fail(op, l.layer, inModel(l.path)+" has no floating-point weight (out, in)", w.Shape())
		}
	}
	for _, name := range c.Targets {
		if !matched[name] {
			has := "the model has " + names(layers)
			if len(layers) == 1 && layers[0].path == "" {
				has = "the model is one layer without a name: leave Targets nil"
			}
			fail(op, nil, fmt.Sprintf("no layer that can be adapted has the name %q: %s", name, has))
		}
	}
	if len(chosen) == 0 {
		fail(op, nil, fmt.Sprintf("%T has no layer that can be adapted, such as a Linear", model))
	}
	Freeze(model)
	for _, l := range chosen {
		at, w := l.Adapter()
		*at = c.newLoRA(g, w)
	}
	findInCheckpoints(model)
	return model
}

// An adaptedLayer is a layer of a model that a LoRA may be added to.
type adaptedLayer struct {
	path  string
	layer Adapted
}

// adaptedLayers returns the layers of a model that may have a LoRA, each once.
func adaptedLayers(model any) []adaptedLayer {
	var layers []adaptedLayer
	seen := map[any]bool{}
	walker{module: func(path string, m any) {
		if l, ok := m.(Adapted); ok && !seen[m] {
			seen[m] = true
			layers = append(layers, adaptedLayer{path, l})
		}
	}}.walk(model)
	return layers
}

// matches returns the target that a path matches.
func (c LoRAConfig) matches(path string) (name string, ok bool) {
	for _, name := range c.Targets {
		if path == name || strings.HasSuffix(path, "."+name) {
			return name, true
		}
	}
	return "", c.Targets == nil
}

// names lists the last parts of the layers' paths for a message.
func names(layers []adaptedLayer) string {
	var list []string
	seen := map[string]bool{}
	for _, l := range layers {
		if name := l.path[strings.LastIndexByte(l.path, '.')+1:]; !seen[name] {
			seen[name] = true
			list = append(list, fmt.Sprintf("%q", name))
		}
	}
	if list == nil {
		return "none"
	}
	return strings.Join(list, ", ")
}

// newLoRA returns an adapter for a weight.
func (c LoRAConfig) newLoRA(g *rng.Torch, w tensor.Tensor) *LoRA {
	out, in := w.Dim(0), w.Dim(1)
	linear := LinearConfig{NoBias: true, DType: w.DType()}
	l := &LoRA{A: linear.New(g, in, c.Rank), B: linear.New(g, c.Rank, out), Scale: c.Alpha / float64(c.Rank)}
	l.A = linear.New(g, in, c.Rank) // PEFT draws A anew when it sets B to 0
	l.B.Weight.Data().FillInPlace(0)
	if c.RankStable {
		l.Scale = c.Alpha / math.Sqrt(float64(c.Rank))
	}
	if c.Dropout > 0 {
		l.Dropout = NewDropout(g, c.Dropout)
	}
	To(l, w.Device())
	return l
}

// Rank returns the rank of B·A.
func (l *LoRA) Rank() int { return l.A.Weight.Dim(0) }

// Add returns y + s·(d(x)·Aᵀ)·Bᵀ for the input x of a layer and its result y without an activation.
func (l *LoRA) Add(x, y tensor.Tensor) tensor.Tensor {
	if l.Dropout != nil {
		x = l.Dropout.Forward(x)
	}
	return y.Add(l.B.Forward(l.A.Forward(x)).MulScalar(l.Scale))
}

// MergeLoRA adds s·B·A to the weight of each layer with a [LoRA] and removes the adapter, so that the model computes
// the same without the adapters' cost. It panics if the weight is computed by a [Parametrization]. (PEFT's
// merge_and_unload)
func MergeLoRA[M any](model M) M {
	for _, l := range adaptedLayers(model) {
		at, w := l.layer.Adapter()
		if *at == nil {
			continue
		}
		if p, ok := l.layer.(*Linear); ok && p.Parametrizations != nil {
			fail("merge_lora", l.layer, "the layer's weight is computed: call RemoveParametrizations before", w.Shape())
		}
		w.Data().AddInPlace((*at).B.Weight.Data().MatMul((*at).A.Weight.Data()).MulScalar((*at).Scale))
		*at = nil
	}
	findInCheckpoints(model)
	return model
}

// peftPrefix begins the keys of PEFT's adapter files.
const peftPrefix = "base_model.model."

// AdapterStateDict returns what was trained of a model with a [LoRA]: all parameters that are not frozen, with the
// keys of PEFT's adapter_model.safetensors. They are the keys of [StateDict] after "base_model.model.", such as
// "base_model.model.encoder.layer.0.attention.self.query.lora_A.weight". safetensors.SaveAdapter writes them to a
// file.
func AdapterStateDict(model any) []Named {
	var out []Named
	for _, p := range NamedParameters(model) {
		if !p.Tensor.Frozen() {
			out = append(out, Named{peftPrefix + p.Name, p.Tensor})
		}
	}
	return out
}

// LoadAdapterStateDict copies the values of dict, whose keys are those of [AdapterStateDict], into a model that
// [AddLoRA] was called for. If a key is missing, unexpected or of another shape, nothing is written and the error is
// a *StateError.
func LoadAdapterStateDict(model any, dict []Named) error {
	state := AdapterStateDict(model)
	bad := compareState(state, dict)
	if len(bad.Missing)+len(bad.Unexpected)+len(bad.Misshapen) > 0 {
		return bad
	}
	copyState(state, dict)
	return nil
}
