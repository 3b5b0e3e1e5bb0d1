package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// Ranking says how well scores order samples, whatever threshold one would choose: the area under the ROC curve, and the average
// precision. It is exact, and so keeps all scores: 12 bytes for a sample with one score, 4 + 8·C for one with C. A figure takes
// 16 more for each sample that it sorts, and O(n log n) time. The zero value is ready.
//
// There are two kinds of problem, and a Ranking is for one of them, that of its first batch:
//
//   - yes or no: one score for each target that is 0 or 1, the higher the more likely 1 (logits or probabilities);
//   - classes: the probabilities of all classes for each target that is a class number.
//
// Where scores are NaN, the figures that they enter are NaN.
type Ranking struct {
	Average  Average // over classes; without effect on yes or no
	OneVsOne bool    // ROCAUC compares each pair of classes, instead of each class with the rest

	classes int // scores of each sample; 0 before the first batch
	scores  []float64
	targets []int32
	counts  []int // targets of each class
	target  buffer
	order   []ranked
}

// ranked is a sample while one class is told from others.
type ranked struct {
	score    float64
	positive bool
}

// Add takes a batch. For yes or no, scores of a float type and targets have one shape, whatever it is, and targets are 0 or 1, of
// any type. For classes, targets (N) are class numbers, of an integer type, and scores (N, C) are probabilities, so that each row
// adds up to 1: how the logits of one sample stand to those of another says nothing.
func (r *Ranking) Add(scores, target tensor.Tensor) {
	const op = "Ranking.Add"
	s, t := scores.Shape(), target.Shape()
	if !scores.DType().IsFloat() {
		fail(op, fmt.Sprintf("scores must be floats, not %s", scores.DType()), s, t)
	}
	classes := 1
	if s != t {
		if s.Rank() != 2 || t.Rank() != 1 || s.Dim(0) != t.Dim(0) || s.Dim(1) < 2 {
			fail(op, "scores have the targets' shape, or are (N, C) for C ≥ 2 classes and targets (N,)", s, t)
		}
		if target.DType().IsFloat() {
			fail(op, fmt.Sprintf("targets are class numbers, which %s is not for", target.DType()), s, t)
		}
		classes = s.Dim(1)
	}
	if r.classes != 0 && r.classes != classes {
		fail(op, fmt.Sprintf("%d scores for each target, and %d before; Reset begins anew", classes, r.classes), s, t)
	}
	ts := r.target.read(target)
	checkClasses(op, "target", ts, max(classes, 2))
	all := appendTo(r.scores, scores)
	for row := all[len(r.scores):]; classes > 1 && len(row) > 0; row = row[classes:] {
		// Sums of float16 are off by about a thousandth, those of logits by more.
		if sum := sum(row[:classes]); math.Abs(sum-1) > 0.01 {
			fail(op, fmt.Sprintf("a row of probabilities adds up to %.4g; Softmax(1) makes probabilities of logits", sum), s, t)
		}
	}
	if r.classes == 0 {
		r.classes, r.counts = classes, zeros(r.counts, max(classes, 2))
	}
	r.scores = all
	for _, c := range ts {
		r.targets = append(r.targets, int32(c))
		r.counts[int(c)]++
	}
}

// Merge adds what other has collected.
func (r *Ranking) Merge(other *Ranking) {
	if other.classes == 0 {
		return
	}
	if r.classes == 0 {
		r.classes, r.counts = other.classes, zeros(r.counts, len(other.counts))
	}
	if r.classes != other.classes {
		fail("Ranking.Merge", fmt.Sprintf("one has %d scores for each target, the other %d", r.classes, other.classes))
	}
	r.scores, r.targets = append(r.scores, other.scores...), append(r.targets, other.targets...)
	for c, n := range other.counts {
		r.counts[c] += n
	}
}

// Reset forgets what was collected, and keeps the memory.
func (r *Ranking) Reset() { r.classes, r.scores, r.targets = 0, r.scores[:0], r.targets[:0] }

// ROCAUC returns the area under the ROC curve: the probability that a positive sample has a higher score than a negative one, where
// equal scores count one half,
//
//	AUC = Σ ([sᵢ > sⱼ] + ½·[sᵢ = sⱼ]) / (P·N),  over all pairs of a positive i and a negative j
//
// It is NaN unless there are both. For classes it is the average over each class against the rest, by that class's probability; one
// that has no targets makes the macro average NaN. OneVsOne averages over the pairs of classes that have targets, within their
// samples: the mean of the areas by either's probability (Hand and Till 2001, https://doi.org/10.1023/A:1010920819831); Weighted
// then weighs a pair by its targets, and there is no Micro.
//
// (https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html)
func (r *Ranking) ROCAUC() float64 {
	if r.classes > 1 && r.OneVsOne {
		return r.oneVsOne()
	}
	return r.average("Ranking.ROCAUC", rocAUC)
}

// AveragePrecision returns the sum of the precisions at each threshold, weighted by what recall gains there,
//
//	AP = Σ (Rₙ − Rₙ₋₁)·Pₙ
//
// where Pₙ and Rₙ are precision and recall if the n highest distinct scores count as positive. It is 0 where no sample is
// positive, NaN where there is none at all. For classes it is the average over each class against the rest.
//
// (https://scikit-learn.org/stable/modules/generated/sklearn.metrics.average_precision_score.html)
func (r *Ranking) AveragePrecision() float64 {
	return r.average("Ranking.AveragePrecision", averagePrecision)
}

// average returns figure, averaged over each class against the rest.
func (r *Ranking) average(op string, figure func([]ranked) float64) float64 {
	switch {
	case len(r.targets) == 0:
		return math.NaN()
	case int(r.Average) >= len(averages):
		fail(op, "there is no "+r.Average.String())
	case r.classes == 1:
		return figure(r.against(1, 0))
	case r.Average == Micro:
		r.order = r.order[:0]
		for i, s := range r.scores {
			r.order = append(r.order, ranked{s, int(r.targets[i/r.classes]) == i%r.classes})
		}
		return figure(r.sorted())
	}
	var values, weights []float64
	for c := range r.classes {
		n := 1
		if r.Average == Weighted {
			n = r.counts[c]
		}
		if n == 0 {
			continue
		}
		values = append(values, float64(n)*figure(r.against(c, -1)))
		weights = append(weights, float64(n))
	}
	return sum(values) / sum(weights)
}

func (r *Ranking) oneVsOne() float64 {
	if r.Average != Macro && r.Average != Weighted {
		fail("Ranking.ROCAUC", fmt.Sprintf("one-versus-one has no %s average, only macro and weighted", r.Average))
	}
	var values, weights []float64
	for a := range r.classes {
		for b := a + 1; b < r.classes; b++ {
			if r.counts[a] == 0 || r.counts[b] == 0 {
				continue
			}
			w := 1.0
			if r.Average == Weighted {
				w = float64(r.counts[a] + r.counts[b])
			}
			values = append(values, w*(rocAUC(r.against(a, b))+rocAUC(r.against(b, a)))/2)
			weights = append(weights, w)
		}
	}
	return sum(values) / sum(weights)
}

// against returns the samples of class c and those of class other, of all others where that is negative, in the order of c's
// scores. The only score of a yes-or-no problem is that of class 1.
func (r *Ranking) against(c, other int) []ranked {
	r.order = r.order[:0]
	for i, t := range r.targets {
		if own := int(t) == c; own || other < 0 || int(t) == other {
			r.order = append(r.order, ranked{r.scores[i*r.classes+c%r.classes], own})
		}
	}
	return r.sorted()
}

// sorted brings the highest scores to the front, and NaN to the end.
func (r *Ranking) sorted() []ranked {
	slices.SortFunc(r.order, func(a, b ranked) int { return cmp.Compare(b.score, a.score) })
	return r.order
}

// groups calls f for each distinct score, the highest first, with its numbers of positive and negative samples. It returns false
// where it meets a NaN.
func groups(order []ranked, f func(positive, negative int64)) bool {
	for len(order) > 0 {
		var positive, n int64
		for _, r := range order {
			if r.score != order[0].score {
				break
			}
			n++
			if r.positive {
				positive++
			}
		}
		if n == 0 {
			return false
		}
		f(positive, n-positive)
		order = order[n:]
	}
	return true
}

// rocAUC counts pairs in integers, twice each: the only rounding is the division's.
func rocAUC(order []ranked) float64 {
	var positives, negatives, twice int64
	if !groups(order, func(p, n int64) {
		twice += n * (2*positives + p)
		positives, negatives = positives+p, negatives+n
	}) {
		return math.NaN()
	}
	return float64(twice) / float64(2*positives*negatives)
}

func averagePrecision(order []ranked) float64 {
	var positives, all int64
	var area float64
	if !groups(order, func(p, n int64) {
		positives, all = positives+p, all+p+n
		area += float64(float64(p) * (float64(positives) / float64(all)))
	}) {
		return math.NaN()
	}
	if positives == 0 {
		return 0
	}
	return area / float64(positives)
}
