package metrics

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Accuracy computes the top-k accuracy for any number of classes. The zero value is ready for use and computes the
// top-1 accuracy. For few classes, [ConfusionMatrix] gives more information.
type Accuracy struct {
	// TopK is the k of top-k accuracy: a prediction is correct if the target is among the k highest scores. 0 means
	// 1. Equal scores are ordered by class, and NaN is highest, as in [tensor.Tensor.TopK].
	TopK int

	correct, total int
	target         buffer
}

// Add adds a batch. target (N, d…) holds class numbers of an integer type. pred holds either scores of a float type,
// (N, classes, d…), which are logits or probabilities of at least 2 classes, or class numbers of an integer type in
// target's shape, if TopK is at most 1. It panics for other shapes and types.
func (a *Accuracy) Add(pred, target tensor.Tensor) {
	const op = "Accuracy.Add"
	if a.TopK < 0 {
		fail(op, fmt.Sprintf("TopK is %d, want 0 or more", a.TopK))
	}
	if pred.DType().IsFloat() && pred.Rank() >= 2 && pred.Dim(1) == 1 {
		fail(op, "want a score for each of at least 2 classes; for binary logits, pass Squeeze(1).GreaterScalar(0) as class numbers",
			pred.Shape(), target.Shape())
	}
	var best tensor.Tensor
	switch {
	case a.TopK <= 1:
		best = predicted(op, pred, target)
	case !pred.DType().IsFloat():
		fail(op, fmt.Sprintf("TopK %d needs scores of a float type, got class numbers", a.TopK), pred.Shape(),
			target.Shape())
	default:
		checkTarget(op, pred, target)
		_, best = pred.Detach().TopK(min(a.TopK, pred.Dim(1)), 1, true)
	}
	if pred.DType().IsFloat() {
		checkClasses(op, "target", a.target.read(target), pred.Dim(1))
	}
	if a.TopK > 1 {
		target = target.Unsqueeze(1) // (N, 1, d…), which broadcasts to (N, TopK, d…)
	}
	a.correct += int(best.Equal(target.Cast(tensor.Int64)).Sum().Item())
	a.total += target.Len()
}

// Merge adds the samples of other. It panics if TopK differs.
func (a *Accuracy) Merge(other *Accuracy) {
	if max(a.TopK, 1) != max(other.TopK, 1) {
		fail("Accuracy.Merge", fmt.Sprintf("other has TopK %d, want %d", other.TopK, a.TopK))
	}
	a.correct += other.correct
	a.total += other.total
}

// Reset removes all samples.
func (a *Accuracy) Reset() { a.correct, a.total = 0, 0 }

// Counts returns the number of correct predictions and of all predictions.
func (a *Accuracy) Counts() (correct, total int) { return a.correct, a.total }

// Value returns the accuracy, correct / total, or NaN without samples.
func (a *Accuracy) Value() float64 { return float64(a.correct) / float64(a.total) }
