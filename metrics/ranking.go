package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// Ranking computes metrics of scores that do not depend on a threshold: the area under the ROC curve and the average
// precision. The results are exact, so it keeps all scores: 12 bytes per sample with one score, 4 + 8·C with C
// scores. Computing a metric takes 16 more bytes for each sample that it sorts, and O(n log n) time. The zero value
// is ready for use.
//
// The first batch determines the kind of problem:
//
//   - binary: one score (logit or probability of class 1) per target, which is 0 or 1;
//   - multiclass: the probabilities of all classes per target, which is a class number.
//
// A metric is NaN if one of its scores is NaN.
type Ranking struct {
	Average  Average // over the classes; without effect on a binary problem
	OneVsOne bool    // ROCAUC is one-vs-one instead of one-vs-rest

	classes int // scores per sample; 0 before the first batch
	scores  []float64
	targets []int32
	counts  []int // number of targets of each class
	target  buffer
	order   []ranked
}

// ranked is a sample of a binary problem: one class against others.
type ranked struct {
	score    float64
	positive bool
}

// Add adds a batch. In a binary problem, scores (of a float type) and target (0 or 1, of any type) have the same
// shape, which is arbitrary. In a multiclass problem, target (N) holds class numbers of an integer type, and scores
// (N, C) are probabilities: each row adds up to 1. (Logits of different samples are not comparable.) It panics for
// other shapes, types and values.
func (r *Ranking) Add(scores, target tensor.Tensor) {
	const op = "Ranking.Add"
	s, t := scores.Shape(), target.Shape()
	if !scores.DType().IsFloat() {
		fail(op, fmt.Sprintf("scores are %[1]s, want a float type", scores.DType()), s, t)
	}
	classes := 1
	if s != t {
		if s.Rank() != 2 || t.Rank() != 1 || s.Dim(0) != t.Dim(0) || s.Dim(1) < 2 {
			fail(op, "want scores of the targets' shape, or scores (N, C) of C ≥ 2 classes and targets (N,)", s, t)
		}
		if target.DType().IsFloat() {
			fail(op, fmt.Sprintf("targets are class numbers, want an integer type, not %s", target.DType()), s, t)
		}
		classes = s.Dim(1)
	}
	if r.classes != 0 && r.classes != classes {
		fail(op, fmt.Sprintf("%d scores per target, want %d as before; Reset starts a new accumulation", classes,
			r.classes), s, t)
	}
	ts := r.target.read(target)
	checkClasses(op, "target", ts, max(classes, 2))
	all := appendTo(r.scores, scores)
	for row := all[len(r.scores):]; classes > 1 && len(row) > 0; row = row[classes:] {
		// Rounding to float16 changes a sum by about 0.001; sums of logits are off by more.
		if sum := sum(row[:classes]); math.Abs(sum-1) > 0.01 {
			fail(op, fmt.Sprintf("a row of probabilities adds up to %.4g, want 1; Softmax(1) converts logits to probabilities", sum), s, t)
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

// Merge adds the samples of other. It panics if the numbers of classes differ.
func (r *Ranking) Merge(other *Ranking) {
	if other.classes == 0 {
		return
	}
	if r.classes == 0 {
		r.classes, r.counts = other.classes, zeros(r.counts, len(other.counts))
	}
	if r.classes != other.classes {
		fail("Ranking.Merge", fmt.Sprintf("other has %d scores per target, want %d", other.classes, r.classes))
	}
	r.scores, r.targets = append(r.scores, other.scores...), append(r.targets, other.targets...)
	for c, n := range other.counts {
		r.counts[c] += n
	}
}

// Reset removes all samples and keeps the memory for reuse.
func (r *Ranking) Reset() { r.classes, r.scores, r.targets = 0, r.scores[:0], r.targets[:0] }

// ROCAUC returns the area under the ROC curve: the probability that a positive sample has a higher score than a
// negative one, where equal scores count ½:
//
//	AUC = Σ ([sᵢ > sⱼ] + ½·[sᵢ = sⱼ]) / (P·N),  over all pairs of a positive i and a negative j
//
// It is NaN without positive or without negative samples.
//
// In a multiclass problem it averages the areas of each class against the rest (one-vs-rest), ranked by the class's
// probability; a class without targets makes the macro average NaN. With OneVsOne it averages over the pairs of
// classes with targets, restricted to their samples; a pair's area is the mean of the areas ranked by the two
// classes' probabilities (Hand and Till 2001, https://doi.org/10.1023/A:1010920819831). Weighted then weights a pair
// by its number of targets; Micro panics.
//
// (https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html)
func (r *Ranking) ROCAUC() float64 {
	if r.classes > 1 && r.OneVsOne {
		return r.oneVsOne()
	}
	return r.average("Ranking.ROCAUC", rocAUC)
}

// AveragePrecision returns the sum of the precisions at each threshold, weighted by the increase in recall:
//
//	AP = Σ (Rₙ − Rₙ₋₁)·Pₙ
//
// where Pₙ and Rₙ are precision and recall if the samples with the n highest distinct scores are predicted positive.
// It is 0 if no sample is positive, and NaN without samples. In a multiclass problem it averages over each class
// against the rest.
//
// (https://scikit-learn.org/stable/modules/generated/sklearn.metrics.average_precision_score.html)
func (r *Ranking) AveragePrecision() float64 {
	return r.average("Ranking.AveragePrecision", averagePrecision)
}

// average returns metric of a binary problem, or its average over each class against the rest.
func (r *Ranking) average(op string, metric func([]ranked) float64) float64 {
	switch {
	case len(r.targets) == 0:
		return math.NaN()
	case int(r.Average) >= len(averages):
		fail(op, r.Average.String()+", want Macro, Micro or Weighted")
	case r.classes == 1:
		return metric(r.oneVs(1, 0))
	case r.Average == Micro:
		r.order = r.order[:0]
		for i, s := range r.scores {
			r.order = append(r.order, ranked{s, int(r.targets[i/r.classes]) == i%r.classes})
		}
		return metric(r.sorted())
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
		values = append(values, float64(n)*metric(r.oneVs(c, -1)))
		weights = append(weights, float64(n))
	}
	return sum(values) / sum(weights)
}

// oneVsOne returns the average of the areas over the pairs of classes.
func (r *Ranking) oneVsOne() float64 {
	if r.Average != Macro && r.Average != Weighted {
		fail("Ranking.ROCAUC", fmt.Sprintf("OneVsOne with average %s, want macro or weighted", r.Average))
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
			values = append(values, w*(rocAUC(r.oneVs(a, b))+rocAUC(r.oneVs(b, a)))/2)
			weights = append(weights, w)
		}
	}
	return sum(values) / sum(weights)
}

// oneVs returns the samples of class c as positive and those of class other as negative (all other classes if other <
// 0), sorted by c's scores. A binary problem has only the score of class 1.
func (r *Ranking) oneVs(c, other int) []ranked {
	r.order = r.order[:0]
	for i, t := range r.targets {
		if positive := int(t) == c; positive || other < 0 || int(t) == other {
			r.order = append(r.order, ranked{r.scores[i*r.classes+c%r.classes], positive})
		}
	}
	return r.sorted()
}

// sorted sorts r.order by descending score, with NaN last, and returns it.
func (r *Ranking) sorted() []ranked {
	slices.SortFunc(r.order, func(a, b ranked) int { return cmp.Compare(b.score, a.score) })
	return r.order
}

// eachScore calls f for each distinct score, in descending order, with its numbers of positive and negative samples.
// It returns false if it finds a NaN.
func eachScore(order []ranked, f func(positive, negative int64)) bool {
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

// rocAUC returns the area under the ROC curve. It counts pairs as integers, twice each, so only the division rounds.
func rocAUC(order []ranked) float64 {
	var positives, negatives, twice int64
	if !eachScore(order, func(p, n int64) {
		twice += n * (2*positives + p)
		positives, negatives = positives+p, negatives+n
	}) {
		return math.NaN()
	}
	return float64(twice) / float64(2*positives*negatives)
}

// averagePrecision returns the average precision.
func averagePrecision(order []ranked) float64 {
	var positives, all int64
	var area float64
	if !eachScore(order, func(p, n int64) {
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
