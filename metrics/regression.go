package metrics

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// Regression accumulates the errors of predicted numbers: MSE, RMSE, MAE and R². The zero value is ready for use. It
// keeps a few sums per output, not the samples.
type Regression struct {
	n       int
	outputs []output
	pred    buffer
	target  buffer
}

// output holds the sums of one output column. The variance of the targets is kept as their mean and the sum of
// squared deviations from it: sums of squares lose all digits if the mean is large.
type output struct {
	squares, absolutes float64 // Σ (target − pred)², Σ |target − pred|
	mean, deviations   float64 // of the targets: Σ target / n, Σ (target − mean)²
}

// Add adds a batch: predictions of a float type and targets of the same shape, (N) or (N, outputs). It panics for
// other shapes and types, and for another number of outputs than before.
func (r *Regression) Add(pred, target tensor.Tensor) {
	const op = "Regression.Add"
	p, t := pred.Shape(), target.Shape()
	if p != t {
		fail(op, "prediction and target have different shapes", p, t)
	}
	if !pred.DType().IsFloat() {
		fail(op, fmt.Sprintf("predictions are %[1]s, want a float type", pred.DType()), p, t)
	}
	if p.Rank() != 1 && p.Rank() != 2 {
		fail(op, "want shapes (N,) or (N, outputs); Flatten joins further dimensions", p, t)
	}
	outputs := 1
	if p.Rank() == 2 {
		outputs = p.Dim(1)
	}
	if r.n > 0 && outputs != len(r.outputs) {
		fail(op, fmt.Sprintf("%d outputs, want %d as before; Reset starts a new accumulation", outputs,
			len(r.outputs)), p, t)
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

// add adds the n-th sample (Welford 1962, https://doi.org/10.1080/00401706.1962.10490022).
func (o *output) add(x, y, n float64) {
	e := y - x
	o.squares += e * e
	o.absolutes += math.Abs(e)
	d := y - o.mean
	o.mean += d / n
	o.deviations += d * (y - o.mean)
}

// Merge adds the samples of other (Chan, Golub and LeVeque 1979, https://doi.org/10.2307/2683386).
func (r *Regression) Merge(other *Regression) {
	if other.n == 0 {
		return
	}
	if r.n == 0 {
		r.n, r.outputs = other.n, append(r.outputs[:0], other.outputs...)
		return
	}
	if len(r.outputs) != len(other.outputs) {
		fail("Regression.Merge", fmt.Sprintf("other has %d outputs, want %d", len(other.outputs), len(r.outputs)))
	}
	a, b := float64(r.n), float64(other.n)
	for i, q := range other.outputs {
		o := &r.outputs[i]
		d := q.mean - o.mean
		o.squares += q.squares
		o.absolutes += q.absolutes
		o.deviations += q.deviations + d*d*(a*b/(a+b))
		o.mean += d * (b / (a + b))
	}
	r.n += other.n
}

// Reset removes all samples.
func (r *Regression) Reset() { r.n = 0 }

// Total returns the number of samples.
func (r *Regression) Total() int { return r.n }

// average returns the mean of f over the outputs, or NaN without samples.
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

// RMSE returns the root mean squared error, in the targets' unit: the root for each output, averaged over the outputs.
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
// averaged over the outputs. It is 1 for perfect predictions, 0 for predictions as good as the targets' mean, and
// negative for worse ones. For an output with constant targets it is 1 if all predictions are exact, else 0. It is
// NaN for fewer than two samples.
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
		case o.deviations == 0 && o.squares > 0: // not for NaN
			return 0
		}
		return 1 - o.squares/o.deviations
	})
}
