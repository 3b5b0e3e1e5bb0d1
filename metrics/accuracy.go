package metrics

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// Accuracy counts right predictions, of any number of classes. The zero value is ready: it takes the class with the highest score.
// Where there are few classes, a [ConfusionMatrix] says more.
type Accuracy struct {
	// TopK is among how many of the highest scores the target must be; 0 is 1. Of equal scores that of the lower class comes
	// first, as [tensor.Tensor.TopK] has it; NaN counts as the highest.
	TopK int

	correct, total int
	target         buffer
}

// Add counts a batch. Targets (N, d…) are class numbers, of an integer type. Predictions are scores of a float type, (N, classes, d…),
// logits or probabilities of at least 2 classes, or, unless TopK is above 1, class numbers of an integer type and the targets' shape.
func (a *Accuracy) Add(pred, target tensor.Tensor) {
	const op = "Accuracy.Add"
	if a.TopK < 0 {
		fail(op, fmt.Sprintf("TopK is %d", a.TopK))
	}
	if pred.DType().IsFloat() && pred.Rank() >= 2 && pred.Dim(1) == 1 {
		fail(op, "a score for each of at least 2 classes is wanted; of logits for yes, Squeeze(1).GreaterScalar(0) makes class numbers", pred.Shape(), target.Shape())
	}
	var best tensor.Tensor
	switch {
	case a.TopK <= 1:
		best = predicted(op, pred, target)
	case !pred.DType().IsFloat():
		fail(op, fmt.Sprintf("the %d highest scores are asked for, and class numbers given", a.TopK), pred.Shape(), target.Shape())
	default:
		checkTarget(op, pred, target)
		_, best = pred.Detach().TopK(min(a.TopK, pred.Dim(1)), 1, true)
	}
	if pred.DType().IsFloat() {
		checkClasses(op, "target", a.target.read(target), pred.Dim(1))
	}
	if a.TopK > 1 {
		target = target.Unsqueeze(1) // (N, 1, d…) beside (N, TopK, d…)
	}
	a.correct += int(best.Equal(target.Cast(tensor.Int64)).Sum().Item())
	a.total += target.Len()
}

// Merge adds what other has counted, with the same TopK.
func (a *Accuracy) Merge(other *Accuracy) {
	if max(a.TopK, 1) != max(other.TopK, 1) {
		fail("Accuracy.Merge", fmt.Sprintf("one has TopK %d, the other %d", a.TopK, other.TopK))
	}
	a.correct += other.correct
	a.total += other.total
}

// Reset forgets what was counted.
func (a *Accuracy) Reset() { a.correct, a.total = 0, 0 }

// Counts returns how many predictions were right, and out of how many.
func (a *Accuracy) Counts() (correct, total int) { return a.correct, a.total }

// Value returns the share of right predictions, NaN where there are none.
func (a *Accuracy) Value() float64 { return float64(a.correct) / float64(a.total) }
