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
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// outOfFoldFile holds, in the run of a cross-validation, the prediction of each row by the network that was trained
// without the row's fold.
const outOfFoldFile = "out_of_fold.csv"

// memory is the size of the rows that are kept in memory, prepared for all networks; more are in temporary files.
const memory = 256 << 20

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
// validation are those of the split. classes has the class of each row in a stratified split; it may be nil. A class
// that would be in the validation alone is trained instead: no network can predict classes that it has not seen.
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
	trained := map[int32]bool{}
	for i, c := range classes {
		if of[i] == trainPart {
			trained[c] = true
		}
	}
	for i, c := range classes {
		if c >= 0 && of[i] == validationPart && !trained[c] {
			of[i] = trainPart
		}
	}
	return of
}

// Collect predicts each row by the network that was trained without the row's fold, and writes the predictions.
func (Task) Collect(ctx context.Context, run *runs.Run, r *recipe.Recipe, folds []task.Model) (report *task.Report, err error) {
	p, err := newProblem(ctx, r)
	if err != nil {
		return nil, err
	}
	models := modelsOf(folds)
	measuring, err := newMeasuring(models)
	if err != nil {
		return nil, err
	}
	c := &collection{measuring: measuring, src: p.src, folds: p.folds}
	var tests []*tabular.Rows
	for k, m := range models {
		part := make(tabular.Parts, len(p.folds))
		for i, fold := range p.folds {
			if part[i] = tabular.Unused; int(fold) == k {
				part[i] = 0
			}
		}
		sets, err := m.prep.Load(ctx, p.src, part, tabular.LoadConfig{Parts: 1, Memory: memory / int64(len(models))})
		if err != nil {
			return nil, err
		}
		defer sets[0].Close()
		tests = append(tests, sets[0])
		next, stop := iter.Pull2(m.answers(ctx, sets[0], nil))
		defer stop()
		c.next = append(c.next, next)
	}
	if err := run.Write(outOfFoldFile, func(w io.Writer) error { return c.write(ctx, w) }); err != nil {
		return nil, err
	}
	report = c.report("out-of-fold")
	columns, err := meanImportance(ctx, models, tests)
	if err != nil {
		return nil, err
	}
	report.Text += importanceText(columns)
	report.Text += fmt.Sprintf("\n%s has the prediction of each row: row counts from 1, fold says by which network.\n", outOfFoldFile)
	report.Of = strings.Join(p.Target, ", ")
	report.Next = [][]string{{"evaluate", "RUN", "--report"}, {"predict", "RUN", p.newRows()}, {"ui"}}
	report.Files = []task.Line{{Name: runs.ReportFile, Text: "the measures of each fold"},
		{Name: outOfFoldFile, Text: "the prediction of each row"}}
	return report, nil
}

// collection writes the predictions of all folds in the order of the rows, and measures them.
type collection struct {
	*measuring
	src   tabular.Source
	folds tabular.Parts
	next  []func() (answer, error, bool) // of each fold's network
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
				c.add(i, values, float64(class))
			} else {
				if v, err := strconv.ParseFloat(text, 64); err == nil {
					truth = v // the cell itself is more exact than the prepared number
				} else {
					text = readable.Rounded(truth, 1e-6*t.Std)
				}
				c.add(i, values, truth)
			}
			truths = append(truths, text)
			predicted = t.appendCells(predicted, values, true)
		}
		line = append(append(append(line[:0], strconv.Itoa(row), strconv.Itoa(1+fold)), truths...), predicted...)
		return out.Write(line)
	})
	out.Flush()
	return errors.Join(err, out.Error(), buffered.Flush())
}

// eachRow calls f with the cells of the targets for each row that is in a fold and has values of all targets.
func (c *collection) eachRow(ctx context.Context, f func(row, fold int, cells [][]byte) error) error {
	var at []int
	for _, t := range c.targets {
		at = append(at, slices.Index(c.src.Columns(), t.Name))
	}
	cells := make([][]byte, len(at))
	return tabular.Each(ctx, c.src, func(b *tabular.Block, i int) error {
		row := b.First + i
		if row >= len(c.folds) || c.folds[row] == tabular.Unused {
			return nil
		}
		for k, t := range c.targets {
			if cells[k] = b.Cell(i, at[k]); t.IsMissing(cells[k]) {
				return nil
			}
		}
		return f(row+1, int(c.folds[row]), cells)
	})
}

// measuring measures the predictions of several networks.
type measuring struct {
	targets []jointTarget
	list    []quality
	pending []pending // for each target: what is not yet in list
}

// pending are predictions, one after another, and truths.
type pending struct{ said, truth []float64 }

func newMeasuring(models []*Model) (*measuring, error) {
	m := &measuring{targets: jointTargets(models)}
	for _, t := range m.targets {
		o := output{ColumnPreparation: t.ColumnPreparation, n: max(1, len(t.Values))}
		q, err := newQuality(o, models[0].recipe)
		if err != nil {
			return nil, err
		}
		m.list = append(m.list, q)
	}
	m.pending = make([]pending, len(m.list))
	return m, nil
}

// add adds what is said about target i of a row, and the truth: a class's number, or a number.
func (m *measuring) add(i int, values []float64, truth float64) {
	const most = 4096
	p := &m.pending[i]
	p.said, p.truth = append(p.said, values...), append(p.truth, truth)
	if len(p.truth) == most || len(p.said) >= 1<<20 {
		m.measure(i)
	}
}

// measure adds what is pending of target i to its quality.
func (m *measuring) measure(i int) {
	p, q := &m.pending[i], &m.list[i]
	if len(p.truth) == 0 {
		return
	}
	if truth := tensor.From(p.truth); q.matrix != nil {
		for k, probability := range p.said {
			p.said[k] = math.Log(max(probability, 1e-30)) // the scores whose softmax they are
		}
		q.addOwn(tensor.From(p.said, len(p.truth), q.n), truth.Cast(tensor.Int64))
	} else {
		q.addOwn(tensor.From(p.said), truth)
	}
	p.said, p.truth = p.said[:0], p.truth[:0]
}

// report returns the report on all rows, which are called name.
func (m *measuring) report(name string) *task.Report {
	for i := range m.list {
		m.measure(i)
	}
	return reportOf(m.list, name)
}

// evaluateFolds is the command evaluate with the networks of a cross-validation: what its report says or, for the rows of
// a file, how good the mean of their predictions is.
func evaluateFolds(ctx context.Context, folds []task.Model, c task.Call) error {
	o := c.Options.(*evaluateOptions)
	if o.Data == "" {
		text, err := c.Run.ReadFile(runs.ReportFile)
		if err != nil {
			return err
		}
		if !o.Report {
			text, _, _ = bytes.Cut(text, []byte("\n"))
		}
		_, err = fmt.Fprintf(c.Out, "%s\n", bytes.TrimSpace(text))
		return err
	}
	models := modelsOf(folds)
	if err := alike(models); err != nil {
		return err
	}
	src, err := models[0].rows(o.Data, c.In)
	if err != nil {
		return err
	}
	p := &predictions{models: models, src: src}
	m, err := newMeasuring(models)
	if err != nil {
		return err
	}
	p.targets = m.targets
	for _, m := range models {
		sets, err := m.prep.Load(ctx, src, nil, tabular.LoadConfig{Memory: memory / int64(len(models))})
		if err != nil {
			return err
		}
		defer sets[0].Close()
		p.sets = append(p.sets, sets[0])
	}
	if p.sets[0].Len() == 0 {
		return fmt.Errorf("there are no rows with a target")
	}
	err = p.each(ctx, func(first answer) error {
		for i := range m.targets {
			t, truth := &m.targets[i], first.truth[i]
			if t.Kind == tabular.Category {
				truth = float64(t.index[0][int(truth)])
			}
			m.add(i, t.sum, truth)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r := m.report("given")
	fmt.Fprint(c.Out, r.Summary())
	if o.Report {
		fmt.Fprintf(c.Out, "\n%s", r.Text)
	}
	return nil
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
