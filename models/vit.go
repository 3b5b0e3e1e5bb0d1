package models

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// ViT classifies images with a transformer encoder of their patches: Hugging Face's ViTForImageClassification.
// (https://arxiv.org/abs/2010.11929, https://huggingface.co/docs/transformers/model_doc/vit)
type ViT struct {
	ViT        *ViTEncoder `nn:"vit"`
	Classifier *nn.Linear
}

// ViTEncoder is a ViT without its classifier.
type ViTEncoder struct {
	Embeddings *vitEmbeddings
	Layers     []*vitLayer
	Layernorm  *nn.LayerNorm
}

// ViTConfig holds the sizes of a ViT, with the names of Hugging Face's config.json. The zero value of a field is the
// default of ViT base with patches of 16 × 16.
type ViTConfig struct {
	Width     int `json:"hidden_size"`         // 0 means 768
	Layers    int `json:"num_hidden_layers"`   // 0 means 12
	Heads     int `json:"num_attention_heads"` // 0 means 12
	Inner     int `json:"intermediate_size"`   // features of the hidden layer of a block; 0 means 3072
	ImageSize int `json:"image_size"`          // height and width; 0 means 224
	PatchSize int `json:"patch_size"`          // 0 means 16
	Channels  int `json:"num_channels"`        // 0 means 3

	Dropout          float64 `json:"hidden_dropout_prob"`          // of the embeddings and of each part of a block
	AttentionDropout float64 `json:"attention_probs_dropout_prob"` // of attention's weights
	Eps              float64 `json:"layer_norm_eps"`               // 0 means 1e-12
	// standard deviation of the initial weights; 0 means 0.02
	InitializerRange float64 `json:"initializer_range"`

	Activation string `json:"hidden_act"` // gelu (the default), gelu_new or relu
	QKVBias    *bool  `json:"qkv_bias"`   // nil means true
}

// withDefaults returns c with its defaults, or an error if the settings do not fit each other.
func (c ViTConfig) withDefaults() (ViTConfig, error) {
	c.Width, c.Layers, c.Heads = defaults.Int(c.Width, 768), defaults.Int(c.Layers, 12), defaults.Int(c.Heads, 12)
	c.Inner, c.Channels = defaults.Int(c.Inner, 3072), defaults.Int(c.Channels, 3)
	c.ImageSize, c.PatchSize = defaults.Int(c.ImageSize, 224), defaults.Int(c.PatchSize, 16)
	c.Dropout, c.AttentionDropout = defaults.Float(c.Dropout, 0), defaults.Float(c.AttentionDropout, 0)
	c.Eps, c.InitializerRange = defaults.Float(c.Eps, 1e-12), defaults.Float(c.InitializerRange, 0.02)
	if c.Activation == "" {
		c.Activation = "gelu"
	}
	if err := checkActivation(c.Activation); err != nil {
		return c, err
	}
	if err := checkSizes(c.Width, c.Heads, c.Layers+1, c.Inner, c.Channels, c.ImageSize, c.PatchSize); err != nil {
		return c, err
	}
	if c.PatchSize > c.ImageSize {
		return c, fmt.Errorf("patches of %d pixels are larger than images of %d", c.PatchSize, c.ImageSize)
	}
	return c, checkDropouts(c.Dropout, c.AttentionDropout)
}

// parameters returns the number of parameters of a ViT without its classifier.
func (c ViTConfig) parameters() float64 {
	w, inner := float64(c.Width), float64(c.Inner)
	patches, size := float64(c.ImageSize/c.PatchSize), float64(c.PatchSize)
	return w*(float64(c.Channels)*size*size+patches*patches+2) + float64(c.Layers)*(4*w*w+2*w*inner+9*w+inner)
}

// New returns a ViT for the given number of classes, with weights drawn from g, normal with a standard deviation of
// InitializerRange. The values are Hugging Face's after torch.manual_seed. It panics if the settings do not fit each
// other.
func (c ViTConfig) New(g *rng.Torch, classes int) *ViT {
	c, err := c.withDefaults()
	if err != nil {
		fail("vit", "%v", err)
	}
	n := c.ImageSize / c.PatchSize
	norm, qkv := nn.LayerNormConfig{Eps: c.Eps}, nn.LinearConfig{NoBias: !defaults.Bool(c.QKVBias, true)}
	e := &vitEmbeddings{Dropout: nn.NewDropout(g, c.Dropout), size: c.ImageSize}
	e.CLSToken = tensor.Options{}.RandN(g, 1, 1, c.Width).SetRequiresGrad(true)
	e.PatchEmbeddings = &vitPatches{nn.Conv2dConfig{Stride: []int{c.PatchSize}}.New(g, c.Channels, c.Width,
		c.PatchSize)}
	e.PositionEmbeddings = tensor.Options{}.RandN(g, 1, n*n+1, c.Width).SetRequiresGrad(true)
	m := &ViT{ViT: &ViTEncoder{Embeddings: e, Layernorm: norm.New(c.Width)}}
	for range c.Layers {
		m.ViT.Layers = append(m.ViT.Layers, &vitLayer{
			Attention: &vitAttention{QProj: qkv.New(g, c.Width, c.Width), KProj: qkv.New(g, c.Width, c.Width),
				VProj:     qkv.New(g, c.Width, c.Width),
				OProj:     nn.NewLinear(g, c.Width, c.Width),
				multihead: multihead{size: c.Width / c.Heads, dropout: c.AttentionDropout, RNG: g}},
			LayernormBefore: norm.New(c.Width), LayernormAfter: norm.New(c.Width), Dropout: nn.NewDropout(g, c.Dropout),
			MLP: &vitMLP{nn.NewLinear(g, c.Width, c.Inner), nn.NewLinear(g, c.Inner, c.Width),
				activations[c.Activation]},
		})
	}
	draw := normal(g, c.InitializerRange)
	initialize(e.PatchEmbeddings, draw, nil)
	nninit.TruncatedNormal(g, e.PositionEmbeddings, 0, c.InitializerRange, -2, 2)
	nninit.TruncatedNormal(g, e.CLSToken, 0, c.InitializerRange, -2, 2)
	initialize(m.ViT.Layers, nil, draw)
	m.Classifier = nn.NewLinear(g, c.Width, classes)
	initialize(m.Classifier, nil, draw)
	return m
}

// vitOlder has the names of ViT's parts in files of older versions of Hugging Face's library.
var vitOlder = strings.NewReplacer(
	".layers.", ".encoder.layer.",
	"attention.q_proj", "attention.attention.query",
	"attention.k_proj", "attention.attention.key",
	"attention.v_proj", "attention.attention.value",
	"attention.o_proj", "attention.output.dense",
	"mlp.fc1", "intermediate.dense",
	"mlp.fc2", "output.dense",
)

// LoadViT reads a ViT from a folder in Hugging Face's layout; see [Folder]. It is in evaluation mode. The number of
// classes is that of the weights.
func LoadViT(dir string) (*ViT, error) {
	classes := 0
	return loadFolder(dir, "vit", vitOlder, func(f *Folder, c *ViTConfig) (float64, error) {
		info, ok := f.weights.Info("classifier.weight")
		if !ok || len(info.Shape) != 2 {
			return 0, fmt.Errorf("the weights have no matrix classifier.weight, so this is no classifier")
		}
		classes = info.Shape[0]
		full, err := c.withDefaults()
		if err != nil {
			return 0, err
		}
		return full.parameters() + float64(classes)*float64(full.Width), nil
	}, func(c ViTConfig, g *rng.Torch) *ViT { return c.New(g, classes) })
}

// Forward maps images (N, channels, size, size) to logits (N, classes).
func (m *ViT) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	y := c.Next(m.ViT.Forward(x))
	return nn.Report(m, x, c.Next(m.Classifier.Forward(y.Select(1, 0))))
}

// Forward maps images (N, channels, size, size) to features (N, 1 + patches, width), the image's first.
func (m *ViTEncoder) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	c := tensor.NewChain(x)
	y := c.Next(m.Embeddings.Forward(x))
	for _, l := range m.Layers {
		y = c.Next(l.Forward(y))
	}
	return nn.Report(m, x, c.Next(m.Layernorm.Forward(y)))
}

// Attentions returns the weights of each layer's attention for images (N, C, H, W): (N, heads, 1 + patches, 1 + patches).
// Row i has the weights with which vector i reads all vectors; they add up to 1. Vector 0 is the one from which the class
// is told; the patches follow row by row.
func (m *ViTEncoder) Attentions(x tensor.Tensor) []tensor.Tensor {
	defer nn.InLayer(m)
	var all attentions
	y := m.Embeddings.Forward(x)
	for _, l := range m.Layers {
		y = l.next(y, &all)
	}
	return all
}

type vitEmbeddings struct {
	CLSToken           tensor.Tensor `nn:"cls_token"` // (1, 1, width)
	PositionEmbeddings tensor.Tensor // (1, 1 + patches, width)
	PatchEmbeddings    *vitPatches
	Dropout            *nn.Dropout

	size int
}

type vitPatches struct{ Projection *nn.Conv2d }

func (e *vitEmbeddings) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(e)
	if x.Rank() != 4 || x.Dim(2) != e.size || x.Dim(3) != e.size {
		panic(&tensor.Error{Op: "vit", Msg: fmt.Sprintf("images must be (N, C, %d, %[1]d)", e.size),
			Shapes: []tensor.Shape{x.Shape()}})
	}
	token, positions := e.CLSToken.InScopeOf(x), e.PositionEmbeddings.InScopeOf(x)
	patches := e.PatchEmbeddings.Projection.Forward(x).Flatten(2).Transpose(1, 2)
	y := tensor.Cat(1, token.Expand(x.Dim(0), -1, -1), patches).Add(positions)
	return nn.Report(e, x, e.Dropout.Forward(y))
}

type vitLayer struct {
	Attention       *vitAttention
	LayernormBefore *nn.LayerNorm
	LayernormAfter  *nn.LayerNorm
	MLP             *vitMLP
	Dropout         *nn.Dropout
}

func (l *vitLayer) Forward(x tensor.Tensor) tensor.Tensor { return l.next(x, nil) }

// next is Forward; seen takes the weights of the attention.
func (l *vitLayer) next(x tensor.Tensor, seen *attentions) tensor.Tensor {
	defer nn.InLayer(l)
	y := l.Dropout.Forward(l.Attention.next(l.LayernormBefore.Forward(x), seen)).Add(x)
	return nn.Report(l, x, l.Dropout.Forward(l.MLP.Forward(l.LayernormAfter.Forward(y))).Add(y))
}

type vitAttention struct {
	multihead
	QProj, KProj, VProj, OProj *nn.Linear
}

func (a *vitAttention) Forward(x tensor.Tensor) tensor.Tensor { return a.next(x, nil) }

// next is Forward; seen takes the weights.
func (a *vitAttention) next(x tensor.Tensor, seen *attentions) tensor.Tensor {
	defer nn.InLayer(a)
	q, k, v := a.split(a.QProj.Forward(x)), a.split(a.KProj.Forward(x)), a.split(a.VProj.Forward(x))
	seen.add(q, k, tensor.AttentionConfig{})
	return nn.Report(a, x, a.OProj.Forward(a.attend(q, k, v, tensor.AttentionConfig{})))
}

type vitMLP struct {
	FC1 *nn.Linear `nn:"fc1"`
	FC2 *nn.Linear `nn:"fc2"`

	act func(tensor.Tensor) tensor.Tensor
}

func (m *vitMLP) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	return nn.Report(m, x, m.FC2.Forward(m.act(m.FC1.Forward(x))))
}
