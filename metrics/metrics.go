// Package metrics says how good predictions are. Each type collects the predictions of one batch after the other and answers
// questions about all of them:
//
//	m := metrics.NewConfusionMatrix(10)
//	for batch := range loader.Batches(data.NoGrad) {
//		m.Add(model.Forward(batch.X), batch.Y)
//	}
//	fmt.Print(m.Report(2))
//
// Add reads the numbers out of the tensors and keeps none of them, so it takes tensors of a step that ends afterwards. A batch of a
// size seen before costs no memory on the Go heap, where what is kept does not grow. Merge joins what two goroutines have
// collected; a value of these types belongs to one goroutine at a time.
//
// A wrong shape or type, or a class that does not exist, is a programmer's mistake: Add panics with a [*tensor.Error], and has then
// added nothing. Definitions and special cases are scikit-learn's (https://scikit-learn.org/stable/modules/model_evaluation.html).
package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// Average says how the figures of several classes become one. The zero value is Macro.
type Average uint8

// The averages.
const (
	Macro    Average = iota // the mean over the classes
	Micro                   // all classes counted together, as if each were a yes-or-no question of its own
	Weighted                // the mean over the classes, each weighted by the number of its targets
)

var averages = [...]string{"macro", "micro", "weighted"}

// String returns scikit-learn's name, such as "macro".
func (a Average) String() string {
	if int(a) >= len(averages) {
		return fmt.Sprintf("Average(%d)", uint8(a))
	}
	return averages[a]
}

func fail(op, msg string, shapes ...tensor.Shape) {
	panic(&tensor.Error{Op: op, Msg: msg, Shapes: slices.Clone(shapes)})
}

// buffer is where a batch's numbers are read to; the next batch uses it again.
type buffer []float64

// read returns x's elements in row-major order, good until the next call.
func (b *buffer) read(x tensor.Tensor) []float64 {
	*b = appendTo((*b)[:0], x)
	return *b
}

// appendTo appends x's elements to dst. The conversion happens in x's step, so that it costs no memory on the heap.
func appendTo(dst []float64, x tensor.Tensor) []float64 {
	n := len(dst)
	dst = slices.Grow(dst, x.Len())[:n+x.Len()]
	tensor.CopyTo(dst[n:], x.Detach().Cast(tensor.Float64).Contiguous())
	return dst
}

// zeros returns n zeros, in s's memory where they fit.
func zeros[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// checkClasses panics unless all values are whole numbers from 0 to before classes.
func checkClasses(op, what string, values []float64, classes int) {
	for i, v := range values {
		if !(v >= 0 && v < float64(classes)) || v != math.Trunc(v) {
			fail(op, fmt.Sprintf("%s %d is %v, and the classes are 0 to %d", what, i, v, classes-1))
		}
	}
}

// checkTarget panics unless target holds one class number for each place of pred, scores (N, C, d…).
func checkTarget(op string, pred, target tensor.Tensor) {
	p, t := pred.Shape(), target.Shape()
	fits := p.Rank() >= 2 && p.Rank() == t.Rank()+1 && p.Dim(0) == t.Dim(0)
	for d := 2; fits && d < p.Rank(); d++ {
		fits = p.Dim(d) == t.Dim(d-1)
	}
	if !fits {
		fail(op, "scores are (N, classes, d…) for targets (N, d…)", p, t)
	}
	if target.DType().IsFloat() {
		fail(op, fmt.Sprintf("targets are class numbers, which %s is not for", target.DType()), t)
	}
}

// predicted returns the classes that pred names: pred itself where it holds class numbers, of target's shape, else where the scores
// (N, classes, d…) are highest.
func predicted(op string, pred, target tensor.Tensor) tensor.Tensor {
	if pred.DType().IsFloat() {
		checkTarget(op, pred, target)
		return pred.Detach().ArgMax(1)
	}
	if pred.Shape() != target.Shape() {
		fail(op, "predicted classes and targets differ in shape", pred.Shape(), target.Shape())
	}
	if target.DType().IsFloat() {
		fail(op, fmt.Sprintf("targets are class numbers, which %s is not for", target.DType()), target.Shape())
	}
	return pred
}

// mean returns the mean of the values that are not NaN; NaN where there is none.
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

// weightedMean returns Σ w·v / Σ w over the values that are not NaN, and their plain mean where all weights are zero.
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

// sum adds in NumPy's order: pairs of halves, and from 8 to 128 numbers in eight lanes. A report of scikit-learn rounds such sums to
// two digits, and where one lies on the edge, the order decides which.
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
