package table

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// quality is the quality of the predictions of one target.
type quality struct {
	output
	matrix       *metrics.ConfusionMatrix
	crossEntropy float64 // the sum over the rows, of classes
	numbers      *metrics.Regression
	constant     *metrics.Regression // of the simplest answer, the mean of the training rows
	configured   []train.Metric      // the recipe's metrics that are for the target
	balanced     bool                // the training counted rare classes as much as frequent ones
}

// newQuality returns an empty quality for a target of r, which may be nil.
func newQuality(o output, r *recipe.Recipe) (quality, error) {
	q := quality{output: o}
	if o.Kind == tabular.Category {
		q.matrix = metrics.NewConfusionMatrix(o.n)
		q.matrix.Names = o.Values
	} else {
		q.numbers, q.constant = &metrics.Regression{}, &metrics.Regression{}
	}
	if r == nil {
		return q, nil
	}
	q.balanced = r.Data.(*dataOptions).Balanced
	var err error
	q.configured, err = metricsFor(r, o.classes())
	return q, err
}

// qualities returns an empty quality for each target.
func (m *Model) qualities() ([]quality, error) {
	var list []quality
	for _, o := range outputs(m.prep.Targets) {
		q, err := newQuality(o, m.recipe)
		if err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
}

// add adds the outputs for a batch.
func (q *quality) add(pred, y tensor.Tensor) { q.addOwn(q.inUnit(pred, y)) }

// addOwn adds scores (N, classes) and classes (N), or numbers (N) in the target's unit, of this target alone.
func (q *quality) addOwn(pred, y tensor.Tensor) {
	if q.matrix != nil {
		q.matrix.Add(pred, y)
		q.crossEntropy += float64(nn.CrossEntropy(pred, y).Item()) * float64(y.Shape().Size())
	} else {
		q.numbers.Add(pred, y)
		q.constant.Add(y.MulScalar(0).AddScalar(q.Mean), y)
	}
	for _, m := range q.configured {
		m.Add(pred, y)
	}
}

// verdict returns the quality in a line, on rows that are called name, and that of the simplest answer: the class or the
// number that is the same for all rows.
func (q *quality) verdict(name string) string {
	var s strings.Builder
	if q.matrix == nil {
		fmt.Fprintf(&s, "%s: root mean squared error %s", q.Name, readable.Number(q.numbers.RMSE(), 4))
		if q.numbers.Total() > 1 { // a row alone has no variance
			fmt.Fprintf(&s, ", R² %.3f", q.numbers.R2())
		}
		fmt.Fprintf(&s, " on %s (always the mean: %s)", readable.Count(q.numbers.Total(), name+" row"),
			readable.Number(q.constant.RMSE(), 4))
	} else {
		right, n := 0, q.matrix.Total()
		for c := range q.n {
			right += q.matrix.Count(c, c)
		}
		fmt.Fprintf(&s, "%s: %d of %d %s rows right, %.2f%%", q.Name, right, n, name, 100*q.matrix.Accuracy())
		if c := q.mostFrequent(); n > 0 {
			fmt.Fprintf(&s, " (always “%s”: %.2f%%)", readable.Name(q.Values[c]), 100*float64(q.matrix.Actual(c))/float64(n))
		}
	}
	for _, m := range q.configured {
		if v := m.Name(); v != "accuracy" && v != "rmse" && v != "r2" { // which the line has
			fmt.Fprintf(&s, ", %s %.4g", v, m.Value())
		}
	}
	return s.String()
}

// mostFrequent returns the class that is the most frequent one in the training rows.
func (q *quality) mostFrequent() int {
	best := 0
	for c := range q.Counts {
		if q.Counts[c] > q.Counts[best] {
			best = c
		}
	}
	return best
}

// unpredicted returns a note on the classes that some rows have, and that were predicted for none; "" if there are none.
func (q *quality) unpredicted(several bool) string {
	if q.matrix == nil {
		return ""
	}
	never := task.NeverPredicted(q.matrix, q.Values)
	if never == "" {
		return ""
	}
	note := fmt.Sprintf("%s: never predicted: %s", q.Name, never)
	if !q.balanced && !several && rareNeverPredicted(q.matrix) {
		note += "; to count rare classes as much as frequent ones, train with --set data.balanced=true"
	}
	return note
}

// rareNeverPredicted reports whether a class is never predicted that has at most half as many rows as the most frequent
// one. Otherwise the network has not learned enough yet, and weights of the classes would not help.
func rareNeverPredicted(m *metrics.ConfusionMatrix) bool {
	most, least := 0, math.MaxInt
	for c := range m.Classes() {
		most = max(most, m.Actual(c))
		if m.Actual(c) > 0 && m.Predicted(c) == 0 {
			least = min(least, m.Actual(c))
		}
	}
	return least <= most/2
}

// measure evaluates the network on set.
func (m *Model) measure(ctx context.Context, set data.Dataset) ([]quality, error) {
	nn.Eval(m.network)
	list, err := m.qualities()
	if err != nil {
		return nil, err
	}
	loader := evaluationLoader(set, m.device)
	for batch := range loader.Batches(data.NoGrad) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pred := m.network.Forward(batch.X)
		for i := range list {
			list[i].add(pred, batch.Y)
		}
	}
	return list, loader.Err()
}

// report evaluates the network on rows, which are called name, such as "test".
func (m *Model) report(ctx context.Context, set *tabular.Rows, name string, importance bool) (*task.Report, error) {
	list, err := m.measure(ctx, set)
	if err != nil {
		return nil, err
	}
	r := reportOf(list, name)
	if importance {
		columns, err := m.importance(ctx, set)
		if err != nil {
			return nil, err
		}
		r.Text += importanceText(columns)
	}
	return r, nil
}

// reportOf returns the report on qualities that were measured on rows, which are called name, such as "test".
func reportOf(list []quality, name string) *task.Report {
	r := &task.Report{Metrics: map[string]float64{}}
	var verdicts, notes []string
	var text strings.Builder
	for i := range list {
		q := &list[i]
		verdicts = append(verdicts, q.verdict(name))
		if note := q.unpredicted(len(list) > 1); note != "" {
			notes = append(notes, note)
		}
		key := ""
		if len(list) > 1 {
			key = "_" + q.Name
		}
		if q.matrix != nil {
			average := q.matrix.Average(metrics.Macro, q.matrix.Present()...)
			r.Metrics["accuracy"+key], r.Metrics["f1"+key] = q.matrix.Accuracy(), average.F1
			fmt.Fprintf(&text, "%s\n%s\n%s\n", q.Name, q.matrix.Report(2), q.matrix)
			if len(list) == 1 {
				r.Confusion, r.Names = q.matrix, q.Values
			}
		} else {
			r.Metrics["rmse"+key], r.Metrics["mae"+key] = q.numbers.RMSE(), q.numbers.MAE()
			fmt.Fprintf(&text, "%s\nroot mean squared error %s\nmean absolute error     %s\n", q.Name,
				readable.Number(q.numbers.RMSE(), 4), readable.Number(q.numbers.MAE(), 4))
			if q.numbers.Total() > 1 { // a row alone has no variance
				r.Metrics["r2"+key] = q.numbers.R2()
				fmt.Fprintf(&text, "R²                      %.4f\n", q.numbers.R2())
			}
			text.WriteByte('\n')
		}
		for _, m := range q.configured {
			r.Metrics[m.Name()+key] = m.Value()
			fmt.Fprintf(&text, "%-23s %.4f\n", m.Name(), m.Value())
		}
		if len(q.configured) > 0 {
			text.WriteByte('\n')
		}
	}
	r.Verdict, r.Notes = strings.Join(verdicts, "; "), notes
	r.Text = text.String()
	return r
}
