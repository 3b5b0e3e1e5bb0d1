package data

import (
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/rng"
)

// Sampler says in which order a pass takes the samples of a dataset. All that it draws at random it draws when the pass begins.
type Sampler interface {
	// Len returns how many samples a pass takes.
	Len() int
	// Order writes the indices of a pass to dst, whose length is Len(). g is the loader's RNG, nil where it has none.
	Order(dst []int64, g *rng.Torch)
}

// BatchSampler says which samples make each batch of a pass: batches may differ in size, and samples that are alike can come
// together.
type BatchSampler interface {
	// Len returns the number of batches in a pass.
	Len() int
	// Append appends the indices of a pass, batch behind batch, and the number of samples in each batch. g is the loader's
	// RNG, nil where it has none.
	Append(indices []int64, sizes []int, g *rng.Torch) ([]int64, []int)
}

// SequentialSampler takes the samples in their order: torch.utils.data.SequentialSampler.
type SequentialSampler struct{ Dataset Dataset }

// Len returns the number of samples.
func (s *SequentialSampler) Len() int { return s.Dataset.Len() }

// Order writes 0, 1, 2, …
func (s *SequentialSampler) Order(dst []int64, _ *rng.Torch) {
	for i := range dst {
		dst[i] = int64(i)
	}
}

// RandomSampler takes the samples in a random order, as torch.utils.data.RandomSampler does: a loader's Shuffle is one with
// nothing but the dataset set.
type RandomSampler struct {
	Dataset     Dataset
	Replacement bool // draw each sample from all
	NumSamples  int  // how many a pass takes; 0 means as many as there are

	// Generator is drawn from directly. Without one only a seed is drawn from the loader's RNG.
	Generator *rng.Torch

	own   rng.Torch
	whole []int64
}

// Len returns how many samples a pass takes.
func (s *RandomSampler) Len() int {
	if s.NumSamples > 0 {
		return s.NumSamples
	}
	return s.Dataset.Len()
}

// Order writes permutations one behind the other, the last one cut, or independent draws where s replaces.
func (s *RandomSampler) Order(dst []int64, g *rng.Torch) {
	if s.Generator != nil {
		g = s.Generator
	} else {
		s.own.Seed(uint64(need("RandomSampler", g).Int63()))
		g = &s.own
	}
	n := s.Dataset.Len()
	if len(dst) == 0 {
		return
	}
	if n == 0 {
		fail("RandomSampler", "the dataset has no samples")
	}
	if s.Replacement {
		g.Randint(dst, 0, int64(n))
		return
	}
	for ; len(dst) >= n; dst = dst[n:] {
		g.Randperm(dst[:n])
	}
	if s.Generator == nil && len(dst) == 0 {
		return
	}
	// PyTorch draws the permutation that it cuts also where nothing is left of it.
	s.whole = slices.Grow(s.whole[:0], n)[:n]
	g.Randperm(s.whole)
	copy(dst, s.whole)
}

// SubsetRandomSampler takes some samples in a random order: torch.utils.data.SubsetRandomSampler.
type SubsetRandomSampler struct {
	Indices   []int64
	Generator *rng.Torch // drawn from directly, as the loader's RNG is where this is nil
}

// Len returns the number of indices.
func (s *SubsetRandomSampler) Len() int { return len(s.Indices) }

// Order writes the indices in the order of one permutation.
func (s *SubsetRandomSampler) Order(dst []int64, g *rng.Torch) {
	if s.Generator != nil {
		g = s.Generator
	}
	need("SubsetRandomSampler", g).Randperm(dst)
	for i, j := range dst {
		dst[i] = s.Indices[j]
	}
}

// WeightedRandomSampler draws samples with given probabilities: torch.utils.data.WeightedRandomSampler. Rare classes come as
// often as others where each sample weighs 1/(samples of its class).
type WeightedRandomSampler struct {
	Weights            []float64 // one for each sample; they need not add up to 1
	NumSamples         int       // how many a pass takes
	WithoutReplacement bool      // take no sample twice in a pass
	Generator          *rng.Torch
}

// Len returns NumSamples.
func (s *WeightedRandomSampler) Len() int { return s.NumSamples }

// Order draws as torch.multinomial does from float64 weights. It panics where the weights are no weights; see
// [rng.Torch.Multinomial64].
func (s *WeightedRandomSampler) Order(dst []int64, g *rng.Torch) {
	if s.Generator != nil {
		g = s.Generator
	}
	need("WeightedRandomSampler", g).Multinomial64(dst, s.Weights, 1, !s.WithoutReplacement)
}

func need(op string, g *rng.Torch) *rng.Torch {
	if g == nil {
		fail(op, "a random generator is needed: set the loader's RNG")
	}
	return g
}

// NewBatchSampler returns the sampler that cuts the order of s into batches of size samples, the last one smaller or, with
// dropLast, left out: what a loader with these in its configuration uses.
func NewBatchSampler(s Sampler, size int, dropLast bool) BatchSampler {
	if size <= 0 {
		fail("NewBatchSampler", fmt.Sprintf("a batch cannot have %d samples", size))
	}
	return &cut{s, size, dropLast}
}

type cut struct {
	Sampler
	size int
	drop bool
}

func (c *cut) Len() int {
	n := c.Sampler.Len()
	if n%c.size == 0 || c.drop {
		return n / c.size
	}
	return n/c.size + 1
}

func (c *cut) Append(indices []int64, sizes []int, g *rng.Torch) ([]int64, []int) {
	from, n := len(indices), c.Sampler.Len()
	indices = slices.Grow(indices, n)[:from+n]
	c.Order(indices[from:], g)
	for ; n >= c.size; n -= c.size {
		sizes = append(sizes, c.size)
	}
	if n > 0 && !c.drop {
		sizes = append(sizes, n)
	}
	return indices, sizes
}
