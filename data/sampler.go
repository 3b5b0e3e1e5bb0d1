package data

import (
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/rng"
)

// Sampler sets the order in which a pass reads the samples of a dataset: torch.utils.data.Sampler. The loader calls
// Order once, when the pass begins.
type Sampler interface {
	// Len returns the number of samples in a pass.
	Len() int
	// Order writes the indices of a pass to dst, whose length is Len(). g is the loader's RNG, or nil.
	Order(dst []int64, g *rng.Torch)
}

// BatchSampler sets the samples of each batch of a pass. Batches may differ in size; similar samples can share a batch.
type BatchSampler interface {
	// Len returns the number of batches in a pass.
	Len() int
	// Append appends the indices of all batches to indices and the number of samples in each batch to sizes. g is the
	// loader's RNG, or nil.
	Append(indices []int64, sizes []int, g *rng.Torch) ([]int64, []int)
}

// SequentialSampler reads the samples in order: torch.utils.data.SequentialSampler.
type SequentialSampler struct{ Dataset Dataset }

// Len returns the number of samples.
func (s *SequentialSampler) Len() int { return s.Dataset.Len() }

// Order writes 0, 1, 2, …
func (s *SequentialSampler) Order(dst []int64, _ *rng.Torch) {
	for i := range dst {
		dst[i] = int64(i)
	}
}

// RandomSampler reads the samples in a random order: torch.utils.data.RandomSampler. A loader with Shuffle uses one
// with only Dataset set.
type RandomSampler struct {
	Dataset     Dataset
	Replacement bool // draw with replacement
	NumSamples  int  // samples in a pass; 0 means Dataset.Len()

	// Generator provides the random numbers. If it is nil, Order draws a seed from the loader's RNG and uses a
	// generator with that seed.
	Generator *rng.Torch

	seeded rng.Torch
	perm   []int64 // the last permutation, of which a part is used
}

// Len returns the number of samples in a pass.
func (s *RandomSampler) Len() int {
	if s.NumSamples > 0 {
		return s.NumSamples
	}
	return s.Dataset.Len()
}

// Order writes as many permutations as fit and the beginning of another one, or independent draws with Replacement.
// It panics if there is no generator, or no sample to draw.
func (s *RandomSampler) Order(dst []int64, g *rng.Torch) {
	if s.Generator != nil {
		g = s.Generator
	} else {
		s.seeded.Seed(uint64(requireRNG("RandomSampler", g).Int63()))
		g = &s.seeded
	}
	n := s.Dataset.Len()
	if len(dst) == 0 {
		return
	}
	if n == 0 {
		fail("RandomSampler", "the dataset has no samples to draw, want at least one")
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
	// PyTorch draws this last permutation even if none of it is used.
	s.perm = slices.Grow(s.perm[:0], n)[:n]
	g.Randperm(s.perm)
	copy(dst, s.perm)
}

// SubsetRandomSampler reads the samples with the given indices in a random order: torch.utils.data.SubsetRandomSampler.
type SubsetRandomSampler struct {
	Indices   []int64
	Generator *rng.Torch // provides the random numbers; nil means the loader's RNG
}

// Len returns the number of indices.
func (s *SubsetRandomSampler) Len() int { return len(s.Indices) }

// Order writes a random permutation of the indices. It panics if there is no generator.
func (s *SubsetRandomSampler) Order(dst []int64, g *rng.Torch) {
	if s.Generator != nil {
		g = s.Generator
	}
	requireRNG("SubsetRandomSampler", g).Randperm(dst)
	for i, j := range dst {
		dst[i] = s.Indices[j]
	}
}

// WeightedRandomSampler draws samples with probabilities proportional to weights:
// torch.utils.data.WeightedRandomSampler. With the weight 1/(number of samples of its class) for each sample, all
// classes are equally frequent.
type WeightedRandomSampler struct {
	Weights            []float64  // one per sample; they need not add up to 1
	NumSamples         int        // samples in a pass
	WithoutReplacement bool       // draw no sample twice in a pass
	Generator          *rng.Torch // provides the random numbers; nil means the loader's RNG
}

// Len returns NumSamples.
func (s *WeightedRandomSampler) Len() int { return s.NumSamples }

// Order draws as torch.multinomial does from float64 weights. It panics if there is no generator, and for invalid
// weights; see [rng.Torch.Multinomial64].
func (s *WeightedRandomSampler) Order(dst []int64, g *rng.Torch) {
	if s.Generator != nil {
		g = s.Generator
	}
	requireRNG("WeightedRandomSampler", g).Multinomial64(dst, s.Weights, 1, !s.WithoutReplacement)
}

// requireRNG returns g. It panics if g is nil.
func requireRNG(op string, g *rng.Torch) *rng.Torch {
	if g == nil {
		fail(op, "a random generator is missing: set the loader's RNG or the sampler's Generator")
	}
	return g
}

// NewBatchSampler returns a sampler that splits the order of s into batches of size samples:
// torch.utils.data.BatchSampler. The last batch may be smaller; dropLast drops it then. A loader with Sampler,
// BatchSize and DropLast uses the same sampler. It panics if size is not positive.
func NewBatchSampler(s Sampler, size int, dropLast bool) BatchSampler {
	if size <= 0 {
		fail("NewBatchSampler", fmt.Sprintf("batches of %d samples, want at least 1", size))
	}
	return &fixedBatches{s, size, dropLast}
}

type fixedBatches struct {
	Sampler
	size int
	drop bool
}

func (c *fixedBatches) Len() int {
	n := c.Sampler.Len()
	if n%c.size == 0 || c.drop {
		return n / c.size
	}
	return n/c.size + 1
}

func (c *fixedBatches) Append(indices []int64, sizes []int, g *rng.Torch) ([]int64, []int) {
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
