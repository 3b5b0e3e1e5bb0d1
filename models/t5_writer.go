package models

import (
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// T5Writer writes results of texts that the encoder of a T5 has read, token by token. It has the keys and values of the
// texts, and computes those of a result's tokens once. It is a model for package generate:
//
//	generate.Tokens(t5.Read(ids, mask), []int32{0}, generate.Config{}) // 0 is the token for padding
//
// A batch of results has one result for each text, or any number of results, such as beams, of a single text.
// Goroutines may share a T5Writer, each with its own cache.
type T5Writer struct {
	model   *T5
	texts   *nn.KVCache
	visible tensor.Tensor
}

// Read reads texts (N, S) with their mask, as [T5.Encode] does, for the decoder. The model must be in evaluation mode.
func (m *T5) Read(ids, mask tensor.Tensor) *T5Writer {
	defer nn.InLayer(m)
	w := &T5Writer{model: m, texts: m.newCache(ids.Dim(0), ids.Dim(1))}
	tensor.NoGrad(ids, func(ids tensor.Tensor) tensor.Tensor {
		features := m.Encode(ids, mask)
		for i, b := range m.Decoder.Block {
			k, v := b.Layer[1].EncDecAttention.project(features)
			w.texts.Append(i, k, v)
		}
		if mask.Defined() {
			w.visible = keyMask("t5", ids, mask).Keep()
		}
		return features
	}).Release()
	return w
}

// newCache returns an empty cache for the decoder.
func (m *T5) newCache(batch, capacity int) *nn.KVCache {
	w, size := m.Shared.Weight, m.Decoder.Block[0].Layer[0].SelfAttention.size
	heads := m.Decoder.Block[0].Layer[0].SelfAttention.Q.Weight.Dim(0) / size
	return nn.KVCacheConfig{DType: w.DType(), Device: w.Device()}.New(len(m.Decoder.Block), batch, heads, capacity,
		size)
}

// NewCache returns an empty cache of keys and values for batch results of up to capacity tokens.
func (w *T5Writer) NewCache(batch, capacity int) *nn.KVCache {
	return w.model.newCache(batch, capacity)
}

// Context returns the most tokens of a result, which T5 does not limit.
func (w *T5Writer) Context() int { return math.MaxInt32 }

// Next computes the tokens ids (N, T) of results that follow those in the cache, adds their keys and values to it, and
// returns the logits (N, vocabulary) for the token after the last one. mask is boolean (N, 1, T, S) for the S tokens of
// the cache including the new ones, true where a token may see another; without a mask each token sees all before it.
// T5 knows distances between tokens but no positions: those given are not used.
func (w *T5Writer) Next(ids, positions, mask tensor.Tensor, cache *nn.KVCache) tensor.Tensor {
	m, t := w.model, ids.Dim(1)
	defer nn.InLayer(m)
	bias := m.Decoder.bias(ids, cache.Len()+t)
	if mask = masked(mask, ids, cache); mask.Defined() {
		bias = bias.MaskedFill(mask.Not(), math.Inf(-1))
	}
	see := t5Attending{bias: bias, causal: !mask.Defined() && t > 1, cache: cache, text: w.texts}
	if w.visible.Defined() {
		see.visible = w.visible.InScopeOf(ids)
	}
	return m.head(m.Decoder.run(ids, see).Narrow(1, t-1, 1)).Squeeze(1)
}
