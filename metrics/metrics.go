// Package metrics computes evaluation metrics: accuracy, confusion matrices, precision and recall, ROC AUC,
// regression errors. Each type accumulates the predictions of batches and returns the metrics of all of them:
//
//	m := metrics.NewConfusionMatrix(10)
//	for batch := range loader.Batches(data.NoGrad) {
//		m.Add(model.Forward(batch.X), batch.Y)
//	}
//	fmt.Print(m.Report(2))
//
// Add copies the numbers out of the tensors and does not retain the tensors, so their step may end afterwards. Adding
// a batch of a size seen before allocates nothing on the Go heap, except in Ranking, which keeps all scores. Merge
// combines the results of two goroutines. A value of these types must not be used by two goroutines concurrently.
//
// Add panics with a [*tensor.Error] for a wrong shape or type and for a class out of range; then it has added
// nothing. Definitions and special cases are scikit-learn's
// (https://scikit-learn.org/stable/modules/model_evaluation.html).
package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// Average is the method that averages a metric over classes: scikit-learn's parameter average. The zero value is Macro.
type Average uint8

// The averages.
const (
	Macro    Average = iota // the mean over the classes
	Micro                   // the metric of the summed counts of all classes, each class taken as a binary problem
	Weighted                // the mean over the classes, weighted by their numbers of targets
)

var averages = [...]string{"macro", "micro", "weighted"}

// String returns scikit-learn's name: "macro", "micro" or "weighted".
func (a Average) String() string {
	if int(a) >= len(averages) {
		return fmt.Sprintf("Average(%d)", uint8(a))
	}
	return averages[a]
}

// fail panics with a *tensor.Error.
func fail(op, msg string, shapes ...tensor.Shape) {
	panic(&tensor.Error{Op: "metrics." + op, Msg: msg, Shapes: slices.Clone(shapes)})
}

// buffer holds a batch's numbers. Each batch reuses the memory.
type buffer []float64

// read returns x's elements in row-major order, valid until the next call.
func (b *buffer) read(x tensor.Tensor) []float64 {
	*b = appendTo((*b)[:0], x)
	return *b
}

// appendTo appends x's elements to dst. The conversion to float64 uses memory of x's scope, not the heap.
func appendTo(dst []float64, x tensor.Tensor) []float64 {
	n := len(dst)
	dst = slices.Grow(dst, x.Len())[:n+x.Len()]
	tensor.CopyTo(dst[n:], x.Detach().Cast(tensor.Float64).Contiguous())
	return dst
}

// zeros returns n zeros, in s's memory if it is large enough.
func zeros[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// checkClasses panics if a value is not an integer in [0, classes).
func checkClasses(op, what string, values []float64, classes int) {
	for i, v := range values {
		if !(v >= 0 && v < float64(classes)) || v != math.Trunc(v) {
			fail(op, fmt.Sprintf("%s %d is %v, want a class of 0 to %d", what, i, v, classes-1))
		}
	}
}

// checkTarget panics unless target is an integer tensor (N, d…) for scores pred (N, C, d…).
func checkTarget(op string, pred, target tensor.Tensor) {
	p, t := pred.Shape(), target.Shape()
	fits := p.Rank() >= 2 && p.Rank() == t.Rank()+1 && p.Dim(0) == t.Dim(0)
	for d := 2; fits && d < p.Rank(); d++ {
		fits = p.Dim(d) == t.Dim(d-1)
	}
	if !fits {
		fail(op, "want scores (N, classes, d…) and targets (N, d…)", p, t)
	}
	if target.DType().IsFloat() {
		fail(op, fmt.Sprintf("targets are class numbers, want an integer type, not %s", target.DType()), t)
	}
}

// predicted returns the predicted classes, of target's shape: pred itself if it is of an integer type, else the
// argmax of the scores (N, classes, d…) over the classes.
func predicted(op string, pred, target tensor.Tensor) tensor.Tensor {
	if pred.DType().IsFloat() {
		checkTarget(op, pred, target)
		return pred.Detach().ArgMax(1)
	}
	if pred.Shape() != target.Shape() {
		fail(op, "predicted classes and targets have different shapes", pred.Shape(), target.Shape())
	}
	if target.DType().IsFloat() {
		fail(op, fmt.Sprintf("targets are class numbers, want an integer type, not %s", target.DType()), target.Shape())
	}
	return pred
}

// mean returns the mean of the values that are not NaN, or NaN if there are none.
func mean(values []float64) float64 {
	kept, n := slices.Clone(values), 0
	for i, v := range kept {
		if math.IsNaN(v) {
			kept[i] = 0
		} else {
			n++
		}
	}
	return sum(kept) / float64(n)
}

// weightedMean returns Σ w·v / Σ w over the values that are not NaN, or their mean if all weights are zero.
func weightedMean(values, weights []float64) float64 {
	var kept, products []float64
	var total float64
	for i, v := range values {
		if !math.IsNaN(v) {
			kept = append(kept, v)
			products = append(products, float64(v*weights[i]))
			total += weights[i]
		}
	}
	if total == 0 {
		return mean(kept)
	}
	return sum(products) / total
}

// sum adds in NumPy's order: pairwise summation, and eight accumulators for 8 to 128 numbers. scikit-learn's reports
// round such sums to two digits, and the order of summation can change the last digit.
func sum(x []float64) float64 {
	if n := len(x); n > 128 {
		half := n / 2 / 8 * 8
		return sum(x[:half]) + sum(x[half:])
	}
	var total float64
	if len(x) >= 8 {
		var lane [8]float64
		for ; len(x) >= 8; x = x[8:] {
			for i := range lane {
				lane[i] += x[i]
			}
		}
		total = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]))
	}
	for _, v := range x {
		total += v
	}
	return total
}
