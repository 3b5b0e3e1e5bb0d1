package metrics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/tensor"
)

// ConfusionMatrix counts the samples of each target class t that were predicted as class p:
// sklearn.metrics.confusion_matrix. Accuracy, precision, recall, F1 and the classification report are computed from
// it. It takes 8 bytes per pair of classes. The zero value is not usable: create one with [NewConfusionMatrix].
type ConfusionMatrix struct {
	Names []string // of the classes, for Report and String; nil means the class numbers
	// ZeroDivision is the value of 0/0: the precision of a class that was never predicted, and the recall of a class
	// without targets. NaN excludes such classes from averages. It is scikit-learn's zero_division.
	ZeroDivision float64

	classes      int
	counts       []int64 // (target, prediction)
	pred, target buffer
}

// NewConfusionMatrix returns a zero matrix for the classes 0 to classes−1. It panics if classes is less than 1 or
// classes² overflows.
func NewConfusionMatrix(classes int) *ConfusionMatrix {
	if classes < 1 || classes*classes/classes != classes {
		fail("NewConfusionMatrix", fmt.Sprintf("%d classes, want at least 1 and classes² within an int", classes))
	}
	return &ConfusionMatrix{classes: classes, counts: make([]int64, classes*classes)}
}

// Add adds a batch. target (N, d…) holds class numbers of an integer type. pred holds either class numbers of an
// integer type in the same shape, or scores (logits or probabilities) of a float type, (N, classes, d…), of which it
// takes the [tensor.Tensor.ArgMax] over the classes: the first of equal maxima. It panics for other shapes and types,
// and for a class out of range.
func (m *ConfusionMatrix) Add(pred, target tensor.Tensor) {
	const op = "ConfusionMatrix.Add"
	m.checkInitialized(op)
	if pred.DType().IsFloat() && pred.Rank() >= 2 && pred.Dim(1) != m.classes {
		fail(op, fmt.Sprintf("want scores of %d classes", m.classes), pred.Shape(), target.Shape())
	}
	ps := m.pred.read(predicted(op, pred, target))
	ts := m.target.read(target)
	checkClasses(op, "prediction", ps, m.classes)
	checkClasses(op, "target", ts, m.classes)
	for i, t := range ts {
		m.counts[int(t)*m.classes+int(ps[i])]++
	}
}

// checkInitialized panics for a zero value.
func (m *ConfusionMatrix) checkInitialized(op string) {
	if m.classes == 0 {
		fail(op, "the matrix has no classes; create it with NewConfusionMatrix")
	}
}

// Merge adds the counts of other. It panics if the numbers of classes differ.
func (m *ConfusionMatrix) Merge(other *ConfusionMatrix) {
	if m.classes != other.classes {
		fail("ConfusionMatrix.Merge", fmt.Sprintf("other has %d classes, want %d", other.classes, m.classes))
	}
	for i, n := range other.counts {
		m.counts[i] += n
	}
}

// Reset sets all counts to zero.
func (m *ConfusionMatrix) Reset() { clear(m.counts) }

// Classes returns the number of classes.
func (m *ConfusionMatrix) Classes() int { return m.classes }

// Count returns the number of samples of class target that were predicted as class pred.
func (m *ConfusionMatrix) Count(target, pred int) int {
	m.checkRange("ConfusionMatrix.Count", []int{target, pred})
	return int(m.counts[target*m.classes+pred])
}

// Actual returns the number of samples of class c.
func (m *ConfusionMatrix) Actual(c int) int {
	m.checkRange("ConfusionMatrix.Actual", []int{c})
	_, _, targets := m.classCounts(c)
	return int(targets)
}

// Predicted returns the number of samples that were predicted as class c.
func (m *ConfusionMatrix) Predicted(c int) int {
	m.checkRange("ConfusionMatrix.Predicted", []int{c})
	_, predicted, _ := m.classCounts(c)
	return int(predicted)
}

// Total returns the number of samples.
func (m *ConfusionMatrix) Total() int {
	var n int64
	for _, c := range m.counts {
		n += c
	}
	return int(n)
}

// Present returns the classes that occur as targets or as predictions, in ascending order: the classes that
// scikit-learn lists without labels.
func (m *ConfusionMatrix) Present() []int {
	return slices.DeleteFunc(m.all(), func(c int) bool {
		_, predicted, targets := m.classCounts(c)
		return predicted+targets == 0
	})
}

// all returns 0, 1, …, classes−1.
func (m *ConfusionMatrix) all() []int {
	classes := make([]int, m.classes)
	for c := range classes {
		classes[c] = c
	}
	return classes
}

// checkRange panics if a class is out of range.
func (m *ConfusionMatrix) checkRange(op string, classes []int) {
	for _, c := range classes {
		if c < 0 || c >= m.classes {
			fail(op, fmt.Sprintf("class %d, want 0 to %d", c, m.classes-1))
		}
	}
}

// selection returns classes, or all classes if there are none. It panics for a class that is out of range or repeated.
func (m *ConfusionMatrix) selection(op string, classes []int) []int {
	m.checkInitialized(op)
	if len(classes) == 0 {
		return m.all()
	}
	m.checkRange(op, classes)
	sorted := slices.Sorted(slices.Values(classes))
	for i, c := range sorted[1:] {
		if c == sorted[i] {
			fail(op, fmt.Sprintf("class %d is given twice, want distinct classes", c))
		}
	}
	return classes
}

// classCounts returns the numbers of true positives, of predictions and of targets of class c.
func (m *ConfusionMatrix) classCounts(c int) (hits, predicted, targets int64) {
	for o := range m.classes {
		predicted += m.counts[o*m.classes+c]
		targets += m.counts[c*m.classes+o]
	}
	return m.counts[c*m.classes+c], predicted, targets
}

// Accuracy returns the fraction of correct predictions, or NaN without samples.
func (m *ConfusionMatrix) Accuracy() float64 {
	var hits int64
	for c := range m.classes {
		hits += m.counts[c*m.classes+c]
	}
	return float64(hits) / float64(m.Total())
}

// PrecisionRecall holds precision, recall and F1 of a class, or their averages over classes. With TP true positives,
// FP false positives and FN false negatives,
//
//	Precision = TP / (TP + FP)
//	Recall    = TP / (TP + FN)
//	F1        = 2·TP / (2·TP + FP + FN), the harmonic mean of the two
type PrecisionRecall struct {
	Precision, Recall, F1 float64
	Support               int // the number of targets, TP + FN
}

// quotients returns precision, recall and F1 from counts.
func (m *ConfusionMatrix) quotients(hits, predicted, targets int64) PrecisionRecall {
	divide := func(a, b int64) float64 {
		if b == 0 {
			return m.ZeroDivision
		}
		return float64(a) / float64(b)
	}
	return PrecisionRecall{divide(hits, predicted), divide(hits, targets), divide(2*hits, predicted+targets), int(targets)}
}

// Class returns precision, recall and F1 of class c. It panics if c is out of range.
func (m *ConfusionMatrix) Class(c int) PrecisionRecall {
	m.checkRange("ConfusionMatrix.Class", []int{c})
	return m.quotients(m.classCounts(c))
}

// Average returns the averages of precision, recall and F1 over the given classes, or over all if none are given.
// Micro sums TP, FP and FN over the classes first; over all classes its three values equal the accuracy. It panics
// for an unknown average, and for a class out of range or repeated.
func (m *ConfusionMatrix) Average(a Average, classes ...int) PrecisionRecall {
	classes = m.selection("ConfusionMatrix.Average", classes)
	var hits, predicted, targets int64
	var precision, recall, f1, support []float64
	for _, c := range classes {
		h, p, t := m.classCounts(c)
		hits, predicted, targets = hits+h, predicted+p, targets+t
		q := m.quotients(h, p, t)
		precision, recall, f1 = append(precision, q.Precision), append(recall, q.Recall), append(f1, q.F1)
		support = append(support, float64(t))
	}
	switch a {
	case Macro:
		return PrecisionRecall{mean(precision), mean(recall), mean(f1), int(targets)}
	case Micro:
		return m.quotients(hits, predicted, targets)
	case Weighted:
		return PrecisionRecall{weightedMean(precision, support), weightedMean(recall, support), weightedMean(f1, support), int(targets)}
	}
	panic(&tensor.Error{Op: "metrics.ConfusionMatrix.Average", Msg: a.String() + ", want Macro, Micro or Weighted"})
}

// name returns the name of class c, or its number without Names.
func (m *ConfusionMatrix) name(op string, c int) string {
	switch len(m.Names) {
	case 0:
		return strconv.Itoa(c)
	case m.classes:
		return m.Names[c]
	}
	panic(&tensor.Error{Op: "metrics." + op, Msg: fmt.Sprintf("%d Names, want one for each of %d classes", len(m.Names), m.classes)})
}

// String returns the matrix as a table with a row per target class and a column per predicted class. Zero is printed
// as a dot.
func (m *ConfusionMatrix) String() string {
	const op, corner = "ConfusionMatrix.String", `target\predicted`
	m.checkInitialized(op)
	first, width := utf8.RuneCountInString(corner), len(strconv.FormatInt(slices.Max(m.counts), 10))
	for c := range m.classes {
		n := utf8.RuneCountInString(m.name(op, c))
		first, width = max(first, n), max(width, n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%*s ", first, corner)
	for c := range m.classes {
		fmt.Fprintf(&b, " %*s", width, m.name(op, c))
	}
	for t := range m.classes {
		fmt.Fprintf(&b, "\n%*s ", first, m.name(op, t))
		for p := range m.classes {
			n := strconv.Itoa(m.Count(t, p))
			if n == "0" {
				n = "."
			}
			fmt.Fprintf(&b, " %*s", width, n)
		}
	}
	return b.String() + "\n"
}
