package table

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// outOfFoldFile holds, in the run of a cross-validation, the prediction of each row by the network that was trained
// without the row's fold.
const outOfFoldFile = "out_of_fold.csv"

// Folds is the method of task.CrossValidated.
func (Task) Folds(r *recipe.Recipe) int {
	if d := r.Data.(*dataOptions); d.Fold == 0 {
		return d.Folds
	}
	return 0
}

// SetFold is the method of task.CrossValidated.
func (Task) SetFold(r *recipe.Recipe, k int) {
	r.Data.(*dataOptions).Fold = k
	r.Infer("data.fold", "the cross-validation")
}

// CanRefit says that training.refit is possible.
func (Task) CanRefit() {}

// foldParts makes the fold p.Fold the test, and the rows that were the test of a split training rows; the rows for
// validation are those of the split. classes has the class of each row in a stratified split; it may be nil. A class of one row is
// always trained, and one that would be in the validation alone is trained instead: no network can predict classes that
// it does not know.
func (p *problem) foldParts(of tabular.Parts, classes []int32) tabular.Parts {
	fold := uint8(max(p.Fold, 1) - 1)
	for i, k := range p.folds {
		switch {
		case k == fold:
			of[i] = testPart
		case of[i] == testPart:
			of[i] = trainPart
		}
	}
	rows, trained := map[int32]int{}, map[int32]int{}
	for i, c := range classes {
		rows[c]++
		if of[i] == trainPart {
			trained[c]++
		}
	}
	for i, c := range classes {
		switch {
		case c < 0:
		case rows[c] == 1:
			of[i], p.folds[i] = trainPart, tabular.Unused
		case trained[c] == 0 && of[i] == validationPart:
			of[i] = trainPart
		}
	}
	return of
}

// Collect predicts each row by the network that was trained without the row's fold, and writes the predictions.
func (Task) Collect(ctx context.Context, run *runs.Run, r *recipe.Recipe, folds []task.Model) (report *task.Report, err error) {
	p, err := look(ctx, r)
	if err != nil {
		return nil, err
	}
	models := modelsOf(folds)
	c := &collection{targets: jointTargets(models), src: p.src, folds: p.folds}
	for k, m := range models {
		part := make(tabular.Parts, len(p.folds))
		for i, fold := range p.folds {
			if part[i] = tabular.Unused; int(fold) == k {
				part[i] = 0
			}
		}
		sets, err := m.prep.Load(ctx, p.src, part, tabular.LoadConfig{Parts: 1})
		if err != nil {
			return nil, err
		}
		defer sets[0].Close()
		next, stop := iter.Pull2(m.answers(ctx, sets[0], nil))
		defer stop()
		c.next = append(c.next, next)
	}
	for _, t := range c.targets {
		q := quality{output: output{ColumnPreparation: t.ColumnPreparation}}
		if t.Kind == tabular.Category {
			q.n = len(t.Values)
			q.matrix = metrics.NewConfusionMatrix(q.n)
			q.matrix.Names = t.Values
		} else {
			q.numbers = &metrics.Regression{}
		}
		c.list = append(c.list, q)
	}
	if err := run.Write(outOfFoldFile, func(w io.Writer) error { return c.write(ctx, w) }); err != nil {
		return nil, err
	}
	report = reportOf(c.list, "out-of-fold")
	report.Text += fmt.Sprintf("%s has the prediction of each row: row counts from 1, fold says by which network.\n", outOfFoldFile)
	report.Next = [][]string{{"predict", "RUN", p.Path}, {"ui"}}
	return report, nil
}

// collection writes the predictions of all folds in the order of the rows, and measures them.
type collection struct {
	targets []jointTarget
	src     tabular.Source
	folds   tabular.Parts
	next    []func() (answer, error, bool) // of each fold's network
	list    []quality

	pending [][2][]float64 // for each target: predictions and truths that are not yet in list
}

func (c *collection) write(ctx context.Context, w io.Writer) error {
	buffered := bufio.NewWriter(w)
	out := csv.NewWriter(buffered)
	var truths, predicted []string
	line := []string{"row", "fold"}
	for _, t := range c.targets {
		line = append(line, t.Name)
	}
	if err := out.Write(append(line, names(c.targets)...)); err != nil {
		return err
	}
	c.pending = make([][2][]float64, len(c.targets))
	err := c.eachRow(ctx, func(row, fold int, cells [][]byte) error {
		a, err, ok := c.next[fold]()
		if err == nil && !ok {
			err = errors.New("the table has changed while it was read")
		}
		if err != nil {
			return err
		}
		truths, predicted = truths[:0], predicted[:0]
		for i := range c.targets {
			t := &c.targets[i]
			values, truth, text := t.joint(fold, a.values[i]), a.truth[i], string(bytes.TrimSpace(cells[i]))
			if t.Kind == tabular.Category {
				class := t.index[fold][int(truth)]
				text = t.Values[class]
				c.pend(i, float64(largest(values)), float64(class))
			} else {
				if v, err := strconv.ParseFloat(text, 64); err == nil {
					truth = v // the cell itself is more exact than the prepared number
				} else {
					text = readable.Rounded(truth, 1e-6*t.Std)
				}
				c.pend(i, values[0], truth)
			}
			truths = append(truths, text)
			predicted = t.appendCells(predicted, values, true)
		}
		line = append(append(append(line[:0], strconv.Itoa(row), strconv.Itoa(1+fold)), truths...), predicted...)
		return out.Write(line)
	})
	for i := range c.targets {
		c.measure(i)
	}
	out.Flush()
	return errors.Join(err, out.Error(), buffered.Flush())
}

// eachRow calls f with the cells of the targets for each row that is in a fold and has values of all targets.
func (c *collection) eachRow(ctx context.Context, f func(row, fold int, cells [][]byte) error) error {
	reader, err := c.src.Open()
	if err != nil {
		return err
	}
	defer reader.Close()
	var at []int
	for _, t := range c.targets {
		at = append(at, slices.Index(c.src.Columns(), t.Name))
	}
	cells := make([][]byte, len(at))
	row := 0
	for b := (tabular.Block{}); ; {
		b.First = row
		if err := reader.Next(&b); err == io.EOF {
			return ctx.Err()
		} else if err != nil {
			return err
		}
		if err := errors.Join(reader.Parse(&b), ctx.Err()); err != nil {
			return err
		}
	rows:
		for i := range b.Rows {
			row++
			if row > len(c.folds) || c.folds[row-1] == tabular.Unused {
				continue
			}
			for k, t := range c.targets {
				if cells[k] = b.Cell(i, at[k]); t.IsMissing(cells[k]) {
					continue rows
				}
			}
			if err := f(row, int(c.folds[row-1]), cells); err != nil {
				return err
			}
		}
	}
}

// pend remembers a prediction and the truth of target i.
func (c *collection) pend(i int, predicted, truth float64) {
	const most = 4096
	p := &c.pending[i]
	p[0], p[1] = append(p[0], predicted), append(p[1], truth)
	if len(p[0]) == most {
		c.measure(i)
	}
}

// measure adds what is remembered of target i to its quality.
func (c *collection) measure(i int) {
	p, q := &c.pending[i], &c.list[i]
	if len(p[0]) == 0 {
		return
	}
	predicted, truth := tensor.From(p[0]), tensor.From(p[1])
	if q.matrix != nil {
		q.matrix.Add(predicted.Cast(tensor.Int64), truth.Cast(tensor.Int64))
	} else {
		q.numbers.Add(predicted, truth)
	}
	p[0], p[1] = p[0][:0], p[1][:0]
}

// modelsOf returns models as those of this package.
func modelsOf(models []task.Model) []*Model {
	list := make([]*Model, len(models))
	for i, m := range models {
		list[i] = m.(*Model)
	}
	return list
}

// jointTarget is a target of several networks. Values has the classes of all: a rare class may be unknown to some.
type jointTarget struct {
	*tabular.ColumnPreparation
	index [][]int   // for each network: the place in Values of each of its classes
	sum   []float64 // what joint returns
}

// jointTargets returns the targets of networks that were trained on parts of one table.
func jointTargets(models []*Model) []jointTarget {
	var list []jointTarget
	for i, first := range models[0].prep.Targets {
		all := *first
		all.Values = slices.Clone(first.Values)
		t := jointTarget{ColumnPreparation: &all}
		for _, m := range models {
			var index []int
			for _, v := range m.prep.Targets[i].Values {
				at := slices.Index(all.Values, v)
				if at < 0 {
					at = len(all.Values)
					all.Values = append(all.Values, v)
				}
				index = append(index, at)
			}
			t.index = append(t.index, index)
		}
		t.sum = make([]float64, max(1, len(all.Values)))
		list = append(list, t)
	}
	return list
}

// joint returns what a network says about the target, with a probability for each class of all networks. It is valid
// until the next call.
func (t *jointTarget) joint(network int, values []float64) []float64 {
	clear(t.sum)
	t.add(network, values, 1)
	return t.sum
}

// add adds what a network says, times a weight.
func (t *jointTarget) add(network int, values []float64, weight float64) {
	for i, v := range values {
		if t.Kind == tabular.Category {
			i = t.index[network][i]
		}
		t.sum[i] += weight * v
	}
}

// largest returns the index of the largest value, the first of equal ones.
func largest(values []float64) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}

// alike returns an error if networks are for other targets than the first one.
func alike(models []*Model) error {
	names := func(m *Model) string {
		var list []string
		for _, t := range m.prep.Targets {
			list = append(list, t.Name+" "+t.Kind.String())
		}
		return strings.Join(list, ", ")
	}
	for k, m := range models {
		if names(m) != names(models[0]) {
			return fmt.Errorf("the network of fold %d predicts %s, and that of fold 1 %s", k+1, names(m), names(models[0]))
		}
	}
	return nil
}
