package models

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// GPT2 is a language model: a transformer decoder that predicts each token from those before it.
// (Radford et al. 2019, https://huggingface.co/docs/transformers/model_doc/gpt2)
type GPT2 struct {
	Transformer *GPT2Decoder
	LMHead      *nn.Linear // its Weight is that of WTE unless GPT2Config.Tied is false
}

// GPT2Decoder is a GPT2 without its output layer.
type GPT2Decoder struct {
	WTE  *nn.Embedding `nn:"wte"` // of tokens
	WPE  *nn.Embedding `nn:"wpe"` // of positions
	Drop *nn.Dropout
	H    []*gpt2Block
	LNF  *nn.LayerNorm `nn:"ln_f"`
}

// GPT2Config holds the sizes of a GPT2, with the names of Hugging Face's config.json. The zero value of a field is the
// default of GPT-2 small.
type GPT2Config struct {
	Vocabulary int `json:"vocab_size"`  // tokens; 0 means 50257
	Context    int `json:"n_positions"` // the most tokens of a sequence; 0 means 1024
	Width      int `json:"n_embd"`      // 0 means 768
	Layers     int `json:"n_layer"`     // 0 means 12
	Heads      int `json:"n_head"`      // 0 means 12
	Inner      int `json:"n_inner"`     // features of the hidden layer of a block; 0 means 4·Width

	ResidualDropout  float64 `json:"resid_pdrop"` // 0 means 0.1, nn.Zero none; likewise below
	EmbeddingDropout float64 `json:"embd_pdrop"`
	AttentionDropout float64 `json:"attn_pdrop"`
	Eps              float64 `json:"layer_norm_epsilon"` // 0 means 1e-5
	InitializerRange float64 `json:"initializer_range"`  // standard deviation of the initial weights; 0 means 0.02

	Activation string `json:"activation_function"` // gelu_new (the default), gelu or relu
	// whether the output layer has the embedding's weight; nil means true
	Tied *bool `json:"tie_word_embeddings"`
	// whether the scores of attention are divided by √(Width/Heads); nil means true
	Scaled *bool `json:"scale_attn_weights"`
	// whether the scores of attention in layer i (0, 1, …) are divided by i + 1, too
	ScaledByLayer bool `json:"scale_attn_by_inverse_layer_idx"`
}

// withDefaults returns c with its defaults, or an error if the settings do not fit each other.
func (c GPT2Config) withDefaults() (GPT2Config, error) {
	c.Vocabulary, c.Context = defaults.Int(c.Vocabulary, 50257), defaults.Int(c.Context, 1024)
	c.Width, c.Layers, c.Heads = defaults.Int(c.Width, 768), defaults.Int(c.Layers, 12), defaults.Int(c.Heads, 12)
	c.Inner = defaults.Int(c.Inner, 4*c.Width)
	c.ResidualDropout = defaults.Float(c.ResidualDropout, 0.1)
	c.EmbeddingDropout = defaults.Float(c.EmbeddingDropout, 0.1)
	c.AttentionDropout = defaults.Float(c.AttentionDropout, 0.1)
	c.InitializerRange = defaults.Float(c.InitializerRange, 0.02)
	if c.Activation == "" {
		c.Activation = "gelu_new"
	}
	if min(c.Vocabulary, c.Context, c.Width, c.Layers, c.Heads, c.Inner) < 1 {
		return c, fmt.Errorf("a size is not positive: %d tokens, context %d, width %d, %d layers, %d heads, %d inner features",
			c.Vocabulary, c.Context, c.Width, c.Layers, c.Heads, c.Inner)
	}
	if c.Width%c.Heads != 0 {
		return c, fmt.Errorf("a width of %d cannot be split among %d heads", c.Width, c.Heads)
	}
	for _, p := range []float64{c.ResidualDropout, c.EmbeddingDropout, c.AttentionDropout} {
		if !(p >= 0 && p <= 1) {
			return c, fmt.Errorf("the dropout probability %v is not between 0 and 1", p)
		}
	}
	return c, checkActivation(c.Activation)
}

// parameters returns the number of parameters of a config with its defaults. It is a float64, so that no config makes
// it overflow.
func (c GPT2Config) parameters() float64 {
	w, layers := float64(c.Width), float64(c.Layers)
	n := (float64(c.Vocabulary)+float64(c.Context)+2)*w + layers*(4*w*w+2*w*float64(c.Inner)+9*w+float64(c.Inner))
	if !c.tied() {
		n += float64(c.Vocabulary) * w
	}
	return n
}

func (c GPT2Config) tied() bool { return defaults.Bool(c.Tied, true) }

// LoadGPT2 reads a GPT2 from a folder in Hugging Face's layout; see [Folder]. The model is in evaluation mode. The
// error names the file that is missing or wrong.
func LoadGPT2(dir string) (*GPT2, error) {
	return loadFolder(dir, "transformer", nil, func(f *Folder, c *GPT2Config) (float64, error) {
		for _, name := range []string{"wte.weight", "transformer.wte.weight"} {
			if differ, err := f.untied(name, "lm_head.weight"); err != nil {
				return 0, err
			} else if differ {
				c.Tied = new(bool)
			}
		}
		full, err := c.withDefaults()
		return full.parameters(), err
	}, GPT2Config.New)
}

// New returns a GPT2 with weights drawn from g, normal with a standard deviation of InitializerRange; those of the
// layers that end a residual branch are smaller by √(2·Layers). The values are Hugging Face's after
// torch.manual_seed.
func (c GPT2Config) New(g *rng.Torch) *GPT2 {
	c, err := c.withDefaults()
	if err != nil {
		panic(&tensor.Error{Op: "gpt2", Msg: err.Error()})
	}
	norm := nn.LayerNormConfig{Eps: c.Eps}
	m := &GPT2{Transformer: &GPT2Decoder{
		WTE:  nn.NewEmbedding(g, c.Vocabulary, c.Width),
		WPE:  nn.NewEmbedding(g, c.Context, c.Width),
		Drop: nn.NewDropout(g, c.EmbeddingDropout),
		LNF:  norm.New(c.Width),
	}}
	for i := range c.Layers {
		m.Transformer.H = append(m.Transformer.H, c.newBlock(g, norm, c.scale(i)))
	}
	m.Transformer.initialize(g, c)
	m.LMHead = nn.LinearConfig{NoBias: true}.New(g, c.Width, c.Vocabulary)
	nninit.Normal(g, m.LMHead.Weight, 0, c.InitializerRange)
	if c.tied() {
		m.LMHead.Weight = m.Transformer.WTE.Weight
	}
	return m
}

// initialize draws the weights anew, in the order in which Hugging Face visits the layers: the parts of a layer before
// the layer itself.
func (m *GPT2Decoder) initialize(g *rng.Torch, c GPT2Config) {
	draw := func(w tensor.Tensor, std float64) { nninit.Normal(g, w, 0, std) }
	residual := c.InitializerRange / math.Sqrt(2*float64(c.Layers))
	draw(m.WTE.Weight, c.InitializerRange)
	draw(m.WPE.Weight, c.InitializerRange)
	for _, b := range m.H {
		draw(b.Attn.CAttn.Weight, c.InitializerRange)
		draw(b.Attn.CProj.Weight, c.InitializerRange)
		draw(b.Attn.CProj.Weight, residual)
		draw(b.MLP.CFC.Weight, c.InitializerRange)
		draw(b.MLP.CProj.Weight, c.InitializerRange)
		draw(b.MLP.CProj.Weight, residual)
	}
}

// Forward maps token ids (N, T) to logits (N, T, vocabulary): those at position t are for the token at t+1.
func (m *GPT2) Forward(ids tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(ids)
	x := c.Next(m.Transformer.Forward(ids))
	return nn.Report(m, ids, c.Next(m.LMHead.Forward(x)))
}

// Context returns the most tokens of a sequence: the number of positions that the model has learned.
func (m *GPT2) Context() int { return m.Transformer.WPE.Weight.Dim(0) }

// NewCache returns an empty cache for batch sequences of up to capacity tokens, padding included.
func (m *GPT2) NewCache(batch, capacity int) *nn.KVCache {
	w, size := m.Transformer.WPE.Weight, m.Transformer.H[0].Attn.size
	return nn.KVCacheConfig{DType: w.DType(), Device: w.Device()}.New(len(m.Transformer.H), batch, w.Dim(1)/size,
		capacity, size)
}

// Next computes the tokens ids (N, T) that follow those in the cache, adds them to it, and returns the logits
// (N, vocabulary) for the token after the last one. positions (N, T) are int64 below the context. mask is boolean
// (N, 1, T, S) for the S tokens of the cache including the new ones, true where a token may see another; an undefined
// mask lets each token see all before it.
func (m *GPT2) Next(ids, positions, mask tensor.Tensor, cache *nn.KVCache) tensor.Tensor {
	defer nn.InLayer(m)
	mask = masked(mask, ids, cache)
	d := m.Transformer
	c := tensor.NewChain(ids)
	x := c.Next(d.WTE.Forward(ids).Add(d.WPE.Forward(positions)))
	for i, b := range d.H {
		x = c.Next(b.next(x, attending{mask: mask, cache: cache, layer: i}))
	}
	x = c.Next(d.LNF.Forward(x.Narrow(1, ids.Dim(1)-1, 1)))
	return c.Next(m.LMHead.Forward(x)).Squeeze(1)
}

// Forward maps token ids (N, T) to features (N, T, width).
func (m *GPT2Decoder) Forward(ids tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	if ids.Rank() != 2 || ids.Dim(1) > m.WPE.Weight.Dim(0) {
		panic(&tensor.Error{Op: "gpt2", Msg: fmt.Sprintf("token ids must be (N, T) with at most %d tokens, the context",
			m.WPE.Weight.Dim(0)), Shapes: []tensor.Shape{ids.Shape()}})
	}
	c := tensor.NewChain(ids)
	x := c.Next(m.embed(ids))
	for _, b := range m.H {
		x = c.Next(b.Forward(x))
	}
	return nn.Report(m, ids, c.Next(m.LNF.Forward(x)))
}

// embed returns the vectors of tokens and positions, (N, T) → (N, T, width).
func (m *GPT2Decoder) embed(ids tensor.Tensor) tensor.Tensor {
	return m.Drop.Forward(m.WTE.Forward(ids).Add(m.WPE.Weight.InScopeOf(ids).Narrow(0, 0, ids.Dim(1))))
}

// Attentions returns the weights of each layer's attention for token ids (N, T): (N, heads, T, T). Row i has the
// weights with which position i reads the positions 0 to i; they add up to 1.
func (m *GPT2Decoder) Attentions(ids tensor.Tensor) []tensor.Tensor {
	defer nn.InLayer(m)
	var all attentions
	x := m.embed(ids)
	for _, b := range m.H {
		x = b.next(x, attending{seen: &all})
	}
	return all
}

// gpt2Block is one layer of the decoder: attention, then two fully connected layers, each added to its input.
type gpt2Block struct {
	LN1  *nn.LayerNorm `nn:"ln_1"`
	Attn *gpt2Attention
	LN2  *nn.LayerNorm `nn:"ln_2"`
	MLP  *gpt2MLP
}

// scale returns the factor of the scores of attention in a layer.
func (c GPT2Config) scale(layer int) float64 {
	s := 1.0
	if defaults.Bool(c.Scaled, true) {
		s = 1 / math.Sqrt(float64(c.Width/c.Heads))
	}
	if c.ScaledByLayer {
		s /= float64(layer + 1)
	}
	return s
}

func (c GPT2Config) newBlock(g *rng.Torch, norm nn.LayerNormConfig, scale float64) *gpt2Block {
	return &gpt2Block{
		LN1: norm.New(c.Width),
		Attn: &gpt2Attention{
			CAttn: newConv1D(g, c.Width, 3*c.Width), CProj: newConv1D(g, c.Width, c.Width),
			ResidDropout: nn.NewDropout(g, c.ResidualDropout),
			multihead:    multihead{size: c.Width / c.Heads, scale: scale, dropout: c.AttentionDropout, RNG: g},
		},
		LN2: norm.New(c.Width),
		MLP: &gpt2MLP{
			CFC: newConv1D(g, c.Width, c.Inner), CProj: newConv1D(g, c.Inner, c.Width),
			Dropout: nn.NewDropout(g, c.ResidualDropout), act: activations[c.Activation],
		},
	}
}

// Forward maps (N, T, width) to the same shape.
func (b *gpt2Block) Forward(x tensor.Tensor) tensor.Tensor {
	return nn.Report(b, x, b.next(x, attending{}))
}

// next is Forward with a cache.
func (b *gpt2Block) next(x tensor.Tensor, a attending) tensor.Tensor {
	defer nn.InLayer(b)
	h := x.Add(b.Attn.next(b.LN1.Forward(x), a))
	return h.Add(b.MLP.Forward(b.LN2.Forward(h)))
}

// gpt2Attention is causal self-attention with several heads.
type gpt2Attention struct {
	multihead
	CAttn        *conv1D // to queries, keys and values
	CProj        *conv1D
	ResidDropout *nn.Dropout
}

// Forward maps (N, T, width) to the same shape.
func (a *gpt2Attention) Forward(x tensor.Tensor) tensor.Tensor { return a.next(x, attending{}) }

// next is Forward with a cache.
func (a *gpt2Attention) next(x tensor.Tensor, at attending) tensor.Tensor {
	defer nn.InLayer(a)
	q, k, v := a.project(x)
	y := a.CProj.Forward(a.multihead.next(q, k, v, at))
	return nn.Report(a, x, a.ResidDropout.Forward(y))
}

// project returns queries, keys and values of x (N, T, width), each (N, heads, T, size).
func (a *gpt2Attention) project(x tensor.Tensor) (q, k, v tensor.Tensor) {
	y, width := a.CAttn.Forward(x), x.Dim(2)
	return a.split(y.Narrow(2, 0, width)), a.split(y.Narrow(2, width, width)), a.split(y.Narrow(2, 2*width, width))
}

// gpt2MLP has two fully connected layers with an activation between them.
type gpt2MLP struct {
	CFC     *conv1D `nn:"c_fc"`
	CProj   *conv1D
	Dropout *nn.Dropout

	act func(tensor.Tensor) tensor.Tensor
}

// Forward maps (N, T, width) to the same shape.
func (m *gpt2MLP) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	h := c.Next(m.CFC.Forward(x))
	h = c.Next(m.act(h))
	return nn.Report(m, x, c.Next(m.Dropout.Forward(c.Next(m.CProj.Forward(h)))))
}

// conv1D is a fully connected layer whose weight is transposed: y = x·W + b.
type conv1D struct {
	Weight tensor.Tensor // (in, out)
	Bias   tensor.Tensor // (out,)
	LoRA   *nn.LoRA      `nn:",inline"`
}

func newConv1D(g *rng.Torch, in, out int) *conv1D {
	l := &conv1D{Weight: tensor.Zeros(in, out).SetRequiresGrad(true), Bias: tensor.Zeros(out).SetRequiresGrad(true)}
	nninit.Normal(g, l.Weight, 0, 0.02)
	return l
}

// MultiplyAdds returns the number of multiply-adds of Forward.
func (l *conv1D) MultiplyAdds(inputs, outputs []tensor.Shape) int {
	return outputs[0].Size() * l.Weight.Dim(0)
}

// Forward maps (…, in) to (…, out).
func (l *conv1D) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(l)
	y := tensor.Linear(x, l.Weight.InScopeOf(x).T(), l.Bias, tensor.NoActivation)
	if l.LoRA != nil {
		y = l.LoRA.Add(x, y)
	}
	return nn.Report(l, x, y)
}

// Adapter returns the place of the LoRA, and the weight as (out, in).
func (l *conv1D) Adapter() (at **nn.LoRA, weight tensor.Tensor) { return &l.LoRA, l.Weight.Data().T() }
