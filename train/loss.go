package train

import (
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// Loss computes the loss of predictions as one number. The losses of package nn with a prediction and a target
// implement it, such as nn.CrossEntropyLoss{}. [LossFunc] adapts a function.
//
// Fit and Evaluate report the loss of several batches as their mean, weighted by the number of samples of each batch. A
// loss that averages over something else, or returns a sum, has the method
//
//	Divisor(pred, target tensor.Tensor) (d float64, ok bool)
//
// which returns the number by which the loss was divided, the weight of the batch. Losses with ok false are added up.
// The losses of package nn have this method, so ignored targets and class weights count as in PyTorch's mean over all
// data. A loss that ignores another target than −100 tells Evaluate, which counts correct predictions, by the method
//
//	Ignored() int
//
// as [nn.CrossEntropyLoss] does.
type Loss interface {
	Forward(pred, target tensor.Tensor) tensor.Tensor
}

// LossFunc adapts a function to [Loss], such as LossFunc(nn.MSE). The function must return a mean over samples.
type LossFunc func(pred, target tensor.Tensor) tensor.Tensor

// Forward returns f(pred, target).
func (f LossFunc) Forward(pred, target tensor.Tensor) tensor.Tensor { return f(pred, target) }

// mean combines the losses of batches to the loss of all samples.
type mean struct {
	Sum     float64 `json:"sum"`     // of loss·divisor over the batches
	Divisor float64 `json:"divisor"` // the sum of the divisors
	Added   bool    `json:"added"`   // the losses are sums without a divisor
}

// divisorOf returns the weight of a batch in the mean. ok is false if losses are added up.
func divisorOf(loss Loss, pred tensor.Tensor, batch data.Batch) (d float64, ok bool) {
	l, has := loss.(interface {
		Divisor(pred, target tensor.Tensor) (d float64, ok bool)
	})
	if !has {
		return float64(len(batch.Indices)), true
	}
	return l.Divisor(pred, batch.Y)
}

// ignoredBy returns the target that a loss ignores.
func ignoredBy(loss Loss) int {
	if l, ok := loss.(interface{ Ignored() int }); ok {
		return l.Ignored()
	}
	return nn.CrossEntropyLoss{}.Ignored()
}

// add adds the loss of a batch. d and ok are the results of divisorOf.
func (m *mean) add(value, d float64, ok bool) {
	switch {
	case !ok:
		m.Sum += value
		m.Added = true
	case d != 0: // 0 if all targets of the batch are ignored
		m.Sum += value * d
		m.Divisor += d
	}
}

// value returns the loss of all batches, NaN if there is none.
func (m *mean) value() float64 {
	switch {
	case m.Added:
		return m.Sum
	case m.Divisor == 0:
		return math.NaN()
	}
	return m.Sum / m.Divisor
}
