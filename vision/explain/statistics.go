package explain

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// Histogram counts values in bins of equal width: bin i has those from Edges[i] up to, but without, Edges[i+1]. The
// last bin includes its upper edge.
type Histogram struct {
	Edges  []float64 // one more than Counts
	Counts []int
	Zeros  int // values that are 0: neurons that ReLU silences
	Total  int // values, without those that are not finite
}

// NewHistogram counts the finite elements of x in bins between the smallest and the largest, as numpy.histogram does.
// If all are equal, the edges are half below and half above. It panics if bins is less than 1.
func NewHistogram(x tensor.Tensor, bins int) Histogram {
	if bins < 1 {
		fail("explain.NewHistogram", fmt.Sprintf("%d bins, want at least 1", bins))
	}
	values := slices.DeleteFunc(x.Float64s(), func(v float64) bool {
		return math.IsNaN(v) || math.IsInf(v, 0)
	})
	low, high := 0.0, 1.0
	if len(values) > 0 {
		low, high = slices.Min(values), slices.Max(values)
	}
	if low == high {
		low, high = low-0.5, high+0.5
	}
	h := Histogram{Edges: make([]float64, bins+1), Counts: make([]int, bins), Total: len(values)}
	for i := range h.Edges {
		h.Edges[i] = low + (high-low)*float64(i)/float64(bins)
	}
	h.Edges[bins] = high
	for _, v := range values {
		i := min(int((v-low)/(high-low)*float64(bins)), bins-1)
		for i > 0 && v < h.Edges[i] { // rounding put v one bin off
			i--
		}
		for i < bins-1 && v >= h.Edges[i+1] {
			i++
		}
		h.Counts[i]++
		if v == 0 {
			h.Zeros++
		}
	}
	return h
}

// Mistake is a wrong prediction.
type Mistake struct {
	Index       int     // of the sample
	Target      int     // its class
	Predicted   int     // the class with the highest probability
	Probability float64 // of the predicted class
}

// Mistakes returns the n wrong predictions with the highest probabilities, highest first: the samples where the network
// is sure and wrong, among them wrong labels. probabilities is (N, classes), targets are the N classes. There are fewer
// than n if fewer predictions are wrong. It panics if the shapes do not fit.
func Mistakes(probabilities tensor.Tensor, targets []int64, n int) []Mistake {
	if probabilities.Rank() != 2 || probabilities.Dim(0) != len(targets) {
		fail("explain.Mistakes", fmt.Sprintf("probabilities for %d targets, want (%d, classes)", len(targets),
			len(targets)), probabilities.Shape())
	}
	var wrong []Mistake
	if len(targets) > 0 {
		best, at := probabilities.Max(1).Float64s(), probabilities.ArgMax(1).Int64s()
		for i, t := range targets {
			if at[i] != t {
				wrong = append(wrong, Mistake{Index: i, Target: int(t), Predicted: int(at[i]), Probability: best[i]})
			}
		}
	}
	slices.SortStableFunc(wrong, func(a, b Mistake) int { return cmp.Compare(b.Probability, a.Probability) })
	return wrong[:min(max(n, 0), len(wrong))]
}
