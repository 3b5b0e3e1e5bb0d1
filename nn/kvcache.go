package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// KVCache holds the keys and values of the positions that a decoder has seen, for each of its layers, so that a step of
// generation computes only those of the new positions. The memory is allocated once, for a fixed capacity. A cache
// serves one batch of sequences at a time.
//
//	keys, values := cache.Append(layer, k, v) // those of all positions so far, (N, heads, Len, size)
//
// It is for inference: gradients do not flow through it.
type KVCache struct {
	Keys, Values []tensor.Tensor // of each layer, (N, heads, capacity, size)

	lengths []int // of each layer
}

// KVCacheConfig holds the options of a KVCache.
type KVCacheConfig struct {
	DType  tensor.DType
	Device tensor.Device
}

// NewKVCache returns an empty cache of float32 on the CPU; see [KVCacheConfig.New].
func NewKVCache(layers, batch, heads, capacity, size int) *KVCache {
	return KVCacheConfig{}.New(layers, batch, heads, capacity, size)
}

// New returns an empty cache for a decoder with the given number of layers: for batch sequences of up to capacity
// positions, and heads keys of the given size for each. It panics if a number is negative.
func (c KVCacheConfig) New(layers, batch, heads, capacity, size int) *KVCache {
	if min(layers, batch, heads, capacity, size) < 0 {
		fail("KVCache", nil,
			fmt.Sprintf("the numbers of layers, sequences, heads, positions and elements must not be negative, not %d, %d, %d, %d and %d",
				layers, batch, heads, capacity, size))
	}
	o := tensor.Options{DType: c.DType, Device: c.Device}
	cache := &KVCache{lengths: make([]int, layers)}
	for range layers {
		cache.Keys = append(cache.Keys, o.Zeros(batch, heads, capacity, size))
		cache.Values = append(cache.Values, o.Zeros(batch, heads, capacity, size))
	}
	return cache
}

// Len returns the number of positions that all layers have.
func (c *KVCache) Len() int {
	if len(c.lengths) == 0 {
		return 0
	}
	return c.lengths[len(c.lengths)-1]
}

// Capacity returns the largest number of positions.
func (c *KVCache) Capacity() int {
	if len(c.Keys) == 0 {
		return 0
	}
	return c.Keys[0].Dim(2)
}

// Append stores keys and values (N, heads, T, size) of the next T positions of a layer. It returns the keys and
// values of all positions of that layer so far, as views in the scope of k. It panics if the cache is full, if shapes
// or types do not fit, or if a gradient would be lost.
func (c *KVCache) Append(layer int, k, v tensor.Tensor) (keys, values tensor.Tensor) {
	const op = "KVCache.Append"
	if layer < 0 || layer >= len(c.Keys) {
		fail(op, nil, fmt.Sprintf("there is no layer %d: the cache has %d", layer, len(c.Keys)))
	}
	if k.NeedsGrad() || v.NeedsGrad() {
		fail(op, nil, "gradients do not flow through a cache: call the model in a scope that does not record, such as tensor.NoGrad", k.Shape())
	}
	store := c.Keys[layer].Shape()
	if k.Rank() != 4 || k.Shape() != store.With(2, k.Dim(2)) || v.Shape() != c.Values[layer].Shape().With(2, k.Dim(2)) {
		fail(op, nil, fmt.Sprintf("keys and values must be (%d, %d, T, %d)", store.Dim(0), store.Dim(1), store.Dim(3)),
			k.Shape(), v.Shape())
	}
	if want := c.Keys[layer].DType(); k.DType() != want || v.DType() != c.Values[layer].DType() {
		fail(op, nil, fmt.Sprintf("keys and values must be %s as the cache is, not %s and %s", want, k.DType(),
			v.DType()), k.Shape(), v.Shape())
	}
	at, n := c.lengths[layer], k.Dim(2)
	if at+n > store.Dim(2) {
		fail(op, nil, fmt.Sprintf("%d positions and %d more do not fit in the cache's %d", at, n, store.Dim(2)),
			k.Shape())
	}
	keys, values = c.Keys[layer].InScopeOf(k), c.Values[layer].InScopeOf(k)
	keys.Narrow(2, at, n).CopyFrom(k)
	values.Narrow(2, at, n).CopyFrom(v)
	c.lengths[layer] = at + n
	return keys.Narrow(2, 0, at+n), values.Narrow(2, 0, at+n)
}

// Truncate drops all positions from n on. Truncate(0) empties the cache. It panics if a layer has fewer than n
// positions, and then changes nothing.
func (c *KVCache) Truncate(n int) {
	for _, l := range c.lengths {
		if n < 0 || n > l {
			fail("KVCache.Truncate", nil, fmt.Sprintf("the cache has %d positions, so it cannot be cut to %d", l, n))
		}
	}
	for i := range c.lengths {
		c.lengths[i] = n
	}
}

// Reorder replaces sequence i by what sequence index[i] was, for beam search. index is an int64 tensor (N,). It
// panics if index has another type or shape, or a number that is no sequence's.
func (c *KVCache) Reorder(index tensor.Tensor) {
	if len(c.Keys) > 0 && (index.DType() != tensor.Int64 || index.Shape() != tensor.ShapeOf(c.Keys[0].Dim(0))) {
		fail("KVCache.Reorder", nil, fmt.Sprintf("the index must be int64 and (%d,), not %s", c.Keys[0].Dim(0),
			index.DType()), index.Shape())
	}
	for i := range c.Keys {
		for _, t := range [...]tensor.Tensor{c.Keys[i], c.Values[i]} {
			used := t.InScopeOf(index).Narrow(2, 0, c.lengths[i])
			y := used.IndexSelect(0, index)
			used.CopyFrom(y)
			y.Release()
		}
	}
}
