package metrics

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Report returns precision, recall, F1 and support of each class and their averages as text, identical to
// scikit-learn's classification_report with labels=classes. Without classes it reports all. digits is the number of
// decimals; scikit-learn's default is 2. It panics for negative digits and for an unknown or repeated class.
//
// The line "accuracy" replaces the micro average, whose three values are equal, unless a class that occurs is not
// among classes. Pass m.Present()... to list only the classes that occur, as scikit-learn does without labels.
//
// (https://scikit-learn.org/stable/modules/generated/sklearn.metrics.classification_report.html)
func (m *ConfusionMatrix) Report(digits int, classes ...int) string {
	const op = "ConfusionMatrix.Report"
	if digits < 0 {
		fail(op, fmt.Sprintf("%d digits, want 0 or more", digits))
	}
	classes = m.selection(op, classes)
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
