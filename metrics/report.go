package metrics

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Report returns precision, recall, F1 and support of each of the classes, all of them where none is named, and their averages, as
// the text that scikit-learn's classification_report makes of the same predictions with labels=classes. Figures have that many
// digits behind the point; scikit-learn's default is 2.
//
// A line "accuracy" stands for the micro average, whose figures are all the same, unless a class that occurs is not among those named.
// To list only the classes that occur, as scikit-learn does where it is not told the classes, name those of [ConfusionMatrix.Present].
//
// (https://scikit-learn.org/stable/modules/generated/sklearn.metrics.classification_report.html)
func (m *ConfusionMatrix) Report(digits int, classes ...int) string {
	const op = "ConfusionMatrix.Report"
	if digits < 0 {
		fail(op, fmt.Sprintf("there are no %d digits", digits))
	}
	classes = m.choose(op, classes)
	width := max(len("weighted avg"), digits)
	for _, c := range classes {
		width = max(width, utf8.RuneCountInString(m.name(op, c)))
	}
	number := func(v float64) string {
		if math.IsNaN(v) {
			return "nan"
		}
		return fmt.Sprintf("%.*f", digits, v)
	}
	var b strings.Builder
	line := func(name, precision, recall, f1 string, support any) {
		fmt.Fprintf(&b, "%*s  %9s %9s %9s %9v\n", width, name, precision, recall, f1, support)
	}
	figures := func(name string, q PrecisionRecall) {
		line(name, number(q.Precision), number(q.Recall), number(q.F1), q.Support)
	}

	line("", "precision", "recall", "f1-score", "support")
	b.WriteByte('\n')
	for _, c := range classes {
		figures(m.name(op, c), m.Class(c))
	}
	b.WriteByte('\n')
	micro := m.Average(Micro, classes...)
	if slices.ContainsFunc(m.Present(), func(c int) bool { return !slices.Contains(classes, c) }) {
		figures("micro avg", micro)
	} else {
		line("accuracy", "", "", number(micro.F1), micro.Support)
	}
	figures("macro avg", m.Average(Macro, classes...))
	figures("weighted avg", m.Average(Weighted, classes...))
	return b.String()
}
