package metrics

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// Accuracy counts right predictions, of any number of classes. The zero value is ready: it takes the class with the highest score.
// Where there are few classes, a [ConfusionMatrix] says more.
type Accuracy struct {
	// TopK is among how many of the highest scores the target must be; 0 is 1. Of equal scores that of the lower class comes
	// first, as [tensor.Tensor.TopK] has it; NaN counts as the highest.
	TopK int

	correct, total int
	pred, target   buffer
}

// Add counts a batch. Targets (N, d…) are class numbers, of an integer type. Predictions are scores of a float type, (N, classes, d…),
// logits or probabilities, or, unless TopK is above 1, class numbers of an integer type and the targets' shape.
func (a *Accuracy) Add(pred, target tensor.Tensor) {
	const op = "Accuracy.Add"
	if a.TopK < 0 {
		fail(op, fmt.Sprintf("TopK is %d", a.TopK))
	}
	if !pred.DType().IsFloat() {
		if a.TopK > 1 {
			fail(op, fmt.Sprintf("the %d highest scores are asked for, and class numbers given", a.TopK), pred.Shape(), target.Shape())
		}
		p, t := a.pred.read(predicted(op, pred, target)), a.target.read(target)
		for i := range t {
			a.correct += btoi(p[i] == t[i])
		}
		a.total += len(t)
		return
	}
	checkTarget(op, pred, target)
	classes := pred.Dim(1)
	scores, t := a.pred.read(pred), a.target.read(target)
	checkClasses(op, "target", t, classes)
	inner := 1 // places behind the classes
	for d := 2; d < pred.Rank(); d++ {
		inner *= pred.Dim(d)
	}
	for i, c := range t {
		own := int(c)
		first := i/inner*classes*inner + i%inner // the score of class 0
		score := scores[first+own*inner]
		ahead := 0
		for o := range classes {
			other := scores[first+o*inner]
			ahead += btoi(higher(other, score) || o < own && !higher(score, other))
		}
		a.correct += btoi(ahead < max(a.TopK, 1))
	}
	a.total += len(t)
}

// higher reports whether score a comes before b wherever they stand.
func higher(a, b float64) bool { return a > b || math.IsNaN(a) && !math.IsNaN(b) }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
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
