package table

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// quality is the quality of the predictions of one target.
type quality struct {
	output
	matrix  *metrics.ConfusionMatrix
	numbers *metrics.Regression
}

// qualities returns an empty quality for each target.
func (m *Model) qualities() []quality {
	var list []quality
	for _, o := range outputs(m.prep.Targets) {
		q := quality{output: o}
		if o.Kind == tabular.Category {
			q.matrix = metrics.NewConfusionMatrix(o.n)
			q.matrix.Names = o.Values
		} else {
			q.numbers = &metrics.Regression{}
		}
		list = append(list, q)
	}
	return list
}

// add adds the outputs for a batch.
func (q *quality) add(pred, y tensor.Tensor) {
	pred, y = q.inUnit(pred, y)
	if q.matrix != nil {
		q.matrix.Add(pred, y)
	} else {
		q.numbers.Add(pred, y)
	}
}

// verdict returns the quality in a line, on rows that are called name.
func (q *quality) verdict(name string) string {
	if q.matrix == nil {
		return fmt.Sprintf("%s: root mean squared error %s, R² %.3f on %d %s rows", q.Name, readable.Number(q.numbers.RMSE(), 4), q.numbers.R2(), q.numbers.Total(), name)
	}
	right := 0
	for c := range q.n {
		right += q.matrix.Count(c, c)
	}
	return fmt.Sprintf("%s: %d of %d %s rows right, %.2f%%", q.Name, right, q.matrix.Total(), name, 100*q.matrix.Accuracy())
}

// score returns the accuracy or R².
func (q *quality) score() float64 {
	if q.matrix != nil {
		return q.matrix.Accuracy()
	}
	return q.numbers.R2()
}

// measure evaluates the network on set.
func (m *Model) measure(ctx context.Context, set data.Dataset) ([]quality, error) {
	nn.Eval(m.network)
	list := m.qualities()
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

// score returns the mean score of the targets.
func score(list []quality) float64 {
	sum := 0.0
	for i := range list {
		sum += list[i].score()
	}
	return sum / float64(len(list))
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
		r.Text += importanceTable(columns, list[0].matrix != nil)
	}
	return r, nil
}

// reportOf returns the report on qualities that were measured on rows, which are called name, such as "test".
func reportOf(list []quality, name string) *task.Report {
	r := &task.Report{Metrics: map[string]float64{}}
	var verdicts []string
	var text strings.Builder
	for i := range list {
		q := &list[i]
		verdicts = append(verdicts, q.verdict(name))
		key := ""
		if len(list) > 1 {
			key = "_" + q.Name
		}
		if q.matrix != nil {
			average := q.matrix.Average(metrics.Macro)
			r.Metrics["accuracy"+key], r.Metrics["f1"+key] = q.matrix.Accuracy(), average.F1
			fmt.Fprintf(&text, "%s\n%s\n%s\n", q.Name, q.matrix.Report(2), q.matrix)
			if len(list) == 1 {
				r.Confusion, r.Names = q.matrix, q.Values
			}
			continue
		}
		r.Metrics["rmse"+key], r.Metrics["mae"+key], r.Metrics["r2"+key] = q.numbers.RMSE(), q.numbers.MAE(), q.numbers.R2()
		fmt.Fprintf(&text, "%s\nroot mean squared error %s\nmean absolute error     %s\nR²                      %.4f\n\n", q.Name,
			readable.Number(q.numbers.RMSE(), 4), readable.Number(q.numbers.MAE(), 4), q.numbers.R2())
	}
	r.Verdict = strings.Join(verdicts, "; ")
	r.Text = text.String()
	return r
}

// columnImportance says how much worse predictions are without what a column says.
type columnImportance struct {
	column string
	drop   float64 // of the score
}

// importance returns the permutation importance of each column: the mean fall of the score, over three random
// permutations of the column in at most 2000 rows. The most important column is first.
func (m *Model) importance(ctx context.Context, set *tabular.Rows) ([]columnImportance, error) {
	const most, repeats = 2000, 3
	random := rand.New(rand.NewPCG(1, 1))
	rows := make([]int64, set.Len())
	for i := range rows {
		rows[i] = int64(i)
	}
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	rows = rows[:min(most, len(rows))]
	slices.Sort(rows)
	list, err := m.measure(ctx, data.NewSubset(set, rows))
	if err != nil {
		return nil, err
	}
	whole := score(list)
	order := make([]int64, set.Len())
	var columns []columnImportance
	for _, f := range m.prep.Features() {
		sum := 0.0
		for range repeats {
			other := slices.Clone(rows)
			random.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
			for i, r := range rows {
				order[r] = other[i]
			}
			list, err := m.measure(ctx, data.NewSubset(set.Permuted(f, order), rows))
			if err != nil {
				return nil, err
			}
			sum += whole - score(list)
		}
		columns = append(columns, columnImportance{f.Column, sum / repeats})
	}
	sortByImportance(columns)
	return columns, nil
}

// sortByImportance puts the most important column first.
func sortByImportance(columns []columnImportance) {
	slices.SortStableFunc(columns, func(a, b columnImportance) int { return cmp.Compare(b.drop, a.drop) })
}

func importanceTable(columns []columnImportance, classes bool) string {
	measure := "R²"
	if classes {
		measure = "accuracy"
	}
	var s strings.Builder
	fmt.Fprintf(&s, "permutation importance: by how much %s falls if the values of a column are exchanged at random\n", measure)
	width := 0
	for _, c := range columns {
		width = max(width, len([]rune(c.column)))
	}
	for _, c := range columns {
		fmt.Fprintf(&s, "%*s  %7.4f\n", width, c.column, c.drop)
	}
	return s.String()
}
