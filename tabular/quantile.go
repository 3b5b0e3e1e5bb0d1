package tabular

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"sync/atomic"
)

// maxSample is the largest number of training rows from which quantiles are computed.
const maxSample = 1 << 16

// sample keeps the values of the rows with the smallest hashes, at most maxSample: a random sample that does not depend
// on the order in which parts are joined.
type sample struct {
	limit uint64 // 0 means that all rows count
	kept  []sampled
	known atomic.Uint64 // limit, for the goroutines that sample later blocks; it saves work and changes no result
}

type sampled struct {
	hash  uint64
	value float64
}

func (s *sample) add(row int, v float64) {
	h := mix(uint64(row) + 0x632be59bd9b4e019)
	if s.limit != 0 && h >= s.limit {
		return
	}
	if s.kept = append(s.kept, sampled{h, v}); len(s.kept) >= 2*maxSample {
		s.compact()
	}
}

// compact keeps the values with the smallest hashes.
func (s *sample) compact() {
	if len(s.kept) <= maxSample {
		return
	}
	slices.SortFunc(s.kept, func(a, b sampled) int { return cmp.Compare(a.hash, b.hash) })
	s.limit = s.kept[maxSample].hash
	s.kept = s.kept[:maxSample]
}

// sorted returns the values of the sample in ascending order.
func (s *sample) sorted() []float64 {
	s.compact()
	values := make([]float64, len(s.kept))
	for i, v := range s.kept {
		values[i] = v.value
	}
	slices.Sort(values)
	return values
}

// quantileOf returns the q-quantile, 0 ≤ q ≤ 1, of sorted values, with linear interpolation as numpy.percentile.
func quantileOf(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	t := at - float64(i)
	a, b := sorted[i], sorted[i+1]
	if t >= 0.5 { // as NumPy, so that the result is b exactly at t = 1
		return b - (b-a)*(1-t)
	}
	return a + (b-a)*t
}

// quantiles returns n quantiles of sorted values, from the smallest to the largest value. They never decrease. Fractions
// pass through percent as in scikit-learn: where values are equal, their rounding decides which quantile is the first.
func quantiles(sorted []float64, n int) []float64 {
	q := make([]float64, n)
	for i := range q {
		percent := fraction(i, n) * 100
		q[i] = quantileOf(sorted, percent/100)
		if i > 0 {
			q[i] = max(q[i], q[i-1])
		}
	}
	return q
}

// fraction returns element i of numpy.linspace(0, 1, n).
func fraction(i, n int) float64 {
	if i == n-1 {
		return 1
	}
	return float64(i) * (1 / float64(n-1))
}

// uniform maps v to 0 … 1 by the quantiles q of the training rows, as scikit-learn's QuantileTransformer: between two
// quantiles it interpolates, and among equal ones it takes the middle.
func uniform(q []float64, v float64) float64 {
	n := len(q)
	switch {
	case v <= q[0]:
		return 0
	case v >= q[n-1]:
		return 1
	}
	// The mean of the interpolations from the left and from the right, which differ where quantiles are equal.
	high := sort.Search(n, func(i int) bool { return q[i] > v }) // q[high−1] ≤ v < q[high]
	right := between(q, high-1, high, v)
	low := sort.SearchFloat64s(q, v) // q[low−1] < v ≤ q[low]
	left := between(q, low-1, low, v)
	return 0.5 * (left + right)
}

// between interpolates the fractions i/(n−1) and j/(n−1) of the quantiles i and j = i+1, between which v lies.
func between(q []float64, i, j int, v float64) float64 {
	a, b := fraction(i, len(q)), fraction(j, len(q))
	return a + (b-a)/(q[j]-q[i])*(v-q[i])
}

// normal returns the value of which a fraction u of the standard normal distribution is smaller: its quantile function,
// cut at ±5.2 as scikit-learn does, which is where u is 1e-7 and 1−1e-7.
func normal(u float64) float64 {
	const edge = 1e-7
	u = min(max(u, edge), 1-edge)
	x := math.Sqrt2 * math.Erfinv(2*u-1)
	if u < 0.01 || u > 0.99 { // 2u−1 has lost digits: one step of Newton's method, with the tail
		tail := min(u, 1-u)
		z := math.Abs(x)
		z += (0.5*math.Erfc(z/math.Sqrt2) - tail) * math.Sqrt(2*math.Pi) * math.Exp(z*z/2)
		x = math.Copysign(z, x)
	}
	return x
}
