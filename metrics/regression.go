package metrics

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// Regression says how far predicted numbers are from their targets. The zero value is ready; it keeps a few sums for each output.
type Regression struct {
	n       int
	outputs []output
	pred    buffer
	target  buffer
}

// output holds the sums over one column. The targets' spread is kept as their mean and the sum of squares about it: sums of plain
// squares lose all digits where the mean is large.
type output struct {
	squares, absolutes float64 // Σ (target − pred)², Σ |target − pred|
	mean, spread       float64 // of the targets: Σ target / n, Σ (target − mean)²
}

// Add takes a batch: predictions of a float type and targets of one shape, (N) or (N, outputs).
func (r *Regression) Add(pred, target tensor.Tensor) {
	const op = "Regression.Add"
	p, t := pred.Shape(), target.Shape()
	if p != t {
		fail(op, "prediction and target differ in shape", p, t)
	}
	if !pred.DType().IsFloat() {
		fail(op, fmt.Sprintf("predictions must be floats, not %s", pred.DType()), p, t)
	}
	if p.Rank() != 1 && p.Rank() != 2 {
		fail(op, "shapes are (N,) or (N, outputs); Flatten makes outputs of further dimensions", p, t)
	}
	outputs := 1
	if p.Rank() == 2 {
		outputs = p.Dim(1)
	}
	if r.n > 0 && outputs != len(r.outputs) {
		fail(op, fmt.Sprintf("%d outputs, and %d before; Reset begins anew", outputs, len(r.outputs)), p, t)
	}
	if p.Size() == 0 {
		return
	}
	if r.n == 0 {
		r.outputs = zeros(r.outputs, outputs)
	}
	xs, ys := r.pred.read(pred), r.target.read(target)
	for len(ys) > 0 {
		r.n++
		for i := range r.outputs {
			r.outputs[i].add(xs[i], ys[i], float64(r.n))
		}
		xs, ys = xs[outputs:], ys[outputs:]
	}
}

// add takes the n-th sample (Welford 1962, https://doi.org/10.1080/00401706.1962.10490022).
func (o *output) add(x, y, n float64) {
	e := y - x
	o.squares += e * e
	o.absolutes += math.Abs(e)
	d := y - o.mean
	o.mean += d / n
	o.spread += d * (y - o.mean)
}

// Merge adds what other has collected (Chan, Golub and LeVeque 1979, https://doi.org/10.2307/2683386).
func (r *Regression) Merge(other *Regression) {
	if other.n == 0 {
		return
	}
	if r.n == 0 {
		r.n, r.outputs = other.n, append(r.outputs[:0], other.outputs...)
		return
	}
	if len(r.outputs) != len(other.outputs) {
		fail("Regression.Merge", fmt.Sprintf("one has %d outputs, the other %d", len(r.outputs), len(other.outputs)))
	}
	a, b := float64(r.n), float64(other.n)
	for i, q := range other.outputs {
		o := &r.outputs[i]
		d := q.mean - o.mean
		o.squares += q.squares
		o.absolutes += q.absolutes
		o.spread += q.spread + d*d*(a*b/(a+b))
		o.mean += d * (b / (a + b))
	}
	r.n += other.n
}

// Reset forgets what was collected.
func (r *Regression) Reset() { r.n = 0 }

// Total returns how many samples were added.
func (r *Regression) Total() int { return r.n }

// average returns the mean of f over the outputs, NaN where nothing was added.
func (r *Regression) average(f func(o output) float64) float64 {
	if r.n == 0 {
		return math.NaN()
	}
	var sum float64
	for _, o := range r.outputs {
		sum += f(o)
	}
	return sum / float64(len(r.outputs))
}

// MSE returns the mean squared error, Σ (target − pred)² / n, averaged over the outputs.
func (r *Regression) MSE() float64 {
	return r.average(func(o output) float64 { return o.squares / float64(r.n) })
}

// RMSE returns the root of the mean squared error, in the targets' unit: each output's root, averaged over the outputs.
func (r *Regression) RMSE() float64 {
	return r.average(func(o output) float64 { return math.Sqrt(o.squares / float64(r.n)) })
}

// MAE returns the mean absolute error, Σ |target − pred| / n, in the targets' unit, averaged over the outputs.
func (r *Regression) MAE() float64 {
	return r.average(func(o output) float64 { return o.absolutes / float64(r.n) })
}

// R2 returns the coefficient of determination,
//
//	R² = 1 − Σ (target − pred)² / Σ (target − mean target)²
//
// averaged over the outputs: 1 for perfect predictions, 0 for those no better than the targets' mean, and below 0 for worse. An
// output whose targets are all the same counts 1 where all predictions are right, else 0. It is NaN for less than two samples.
//
// (https://scikit-learn.org/stable/modules/generated/sklearn.metrics.r2_score.html)
func (r *Regression) R2() float64 {
	if r.n < 2 {
		return math.NaN()
	}
	return r.average(func(o output) float64 {
		switch {
		case o.squares == 0:
			return 1
		case o.spread == 0 && o.squares > 0: // not NaN
			return 0
		}
		return 1 - o.squares/o.spread
	})
}
