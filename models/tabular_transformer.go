package models

import (
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// FTTransformerConfig holds the options of an FTTransformer. The zero value has the sizes of the paper's default.
type FTTransformerConfig struct {
	Blocks           int     // 0 means 3
	Width            int     // features of a token, a multiple of Heads; 0 means 192
	Heads            int     // 0 means 8
	Inner            int     // features inside a feed-forward layer; 0 means 4/3·Width
	AttentionDropout float64 // of attention's weights; 0 means 0.2, Zero 0
	Dropout          float64 // inside a feed-forward layer; 0 means 0.1, Zero 0
	Residual         float64 // dropout of the results of attention and of a feed-forward layer; 0 means 0
}

// FTTransformer is the FT-Transformer of Gorishniy et al., "Revisiting deep learning models for tabular data" (2021):
// a token for each column, and one more, from which the outputs are computed:
//
//	tokens = (cls, xⱼ·wⱼ + bⱼ for each number, Eⱼ[codeⱼ] + bⱼ for each category)
//	x = x + attention(norm(x)),  x = x + W₂·(a ⊙ ReLU(b)) + b₂,  (a, b) = W₁·norm(x) + b₁        for each block
//	y = W·ReLU(norm(x₀)) + b        (N, columns) → (N, outputs)
//
// The first block has no norm before attention; the last computes the first token alone. Keys and initial values are
// those of rtdl_revisiting_models. (https://arxiv.org/abs/2106.11959)
type FTTransformer struct {
	CLSEmbedding   *clsToken
	ContEmbeddings *NumberEmbeddings // nil if there are no numbers
	CatEmbeddings  *categoryTokens   // nil if there are no categories
	Backbone       *ftBackbone

	inputs TabularInputs
}

type clsToken struct{ Weight tensor.Tensor } // (width)

type categoryTokens struct {
	Embeddings []*nn.Embedding
	Bias       tensor.Tensor // (categories, width)
}

type ftBackbone struct {
	Blocks []*ftBlock
	Output *tabularHead
}

type ftBlock struct {
	Attention                *ftAttention
	AttentionNormalization   *nn.LayerNorm `nn:"attention_normalization"` // nil in the first block
	FFNNormalization         *nn.LayerNorm `nn:"ffn_normalization"`
	FFN                      *ftFeedForward
	AttentionResidualDropout *nn.Dropout
	FFNResidualDropout       *nn.Dropout `nn:"ffn_residual_dropout"`
}

type ftAttention struct {
	multihead
	WQ   *nn.Linear `nn:"W_q"`
	WK   *nn.Linear `nn:"W_k"`
	WV   *nn.Linear `nn:"W_v"`
	WOut *nn.Linear `nn:"W_out"` // nil for one head
}

type ftFeedForward struct {
	Linear1 *nn.Linear // (2·inner, width)
	Dropout *nn.Dropout
	Linear2 *nn.Linear // (width, inner)
}

// New returns a network whose weights are drawn from g. It panics unless Width is a multiple of Heads.
func (c FTTransformerConfig) New(g *rng.Torch, in TabularInputs, outputs int) *FTTransformer {
	in.check("ft transformer", outputs)
	width, heads := defaults.Int(c.Width, 192), defaults.Int(c.Heads, 8)
	inner := defaults.Int(c.Inner, width*4/3)
	if err := checkSizes(width, heads, defaults.Int(c.Blocks, 3), inner); err != nil {
		fail("ft transformer", "%v", err)
	}
	bound := 1 / math.Sqrt(float64(width))
	uniform := func(dims ...int) tensor.Tensor {
		return tensor.Options{}.Uniform(g, -bound, bound, dims...).SetRequiresGrad(true)
	}
	m := &FTTransformer{CLSEmbedding: &clsToken{uniform(width)}, Backbone: &ftBackbone{}, inputs: in}
	if in.Numbers > 0 {
		m.ContEmbeddings = newNumberEmbeddings(g, in.Numbers, in.Bins, width)
	}
	if n := len(in.Categories); n > 0 {
		m.CatEmbeddings = &categoryTokens{}
		for _, codes := range in.Categories {
			m.CatEmbeddings.Embeddings = append(m.CatEmbeddings.Embeddings, nn.NewEmbedding(g, codes, width))
		}
		for _, e := range m.CatEmbeddings.Embeddings {
			nninit.Uniform(g, e.Weight, -bound, bound)
		}
		m.CatEmbeddings.Bias = uniform(n, width)
	}
	for i := range defaults.Int(c.Blocks, 3) {
		b := &ftBlock{Attention: c.attention(g, width, heads),
			AttentionResidualDropout: nn.NewDropout(g, defaults.Float(c.Residual, 0))}
		b.FFNNormalization = nn.NewLayerNorm(width)
		b.FFN = &ftFeedForward{nn.NewLinear(g, width, 2*inner), nn.NewDropout(g, defaults.Float(c.Dropout, 0.1)),
			nn.NewLinear(g, inner, width)}
		b.FFNResidualDropout = nn.NewDropout(g, defaults.Float(c.Residual, 0))
		if i > 0 {
			b.AttentionNormalization = nn.NewLayerNorm(width)
		}
		m.Backbone.Blocks = append(m.Backbone.Blocks, b)
	}
	m.Backbone.Output = &tabularHead{nn.NewLayerNorm(width), nn.NewLinear(g, width, outputs)}
	return m
}

func (c FTTransformerConfig) attention(g *rng.Torch, width, heads int) *ftAttention {
	a := &ftAttention{multihead: multihead{RNG: g, size: width / heads,
		dropout: defaults.Float(c.AttentionDropout, 0.2)}}
	a.WQ, a.WK, a.WV = nn.NewLinear(g, width, width), nn.NewLinear(g, width, width), nn.NewLinear(g, width, width)
	if heads > 1 {
		a.WOut = nn.NewLinear(g, width, width)
	}
	initialize(a, nil, nil)
	return a
}

// NewFTTransformer returns a network of the paper's default sizes.
func NewFTTransformer(g *rng.Torch, in TabularInputs, outputs int) *FTTransformer {
	return FTTransformerConfig{}.New(g, in, outputs)
}

// FitBins makes the edges of all bins quantiles of the numbers in the rows x (N, columns). It does nothing without
// bins.
func (m *FTTransformer) FitBins(x tensor.Tensor) {
	m.ContEmbeddings.fit(m.inputs.numbersOf("ft transformer", x))
}

// Forward maps prepared rows to the outputs; see [TabularInputs].
func (m *FTTransformer) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	numbers := m.inputs.numbersOf("ft transformer", x)
	cls := m.CLSEmbedding.Weight.InScopeOf(x)
	tokens := append(make([]tensor.Tensor, 0, onStack), cls.Expand(x.Dim(0), 1, -1))
	if m.ContEmbeddings != nil {
		tokens = append(tokens, m.ContEmbeddings.Forward(numbers))
	}
	if m.CatEmbeddings != nil {
		for i, e := range m.CatEmbeddings.Embeddings {
			bias := m.CatEmbeddings.Bias.InScopeOf(x).Select(0, i)
			tokens = append(tokens, e.Forward(m.inputs.codesOf(x, i)).Add(bias).Unsqueeze(1))
		}
	}
	return nn.Report(m, x, m.Backbone.Forward(tensor.Cat(1, tokens...)))
}

// Forward maps tokens (N, T, width) to the outputs.
func (m *ftBackbone) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(m)
	y := x
	for i, b := range m.Blocks {
		y = b.forward(y, i == len(m.Blocks)-1)
	}
	return nn.Report(m, x, m.Output.Forward(y.Select(1, 0)))
}

// forward computes the block's result, for the first token alone if last is set.
func (b *ftBlock) forward(x tensor.Tensor, last bool) tensor.Tensor {
	defer nn.InLayer(b)
	keys, first := x, x
	if b.AttentionNormalization != nil {
		keys = b.AttentionNormalization.Forward(x)
	}
	queries := keys
	if last {
		queries, first = keys.Narrow(1, 0, 1), x.Narrow(1, 0, 1)
	}
	y := first.Add(b.AttentionResidualDropout.Forward(b.Attention.Forward(queries, keys)))
	return nn.Report(b, x, y.Add(b.FFNResidualDropout.Forward(b.FFN.Forward(b.FFNNormalization.Forward(y)))))
}

// Forward returns attention of queries (N, L, width) to keys (N, T, width).
func (a *ftAttention) Forward(queries, keys tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(a)
	y := a.attend(a.split(a.WQ.Forward(queries)), a.split(a.WK.Forward(keys)), a.split(a.WV.Forward(keys)),
		tensor.AttentionConfig{})
	if a.WOut != nil {
		y = a.WOut.Forward(y)
	}
	return nn.Report(a, queries, y)
}

func (f *ftFeedForward) Forward(x tensor.Tensor) tensor.Tensor {
	defer nn.InLayer(f)
	y := f.Linear1.Forward(x)
	inner := y.Dim(2) / 2
	y = y.Narrow(2, 0, inner).Mul(y.Narrow(2, inner, inner).ReLU()) // ReGLU
	return nn.Report(f, x, f.Linear2.Forward(f.Dropout.Forward(y)))
}
