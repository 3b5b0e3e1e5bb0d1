package nn

import (
	"fmt"
	"math"
	"reflect"

	"github.com/lamina-ml/lamina/internal/defaults"
	nninit "github.com/lamina-ml/lamina/nn/init"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TransformerLayerConfig holds the options of a TransformerEncoderLayer or TransformerDecoderLayer. The zero value is
// PyTorch's default.
type TransformerLayerConfig struct {
	FeedForward int // the size of the inner features, dim_feedforward; 0 means 2048
	// of attention's weights, of its results, of the inner features and of their results; 0 means 0.1, Zero 0
	Dropout float64
	// Activation is that of the inner features; nil means ReLU. For GELU write tensor.Tensor.GELU.
	Activation   func(tensor.Tensor) tensor.Tensor
	LayerNormEps float64 // 0 means 1e-5
	BatchFirst   bool    // the inputs are (N, T, E)
	NormFirst    bool    // the norms come before attention and the feed-forward layer, not after the sums
	NoBias       bool    // no layer has a bias
	DType        tensor.DType
}

// TransformerEncoderLayer is self-attention and a feed-forward layer, each with a residual sum and a norm:
//
//	x = norm1(x + attention(x)),  x = norm2(x + W₂·activation(W₁·x))        (T, N, E) → (T, N, E)
//
// or, with NormFirst,
//
//	x = x + attention(norm1(x)),  x = x + W₂·activation(W₁·norm2(x))
//
// with dropout after attention, activation and W₂. (https://arxiv.org/abs/1706.03762,
// https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html)
type TransformerEncoderLayer struct {
	SelfAttn           *MultiheadAttention
	Linear1            *Linear // (feedForward, E)
	Dropout            *Dropout
	Linear2            *Linear // (E, feedForward)
	Norm1, Norm2       *LayerNorm
	Dropout1, Dropout2 *Dropout

	Activation func(tensor.Tensor) tensor.Tensor // nil means ReLU
	NormFirst  bool
}

// NewTransformerEncoderLayer returns a layer for vectors of the given size. The values are those of PyTorch after
// torch.manual_seed.
func NewTransformerEncoderLayer(g *rng.Torch, size, heads int) *TransformerEncoderLayer {
	return TransformerLayerConfig{}.NewEncoder(g, size, heads)
}

// NewEncoder returns an encoder layer; see [NewTransformerEncoderLayer].
func (c TransformerLayerConfig) NewEncoder(g *rng.Torch, size, heads int) *TransformerEncoderLayer {
	l := &TransformerEncoderLayer{SelfAttn: c.attention(g, size, heads), Activation: c.Activation,
		NormFirst: c.NormFirst}
	l.Linear1, l.Linear2 = c.feedForward("transformer_encoder_layer", g, size)
	l.Norm1, l.Norm2 = c.norm(size), c.norm(size)
	l.Dropout, l.Dropout1, l.Dropout2 = c.dropout(g), c.dropout(g), c.dropout(g)
	return l
}

func (c TransformerLayerConfig) attention(g *rng.Torch, size, heads int) *MultiheadAttention {
	return MultiheadAttentionConfig{Dropout: defaults.Float(c.Dropout, 0.1), NoBias: c.NoBias,
		BatchFirst: c.BatchFirst, DType: c.DType}.New(g, size, heads)
}

func (c TransformerLayerConfig) feedForward(op string, g *rng.Torch, size int) (in, out *Linear) {
	linear := LinearConfig{NoBias: c.NoBias, DType: c.DType}
	inner := or(c.FeedForward, 2048)
	checkSize(op, "FeedForward", inner)
	in = linear.New(g, size, inner)
	return in, linear.New(g, inner, size)
}

func (c TransformerLayerConfig) norm(size int) *LayerNorm {
	return LayerNormConfig{Eps: c.LayerNormEps, NoBias: c.NoBias, DType: c.DType}.New(size)
}

func (c TransformerLayerConfig) dropout(g *rng.Torch) *Dropout {
	return NewDropout(g, defaults.Float(c.Dropout, 0.1))
}

// Forward returns the layer's result for x (T, N, E); m says which positions are not seen.
func (l *TransformerEncoderLayer) Forward(x tensor.Tensor, m AttentionMask) tensor.Tensor {
	defer InLayer(l)
	attend := func(x tensor.Tensor) tensor.Tensor { return l.Dropout1.Forward(l.SelfAttn.Forward(x, x, x, m)) }
	feed := func(x tensor.Tensor) tensor.Tensor {
		return l.Dropout2.Forward(feedForward(l.Linear1, l.Linear2, l.Dropout, l.Activation, x))
	}
	y := residual(x, l.Norm1, l.NormFirst, attend)
	y = residual(y, l.Norm2, l.NormFirst, feed)
	return reported(l, y, x, m.Mask, m.KeyPadding)
}

// residual returns norm(x + f(x)), or x + f(norm(x)) if the norm comes first.
func residual(x tensor.Tensor, norm *LayerNorm, first bool, f func(x tensor.Tensor) tensor.Tensor) tensor.Tensor {
	if first {
		return x.Add(f(norm.Forward(x)))
	}
	return norm.Forward(x.Add(f(x)))
}

// feedForward returns out(dropout(activation(in(x)))). A ReLU is computed in one pass with in, unless an observer needs
// both results.
func feedForward(in, out *Linear, d *Dropout, activation func(tensor.Tensor) tensor.Tensor,
	x tensor.Tensor) tensor.Tensor {
	switch {
	case activation != nil:
		x = activation(in.Forward(x))
	case x.Observer() == nil:
		x = in.forward(x, tensor.ReLU)
	default:
		x = in.Forward(x).ReLU()
	}
	return out.Forward(d.Forward(x))
}

// TransformerDecoderLayer is an encoder layer with attention to the results of an encoder between its two parts:
//
//	x = norm1(x + attention(x)),  x = norm2(x + attention(x, memory)),  x = norm3(x + W₂·activation(W₁·x))
//	(T, N, E), memory (S, N, E) → (T, N, E)
//
// With NormFirst each norm comes before its part.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html)
type TransformerDecoderLayer struct {
	SelfAttn, MultiheadAttn      *MultiheadAttention
	Linear1                      *Linear // (feedForward, E)
	Dropout                      *Dropout
	Linear2                      *Linear // (E, feedForward)
	Norm1, Norm2, Norm3          *LayerNorm
	Dropout1, Dropout2, Dropout3 *Dropout

	Activation func(tensor.Tensor) tensor.Tensor // nil means ReLU
	NormFirst  bool
}

// NewTransformerDecoderLayer returns a layer for vectors of the given size. The values are those of PyTorch after
// torch.manual_seed.
func NewTransformerDecoderLayer(g *rng.Torch, size, heads int) *TransformerDecoderLayer {
	return TransformerLayerConfig{}.NewDecoder(g, size, heads)
}

// NewDecoder returns a decoder layer; see [NewTransformerDecoderLayer].
func (c TransformerLayerConfig) NewDecoder(g *rng.Torch, size, heads int) *TransformerDecoderLayer {
	l := &TransformerDecoderLayer{SelfAttn: c.attention(g, size, heads), MultiheadAttn: c.attention(g, size, heads),
		Activation: c.Activation, NormFirst: c.NormFirst}
	l.Linear1, l.Linear2 = c.feedForward("transformer_decoder_layer", g, size)
	l.Norm1, l.Norm2, l.Norm3 = c.norm(size), c.norm(size), c.norm(size)
	l.Dropout, l.Dropout1, l.Dropout2, l.Dropout3 = c.dropout(g), c.dropout(g), c.dropout(g), c.dropout(g)
	return l
}

// Forward returns the layer's result for x (T, N, E) and memory (S, N, E). self says which positions of x are not seen,
// cross which of memory.
func (l *TransformerDecoderLayer) Forward(x, memory tensor.Tensor, self, cross AttentionMask) tensor.Tensor {
	defer InLayer(l)
	attend := func(x tensor.Tensor) tensor.Tensor { return l.Dropout1.Forward(l.SelfAttn.Forward(x, x, x, self)) }
	read := func(x tensor.Tensor) tensor.Tensor {
		return l.Dropout2.Forward(l.MultiheadAttn.Forward(x, memory, memory, cross))
	}
	feed := func(x tensor.Tensor) tensor.Tensor {
		return l.Dropout3.Forward(feedForward(l.Linear1, l.Linear2, l.Dropout, l.Activation, x))
	}
	y := residual(x, l.Norm1, l.NormFirst, attend)
	y = residual(y, l.Norm2, l.NormFirst, read)
	y = residual(y, l.Norm3, l.NormFirst, feed)
	return reported(l, y, x, memory, self.Mask, self.KeyPadding, cross.Mask, cross.KeyPadding)
}

// TransformerEncoder applies encoder layers one after another, then a norm.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html)
type TransformerEncoder struct {
	Layers []*TransformerEncoderLayer
	Norm   *LayerNorm // nil means none
}

// NewTransformerEncoder returns an encoder of n copies of layer, which begin with equal weights, as in PyTorch. The
// copies draw their dropout from layer's generator. norm may be nil. It panics if n is negative.
func NewTransformerEncoder(layer *TransformerEncoderLayer, n int, norm *LayerNorm) *TransformerEncoder {
	return &TransformerEncoder{Layers: copiesOf("transformer_encoder", layer, n), Norm: norm}
}

// copiesOf returns n copies of a layer, which share its generators.
func copiesOf[L any](op string, layer L, n int) []L {
	if n < 0 {
		fail(op, nil, fmt.Sprintf("the number of layers must not be negative, not %d", n))
	}
	var list []L
	for range n {
		c := newCloner(cloneTensor)
		for _, g := range Generators(layer) {
			c.generators[g] = g
		}
		y := layer
		c.clone(reflect.ValueOf(&y).Elem())
		list = append(list, y)
	}
	return list
}

// Forward returns the encoder's result for x (T, N, E). Positions that m.KeyPadding hides get results too; PyTorch
// gives 0 for them on its fast path, in evaluation without gradients.
func (l *TransformerEncoder) Forward(x tensor.Tensor, m AttentionMask) tensor.Tensor {
	defer InLayer(l)
	c := tensor.NewChain(x)
	y := x
	for _, layer := range l.Layers {
		y = c.Next(layer.Forward(y, m))
	}
	if l.Norm != nil {
		y = c.Next(l.Norm.Forward(y))
	}
	return reported(l, y, x, m.Mask, m.KeyPadding)
}

// TransformerDecoder applies decoder layers one after another, then a norm.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html)
type TransformerDecoder struct {
	Layers []*TransformerDecoderLayer
	Norm   *LayerNorm // nil means none
}

// NewTransformerDecoder returns a decoder of n copies of layer, which begin with equal weights, as in PyTorch. The
// copies draw their dropout from layer's generator. norm may be nil. It panics if n is negative.
func NewTransformerDecoder(layer *TransformerDecoderLayer, n int, norm *LayerNorm) *TransformerDecoder {
	return &TransformerDecoder{Layers: copiesOf("transformer_decoder", layer, n), Norm: norm}
}

// Forward returns the decoder's result for x (T, N, E) and memory (S, N, E). self says which positions of x are not
// seen, cross which of memory.
func (l *TransformerDecoder) Forward(x, memory tensor.Tensor, self, cross AttentionMask) tensor.Tensor {
	defer InLayer(l)
	c := tensor.NewChain(x)
	y := x
	for _, layer := range l.Layers {
		y = c.Next(layer.Forward(y, memory, self, cross))
	}
	if l.Norm != nil {
		y = c.Next(l.Norm.Forward(y))
	}
	return reported(l, y, x, memory, self.Mask, self.KeyPadding, cross.Mask, cross.KeyPadding)
}

// Transformer is an encoder that reads a source sequence and a decoder that reads its result and a target sequence:
//
//	source (S, N, E), target (T, N, E) → (T, N, E)
//
// (https://arxiv.org/abs/1706.03762, https://docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html)
type Transformer struct {
	Encoder *TransformerEncoder
	Decoder *TransformerDecoder
}

// TransformerConfig holds the options of a Transformer. The zero value is PyTorch's default.
type TransformerConfig struct {
	EncoderLayers, DecoderLayers int // 0 means 6, −1 none
	Layer                        TransformerLayerConfig
}

// TransformerMasks says which positions of a Transformer's sequences are not seen.
type TransformerMasks struct {
	Source AttentionMask // by the encoder
	Target AttentionMask // by the decoder
	Memory AttentionMask // of the encoder's result, by the decoder
}

// NewTransformer returns a transformer with 6 encoder and 6 decoder layers for vectors of the given size. The values
// are those of PyTorch after torch.manual_seed.
func NewTransformer(g *rng.Torch, size, heads int) *Transformer {
	return TransformerConfig{}.New(g, size, heads)
}

// New returns a transformer; see [NewTransformer].
func (c TransformerConfig) New(g *rng.Torch, size, heads int) *Transformer {
	layers := func(n int) int {
		if n < 0 {
			return 0
		}
		return or(n, 6)
	}
	l := &Transformer{}
	l.Encoder = NewTransformerEncoder(c.Layer.NewEncoder(g, size, heads), layers(c.EncoderLayers), c.Layer.norm(size))
	l.Decoder = NewTransformerDecoder(c.Layer.NewDecoder(g, size, heads), layers(c.DecoderLayers), c.Layer.norm(size))
	for _, p := range Parameters(l) {
		if p.Rank() > 1 {
			nninit.XavierUniform(g, p, 1)
		}
	}
	return l
}

// Forward returns the decoder's result (T, N, E) for the source (S, N, E) and the target (T, N, E); with BatchFirst N
// comes first. It panics if shapes or types do not fit.
func (l *Transformer) Forward(source, target tensor.Tensor, m TransformerMasks) tensor.Tensor {
	defer InLayer(l)
	y := l.Decoder.Forward(target, l.Encoder.Forward(source, m.Source), m.Target, m.Memory)
	return reported(l, y, source, target)
}

// GenerateSquareSubsequentMask returns the mask of causal attention to add to the scores, (n, n): −∞ for the keys
// after each query, 0 for the others. [AttentionMask].Causal needs no mask and is faster.
func GenerateSquareSubsequentMask(n int) tensor.Tensor {
	return tensor.Full(math.Inf(-1), n, n).Triu(1)
}
