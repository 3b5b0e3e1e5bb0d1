package models

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// BERT is a transformer encoder of texts: Hugging Face's BertModel. (https://arxiv.org/abs/1810.04805,
// https://huggingface.co/docs/transformers/model_doc/bert)
type BERT struct {
	Embeddings *bertEmbeddings
	Encoder    *bertEncoder
	Pooler     *bertPooler // nil if the model has none
}

// BERTConfig holds the sizes of a BERT, with the names of Hugging Face's config.json. The zero value of a field is
// the default of BERT base.
type BERTConfig struct {
	Vocabulary int `json:"vocab_size"`              // tokens; 0 means 30522
	Width      int `json:"hidden_size"`             // 0 means 768
	Layers     int `json:"num_hidden_layers"`       // 0 means 12
	Heads      int `json:"num_attention_heads"`     // 0 means 12
	Inner      int `json:"intermediate_size"`       // features of the hidden layer of a block; 0 means 3072
	Context    int `json:"max_position_embeddings"` // the most tokens of a text; 0 means 512
	Types      int `json:"type_vocab_size"`         // types of tokens; 0 means 2

	Dropout           float64 `json:"hidden_dropout_prob"`          // 0 means 0.1, nn.Zero none; likewise below
	AttentionDropout  float64 `json:"attention_probs_dropout_prob"` // of attention's weights
	ClassifierDropout float64 `json:"classifier_dropout"`           // 0 means Dropout
	Eps               float64 `json:"layer_norm_eps"`               // 0 means 1e-12
	// standard deviation of the initial weights; 0 means 0.02
	InitializerRange float64 `json:"initializer_range"`

	Activation   string `json:"hidden_act"`   // gelu (the default), gelu_new or relu
	PaddingIndex *int   `json:"pad_token_id"` // the token whose embedding is not trained; nil means 0
	NoPooler     bool   `json:"-"`
	// whether the output layer for masked words has the embedding's weight; nil means true
	Tied *bool `json:"tie_word_embeddings"`
}

// UnmarshalJSON reads a config.json. It returns an error for settings that the model would not follow: BERT as a
// decoder, and positions relative to each other.
func (c *BERTConfig) UnmarshalJSON(text []byte) error {
	type plain BERTConfig
	if err := json.Unmarshal(text, (*plain)(c)); err != nil {
		return err
	}
	var more struct {
		Decoder   bool   `json:"is_decoder"`
		Positions string `json:"position_embedding_type"`
	}
	if err := json.Unmarshal(text, &more); err != nil {
		return err
	}
	if more.Decoder {
		return errors.New("is_decoder is true: only BERT as an encoder is supported")
	}
	if more.Positions != "" && more.Positions != "absolute" {
		return fmt.Errorf("position_embedding_type is %q, want absolute", more.Positions)
	}
	return nil
}

// withDefaults returns c with its defaults, or an error if the settings do not fit each other.
func (c BERTConfig) withDefaults() (BERTConfig, error) {
	c.Vocabulary, c.Width = defaults.Int(c.Vocabulary, 30522), defaults.Int(c.Width, 768)
	c.Layers, c.Heads, c.Inner = defaults.Int(c.Layers, 12), defaults.Int(c.Heads, 12), defaults.Int(c.Inner, 3072)
	c.Context, c.Types = defaults.Int(c.Context, 512), defaults.Int(c.Types, 2)
	c.Dropout, c.AttentionDropout = defaults.Float(c.Dropout, 0.1), defaults.Float(c.AttentionDropout, 0.1)
	c.ClassifierDropout = defaults.Float(c.ClassifierDropout, c.Dropout)
	c.Eps, c.InitializerRange = defaults.Float(c.Eps, 1e-12), defaults.Float(c.InitializerRange, 0.02)
	if c.Activation == "" {
		c.Activation = "gelu"
	}
	if c.PaddingIndex == nil {
		c.PaddingIndex = new(int)
	}
	if err := checkActivation(c.Activation); err != nil {
		return c, err
	}
	if err := checkSizes(c.Width, c.Heads, c.Vocabulary, c.Layers+1, c.Inner, c.Context, c.Types); err != nil {
		return c, err
	}
	if p := *c.PaddingIndex; p < -c.Vocabulary || p >= c.Vocabulary {
		return c, fmt.Errorf("the padding token %d is none of %d tokens", p, c.Vocabulary)
	}
	return c, checkDropouts(c.Dropout, c.AttentionDropout, c.ClassifierDropout)
}

// checkSizes returns an error unless all sizes are positive and heads divides width.
func checkSizes(width, heads int, others ...int) error {
	for _, n := range append(others, width, heads) {
		if n < 1 {
			return fmt.Errorf("the sizes must be positive, one is %d", n)
		}
	}
	if width%heads != 0 {
		return fmt.Errorf("a width of %d cannot be split among %d heads", width, heads)
	}
	return nil
}

// checkDropouts returns an error unless all numbers are probabilities.
func checkDropouts(list ...float64) error {
	for _, p := range list {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("a dropout probability is %v, want from 0 to 1", p)
		}
	}
	return nil
}

// parameters returns the number of parameters of a BERT, without rounding to integers, which could overflow.
func (c BERTConfig) parameters() float64 {
	w, inner := float64(c.Width), float64(c.Inner)
	return w*(float64(c.Vocabulary)+float64(c.Context)+float64(c.Types)) +
		float64(c.Layers)*(4*w*w+2*w*inner+9*w+inner) + w*w
}

// New returns a BERT with weights drawn from g, normal with a standard deviation of InitializerRange. The values are
// Hugging Face's after torch.manual_seed. It panics if the settings do not fit each other.
func (c BERTConfig) New(g *rng.Torch) *BERT { return c.must().build(g) }

// must returns c with its defaults; it panics if the settings do not fit each other.
func (c BERTConfig) must() BERTConfig {
	c, err := c.withDefaults()
	if err != nil {
		fail("bert", "%v", err)
	}
	return c
}

func (c BERTConfig) build(g *rng.Torch) *BERT {
	norm := nn.LayerNormConfig{Eps: c.Eps}
	m := &BERT{
		Embeddings: &bertEmbeddings{
			WordEmbeddings:      nn.EmbeddingConfig{PaddingIndex: c.PaddingIndex}.New(g, c.Vocabulary, c.Width),
			PositionEmbeddings:  nn.NewEmbedding(g, c.Context, c.Width),
			TokenTypeEmbeddings: nn.NewEmbedding(g, c.Types, c.Width),
			LayerNorm:           norm.New(c.Width), Dropout: nn.NewDropout(g, c.Dropout),
		},
		Encoder: &bertEncoder{},
	}
	for range c.Layers {
		m.Encoder.Layer = append(m.Encoder.Layer, &bertLayer{
			Attention: &bertAttention{
				Self: &bertSelfAttention{
					Query:     nn.NewLinear(g, c.Width, c.Width),
					Key:       nn.NewLinear(g, c.Width, c.Width),
					Value:     nn.NewLinear(g, c.Width, c.Width),
					multihead: multihead{size: c.Width / c.Heads, dropout: c.AttentionDropout, RNG: g},
				},
				Output: c.newOutput(g, c.Width),
			},
			Intermediate: &bertDense{Dense: nn.NewLinear(g, c.Width, c.Inner), act: activations[c.Activation]},
			Output:       c.newOutput(g, c.Inner),
		})
	}
	if !c.NoPooler {
		m.Pooler = &bertPooler{Dense: nn.NewLinear(g, c.Width, c.Width)}
	}
	c.initialize(g, m)
	return m
}

func (c BERTConfig) newOutput(g *rng.Torch, in int) *bertOutput {
	return &bertOutput{Dense: nn.NewLinear(g, in, c.Width), LayerNorm: nn.LayerNormConfig{Eps: c.Eps}.New(c.Width),
		Dropout: nn.NewDropout(g, c.Dropout)}
}

// initialize draws the matrices of a part of a model anew and sets the biases to 0, as Hugging Face does.
func (c BERTConfig) initialize(g *rng.Torch, model any) {
	initialize(model, nil, normal(g, c.InitializerRange))
	if m, ok := model.(*BERT); ok {
		m.Embeddings.WordEmbeddings.Weight.Data().Slice(0, *c.PaddingIndex, *c.PaddingIndex+1, 1).FillInPlace(0)
	}
}

// Forward maps token ids (N, T) to features (N, T, width) of each token, and of each text: the pooler's (N, width),
// the zero Tensor without a pooler. mask (N, T) is 0 for padding and 1 for tokens, types (N, T) holds the types of
// the tokens; the zero Tensor means none is padding, and all types are 0.
func (m *BERT) Forward(ids, mask, types tensor.Tensor) (hidden, pooled tensor.Tensor) {
	defer nn.InLayer(m)
	visible := keyMask("bert", ids, mask)
	hidden = m.encode(ids, types, visible, packing{})
	if m.Pooler != nil {
		pooled = m.Pooler.Forward(hidden)
	}
	nn.ReportAll(m, []tensor.Tensor{ids, mask, types}, []tensor.Tensor{hidden, pooled})
	return hidden, pooled
}

// Attentions returns the weights of each layer's attention for token ids (N, T): (N, heads, T, T). Row i has the
// weights with which position i reads all positions; they add up to 1, and are 0 where mask is 0. mask and types may
// be undefined, as in Forward. PyTorch: output_attentions=True.
func (m *BERT) Attentions(ids, mask, types tensor.Tensor) []tensor.Tensor {
	defer nn.InLayer(m)
	visible := keyMask("bert", ids, mask)
	var all []tensor.Tensor
	x := m.Embeddings.forward(ids, types, packing{})
	for _, l := range m.Encoder.Layer {
		a := l.Attention.Self
		all = append(all, tensor.AttentionWeights(a.split(a.Query.Forward(x)), a.split(a.Key.Forward(x)),
			tensor.AttentionConfig{Mask: visible}))
		x = l.forward(x, visible, packing{})
	}
	return all
}

// encode returns the features of the tokens: (N, T, width), or (M, width) for the M tokens that p keeps.
func (m *BERT) encode(ids, types, visible tensor.Tensor, p packing) tensor.Tensor {
	c := tensor.NewChain(ids) // mask and packing are older: they stay
	x := c.Next(m.Embeddings.forward(ids, types, p))
	for _, l := range m.Encoder.Layer {
		x = c.Next(l.forward(x, visible, p))
	}
	return x
}

// Embed maps token ids (N, T) to embeddings (N, width) of the texts: the mean of the tokens' features, without
// padding, divided by its length. So sentence-transformers computes the embeddings of all-MiniLM-L6-v2. In evaluation
// mode nothing but attention is computed for padding. (https://arxiv.org/abs/1908.10084)
func (m *BERT) Embed(ids, mask tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	visible := keyMask("bert", ids, mask)
	if !mask.Defined() {
		return normalized(m.encode(ids, tensor.Tensor{}, visible, packing{}).Mean(1))
	}
	var p packing
	if !m.Embeddings.Dropout.Training() {
		p = packed(visible)
	}
	x := p.pad(m.encode(ids, tensor.Tensor{}, visible, p))
	kept := visible.Reshape(ids.Dim(0), ids.Dim(1), 1).Cast(x.DType())
	return normalized(x.Mul(kept).Sum(1).Div(kept.Sum(1).MaximumScalar(1e-9)))
}

// normalized divides each row of x by its length.
func normalized(x tensor.Tensor) tensor.Tensor {
	return x.Div(x.KeepDim().Norm(2, 1).MaximumScalar(1e-12))
}

// packing says which of N texts' T positions hold tokens, so that layers of single tokens compute only those. The
// zero value means all.
type packing struct {
	n, t  int
	kept  tensor.Tensor // (M,), the positions of the tokens among all N·T
	place tensor.Tensor // (N·T,), which token stands at a position; any for padding
}

// packed returns the packing of the tokens that visible (N, 1, 1, T) marks, and the zero value if there is no padding
// or no token.
func packed(visible tensor.Tensor) (p packing) {
	n, t := visible.Dim(0), visible.Dim(3)
	flat := visible.Flatten(0)
	kept := flat.NonZero().Flatten(0)
	if kept.Len() == 0 || kept.Len() == n*t {
		return p
	}
	return packing{n, t, kept, flat.Cast(tensor.Int64).CumSum(0).SubScalar(1).MaximumScalar(0)}
}

// pad returns x (M, width) as (N, T, width), and other x unchanged.
func (p packing) pad(x tensor.Tensor) tensor.Tensor {
	if !p.kept.Defined() {
		return x
	}
	return x.IndexSelect(0, p.place).Reshape(p.n, p.t, x.Dim(-1))
}

// pack returns x (N, T, …) as (M, …), or unchanged without padding.
func (p packing) pack(x tensor.Tensor) tensor.Tensor {
	if !p.kept.Defined() {
		return x
	}
	if x.Rank() == 2 {
		return x.Flatten(0).IndexSelect(0, p.kept)
	}
	return x.Reshape(p.n*p.t, x.Dim(-1)).IndexSelect(0, p.kept)
}

// keyMask returns a mask of attention (N, 1, 1, T), true for tokens. It panics unless ids and mask are (N, T).
func keyMask(op string, ids, mask tensor.Tensor) tensor.Tensor {
	if ids.Rank() != 2 || mask.Defined() && mask.Shape() != ids.Shape() {
		shapes := []tensor.Shape{ids.Shape()}
		if mask.Defined() {
			shapes = append(shapes, mask.Shape())
		}
		panic(&tensor.Error{Op: op, Msg: "token ids, and the mask, must be (N, T)", Shapes: shapes})
	}
	if !mask.Defined() {
		return mask
	}
	return mask.InScopeOf(ids).NotEqualScalar(0).Unsqueeze(1, 2)
}

type bertEmbeddings struct {
	WordEmbeddings, PositionEmbeddings, TokenTypeEmbeddings *nn.Embedding

	LayerNorm *nn.LayerNorm `nn:"LayerNorm"`
	Dropout   *nn.Dropout
}

func (e *bertEmbeddings) Forward(ids, types tensor.Tensor) tensor.Tensor {
	return e.forward(ids, types, packing{})
}

func (e *bertEmbeddings) forward(ids, types tensor.Tensor, p packing) tensor.Tensor {
	defer nn.InLayer(e)
	if n := e.PositionEmbeddings.Weight.Dim(0); ids.Dim(1) > n {
		panic(&tensor.Error{Op: "bert", Msg: fmt.Sprintf("a text has at most %d tokens", n),
			Shapes: []tensor.Shape{ids.Shape()}})
	}
	c := tensor.NewChain(ids)
	x := e.WordEmbeddings.Forward(p.pack(ids))
	if types.Defined() {
		x = x.Add(e.TokenTypeEmbeddings.Forward(p.pack(types)))
	} else {
		x = x.Add(e.TokenTypeEmbeddings.Weight.InScopeOf(ids).Select(0, 0))
	}
	positions := e.PositionEmbeddings.Weight.InScopeOf(ids).Narrow(0, 0, ids.Dim(1))
	if p.kept.Defined() {
		positions = positions.IndexSelect(0, p.kept.RemainderScalar(float64(p.t)))
	}
	x = c.Next(x.Add(positions))
	x = c.Next(e.Dropout.Forward(c.Next(e.LayerNorm.Forward(x))))
	nn.ReportAll(e, []tensor.Tensor{ids, types}, []tensor.Tensor{x})
	return x
}

type bertEncoder struct{ Layer []*bertLayer }

type bertLayer struct {
	Attention    *bertAttention
	Intermediate *bertDense
	Output       *bertOutput
}

func (l *bertLayer) Forward(x, visible tensor.Tensor) tensor.Tensor {
	return l.forward(x, visible, packing{})
}

func (l *bertLayer) forward(x, visible tensor.Tensor, p packing) tensor.Tensor {
	defer nn.InLayer(l)
	c := tensor.NewChain(x)
	x = c.Next(l.Attention.Output.Forward(l.Attention.Self.forward(x, visible, p), x))
	y := l.Output.Forward(l.Intermediate.Forward(x), x)
	nn.ReportAll(l, []tensor.Tensor{x, visible}, []tensor.Tensor{y})
	return c.Next(y)
}

type bertAttention struct {
	Self   *bertSelfAttention
	Output *bertOutput
}

// bertSelfAttention is attention with separate layers for queries, keys and values.
type bertSelfAttention struct {
	multihead
	Query, Key, Value *nn.Linear
}

func (a *bertSelfAttention) Forward(x, visible tensor.Tensor) tensor.Tensor {
	return a.forward(x, visible, packing{})
}

func (a *bertSelfAttention) forward(x, visible tensor.Tensor, p packing) tensor.Tensor {
	defer nn.InLayer(a)
	project := func(l *nn.Linear) tensor.Tensor { return a.split(p.pad(l.Forward(x))) }
	c := tensor.AttentionConfig{Mask: visible}
	y := p.pack(a.attend(project(a.Query), project(a.Key), project(a.Value), c))
	nn.ReportAll(a, []tensor.Tensor{x, visible}, []tensor.Tensor{y})
	return y
}

// bertOutput ends a residual branch: norm(dropout(W·y) + x).
type bertOutput struct {
	Dense     *nn.Linear
	LayerNorm *nn.LayerNorm `nn:"LayerNorm"`
	Dropout   *nn.Dropout
}

func (o *bertOutput) Forward(y, x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(o)
	z := o.LayerNorm.Forward(o.Dropout.Forward(o.Dense.Forward(y)).Add(x))
	nn.ReportAll(o, []tensor.Tensor{y, x}, []tensor.Tensor{z})
	return z
}

// bertDense is a fully connected layer with an activation.
type bertDense struct {
	Dense *nn.Linear

	act func(tensor.Tensor) tensor.Tensor
}

func (d *bertDense) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(d)
	return nn.Report(d, x, d.act(d.Dense.Forward(x)))
}

// bertPooler computes the features of a text from those of its first token.
type bertPooler struct{ Dense *nn.Linear }

func (p *bertPooler) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(p)
	return nn.Report(p, x, p.Dense.Forward(x.Select(1, 0)).Tanh())
}

// BERTForMaskedLM predicts the tokens of a text, some of which are masked.
type BERTForMaskedLM struct {
	BERT *BERT `nn:"bert"`
	Cls  *bertMLMHead
}

type bertMLMHead struct{ Predictions *bertPredictions }

type bertPredictions struct {
	Bias      tensor.Tensor // also that of Decoder
	Transform *bertTransform
	Decoder   *nn.Linear // its Weight is that of the words' embeddings unless BERTConfig.Tied is false
}

type bertTransform struct {
	bertDense
	LayerNorm *nn.LayerNorm `nn:"LayerNorm"`
}

// NewMaskedLM returns a BERTForMaskedLM; see [BERTConfig.New].
func (c BERTConfig) NewMaskedLM(g *rng.Torch) *BERTForMaskedLM {
	c.NoPooler = true
	c = c.must()
	m := &BERTForMaskedLM{BERT: c.build(g)}
	p := &bertPredictions{Transform: &bertTransform{bertDense: bertDense{nn.NewLinear(g, c.Width, c.Width),
		activations[c.Activation]}, LayerNorm: nn.LayerNormConfig{Eps: c.Eps}.New(c.Width)}}
	p.Decoder = nn.NewLinear(g, c.Width, c.Vocabulary)
	p.Bias = p.Decoder.Bias
	m.Cls = &bertMLMHead{p}
	c.initialize(g, m.Cls)
	if defaults.Bool(c.Tied, true) {
		p.Decoder.Weight = m.BERT.Embeddings.WordEmbeddings.Weight
	}
	return m
}

// Forward maps token ids (N, T) to logits (N, T, vocabulary); for mask and types see [BERT.Forward].
func (m *BERTForMaskedLM) Forward(ids, mask, types tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	x, _ := m.BERT.Forward(ids, mask, types)
	p := m.Cls.Predictions
	y := p.Decoder.Forward(p.Transform.LayerNorm.Forward(p.Transform.bertDense.Forward(x)))
	nn.ReportAll(m, []tensor.Tensor{ids, mask, types}, []tensor.Tensor{y})
	return y
}

// BERTForSequenceClassification classifies texts.
type BERTForSequenceClassification struct {
	BERT       *BERT `nn:"bert"`
	Dropout    *nn.Dropout
	Classifier *nn.Linear
}

// NewSequenceClassification returns a BERTForSequenceClassification for the given number of classes; see
// [BERTConfig.New].
func (c BERTConfig) NewSequenceClassification(g *rng.Torch, classes int) *BERTForSequenceClassification {
	c.NoPooler = false
	c = c.must()
	m := &BERTForSequenceClassification{BERT: c.build(g), Dropout: nn.NewDropout(g, c.ClassifierDropout)}
	m.Classifier = nn.NewLinear(g, c.Width, classes)
	nninit.Normal(g, m.Classifier.Weight, 0, c.InitializerRange)
	nninit.Zeros(m.Classifier.Bias)
	return m
}

// Forward maps token ids (N, T) to logits (N, classes); for mask and types see [BERT.Forward].
func (m *BERTForSequenceClassification) Forward(ids, mask, types tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	_, pooled := m.BERT.Forward(ids, mask, types)
	y := m.Classifier.Forward(m.Dropout.Forward(pooled))
	nn.ReportAll(m, []tensor.Tensor{ids, mask, types}, []tensor.Tensor{y})
	return y
}

// LoadBERT reads a BERT from a folder in Hugging Face's layout, such as that of all-MiniLM-L6-v2; see [Folder]. It is
// in evaluation mode. The pooler is left out if the weights have none.
func LoadBERT(dir string) (*BERT, error) {
	return loadFolder(dir, "bert", nil, func(f *Folder, c *BERTConfig) (float64, error) {
		_, named := f.weights.Info("pooler.dense.weight")
		_, prefixed := f.weights.Info("bert.pooler.dense.weight")
		c.NoPooler = !named && !prefixed
		return c.sized()
	}, BERTConfig.New)
}

// sized returns the number of parameters, or an error if the settings do not fit each other.
func (c BERTConfig) sized() (float64, error) {
	c, err := c.withDefaults()
	return c.parameters(), err
}

// LoadBERTForMaskedLM reads a BERTForMaskedLM from a folder; see [LoadBERT].
func LoadBERTForMaskedLM(dir string) (*BERTForMaskedLM, error) {
	return loadFolder(dir, "bert", nil, func(f *Folder, c *BERTConfig) (float64, error) {
		differ, err := f.untied("bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight")
		if err != nil {
			return 0, err
		}
		if differ {
			c.Tied = new(bool)
		}
		return c.sized()
	}, BERTConfig.NewMaskedLM)
}

// LoadBERTForSequenceClassification reads a BERTForSequenceClassification from a folder; see [LoadBERT]. The number
// of classes is that of the weights.
func LoadBERTForSequenceClassification(dir string) (*BERTForSequenceClassification, error) {
	classes := 0
	return loadFolder(dir, "bert", nil, func(f *Folder, c *BERTConfig) (float64, error) {
		info, ok := f.weights.Info("classifier.weight")
		if !ok || len(info.Shape) != 2 {
			return 0, fmt.Errorf("the weights have no matrix classifier.weight, so this is no classifier")
		}
		classes = info.Shape[0]
		n, err := c.sized()
		return n + float64(classes)*float64(defaults.Int(c.Width, 768)), err
	}, func(c BERTConfig, g *rng.Torch) *BERTForSequenceClassification {
		return c.NewSequenceClassification(g, classes)
	})
}
