package task

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// MaxClasses limits the classes of classifiers: their confusion matrix has a number for each pair of classes.
const MaxClasses = 4096

// EvaluateClasses evaluates a classifier: accuracy, loss, F1, the metrics of the recipe and the confusion matrix. names are
// those of the classes; what says what the samples are, such as "test pictures". The verdict has the accuracy of the
// simplest answer beside it, the class that most samples have, and a note names the classes that are never predicted.
func EvaluateClasses(ctx context.Context, model nn.Module, loader *data.Loader, names []string, what string,
	c *recipe.Recipe) (*Report, error) {
	configured, err := c.BuildMetrics(len(names))
	if err != nil {
		return nil, err
	}
	matrix := metrics.NewConfusionMatrix(len(names))
	names = Short(names)
	matrix.Names = names
	r, err := train.Evaluate(ctx, model, loader, nn.CrossEntropyLoss{}, append(configured, train.MetricFunc(matrix.Add))...)
	if err != nil {
		return nil, err
	}
	best := 0
	for class := range names {
		if matrix.Actual(class) > matrix.Actual(best) {
			best = class
		}
	}
	verdict := fmt.Sprintf("%d of %d %s correct: %.1f%% (always “%s”: %.1f%%)", r.Correct, r.Total, what, 100*r.Accuracy(), names[best],
		100*float64(matrix.Actual(best))/float64(matrix.Total()))
	report := &Report{Verdict: verdict, Text: fmt.Sprintf("loss %.4f", r.Loss), Confusion: matrix, Names: names,
		Metrics: map[string]float64{"accuracy": r.Accuracy(), "loss": r.Loss, "f1": matrix.Average(metrics.Macro, matrix.Present()...).F1}}
	report.Add(configured)
	report.Text += "\n\n" + matrix.Report(4)
	if never := NeverPredicted(matrix, names); never != "" {
		report.Notes = []string{"never predicted: " + never}
	}
	return report, nil
}

// Add adds the values of metrics: to the verdict, unless it is the accuracy, which is there, to Metrics and, each in a
// line, to Text.
func (r *Report) Add(list []train.Metric) {
	for _, m := range list {
		r.Metrics[m.Name()] = m.Value()
		r.Text += fmt.Sprintf("\n%s %.4f", m.Name(), m.Value())
		if m.Name() != "accuracy" {
			r.Verdict += fmt.Sprintf(", %s %.4g", m.Name(), m.Value())
		}
	}
}

// NeverPredicted names the classes that samples have and that were predicted for none, with the number of their samples;
// "" if there are none.
func NeverPredicted(m *metrics.ConfusionMatrix, names []string) string {
	const most = 5
	var list []string
	for c := range names {
		if n := m.Actual(c); n > 0 && m.Predicted(c) == 0 {
			list = append(list, fmt.Sprintf("“%s” (%d)", readable.Name(names[c]), n))
		}
	}
	if n := len(list) - most; n > 0 {
		list = append(list[:most], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(list, ", ")
}

// CheckConfusion returns an error for a file of --confusion that [WriteEvaluation] cannot write: it saves the evaluation.
func CheckConfusion(file string) error {
	if file != "" && !strings.EqualFold(filepath.Ext(file), ".png") {
		return message.Usagef("--confusion is %q, want a file name that ends in .png", file)
	}
	return nil
}

// WriteEvaluation prints what the command evaluate says of a classifier: the verdict, with table the numbers of each class.
// If confusion is not "", it draws the confusion matrix to that PNG file.
func WriteEvaluation(w io.Writer, r *Report, table bool, confusion string) error {
	loss, classes, _ := strings.Cut(r.Text, "\n\n")
	fmt.Fprintf(w, "%s%s\n", r.Summary(), loss)
	if table {
		fmt.Fprintf(w, "\n%s", classes)
	}
	if confusion == "" {
		return nil
	}
	if err := (plots.Confusion{Title: "Confusion matrix", Note: r.Verdict, Matrix: r.Confusion,
		Names: r.Names}).Picture().WriteFile(confusion); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nconfusion matrix written to %s\n", confusion)
	return nil
}

// Answer is a class and its probability.
type Answer struct {
	Class       int
	Probability float64
}

// Answers returns the classes of one input, the most probable first.
func Answers(model nn.Module, x tensor.Tensor) []Answer {
	p := train.Probabilities(model, x)
	order := p.ArgSort(1, true).Int64s()
	out := make([]Answer, len(order))
	for i, class := range order {
		out[i] = Answer{int(class), float64(p.At(0, int(class)))}
	}
	return out
}

// ClassOf returns the number of a class for the option --class, −1 for "".
func ClassOf(names []string, class string) (int, error) {
	if class == "" {
		return -1, nil
	}
	if i := slices.Index(names, class); i >= 0 {
		return i, nil
	}
	return 0, message.Usagef("--class: no class %q; want %s", class, Some(names))
}

// Short returns names as tables and pictures have them: the middle of long ones is left out.
func Short(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = readable.Name(name)
	}
	return out
}

// Some returns the first names of a list, for messages.
func Some(names []string) string {
	const most = 6
	var some []string
	for _, name := range names[:min(len(names), most)] {
		some = append(some, readable.Name(name))
	}
	if len(names) > most {
		some[most-1] = "…"
	}
	return strings.Join(some, ", ")
}
