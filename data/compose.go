package data

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/lamina-ml/lamina/rng"
)

// Subset is some of the samples of a dataset, in an order of its own.
type Subset struct {
	ds      Dataset
	indices []int64
}

// NewSubset returns the dataset whose sample i is sample indices[i] of ds. It panics where there is no such sample.
func NewSubset(ds Dataset, indices []int64) *Subset {
	checkIndices("NewSubset", indices, ds.Len())
	return &Subset{ds, slices.Clone(indices)}
}

func checkIndices(op string, indices []int64, n int) {
	for at, i := range indices {
		if i < 0 || i >= int64(n) {
			fail(op, fmt.Sprintf("index %d at place %d is not one of %d samples", i, at, n))
		}
	}
}

// Len returns the number of indices.
func (s *Subset) Len() int { return len(s.indices) }

// Fields returns the fields of the whole.
func (s *Subset) Fields() []Field { return s.ds.Fields() }

// Indices returns a copy of the samples' numbers in the whole.
func (s *Subset) Indices() []int64 { return slices.Clone(s.indices) }

// Read reads sample i from the whole.
func (s *Subset) Read(i int, dst *Sample) error { return s.ds.Read(int(s.indices[i]), dst) }

// RandomSplit cuts ds into parts of the given lengths that have no sample in common, drawing one permutation from g:
// torch.utils.data.random_split. It panics unless the lengths add up to the number of samples; [Fractions] computes some that do.
//
//	parts := data.RandomSplit(ds, g, data.Fractions(ds.Len(), 0.9, 0.1)...)
//	train, valid := parts[0], parts[1]
func RandomSplit(ds Dataset, g *rng.Torch, lengths ...int) []*Subset {
	sum := 0
	for _, n := range lengths {
		if n < 0 {
			fail("RandomSplit", fmt.Sprintf("length %d", n))
		}
		sum += n
	}
	if sum != ds.Len() {
		fail("RandomSplit", fmt.Sprintf("the lengths %v add up to %d, not to the dataset's %d samples", lengths, sum, ds.Len()))
	}
	order := make([]int64, sum)
	need("RandomSplit", g).Randperm(order)
	parts := make([]*Subset, len(lengths))
	for i, n := range lengths {
		parts[i] = &Subset{ds, order[:n:n]}
		order = order[n:]
	}
	return parts
}

// Fractions cuts n samples into parts of about the given fractions: each gets ⌊n·fraction⌋, and what is left goes to the parts in
// turn, one each. It panics unless each fraction is in [0, 1] and they add up to 1.
func Fractions(n int, fractions ...float64) []int {
	sum := 0.0
	for _, f := range fractions {
		if !(f >= 0 && f <= 1) {
			fail("Fractions", fmt.Sprintf("%v is no fraction", f))
		}
		sum += f
	}
	if math.Abs(sum-1) > 1e-9 {
		fail("Fractions", fmt.Sprintf("%v add up to %v, not to 1", fractions, sum))
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

// Concat is several datasets one behind the other.
type Concat struct {
	parts []Dataset
	ends  []int // ends[k] is the number of samples in parts[:k+1]
}

// NewConcat returns the samples of the first part, then those of the second, and so on. It panics unless their fields are the
// same.
func NewConcat(parts ...Dataset) *Concat {
	if len(parts) == 0 {
		fail("NewConcat", "at least one dataset is needed")
	}
	c, n := &Concat{parts: slices.Clone(parts)}, 0
	fields := parts[0].Fields()
	for i, p := range parts {
		if f := p.Fields(); !slices.Equal(f, fields) {
			fail("NewConcat", fmt.Sprintf("part %d has fields %v, part 0 has %v", i, f, fields))
		}
		n += p.Len()
		c.ends = append(c.ends, n)
	}
	return c
}

// Len returns the number of samples in all parts.
func (c *Concat) Len() int { return c.ends[len(c.ends)-1] }

// Fields returns the fields of each part.
func (c *Concat) Fields() []Field { return c.parts[0].Fields() }

// Read reads sample i from the part that it lies in.
func (c *Concat) Read(i int, s *Sample) error {
	k := sort.SearchInts(c.ends, i+1)
	if k > 0 {
		i -= c.ends[k-1]
	}
	return c.parts[k].Read(i, s)
}
