package data

import "github.com/lamina-ml/lamina/rng"

// Sampler says in which order a pass takes the samples of a dataset.
type Sampler interface {
	// Len returns how many samples a pass takes.
	Len() int
	// Order writes the indices of a pass to dst, whose length is Len(). What it draws at random it draws from g, the
	// loader's generator, which is nil where the loader has none.
	Order(dst []int64, g *rng.Torch)
}

// sequential is the order of a loader that does not shuffle.
type sequential struct{ ds Dataset }

func (s sequential) Len() int { return s.ds.Len() }

func (s sequential) Order(dst []int64, _ *rng.Torch) {
	for i := range dst {
		dst[i] = int64(i)
	}
}

// shuffled is the order of a loader that shuffles. As torch.utils.data.RandomSampler does, it draws only a seed from the
// loader's generator, and the permutation from a generator of its own.
type shuffled struct {
	ds   Dataset
	perm rng.Torch
}

func (s *shuffled) Len() int { return s.ds.Len() }

func (s *shuffled) Order(dst []int64, g *rng.Torch) {
	s.perm.Seed(uint64(g.Int63()))
	s.perm.Randperm(dst)
}
