package nn

import "github.com/lamina-ml/lamina/tensor"

// This file holds the Divisor methods of the losses with a prediction and a target. Divisor returns what Forward
// divides the sum of the elements' losses by: their number, or the sum of their weights. Package train combines the
// means of batches of any size to the mean over all samples with it. ok is false if Forward does not divide, as with
// the reductions Sum and None.

// divisor returns n for the reduction Mean.
func (r Reduction) divisor(n int) (d float64, ok bool) {
	if r != Mean {
		return 0, false
	}
	return float64(n), true
}

// Divisor returns the number of elements. ok is false unless the reduction is Mean.
func (l MSELoss) Divisor(pred, _ tensor.Tensor) (d float64, ok bool) {
	return l.Reduction.divisor(pred.Len())
}

// Divisor returns the number of elements. ok is false unless the reduction is Mean.
func (l L1Loss) Divisor(pred, _ tensor.Tensor) (d float64, ok bool) {
	return l.Reduction.divisor(pred.Len())
}

// Divisor returns the number of elements. ok is false unless the reduction is Mean.
func (l SmoothL1Loss) Divisor(pred, _ tensor.Tensor) (d float64, ok bool) {
	return l.Reduction.divisor(pred.Len())
}

// Divisor returns the number of elements. ok is false unless the reduction is Mean.
func (l HuberLoss) Divisor(pred, _ tensor.Tensor) (d float64, ok bool) {
	return l.Reduction.divisor(pred.Len())
}

// Divisor returns the number of elements; weights do not change it. ok is false unless the reduction is Mean.
func (l BCELoss) Divisor(pred, _ tensor.Tensor) (d float64, ok bool) {
	return l.Reduction.divisor(pred.Len())
}

// Divisor returns the number of elements; weights do not change it. ok is false unless the reduction is Mean.
func (l BCEWithLogitsLoss) Divisor(logits, _ tensor.Tensor) (d float64, ok bool) {
	return l.Reduction.divisor(logits.Len())
}

// Divisor returns the number of elements, or with BatchMean the size of the first dimension. ok is false unless the
// reduction is Mean.
func (l KLDivLoss) Divisor(log, _ tensor.Tensor) (d float64, ok bool) {
	if l.BatchMean && log.Rank() > 0 {
		return l.Reduction.divisor(log.Dim(0))
	}
	return l.Reduction.divisor(log.Len())
}

// Divisor returns the number of elements. ok is false unless the reduction is Mean.
func (l HingeEmbeddingLoss) Divisor(x, _ tensor.Tensor) (d float64, ok bool) {
	return l.Reduction.divisor(x.Len())
}

// Divisor returns the number of targets; weights do not change it. ok is false unless the reduction is Mean.
func (l MultiMarginLoss) Divisor(_, target tensor.Tensor) (d float64, ok bool) {
	return l.Reduction.divisor(target.Len())
}

// Divisor returns the sum of the weights of the targets that are not ignored, or their number if there are no
// weights. For targets that are probabilities it returns the number of samples. ok is false unless the reduction is
// Mean.
func (l CrossEntropyLoss) Divisor(logits, target tensor.Tensor) (d float64, ok bool) {
	if target.DType().IsFloat() {
		return l.Reduction.divisor(target.Len() / max(1, target.Dim(min(1, target.Rank()-1))))
	}
	return classDivisor(target, l.Weight, l.IgnoreIndex, l.Reduction)
}

// Divisor returns the sum of the weights of the targets that are not ignored, or their number if there are no
// weights. ok is false unless the reduction is Mean.
func (l NLLLoss) Divisor(_, target tensor.Tensor) (d float64, ok bool) {
	return classDivisor(target, l.Weight, l.IgnoreIndex, l.Reduction)
}

// Ignored returns the target that is ignored: IgnoreIndex, or −100.
func (l CrossEntropyLoss) Ignored() int { return ignoredClass(l.IgnoreIndex) }

// Ignored returns the target that is ignored: IgnoreIndex, or −100.
func (l NLLLoss) Ignored() int { return ignoredClass(l.IgnoreIndex) }

// ignoredClass returns the target that an IgnoreIndex stands for.
func ignoredClass(index *int) int {
	if index == nil {
		return -100
	}
	return *index
}

func classDivisor(target, weight tensor.Tensor, ignore *int, r Reduction) (d float64, ok bool) {
	if r != Mean {
		return 0, false
	}
	ignored := target.EqualScalar(float64(ignoredClass(ignore)))
	if !weight.Defined() {
		return float64(target.Len()) - ignored.Sum().Item(), true
	}
	valid := ignored.Not()
	w := weight.Gather(0, target.Mul(valid.Cast(tensor.Int64)).Flatten(0)).Cast(tensor.Float64)
	return w.Mul(valid.Flatten(0).Cast(tensor.Float64)).Sum().Item(), true
}
