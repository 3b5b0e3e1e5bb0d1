package models

import (
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// T5 turns a text into another one: an encoder reads the first, a decoder predicts each token of the second from
// those before it. Positions are encoded by biases of the attention's scores. It is Hugging Face's
// T5ForConditionalGeneration. (https://arxiv.org/abs/1910.10683,
// https://huggingface.co/docs/transformers/model_doc/t5)
type T5 struct {
	Shared  *nn.Embedding // of the tokens, also of encoder, decoder and, unless T5Config.Untied, LMHead
	Encoder *T5Stack
	Decoder *T5Stack
	LMHead  *nn.Linear

	scale float64 // of the decoder's results
}

// T5Stack is the encoder or the decoder of a T5.
type T5Stack struct {
	EmbedTokens    *nn.Embedding
	Block          []*t5Block
	FinalLayerNorm *nn.RMSNorm
	Dropout        *nn.Dropout

	decoder  bool
	bucketOf []int64 // the bucket of each distance from −max to max; larger ones have those of the ends
}

// T5Config holds the sizes of a T5, with the names of Hugging Face's config.json. The zero value of a field is the
// default of T5 small.
type T5Config struct {
	Vocabulary    int `json:"vocab_size"`                      // tokens; 0 means 32128
	Width         int `json:"d_model"`                         // 0 means 512
	HeadSize      int `json:"d_kv"`                            // features of a head; 0 means 64
	Inner         int `json:"d_ff"`                            // features of the hidden layer of a block; 0 means 2048
	Layers        int `json:"num_layers"`                      // of the encoder; 0 means 6
	DecoderLayers int `json:"num_decoder_layers"`              // 0 means Layers
	Heads         int `json:"num_heads"`                       // 0 means 8
	Buckets       int `json:"relative_attention_num_buckets"`  // biases of distances; 0 means 32
	MaxDistance   int `json:"relative_attention_max_distance"` // from which on all distances share a bias; 0 means 128

	Dropout     float64 `json:"dropout_rate"`       // 0 means 0.1, nn.Zero none
	Eps         float64 `json:"layer_norm_epsilon"` // 0 means 1e-6
	InitFactor  float64 `json:"initializer_factor"` // of the initial weights; 0 means 1
	FeedForward string  `json:"feed_forward_proj"`  // relu (the default), or such as gated-gelu

	// Scaled says whether the decoder's results are divided by √Width before LMHead; nil means the same as Tied, and
	// both nil mean true. Untied gives LMHead its own weight, as T5 1.1 has it, whose Tied is false, or in folders
	// that transformers 5 writes, whose Scaled is false.
	Tied   *bool `json:"tie_word_embeddings"`
	Scaled *bool `json:"scale_decoder_outputs"`
	Untied bool  `json:"-"`
}

// withDefaults returns c with its defaults, or an error if the settings do not fit each other.
func (c T5Config) withDefaults() (T5Config, error) {
	c.Vocabulary, c.Width = defaults.Int(c.Vocabulary, 32128), defaults.Int(c.Width, 512)
	c.HeadSize = defaults.Int(c.HeadSize, 64)
	c.Inner, c.Layers, c.Heads = defaults.Int(c.Inner, 2048), defaults.Int(c.Layers, 6), defaults.Int(c.Heads, 8)
	c.DecoderLayers = defaults.Int(c.DecoderLayers, c.Layers)
	c.Buckets, c.MaxDistance = defaults.Int(c.Buckets, 32), defaults.Int(c.MaxDistance, 128)
	c.Dropout, c.Eps = defaults.Float(c.Dropout, 0.1), defaults.Float(c.Eps, 1e-6)
	c.InitFactor = defaults.Float(c.InitFactor, 1)
	if c.FeedForward == "" {
		c.FeedForward = "relu"
	}
	if err := checkActivation(c.activation()); err != nil {
		return c, err
	}
	err := checkSizes(c.Width, 1, c.Vocabulary, c.HeadSize, c.Inner, c.Layers, c.DecoderLayers, c.Heads)
	if err != nil {
		return c, err
	}
	if c.Buckets < 4 || c.MaxDistance <= c.Buckets/2 {
		return c, fmt.Errorf("%d buckets of distances up to %d: at least 4 are needed, and a distance larger than half of them", c.Buckets, c.MaxDistance)
	}
	const mostDistance = 1 << 16 // the buckets of all distances are in memory
	if c.MaxDistance > mostDistance {
		return c, fmt.Errorf("distances up to %d have their own bias, want at most %d", c.MaxDistance, mostDistance)
	}
	return c, checkDropouts(c.Dropout)
}

// activation returns the name of the activation. "gated-gelu" means its approximation by tanh.
func (c T5Config) activation() string {
	name, gated := strings.CutPrefix(c.FeedForward, "gated-")
	if gated && name == "gelu" {
		return "gelu_new"
	}
	return name
}

func (c T5Config) gated() bool { return strings.HasPrefix(c.FeedForward, "gated-") }

// parameters returns the number of parameters of a T5.
func (c T5Config) parameters() float64 {
	w, inner, vocabulary := float64(c.Width), float64(c.Heads)*float64(c.HeadSize), float64(c.Vocabulary)
	matrices := 2.0
	if c.gated() {
		matrices = 3
	}
	n := vocabulary*w + 2*float64(c.Buckets)*float64(c.Heads)
	if c.Untied {
		n += vocabulary * w
	}
	attention, feed := 4*w*inner+w, matrices*w*float64(c.Inner)+w
	return n + float64(c.Layers)*(attention+feed) + float64(c.DecoderLayers)*(2*attention+feed)
}

// New returns a T5 with weights drawn from g as Hugging Face draws them after torch.manual_seed. It panics if the
// settings do not fit each other.
func (c T5Config) New(g *rng.Torch) *T5 {
	c, err := c.withDefaults()
	if err != nil {
		fail("t5", "%v", err)
	}
	m := &T5{scale: 1}
	if defaults.Bool(c.Scaled, defaults.Bool(c.Tied, true)) {
		m.scale = 1 / math.Sqrt(float64(c.Width))
	}
	m.Shared = nn.NewEmbedding(g, c.Vocabulary, c.Width)
	m.Encoder, m.Decoder = c.newStack(g, c.Layers, false), c.newStack(g, c.DecoderLayers, true)
	m.LMHead = nn.LinearConfig{NoBias: true}.New(g, c.Width, c.Vocabulary)
	// Hugging Face draws its layers' weights twice: for their type, and for T5
	nninit.Normal(g, m.Shared.Weight, 0, 0.02)
	nninit.Normal(g, m.LMHead.Weight, 0, 0.02)
	nninit.Normal(g, m.Shared.Weight, 0, c.InitFactor)
	if c.Untied {
		nninit.Normal(g, m.LMHead.Weight, 0, c.InitFactor)
	} else {
		m.LMHead.Weight = m.Shared.Weight
	}
	m.Encoder.EmbedTokens, m.Decoder.EmbedTokens = m.Shared, m.Shared
	return m
}

func (c T5Config) newStack(g *rng.Torch, layers int, decoder bool) *T5Stack {
	s := &T5Stack{EmbedTokens: nn.NewEmbedding(g, c.Vocabulary, c.Width), decoder: decoder}
	for d := -c.MaxDistance; d <= c.MaxDistance; d++ {
		s.bucketOf = append(s.bucketOf, int64(bucket(d, !decoder, c.Buckets, c.MaxDistance)))
	}
	norm := nn.RMSNormConfig{Eps: c.Eps}
	for i := range layers {
		b := &t5Block{}
		b.Layer = append(b.Layer, &t5Part{SelfAttention: c.newAttention(g, i == 0), LayerNorm: norm.New(c.Width),
			Dropout: nn.NewDropout(g, c.Dropout)})
		if decoder {
			b.Layer = append(b.Layer, &t5Part{EncDecAttention: c.newAttention(g, false), LayerNorm: norm.New(c.Width),
				Dropout: nn.NewDropout(g, c.Dropout)})
		}
		b.Layer = append(b.Layer, &t5Part{DenseReluDense: c.newDense(g), LayerNorm: norm.New(c.Width),
			Dropout: nn.NewDropout(g, c.Dropout)})
		s.Block = append(s.Block, b)
	}
	s.FinalLayerNorm, s.Dropout = norm.New(c.Width), nn.NewDropout(g, c.Dropout)
	nninit.Normal(g, s.EmbedTokens.Weight, 0, 0.02)
	for _, b := range s.Block {
		for _, p := range b.Layer {
			p.initialize(g, c)
		}
	}
	return s
}

func (c T5Config) newAttention(g *rng.Torch, biased bool) *t5Attention {
	linear, inner := nn.LinearConfig{NoBias: true}, c.Heads*c.HeadSize
	a := &t5Attention{Q: linear.New(g, c.Width, inner), K: linear.New(g, c.Width, inner),
		V: linear.New(g, c.Width, inner), O: linear.New(g, inner, c.Width),
		multihead: multihead{size: c.HeadSize, dropout: c.Dropout, RNG: g}}
	if biased {
		a.RelativeAttentionBias = nn.NewEmbedding(g, c.Buckets, c.Heads)
	}
	return a
}

func (c T5Config) newDense(g *rng.Torch) *t5Dense {
	linear := nn.LinearConfig{NoBias: true}
	d := &t5Dense{act: activations[c.activation()], Dropout: nn.NewDropout(g, c.Dropout)}
	if c.gated() {
		d.WI0, d.WI1 = linear.New(g, c.Width, c.Inner), linear.New(g, c.Width, c.Inner)
	} else {
		d.WI = linear.New(g, c.Width, c.Inner)
	}
	d.WO = linear.New(g, c.Inner, c.Width)
	return d
}

// initialize draws the weights of a part twice: as Hugging Face does for all layers, and with the deviations of T5.
func (p *t5Part) initialize(g *rng.Torch, c T5Config) {
	initialize(p, nil, normal(g, 0.02))
	width, inner := float64(c.Width), float64(c.Heads*c.HeadSize)
	draw := func(w tensor.Tensor, variance float64) { nninit.Normal(g, w, 0, c.InitFactor/math.Sqrt(variance)) }
	for _, a := range []*t5Attention{p.SelfAttention, p.EncDecAttention} {
		if a == nil {
			continue
		}
		draw(a.Q.Weight, width*float64(c.HeadSize))
		draw(a.K.Weight, width)
		draw(a.V.Weight, width)
		draw(a.O.Weight, inner)
		if a.RelativeAttentionBias != nil {
			draw(a.RelativeAttentionBias.Weight, width)
		}
	}
	if d := p.DenseReluDense; d != nil {
		for _, l := range []*nn.Linear{d.WI, d.WI0, d.WI1} {
			if l != nil {
				draw(l.Weight, width)
			}
		}
		draw(d.WO.Weight, float64(c.Inner))
	}
}

// LoadT5 reads a T5 from a folder in Hugging Face's layout; see [Folder]. It is in evaluation mode.
func LoadT5(dir string) (*T5, error) {
	return loadFolder(dir, "", nil, func(f *Folder, c *T5Config) (float64, error) {
		_, head := f.weights.Info("lm_head.weight")
		differ, err := f.untied("shared.weight", "lm_head.weight")
		if err != nil {
			return 0, err
		}
		c.Untied = differ || head && !defaults.Bool(c.Tied, true)
		full, err := c.withDefaults()
		return full.parameters(), err
	}, T5Config.New)
}

// Forward maps the token ids of a text (N, S) and of a result (N, T), which begins with the token for padding, to
// logits (N, T, vocabulary): those at position t are for the result's token t+1. mask (N, S) is 0 for padding of the
// text; the zero Tensor means none.
func (m *T5) Forward(ids, mask, target tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	y := m.Decode(m.Encode(ids, mask), mask, target)
	nn.ReportAll(m, []tensor.Tensor{ids, mask, target}, []tensor.Tensor{y})
	return y
}

// Encode maps the token ids of a text (N, S) to features (N, S, width).
func (m *T5) Encode(ids, mask tensor.Tensor) tensor.Tensor {
	return m.Encoder.Forward(ids, keyMask("t5", ids, mask), tensor.Tensor{}, tensor.Tensor{})
}

// Attentions returns the weights of each encoder layer's attention for token ids (N, S): (N, heads, S, S). Row i has the
// weights with which token i reads all tokens; they add up to 1. mask (N, S) is 0 for padding; the zero Tensor means none.
func (m *T5) Attentions(ids, mask tensor.Tensor) []tensor.Tensor {
	defer nn.InLayer(m)
	var all attentions
	m.Encoder.run(ids, t5Attending{bias: m.Encoder.biasFor(ids, keyMask("t5", ids, mask)), seen: &all})
	return all
}

// Decode maps the features of a text (N, S, width), its mask and the token ids of a result (N, T) to logits (N, T,
// vocabulary).
func (m *T5) Decode(features, mask, target tensor.Tensor) tensor.Tensor {
	if mask.Defined() {
		mask = keyMask("t5", mask, mask)
	}
	return m.head(m.Decoder.Forward(target, tensor.Tensor{}, features, mask))
}

// head returns the logits for results of the decoder.
func (m *T5) head(y tensor.Tensor) tensor.Tensor {
	if m.scale != 1 {
		y = y.MulScalar(m.scale)
	}
	return m.LMHead.Forward(y)
}

// Forward maps token ids (N, T) to features (N, T, width). seen is the mask of the tokens (N, 1, 1, T), true for
// tokens. A decoder reads features (N, S, width) with their mask.
func (s *T5Stack) Forward(ids, seen, features, featuresSeen tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(s)
	if ids.Rank() != 2 {
		panic(&tensor.Error{Op: "t5", Msg: "token ids must be (N, T)", Shapes: []tensor.Shape{ids.Shape()}})
	}
	x := s.run(ids, t5Attending{bias: s.biasFor(ids, seen), causal: s.decoder, features: features, visible: featuresSeen})
	nn.ReportAll(s, []tensor.Tensor{ids, seen, features, featuresSeen}, []tensor.Tensor{x})
	return x
}

// biasFor returns what is added to the scores of self-attention among the tokens ids (N, T), of which the mask seen hides
// some.
func (s *T5Stack) biasFor(ids, seen tensor.Tensor) tensor.Tensor {
	bias := s.bias(ids, ids.Dim(1))
	if seen.Defined() {
		zeros := bias.NewZeros(1, 1, 1, 1).Expand(ids.Dim(0), 1, 1, ids.Dim(1))
		bias = bias.Add(zeros.MaskedFill(seen.Not(), math.Inf(-1)))
	}
	return bias
}

// run computes the features of ids (N, T).
func (s *T5Stack) run(ids tensor.Tensor, see t5Attending) tensor.Tensor {
	c := tensor.NewChain(ids) // what see has is older: it stays
	x := c.Next(s.Dropout.Forward(s.EmbedTokens.Forward(ids)))
	for i, b := range s.Block {
		see.layer = i
		for _, p := range b.Layer {
			x = c.Next(p.next(x, see))
		}
	}
	return c.Next(s.Dropout.Forward(c.Next(s.FinalLayerNorm.Forward(x))))
}

// bias returns what is added to the scores of self-attention (1, heads, T, keys): a number for each distance of a key
// from a query. The queries, the tokens ids (N, T), are at the last of the keys' positions. The numbers of all
// distances in their order are a row whose windows are the biases of the queries, the last query's first.
func (s *T5Stack) bias(ids tensor.Tensor, keys int) tensor.Tensor {
	table := s.Block[0].Layer[0].SelfAttention.RelativeAttentionBias
	t, most := ids.Dim(1), len(s.bucketOf)/2
	if t == 0 {
		return table.Weight.InScopeOf(ids).NewZeros(1, table.Weight.Dim(1), 0, keys)
	}
	like := ids.Cast(tensor.Int64)
	first := most - keys + 1 // the index in bucketOf of the first key's distance from the last query
	index := like.NewOnes(keys+t-1).CumSum(0).AddScalar(float64(first-1)).Clamp(0, float64(2*most))
	row := table.Forward(tensor.NewFrom(like, s.bucketOf).IndexSelect(0, index)).T().Contiguous()
	return row.Unfold(1, keys, 1).Flip(1).Unsqueeze(0)
}

// bucket returns the number of the bias of a key that is distance positions after the query: half of the buckets are
// for single distances, half for ranges that grow up to most. If keys after the query are seen, they have the second
// half of all buckets.
func bucket(distance int, both bool, buckets, most int) int {
	first := 0
	if both {
		if buckets /= 2; distance > 0 {
			first = buckets
		}
		distance = max(distance, -distance)
	} else {
		distance = max(0, -distance)
	}
	exact := buckets / 2
	if distance < exact {
		return first + distance
	}
	part := float32(math.Log(float64(float32(distance)/float32(exact)))) /
		float32(math.Log(float64(most)/float64(exact))) * float32(buckets-exact)
	return first + min(exact+int(part), buckets-1)
}

type t5Block struct{ Layer []*t5Part }

// t5Part is one of attention, attention to the encoder's results, and a feed-forward layer: x + dropout(f(norm(x))).
type t5Part struct {
	SelfAttention   *t5Attention `nn:"SelfAttention"`
	EncDecAttention *t5Attention `nn:"EncDecAttention"`
	DenseReluDense  *t5Dense     `nn:"DenseReluDense"`
	LayerNorm       *nn.RMSNorm
	Dropout         *nn.Dropout
}

// t5Attending says what the parts of a stack see besides their input.
type t5Attending struct {
	bias   tensor.Tensor // added to the scores of self-attention
	causal bool
	cache  *nn.KVCache // of self-attention, if not nil
	layer  int         // in the caches

	features, visible tensor.Tensor // of a text, and its mask
	text              *nn.KVCache   // the keys and values of features, in their place
	seen              *attentions   // of self-attention
}

func (p *t5Part) Forward(x, bias, features, seen tensor.Tensor, causal bool) tensor.Tensor {
	return p.next(x, t5Attending{bias: bias, causal: causal, features: features, visible: seen})
}

func (p *t5Part) next(x tensor.Tensor, see t5Attending) tensor.Tensor {
	defer nn.InLayer(p)
	y := p.LayerNorm.Forward(x)
	switch {
	case p.SelfAttention != nil:
		y = p.SelfAttention.next(y, y, tensor.AttentionConfig{Mask: see.bias, Causal: see.causal}, see)
	case p.EncDecAttention != nil && see.text != nil:
		k, v := see.text.Keys[see.layer].InScopeOf(x), see.text.Values[see.layer].InScopeOf(x)
		y = p.EncDecAttention.read(y, k, v, tensor.AttentionConfig{Mask: see.visible}, nil)
	case p.EncDecAttention != nil:
		y = p.EncDecAttention.Forward(y, see.features, tensor.AttentionConfig{Mask: see.visible})
	default:
		y = p.DenseReluDense.Forward(y)
	}
	y = x.Add(p.Dropout.Forward(y))
	nn.ReportAll(p, []tensor.Tensor{x, see.bias, see.features, see.visible}, []tensor.Tensor{y})
	return y
}

// t5Attention is attention without biases, whose scores are not scaled.
type t5Attention struct {
	multihead
	Q, K, V, O            *nn.Linear
	RelativeAttentionBias *nn.Embedding // of the first block, for all
}

func (a *t5Attention) Forward(x, from tensor.Tensor, c tensor.AttentionConfig) tensor.Tensor {
	return a.next(x, from, c, t5Attending{})
}

// next is Forward with see's cache, to which the keys and values of from are added.
func (a *t5Attention) next(x, from tensor.Tensor, c tensor.AttentionConfig, see t5Attending) tensor.Tensor {
	defer nn.InLayer(a)
	k, v := a.project(from)
	if see.cache != nil {
		k, v = see.cache.Append(see.layer, k, v)
	}
	y := a.read(x, k, v, c, see.seen)
	nn.ReportAll(a, []tensor.Tensor{x, from, c.Mask}, []tensor.Tensor{y})
	return y
}

// project returns the keys and values of from (N, S, width), each (N, heads, S, size).
func (a *t5Attention) project(from tensor.Tensor) (k, v tensor.Tensor) {
	return a.split(a.K.Forward(from)), a.split(a.V.Forward(from))
}

// read is Forward for given keys and values.
func (a *t5Attention) read(x, k, v tensor.Tensor, c tensor.AttentionConfig, seen *attentions) tensor.Tensor {
	c.Scale = 1
	q := a.split(a.Q.Forward(x))
	seen.add(q, k, c)
	return a.O.Forward(a.attend(q, k, v, c))
}

// t5Dense has two fully connected layers with an activation between them, or, gated, three.
type t5Dense struct {
	WI      *nn.Linear `nn:"wi"` // nil if the layer is gated
	WI0     *nn.Linear `nn:"wi_0"`
	WI1     *nn.Linear `nn:"wi_1"`
	WO      *nn.Linear `nn:"wo"`
	Dropout *nn.Dropout

	act func(tensor.Tensor) tensor.Tensor
}

func (d *t5Dense) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(d)
	var y tensor.Tensor
	if d.WI != nil {
		y = d.act(d.WI.Forward(x))
	} else {
		y = d.act(d.WI0.Forward(x)).Mul(d.WI1.Forward(x))
	}
	return nn.Report(d, x, d.WO.Forward(d.Dropout.Forward(y)))
}
