package metrics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/tensor"
)

// ConfusionMatrix counts how often each class was taken for which: the number of samples of class t that were predicted to be of class
// p. Accuracy, precision, recall, F1 and the classification report all follow from it. It takes 8 bytes for each pair of classes.
//
// Make it with [NewConfusionMatrix].
type ConfusionMatrix struct {
	Names []string // of the classes, for Report and String; without names they have numbers
	// ZeroDivision stands for 0/0: the precision of a class that was never predicted, the recall of one without targets. With
	// NaN such classes are left out of averages.
	ZeroDivision float64

	classes      int
	counts       []int64 // (target, prediction)
	pred, target buffer
}

// NewConfusionMatrix returns an empty matrix for classes 0 to classes−1.
func NewConfusionMatrix(classes int) *ConfusionMatrix {
	if classes < 1 || classes*classes/classes != classes {
		fail("NewConfusionMatrix", fmt.Sprintf("no matrix is for %d classes", classes))
	}
	return &ConfusionMatrix{classes: classes, counts: make([]int64, classes*classes)}
}

// Add counts a batch. Targets (N, d…) are class numbers, of an integer type. Predictions are either class numbers, too, of an
// integer type and the same shape, or scores of a float type, (N, classes, d…): then the class with the highest score counts, the
// first of equals, as [tensor.Tensor.ArgMax] finds it. Scores may be logits or probabilities.
func (m *ConfusionMatrix) Add(pred, target tensor.Tensor) {
	const op = "ConfusionMatrix.Add"
	m.made(op)
	if pred.DType().IsFloat() && pred.Rank() >= 2 && pred.Dim(1) != m.classes {
		fail(op, fmt.Sprintf("the scores are not for %d classes", m.classes), pred.Shape(), target.Shape())
	}
	ps := m.pred.read(predicted(op, pred, target))
	ts := m.target.read(target)
	checkClasses(op, "prediction", ps, m.classes)
	checkClasses(op, "target", ts, m.classes)
	for i, t := range ts {
		m.counts[int(t)*m.classes+int(ps[i])]++
	}
}

// made panics for a zero value.
func (m *ConfusionMatrix) made(op string) {
	if m.classes == 0 {
		fail(op, "the matrix has no classes; NewConfusionMatrix makes one")
	}
}

// Merge adds what other has counted, for the same classes.
func (m *ConfusionMatrix) Merge(other *ConfusionMatrix) {
	if m.classes != other.classes {
		fail("ConfusionMatrix.Merge", fmt.Sprintf("one has %d classes, the other %d", m.classes, other.classes))
	}
	for i, n := range other.counts {
		m.counts[i] += n
	}
}

// Reset forgets what was counted.
func (m *ConfusionMatrix) Reset() { clear(m.counts) }

// Classes returns the number of classes.
func (m *ConfusionMatrix) Classes() int { return m.classes }

// Count returns how many samples of class target were predicted to be of class pred.
func (m *ConfusionMatrix) Count(target, pred int) int {
	m.check("ConfusionMatrix.Count", []int{target, pred})
	return int(m.counts[target*m.classes+pred])
}

// Total returns how many samples were counted.
func (m *ConfusionMatrix) Total() int {
	var n int64
	for _, c := range m.counts {
		n += c
	}
	return int(n)
}

// Present returns the classes that occur, as targets or as predictions, in order: those that scikit-learn lists where it is not
// told the classes.
func (m *ConfusionMatrix) Present() []int {
	return slices.DeleteFunc(m.all(), func(c int) bool {
		_, predicted, targets := m.of(c)
		return predicted+targets == 0
	})
}

func (m *ConfusionMatrix) all() []int {
	classes := make([]int, m.classes)
	for c := range classes {
		classes[c] = c
	}
	return classes
}

// check panics unless classes are some that there are.
func (m *ConfusionMatrix) check(op string, classes []int) {
	for _, c := range classes {
		if c < 0 || c >= m.classes {
			fail(op, fmt.Sprintf("there is no class %d, the classes are 0 to %d", c, m.classes-1))
		}
	}
}

// choose returns classes, all where none is named, and panics where one is named twice.
func (m *ConfusionMatrix) choose(op string, classes []int) []int {
	m.made(op)
	if len(classes) == 0 {
		return m.all()
	}
	m.check(op, classes)
	sorted := slices.Sorted(slices.Values(classes))
	for i, c := range sorted[1:] {
		if c == sorted[i] {
			fail(op, fmt.Sprintf("class %d is named twice", c))
		}
	}
	return classes
}

// of returns how many samples of class c were recognised, how many were predicted to be of it, and how many were.
func (m *ConfusionMatrix) of(c int) (hits, predicted, targets int64) {
	for o := range m.classes {
		predicted += m.counts[o*m.classes+c]
		targets += m.counts[c*m.classes+o]
	}
	return m.counts[c*m.classes+c], predicted, targets
}

// Accuracy returns the share of samples whose class was predicted, NaN where there are none.
func (m *ConfusionMatrix) Accuracy() float64 {
	var hits int64
	for c := range m.classes {
		hits += m.counts[c*m.classes+c]
	}
	return float64(hits) / float64(m.Total())
}

// PrecisionRecall is how well a class, or several together, was recognised. With TP samples of the class recognised, FP samples of
// others taken for it, and FN samples of it taken for others,
//
//	Precision = TP / (TP + FP)
//	Recall    = TP / (TP + FN)
//	F1        = 2·TP / (2·TP + FP + FN), the harmonic mean of the two
type PrecisionRecall struct {
	Precision, Recall, F1 float64
	Support               int // the number of targets, TP + FN
}

func (m *ConfusionMatrix) quotients(hits, predicted, targets int64) PrecisionRecall {
	divide := func(a, b int64) float64 {
		if b == 0 {
			return m.ZeroDivision
		}
		return float64(a) / float64(b)
	}
	return PrecisionRecall{divide(hits, predicted), divide(hits, targets), divide(2*hits, predicted+targets), int(targets)}
}

// Class returns how well class c was recognised.
func (m *ConfusionMatrix) Class(c int) PrecisionRecall {
	m.check("ConfusionMatrix.Class", []int{c})
	return m.quotients(m.of(c))
}

// Average returns how well the classes were recognised, all of them where none is named. Micro sums TP, FP and FN over the classes
// first; over all classes its three figures are the accuracy.
func (m *ConfusionMatrix) Average(a Average, classes ...int) PrecisionRecall {
	classes = m.choose("ConfusionMatrix.Average", classes)
	var hits, predicted, targets int64
	var precision, recall, f1, support []float64
	for _, c := range classes {
		h, p, t := m.of(c)
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
	panic(&tensor.Error{Op: "ConfusionMatrix.Average", Msg: "there is no " + a.String()})
}

// name returns what class c is called.
func (m *ConfusionMatrix) name(op string, c int) string {
	switch len(m.Names) {
	case 0:
		return strconv.Itoa(c)
	case m.classes:
		return m.Names[c]
	}
	panic(&tensor.Error{Op: op, Msg: fmt.Sprintf("%d names for %d classes", len(m.Names), m.classes)})
}

// String returns the matrix as a table, a line for each class of targets and a column for each class of predictions. A dot stands for
// none.
func (m *ConfusionMatrix) String() string {
	const op, corner = "ConfusionMatrix.String", `target\predicted`
	m.made(op)
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
