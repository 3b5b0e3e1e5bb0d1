package models

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// multihead computes attention with several heads from queries, keys and values. The attention layers of all models
// embed it, and differ in the layers that compute these three.
type multihead struct {
	nn.Mode
	RNG *rng.Torch // of the dropout; nil if the model has none

	size    int     // features of a head
	scale   float64 // of the scores in a decoder; 0 means 1/√size
	dropout float64 // of the weights, in training mode
}

// split returns x (N, T, heads·size) as (N, heads, T, size).
func (m *multihead) split(x tensor.Tensor) tensor.Tensor {
	return x.Reshape(x.Dim(0), x.Dim(1), x.Dim(2)/m.size, m.size).Transpose(1, 2)
}

// attend returns attention of queries (N, heads, T, size), keys and values (N, heads, S, size) as (N, T, heads·size).
func (m *multihead) attend(q, k, v tensor.Tensor, c tensor.AttentionConfig) tensor.Tensor {
	if m.Training() {
		c.Dropout, c.Generator = m.dropout, m.RNG
	}
	y := tensor.ScaledDotProductAttention(q, k, v, c)
	return y.Transpose(1, 2).Reshape(y.Dim(0), y.Dim(2), y.Dim(1)*y.Dim(3))
}

// next is attend for a decoder: keys and values are added to the cache, if there is one, and several query heads may
// share a head of them.
func (m *multihead) next(q, k, v tensor.Tensor, a attending) tensor.Tensor {
	if a.cache != nil {
		k, v = a.cache.Append(a.layer, k, v)
	}
	causal := !a.mask.Defined() && q.Dim(2) > 1 // one token sees all of the cache
	c := tensor.AttentionConfig{Mask: a.mask, Causal: causal, Scale: m.scale, GroupedQueries: true}
	a.seen.add(q, k, c)
	return m.attend(q, k, v, c)
}

// attending says which tokens a decoder's layer sees. The zero value is causal attention without a cache.
type attending struct {
	mask  tensor.Tensor
	cache *nn.KVCache
	layer int // in the cache
	seen  *attentions
}

// attentions takes copies of the weights with which each layer reads the values, if it is not nil.
type attentions []tensor.Tensor

func (a *attentions) add(q, k tensor.Tensor, c tensor.AttentionConfig) {
	if a != nil {
		*a = append(*a, tensor.AttentionWeights(q, k, c).Keep())
	}
}

// masked returns the mask with which the tokens ids (N, T) see those of the cache and themselves: the given one, or if
// it is undefined one that is causal. The zero Tensor means the attention of attending's zero value.
func masked(mask, ids tensor.Tensor, cache *nn.KVCache) tensor.Tensor {
	t, before := ids.Dim(1), cache.Len()
	if mask.Defined() || before == 0 || t == 1 {
		return mask
	}
	return ids.NewOnes(t, before+t).Tril(before).NotEqualScalar(0).Unsqueeze(0, 1)
}
