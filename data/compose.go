package data

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/lamina-ml/lamina/rng"
)

// Subset is a dataset of the samples of another one at given indices: torch.utils.data.Subset.
type Subset struct {
	ds      Dataset
	indices []int64
}

// NewSubset returns a dataset whose sample i is sample indices[i] of ds. It panics for an index outside 0 to
// ds.Len()−1.
func NewSubset(ds Dataset, indices []int64) *Subset {
	checkIndices("NewSubset", indices, ds.Len())
	return &Subset{ds, slices.Clone(indices)}
}

func checkIndices(op string, indices []int64, n int) {
	for at, i := range indices {
		if i < 0 || i >= int64(n) {
			fail(op, fmt.Sprintf("index %d at position %d, want 0 ≤ index < %d", i, at, n))
		}
	}
}

// Len returns the number of indices.
func (s *Subset) Len() int { return len(s.indices) }

// Fields returns the fields of the full dataset.
func (s *Subset) Fields() []Field { return s.ds.Fields() }

// Indices returns a copy of the samples' indices in the full dataset.
func (s *Subset) Indices() []int64 { return slices.Clone(s.indices) }

// Read reads sample i, which is sample Indices()[i] of the full dataset.
func (s *Subset) Read(i int, dst *Sample) error { return s.ds.Read(int(s.indices[i]), dst) }

// RandomSplit splits ds into disjoint random subsets of the given lengths: torch.utils.data.random_split. It draws
// one permutation from g. It panics if g is nil, and if the lengths do not add up to ds.Len(); [Fractions] computes
// lengths that do.
//
//	parts := data.RandomSplit(ds, g, data.Fractions(ds.Len(), 0.9, 0.1)...)
//	train, valid := parts[0], parts[1]
func RandomSplit(ds Dataset, g *rng.Torch, lengths ...int) []*Subset {
	sum := 0
	for _, n := range lengths {
		if n < 0 {
			fail("RandomSplit", fmt.Sprintf("length %d, want ≥ 0", n))
		}
		sum += n
	}
	if sum != ds.Len() {
		fail("RandomSplit", fmt.Sprintf("lengths %v add up to %d, want the dataset's %d samples", lengths, sum,
			ds.Len()))
	}
	order := make([]int64, sum)
	requireRNG("RandomSplit", g).Randperm(order)
	parts := make([]*Subset, len(lengths))
	for i, n := range lengths {
		parts[i] = &Subset{ds, order[:n:n]}
		order = order[n:]
	}
	return parts
}

// Fractions returns the lengths of parts of n samples, as torch.utils.data.random_split computes them from fractions:
// part i gets ⌊n·fractions[i]⌋ samples, and the remaining samples go to the parts in turn, one each. It panics if a
// fraction is outside [0, 1], or if the fractions do not add up to 1.
func Fractions(n int, fractions ...float64) []int {
	sum := 0.0
	for _, f := range fractions {
		if !(f >= 0 && f <= 1) {
			fail("Fractions", fmt.Sprintf("fraction %v, want 0 ≤ fraction ≤ 1", f))
		}
		sum += f
	}
	if math.Abs(sum-1) > 1e-9 {
		fail("Fractions", fmt.Sprintf("fractions %v add up to %v, want 1", fractions, sum))
	}
	lengths, left := make([]int, len(fractions)), n
	for i, f := range fractions {
		lengths[i] = int(math.Floor(float64(n) * f))
		left -= lengths[i]
	}
	for i := range left {
		lengths[i%len(lengths)]++
	}
	return lengths
}

// Concat is the concatenation of datasets: torch.utils.data.ConcatDataset.
type Concat struct {
	parts []Dataset
	ends  []int // ends[k] is the number of samples in parts[:k+1]
}

// NewConcat returns a dataset with the samples of the first part, then those of the second, and so on. It panics if
// there is no part, or if the parts' fields differ.
func NewConcat(parts ...Dataset) *Concat {
	if len(parts) == 0 {
		fail("NewConcat", "got no datasets, want at least one")
	}
	c, n := &Concat{parts: slices.Clone(parts)}, 0
	fields := parts[0].Fields()
	for i, p := range parts {
		if f := p.Fields(); !slices.Equal(f, fields) {
			fail("NewConcat", fmt.Sprintf("part %d has fields %v, want %v as part 0 has", i, f, fields))
		}
		n += p.Len()
		c.ends = append(c.ends, n)
	}
	return c
}

// Len returns the number of samples in all parts.
func (c *Concat) Len() int { return c.ends[len(c.ends)-1] }

// Fields returns the fields, which are the same in each part.
func (c *Concat) Fields() []Field { return c.parts[0].Fields() }

// Read reads sample i from the part that contains it.
func (c *Concat) Read(i int, s *Sample) error {
	k := sort.SearchInts(c.ends, i+1)
	if k > 0 {
		i -= c.ends[k-1]
	}
	return c.parts[k].Read(i, s)
}
