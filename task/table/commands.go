package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/predicted"
	"github.com/lamina-ml/lamina/tensor"
)

// Commands returns what evaluate and predict do with runs of tables.
func (Task) Commands() []task.Command {
	return []task.Command{
		{Name: "evaluate", Short: "quality of the predictions on the test rows, or on the rows of a file", Options: &evaluateOptions{}, Run: evaluate},
		{Name: "predict", Args: "FILE", Short: "the rows of a file with predictions, as CSV; - reads CSV from the standard input", Options: &predictOptions{}, Run: predict},
	}
}

type evaluateOptions struct {
	Report bool   `yaml:"report" doc:"print precision, recall and F1 of each class, the confusion matrix, and the importance of the columns"`
	Data   string `yaml:"data" doc:"a file with rows and their targets (default: the run's test rows)"`
}

// evaluate is the command evaluate.
func evaluate(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*evaluateOptions)
	var set *tabular.Rows
	name := "test"
	if o.Data == "" {
		var err error
		if set, err = m.testRows(ctx); err != nil {
			return err
		}
	} else {
		src, err := m.data.open(o.Data)
		if err != nil {
			return err
		}
		sets, err := m.prep.Load(ctx, src, nil, tabular.LoadConfig{})
		if err != nil {
			return err
		}
		set, name = sets[0], "given"
	}
	defer set.Close()
	if set.Len() == 0 {
		return fmt.Errorf("there are no rows with a target")
	}
	r, err := m.report(ctx, set, name, o.Report)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Out, r.Verdict)
	if o.Report {
		fmt.Fprintf(c.Out, "\n%s", r.Text)
	}
	return nil
}

type predictOptions struct {
	Out     string   `yaml:"out" doc:"write the predictions to this file"`
	Columns []string `yaml:"columns" default:"all" doc:"columns of the table to write before the predictions: all, none, or names such as id,city"`
}

// predict is the command predict.
func predict(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*predictOptions)
	if len(c.Args) != 1 {
		return task.Usagef("predict takes one file with rows, got %d", len(c.Args))
	}
	src, err := m.rows(c.Args[0])
	if err != nil {
		return err
	}
	unknown, err := m.prep.Check(src, false)
	var missing *tabular.Error
	if errors.As(err, &missing) && missing.Column != "" {
		return task.Advise(err, "To do without the column, train again with%s", strings.TrimPrefix(task.CommandLine("--set", "data.columns."+missing.Column+"=drop"), "lamina"))
	}
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		fmt.Fprintf(c.Err, "the prediction does not use columns that the training did not have: %s\n", strings.Join(unknown, ", "))
	}
	columns, err := predicted.Columns(src, o.Columns, m.predictedNames())
	if err != nil {
		return err
	}
	sets, err := m.prep.Load(ctx, src, nil, tabular.LoadConfig{NoTargets: true})
	if err != nil {
		return err
	}
	defer sets[0].Close()
	unseen := newUnseen(m.prep)
	defer unseen.write(c.Err)
	if o.Out == "" {
		return m.write(ctx, c.Out, src, columns, sets[0], unseen)
	}
	if err := atomicfile.Write(o.Out, func(w io.Writer) error { return m.write(ctx, w, src, columns, sets[0], unseen) }); err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "%d predictions written to %s\n", sets[0].Len(), o.Out)
	return nil
}

// unseen counts the rows whose category did not occur in the training, for each column of categories.
type unseen struct {
	features []tabular.Feature
	rows     []int
}

func newUnseen(prep *tabular.Preparation) *unseen {
	u := &unseen{}
	for _, f := range prep.Features() {
		if f.Kind == tabular.Category {
			u.features = append(u.features, f)
		}
	}
	u.rows = make([]int, len(u.features))
	return u
}

// add counts the prepared rows x, of a width: such a category has the code 0, or a one-hot encoding of zeros.
func (u *unseen) add(x []float32, width int) {
	for ; len(x) >= width && width > 0; x = x[width:] {
		for i, f := range u.features {
			known := f.Code >= 0 && x[f.Code] != 0
			for _, v := range x[f.From:f.To] {
				known = known || v != 0
			}
			if !known {
				u.rows[i]++
			}
		}
	}
}

func (u *unseen) write(w io.Writer) {
	for i, n := range u.rows {
		switch {
		case n == 1:
			fmt.Fprintf(w, "%s: one row has a value that did not occur in the training\n", u.features[i].Column)
		case n > 1:
			fmt.Fprintf(w, "%s: %d rows have a value that did not occur in the training\n", u.features[i].Column, n)
		}
	}
}

// rows opens the table at path; "-" is the standard input.
func (m *Model) rows(path string) (tabular.Source, error) {
	if path != "-" {
		return m.data.open(path)
	}
	content, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	return tabular.FromBytes("standard input", bytes.TrimLeft(content, "\r\n"), tabular.Options{})
}

// predictedNames returns the names of the predictions: predicted_price for a number; for classes also the probability of
// each, probability_setosa, or probability_species_setosa if there are several targets.
func (m *Model) predictedNames() []string {
	var names []string
	for _, t := range m.prep.Targets {
		names = append(names, "predicted_"+t.Name)
		if t.Kind != tabular.Category {
			continue
		}
		prefix := "probability_"
		if len(m.prep.Targets) > 1 {
			prefix += t.Name + "_"
		}
		for _, v := range t.Values {
			names = append(names, prefix+v)
		}
	}
	return names
}

// write writes a line of CSV for each row of src, which set has prepared: some columns, and the predictions. It counts
// what unseen counts.
func (m *Model) write(ctx context.Context, w io.Writer, src tabular.Source, columns []int, set *tabular.Rows, unseen *unseen) (err error) {
	out, err := predicted.New(w, src, columns, m.predictedNames())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	targets := outputs(m.prep.Targets)
	var line []string
	nn.Eval(m.network)
	loader := evaluationLoader(set, m.device)
	for batch := range loader.Batches(data.NoGrad) {
		if err := ctx.Err(); err != nil {
			return err
		}
		unseen.add(batch.X.To(tensor.CPU()).Contiguous().Float32s(), batch.X.Dim(1))
		pred := m.network.Forward(batch.X)
		var values [][]float32
		for _, t := range targets {
			v := pred.Narrow(1, t.from, t.n)
			if t.Kind == tabular.Category {
				v = v.Softmax(1)
			}
			values = append(values, v.Contiguous().To(tensor.CPU()).Float32s())
		}
		for i := range batch.Indices {
			line = line[:0]
			for k, t := range targets {
				line = appendPrediction(line, t, values[k][i*t.n:][:t.n])
			}
			if err := out.Write(line...); err != nil {
				return err
			}
		}
	}
	return loader.Err()
}

// appendPrediction appends the cells of a target's outputs: the number, or the class and the probabilities.
func appendPrediction(line []string, t output, values []float32) []string {
	if t.Kind != tabular.Category {
		return append(line, readable.Number(t.Value(float64(values[0])), 7))
	}
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	line = append(line, t.Values[best])
	for _, v := range values {
		line = append(line, strconv.FormatFloat(float64(v), 'f', 4, 32))
	}
	return line
}
