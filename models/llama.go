package models

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Llama is a language model of the Llama family: Llama 2 and 3, SmolLM, Qwen 2 and Qwen 3. Its layers normalize with
// RMSNorm, rotate queries and keys by their positions, share keys and values among groups of query heads, and have
// SwiGLU as feed-forward part. (https://arxiv.org/abs/2307.09288, https://arxiv.org/abs/2407.10671,
// https://arxiv.org/abs/2505.09388)
type Llama struct {
	Model  *LlamaDecoder
	LMHead nn.Module // *nn.Linear or *nn.QuantizedLinear; its Weight may be that of the embedding
}

// LlamaDecoder is a Llama without its output layer.
type LlamaDecoder struct {
	EmbedTokens nn.Module // *nn.Embedding or *nn.QuantizedEmbedding
	Layers      []*llamaLayer
	Norm        *nn.RMSNorm

	rotary *nn.Rotary
	config LlamaConfig
}

// LlamaConfig holds the sizes of a Llama, with the names of Hugging Face's config.json. The zero value of a field is
// Hugging Face's default for Llama.
type LlamaConfig struct {
	Family     string `json:"model_type"`              // llama (the default), qwen2 or qwen3
	Vocabulary int    `json:"vocab_size"`              // tokens; 0 means 32000
	Width      int    `json:"hidden_size"`             // 0 means 4096
	Inner      int    `json:"intermediate_size"`       // features of the feed-forward part; 0 means 11008
	Layers     int    `json:"num_hidden_layers"`       // 0 means 32
	Heads      int    `json:"num_attention_heads"`     // 0 means 32
	KVHeads    int    `json:"num_key_value_heads"`     // heads of keys and values; 0 means Heads
	HeadSize   int    `json:"head_dim"`                // 0 means Width/Heads, and 128 for qwen3
	Context    int    `json:"max_position_embeddings"` // the most tokens of a sequence; 0 means 2048

	Eps              float64 `json:"rms_norm_eps"`      // 0 means 1e-6
	InitializerRange float64 `json:"initializer_range"` // standard deviation of the initial weights; 0 means 0.02
	// whether the output layer has the embedding's weight; nil means false
	Tied          *bool  `json:"tie_word_embeddings"`
	AttentionBias bool   `json:"attention_bias"` // qwen2 has biases of queries, keys and values without it
	MLPBias       bool   `json:"mlp_bias"`
	Activation    string `json:"hidden_act"` // silu, the default, is the only one
	// the token whose embedding is 0 and not trained; nil means none; negative counts from the end
	PaddingIndex *int `json:"pad_token_id"`

	RopeBase float64 `json:"-"` // of the rotary frequencies: rope_theta; 0 means 10000
	// of the rotary frequencies: rope_scaling, or rope_parameters of transformers 5
	Scaling nn.RotaryScaling `json:"-"`
}

// withDefaults returns c with its defaults, or an error if the settings do not fit each other.
func (c LlamaConfig) withDefaults() (LlamaConfig, error) {
	if c.Family == "" {
		c.Family = "llama"
	}
	c.Vocabulary, c.Width = defaults.Int(c.Vocabulary, 32000), defaults.Int(c.Width, 4096)
	c.Inner, c.Layers = defaults.Int(c.Inner, 11008), defaults.Int(c.Layers, 32)
	c.Heads = defaults.Int(c.Heads, 32)
	c.KVHeads, c.Context = defaults.Int(c.KVHeads, c.Heads), defaults.Int(c.Context, 2048)
	if c.HeadSize == 0 && c.Family == "qwen3" {
		c.HeadSize = 128
	}
	c.Eps, c.InitializerRange = defaults.Float(c.Eps, 1e-6), defaults.Float(c.InitializerRange, 0.02)
	c.RopeBase = defaults.Float(c.RopeBase, 10000)
	switch {
	case c.Family != "llama" && c.Family != "qwen2" && c.Family != "qwen3":
		return c, fmt.Errorf("the model type %q is unknown, want llama, qwen2 or qwen3", c.Family)
	case c.Activation != "" && c.Activation != "silu":
		return c, fmt.Errorf("the activation %q is unknown, want silu", c.Activation)
	case min(c.Vocabulary, c.Width, c.Inner, c.Layers, c.Heads, c.KVHeads, c.Context) < 1 || c.HeadSize < 0:
		return c, fmt.Errorf("a size is not positive: %d tokens, width %d, %d inner features, %d layers, %d heads, %d heads of keys, context %d",
			c.Vocabulary, c.Width, c.Inner, c.Layers, c.Heads, c.KVHeads, c.Context)
	case c.PaddingIndex != nil && (*c.PaddingIndex < -c.Vocabulary || *c.PaddingIndex >= c.Vocabulary):
		return c, fmt.Errorf("the padding token %d is not one of the %d tokens", *c.PaddingIndex, c.Vocabulary)
	case c.Heads%c.KVHeads != 0:
		return c, fmt.Errorf("%d heads cannot share %d heads of keys and values", c.Heads, c.KVHeads)
	case c.HeadSize == 0 && c.Width%c.Heads != 0:
		return c, fmt.Errorf("a width of %d cannot be split among %d heads", c.Width, c.Heads)
	}
	if c.HeadSize == 0 {
		c.HeadSize = c.Width / c.Heads
	}
	if c.HeadSize%2 != 0 {
		return c, fmt.Errorf("heads of %d features cannot be rotated in pairs", c.HeadSize)
	}
	const mostHeadSize = 1 << 16 // the rotary frequencies are computed before any weight shows that the size is right
	if c.HeadSize > mostHeadSize {
		return c, fmt.Errorf("heads have %d features, want at most %d", c.HeadSize, mostHeadSize)
	}
	return c, nil
}

// New returns a Llama with weights drawn from g, normal with a standard deviation of InitializerRange. The values are
// Hugging Face's after torch.manual_seed. It panics if the settings do not fit each other.
func (c LlamaConfig) New(g *rng.Torch) *Llama {
	var drawn []tensor.Tensor
	var embedding tensor.Tensor
	m, err := c.build(func(name string, dims ...int) (nn.Module, error) {
		if name == "model.embed_tokens" {
			l := nn.EmbeddingConfig{PaddingIndex: c.PaddingIndex}.New(g, dims[0], dims[1])
			embedding = l.Weight
			drawn = append(drawn, l.Weight)
			return l, nil
		}
		if name == "lm_head" { // Hugging Face draws the decoder's weights anew before it makes the output layer
			for _, w := range drawn {
				nninit.Normal(g, w, 0, defaults.Float(c.InitializerRange, 0.02))
			}
			if c.PaddingIndex != nil {
				embedding.Data().Select(0, (*c.PaddingIndex+dims[0])%dims[0]).FillInPlace(0)
			}
		}
		l := nn.LinearConfig{NoBias: len(dims) < 3}.New(g, dims[1], dims[0])
		drawn = append(drawn, l.Weight)
		if l.Bias.Defined() {
			nninit.Zeros(l.Bias)
		}
		if name == "lm_head" {
			nninit.Normal(g, l.Weight, 0, defaults.Float(c.InitializerRange, 0.02))
		}
		return l, nil
	}, func(name string, n int) (tensor.Tensor, error) { return tensor.Ones(n).SetRequiresGrad(true), nil })
	if err != nil {
		panic(&tensor.Error{Op: "llama", Msg: err.Error()})
	}
	return m
}

// build returns a model of the layers and the norms' weights that the functions make for Hugging Face's names. A
// layer has the sizes out and in, and a third one if it has a bias. If the embedding's weight is the output layer's,
// too, the function may return nil for "lm_head".
func (c LlamaConfig) build(layer func(name string, dims ...int) (nn.Module, error),
	norm func(name string, n int) (tensor.Tensor, error)) (*Llama, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	b := llamaBuilder{layer, norm, c.Eps, nil}
	d := &LlamaDecoder{config: c}
	if e := tensor.Try(func() {
		d.rotary = nn.Rotary{Base: c.RopeBase, MaxPositions: c.Context, Scaling: c.Scaling}.New(c.HeadSize)
	}); e != nil {
		return nil, e
	}
	d.EmbedTokens = b.linear("model.embed_tokens", false, c.Vocabulary, c.Width)
	queries, keys := c.Heads*c.HeadSize, c.KVHeads*c.HeadSize
	for i := 0; i < c.Layers && b.err == nil; i++ {
		at := fmt.Sprintf("model.layers.%d.", i)
		bias := c.AttentionBias || c.Family == "qwen2"
		a := &llamaAttention{
			QProj: b.linear(at+"self_attn.q_proj", bias, queries, c.Width),
			KProj: b.linear(at+"self_attn.k_proj", bias, keys, c.Width),
			VProj: b.linear(at+"self_attn.v_proj", bias, keys, c.Width),
			OProj: b.linear(at+"self_attn.o_proj", c.AttentionBias, c.Width, queries),
		}
		a.size = c.HeadSize
		if c.Family == "qwen3" {
			a.QNorm = b.rms(at+"self_attn.q_norm.weight", c.HeadSize)
			a.KNorm = b.rms(at+"self_attn.k_norm.weight", c.HeadSize)
		}
		d.Layers = append(d.Layers, &llamaLayer{
			SelfAttn: a,
			MLP: &nn.SwiGLU{
				GateProj: b.linear(at+"mlp.gate_proj", c.MLPBias, c.Inner, c.Width),
				UpProj:   b.linear(at+"mlp.up_proj", c.MLPBias, c.Inner, c.Width),
				DownProj: b.linear(at+"mlp.down_proj", c.MLPBias, c.Width, c.Inner),
			},
			InputLayerNorm:         b.rms(at+"input_layernorm.weight", c.Width),
			PostAttentionLayerNorm: b.rms(at+"post_attention_layernorm.weight", c.Width),
		})
	}
	d.Norm = b.rms("model.norm.weight", c.Width)
	m := &Llama{Model: d}
	m.LMHead = b.linear("lm_head", false, c.Vocabulary, c.Width)
	if b.err != nil {
		return nil, b.err
	}
	if c.tied() {
		m.LMHead = tiedHead(d.EmbedTokens)
	}
	return m, nil
}

func (c LlamaConfig) tied() bool { return defaults.Bool(c.Tied, false) }

// tiedHead returns the output layer with the weight of an embedding.
func tiedHead(embedding nn.Module) nn.Module {
	if e, ok := embedding.(*nn.QuantizedEmbedding); ok {
		return &nn.QuantizedLinear{Weight: e.Weight, Format: e.Format}
	}
	return &nn.Linear{Weight: embedding.(*nn.Embedding).Weight}
}

// A llamaBuilder makes the parts of a model until the first error.
type llamaBuilder struct {
	layer func(name string, dims ...int) (nn.Module, error)
	norm  func(name string, n int) (tensor.Tensor, error)
	eps   float64
	err   error
}

func (b *llamaBuilder) linear(name string, bias bool, out, in int) (m nn.Module) {
	if b.err == nil && bias {
		m, b.err = b.layer(name, out, in, out)
	} else if b.err == nil {
		m, b.err = b.layer(name, out, in)
	}
	return m
}

func (b *llamaBuilder) rms(name string, n int) *nn.RMSNorm {
	l := &nn.RMSNorm{Eps: b.eps}
	if b.err == nil {
		l.Weight, b.err = b.norm(name, n)
	}
	return l
}

// Config returns the configuration of the model, with its defaults.
func (m *Llama) Config() LlamaConfig { return m.Model.config }

// Forward maps token ids (N, T) to logits (N, T, vocabulary): those at position t are for the token at t+1.
func (m *Llama) Forward(ids tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(ids)
	x := c.Next(m.Model.Forward(ids))
	return nn.Report(m, ids, c.Next(m.LMHead.Forward(x)))
}

// Context returns the most tokens of a sequence: Context of its configuration.
func (m *Llama) Context() int { return m.Model.config.Context }

// NewCache returns an empty cache of keys and values for batch sequences of up to capacity tokens, in the type and on
// the device of the norms' weights. These are the type and the device of the keys also if the matrices are in blocks.
func (m *Llama) NewCache(batch, capacity int) *nn.KVCache {
	c, w := m.Model.config, m.Model.Norm.Weight
	return nn.KVCacheConfig{DType: w.DType(), Device: w.Device()}.New(c.Layers, batch, c.KVHeads, capacity, c.HeadSize)
}

// Next computes the tokens ids (N, T) that follow those in the cache, adds their keys and values to it, and returns
// the logits (N, vocabulary) for the token after the last one.
//
// positions (N, T) are int64. mask is boolean (N, 1, T, S) for the S tokens of the cache including the new ones, true
// where a token may see another; without a mask each token sees all before it. A batch of sequences of different
// lengths is padded on the left: its mask hides the padding, and its positions count from the first token that is not
// padding.
func (m *Llama) Next(ids, positions, mask tensor.Tensor, cache *nn.KVCache) tensor.Tensor {
	defer nn.InLayer(m)
	mask = masked(mask, ids, cache)
	cos, sin := m.Model.angles(positions)
	c := tensor.NewChain(ids)
	x := c.Next(m.Model.EmbedTokens.Forward(ids))
	for i, l := range m.Model.Layers {
		x = c.Next(l.next(x, cos, sin, attending{mask: mask, cache: cache, layer: i}))
	}
	x = c.Next(m.Model.Norm.Forward(x.Narrow(1, ids.Dim(1)-1, 1)))
	return c.Next(m.LMHead.Forward(x)).Squeeze(1)
}

// angles returns the cosines and sines of positions (N, T) as (N, 1, T, size/2), for all heads.
func (m *LlamaDecoder) angles(positions tensor.Tensor) (cos, sin tensor.Tensor) {
	cos, sin = m.rotary.Angles(positions)
	return cos.Unsqueeze(1), sin.Unsqueeze(1)
}

// Forward maps token ids (N, T) to features (N, T, width).
func (m *LlamaDecoder) Forward(ids tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	if ids.Rank() != 2 {
		panic(&tensor.Error{Op: "llama", Msg: "token ids must be (N, T)", Shapes: []tensor.Shape{ids.Shape()}})
	}
	return nn.Report(m, ids, m.run(ids, attending{}))
}

// Attentions returns the weights of each layer's attention for token ids (N, T): (N, heads, T, T). Row i has the
// weights with which position i reads the positions 0 to i; they add up to 1.
func (m *LlamaDecoder) Attentions(ids tensor.Tensor) []tensor.Tensor {
	defer nn.InLayer(m)
	var all attentions
	m.run(ids, attending{seen: &all})
	return all
}

// run computes the features of ids (N, T).
func (m *LlamaDecoder) run(ids tensor.Tensor, a attending) tensor.Tensor {
	cos, sin := m.angles(ids.NewOnes(1, ids.Dim(1)).CumSum(1).SubScalar(1))
	c := tensor.NewChain(ids)
	x := c.Next(m.EmbedTokens.Forward(ids))
	for _, l := range m.Layers {
		x = c.Next(l.next(x, cos, sin, a))
	}
	return c.Next(m.Norm.Forward(x))
}

// llamaLayer is one layer of the decoder: attention, then a feed-forward part, each added to its input.
type llamaLayer struct {
	SelfAttn               *llamaAttention
	MLP                    *nn.SwiGLU  `nn:"mlp"`
	InputLayerNorm         *nn.RMSNorm `nn:"input_layernorm"`
	PostAttentionLayerNorm *nn.RMSNorm `nn:"post_attention_layernorm"`
}

// next maps (N, T, width) to the same shape.
func (l *llamaLayer) next(x, cos, sin tensor.Tensor, a attending) tensor.Tensor {
	defer nn.InLayer(l)
	c := tensor.NewChain(x)
	h := c.Next(x.Add(l.SelfAttn.next(l.InputLayerNorm.Forward(x), cos, sin, a)))
	return nn.Report(l, x, c.Next(h.Add(l.MLP.Forward(l.PostAttentionLayerNorm.Forward(h)))))
}

// Forward maps (N, T, width) and the angles of the positions to the same shape.
func (l *llamaLayer) Forward(x, cos, sin tensor.Tensor) tensor.Tensor {
	return l.next(x, cos, sin, attending{})
}

// llamaAttention is causal self-attention whose query heads share heads of keys and values.
type llamaAttention struct {
	multihead
	QProj, KProj, VProj, OProj nn.Module
	QNorm, KNorm               *nn.RMSNorm // of each head, in Qwen 3
}

// Forward maps (N, T, width) and the angles of the positions to the same shape.
func (l *llamaAttention) Forward(x, cos, sin tensor.Tensor) tensor.Tensor {
	return l.next(x, cos, sin, attending{})
}

func (l *llamaAttention) next(x, cos, sin tensor.Tensor, a attending) tensor.Tensor {
	defer nn.InLayer(l)
	rotated := func(layer nn.Module, norm *nn.RMSNorm) tensor.Tensor {
		y := l.split(layer.Forward(x))
		if norm != nil {
			y = norm.Forward(y.Transpose(1, 2)).Transpose(1, 2) // in the order of memory
		}
		return tensor.Rotary(y, cos, sin)
	}
	y := l.multihead.next(rotated(l.QProj, l.QNorm), rotated(l.KProj, l.KNorm), l.split(l.VProj.Forward(x)), a)
	return nn.Report(l, x, l.OProj.Forward(y))
}
