package tbevents

import (
	"math"
	"slices"
	"sort"
)

// Histogram says how many of Num values lie in each bin. Bin i has Counts[i] values, up to Limits[i]; it begins at
// Limits[i−1], the first at Min.
type Histogram struct {
	Min, Max, Num, Sum, SumSquares float64
	Limits, Counts                 []float64
}

// edges are TensorFlow's edges of bins: 0 and ±1e-12·1.1ⁱ below 1e20.
var edges = func() []float64 {
	var positive []float64
	for v := 1e-12; v < 1e20; v *= 1.1 {
		positive = append(positive, v)
	}
	all := make([]float64, 0, 2*len(positive)+1)
	for _, v := range slices.Backward(positive) {
		all = append(all, -v)
	}
	return append(append(all, 0), positive...)
}()

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
		above := sort.Search(len(edges), func(i int) bool { return edges[i] > v })
		counts[min(max(above-1, 0), len(counts)-1)]++
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
