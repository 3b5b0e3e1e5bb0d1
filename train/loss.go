package train

import (
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/tensor"
)

// Loss says how wrong predictions are, as one number. The losses of package nn that take a prediction and a target
// are some, such as nn.CrossEntropyLoss{}; [LossFunc] makes one of a function.
//
// The loss of several batches together is their mean, weighted by the batches' numbers of samples. A loss whose value
// is another mean, or a sum, has the method
//
//	Divisor(pred, target tensor.Tensor) (d float64, ok bool)
//
// which returns what the value was divided by: the weight of the batch. Values of which ok is false are added up.
// Those of package nn have it, so that ignored targets and weights of classes count as in PyTorch's mean over all
// data.
type Loss interface {
	Forward(pred, target tensor.Tensor) tensor.Tensor
}

// LossFunc is a function as a [Loss], such as LossFunc(nn.MSE). Its value is to be a mean over samples.
type LossFunc func(pred, target tensor.Tensor) tensor.Tensor

// Forward returns f(pred, target).
func (f LossFunc) Forward(pred, target tensor.Tensor) tensor.Tensor { return f(pred, target) }

// mean joins the losses of batches to that of all their samples.
type mean struct {
	Sum     float64 `json:"sum"`     // of the batches' losses times their divisors
	Divisor float64 `json:"divisor"` // the sum of those
	Added   bool    `json:"added"`   // the losses are sums: there is no divisor
}

// weigh returns what the loss of a batch counts in the mean of all. ok is false where losses are added up.
func weigh(loss Loss, pred tensor.Tensor, batch data.Batch) (d float64, ok bool) {
	l, has := loss.(interface {
		Divisor(pred, target tensor.Tensor) (d float64, ok bool)
	})
	if !has {
		return float64(len(batch.Indices)), true
	}
	return l.Divisor(pred, batch.Y)
}

// add takes the loss of a batch, whose weight is what weigh returned, into the mean.
func (m *mean) add(value, d float64, ok bool) {
	switch {
	case !ok:
		m.Sum += value
		m.Added = true
	case d != 0: // a batch of ignored targets has no loss
		m.Sum += value * d
		m.Divisor += d
	}
}

// value returns the loss of all batches together, NaN where there is none.
func (m *mean) value() float64 {
	switch {
	case m.Added:
		return m.Sum
	case m.Divisor == 0:
		return math.NaN()
	}
	return m.Sum / m.Divisor
}
