package tbevents

import (
	"math"
	"slices"
)

// Histogram says how many of Num values lie in each bin. Bin i has Counts[i] values, up to Limits[i]; it begins at
// Limits[i−1], the first at Min.
type Histogram struct {
	Min, Max, Num, Sum, SumSquares float64
	Limits, Counts                 []float64
}

// TensorFlow's edges of bins are 0 and ±1e-12·1.1ⁱ below 1e20.
var (
	positive = func() (edges []float64) {
		for v := 1e-12; v < 1e20; v *= 1.1 {
			edges = append(edges, v)
		}
		return edges
	}()
	edges = func() []float64 {
		var all []float64
		for _, v := range slices.Backward(positive) {
			all = append(all, -v)
		}
		return append(append(all, 0), positive...)
	}()
	// below[i] is the number of positive edges up to the smallest number whose leading bits are those of positive[0]
	// plus i. Between two such numbers, which differ by less than 1%, lies at most one edge.
	below = func() []int {
		var counts []int
		k := 0
		for b := leading(positive[0]); b <= leading(1e20); b++ {
			for k < len(positive) && positive[k] <= math.Float64frombits(b<<45) {
				k++
			}
			counts = append(counts, k)
		}
		return counts
	}()
)

// leading returns the exponent and 7 bits of the mantissa of a positive number.
func leading(v float64) uint64 { return math.Float64bits(v) >> 45 }

// bin returns the number of the bin [edges[i], edges[i+1]) that v lies in, the outermost one for values beyond.
func bin(v float64) int {
	zero := len(positive)
	size := math.Abs(v)
	if size < positive[0] {
		if v < 0 {
			return zero - 1
		}
		return zero
	}
	k := len(positive) // the number of edges up to size
	if size < positive[k-1] {
		k = below[leading(size)-leading(positive[0])]
		if positive[k] <= size {
			k++
		}
	}
	if v > 0 {
		return min(zero+k, len(edges)-2)
	}
	if positive[k-1] == size { // −size is an edge, where its bin begins
		k--
	}
	return max(zero-1-k, 0)
}

// NewHistogram returns the histogram of the finite ones among values, with the bins of PyTorch's
// SummaryWriter.add_histogram: they grow by a tenth with the distance from 0, between 1e-12 and 1e20. Values beyond
// count in the outermost bins. Only the bins between the first and the last that is not empty are kept, and the one
// before the first, whose limit is where that begins. The histogram of no value has no bin.
func NewHistogram[T float32 | float64](values []T) Histogram {
	h := Histogram{Min: math.Inf(1), Max: math.Inf(-1)}
	counts := make([]float64, len(edges)-1) // bin i is [edges[i], edges[i+1])
	for _, x := range values {
		v := float64(x)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		h.Min, h.Max = min(h.Min, v), max(h.Max, v)
		h.Num++
		h.Sum += v
		h.SumSquares += v * v
		counts[bin(v)]++
	}
	if h.Num == 0 {
		return Histogram{}
	}
	first, last := 0, len(counts)-1
	for counts[first] == 0 {
		first++
	}
	for counts[last] == 0 {
		last--
	}
	h.Limits = slices.Clone(edges[first : last+2])
	h.Counts = append([]float64{0}, counts[first:last+1]...)
	return h
}
