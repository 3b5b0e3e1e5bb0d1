package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/task/predicted"
	"github.com/lamina-ml/lamina/tensor"
)

type predictOptions struct {
	Out     string   `yaml:"out" doc:"write the predictions to this file, in the format that the end of its name says: .csv, .tsv or .jsonl, each also with .gz, or .parquet"`
	Columns []string `yaml:"columns" default:"all" doc:"columns of the table to write before the predictions: all, none, or names such as id,city"`
	Force   bool     `yaml:"force" doc:"replace the file of --out if it exists"`
}

// predict is the command predict.
func predict(ctx context.Context, model task.Model, c task.Call) error {
	return predictFolds(ctx, []task.Model{model}, c)
}

// predictFolds is the command predict with the networks of a cross-validation: the prediction is the mean of theirs.
func predictFolds(ctx context.Context, folds []task.Model, c task.Call) error {
	models, o := modelsOf(folds), c.Options.(*predictOptions)
	m := models[0]
	if len(c.Args) != 1 {
		return message.Usagef("predict takes one file with rows, got %d", len(c.Args))
	}
	if err := alike(models); err != nil {
		return err
	}
	if o.Out != "" {
		if err := predicted.CheckOut(o.Out, o.Force, c.Args[0]); err != nil {
			return err
		}
	}
	src, err := m.rows(c.Args[0], c.In)
	if err != nil {
		return err
	}
	unknown, err := m.prep.Check(src, false)
	var missing *tabular.Error
	if errors.As(err, &missing) && missing.Column != "" {
		return message.Advise(err, "To do without the column, train again with %s", setting("data.columns."+missing.Column, "drop"))
	}
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		fmt.Fprintf(c.Err, "the prediction does not use columns that the training did not have: %s\n", strings.Join(unknown, ", "))
	}
	p := &predictions{models: models, targets: jointTargets(models), src: src, unseen: newUnseen(m.prep)}
	if p.columns, err = predicted.Columns(src, o.Columns, names(p.targets)); err != nil {
		return err
	}
	for _, m := range models {
		sets, err := m.prep.Load(ctx, src, nil, tabular.LoadConfig{NoTargets: true, Memory: memory / int64(len(models))})
		if err != nil {
			return err
		}
		defer sets[0].Close()
		p.sets = append(p.sets, sets[0])
	}
	defer p.unseen.write(c.Err)
	if o.Out == "" {
		return p.write(ctx, c.Out, "")
	}
	if err := atomicfile.Write(o.Out, func(w io.Writer) error { return p.write(ctx, w, o.Out) }); err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "%s written to %s\n", readable.Count(p.sets[0].Len(), "prediction"), o.Out)
	return nil
}

// predictions are those of the rows of a table by one network or more, with the preparation of each.
type predictions struct {
	models  []*Model
	targets []jointTarget
	src     tabular.Source
	columns []int           // of src, to be written before the predictions
	sets    []*tabular.Rows // src, prepared for each network
	unseen  *unseen
}

// write writes the rows with the prediction of each target, and the probabilities of its classes. Those of several
// networks are their means. w writes the file at path; see predicted.New.
func (p *predictions) write(ctx context.Context, w io.Writer, path string) (err error) {
	out, err := predicted.New(ctx, w, path, p.src, p.columns, columns(p.targets))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	var line []string
	return p.each(ctx, func(answer) error {
		line = line[:0]
		for i := range p.targets {
			line = p.targets[i].appendCells(line, p.targets[i].sum, predicted.IsTyped(path))
		}
		return out.Write(line...)
	})
}

// each calls f for each row, with what the first network says; the sum of each target is the mean of all networks.
func (p *predictions) each(ctx context.Context, f func(first answer) error) error {
	var others []func() (answer, error, bool)
	for k, m := range p.models[1:] {
		next, stop := iter.Pull2(m.answers(ctx, p.sets[1+k], nil))
		defer stop()
		others = append(others, next)
	}
	weight := 1 / float64(len(p.models))
	for first, err := range p.models[0].answers(ctx, p.sets[0], p.unseen) {
		if err != nil {
			return err
		}
		for i := range p.targets {
			clear(p.targets[i].sum)
			p.targets[i].add(0, first.values[i], weight)
		}
		for k, next := range others {
			a, err, ok := next()
			if err == nil && !ok {
				err = errors.New("the table has changed while it was read")
			}
			if err != nil {
				return err
			}
			for i := range p.targets {
				p.targets[i].add(1+k, a.values[i], weight)
			}
		}
		if err := f(first); err != nil {
			return err
		}
	}
	return nil
}

// answer is what a network says about a row.
type answer struct {
	values [][]float64 // for each target: the probability of each class, or the number in its unit
	truth  []float64   // of each target, if the rows have them: the number of the class, or the number in its unit
}

// answers returns the answers for prepared rows, in their order. An answer is valid until the next one; an error is
// the last. It counts what unseen counts, unless that is nil.
func (m *Model) answers(ctx context.Context, set *tabular.Rows, unseen *unseen) iter.Seq2[answer, error] {
	return func(yield func(answer, error) bool) {
		nn.Eval(m.network)
		targets := outputs(m.prep.Targets)
		var a answer
		for _, t := range targets {
			a.values = append(a.values, make([]float64, t.n))
		}
		columns := make([][]float32, len(targets))
		loader := evaluationLoader(set, m.device)
		for batch := range loader.Batches(data.NoGrad) {
			if err := ctx.Err(); err != nil {
				yield(answer{}, err)
				return
			}
			if unseen != nil {
				unseen.add(batch.X.To(tensor.CPU()).Contiguous().Float32s(), batch.X.Dim(1))
			}
			pred := m.network.Forward(batch.X)
			for k, t := range targets {
				values := pred.Narrow(1, t.from, t.n)
				if t.Kind == tabular.Category {
					values = values.Softmax(1)
				}
				columns[k] = values.Contiguous().To(tensor.CPU()).Float32s()
			}
			truth := truths(batch.Y, targets)
			for i := range batch.Indices {
				for k, t := range targets {
					for j, v := range columns[k][i*t.n:][:t.n] {
						if a.values[k][j] = float64(v); t.Kind != tabular.Category {
							a.values[k][j] = t.Value(float64(v))
						}
					}
				}
				if truth != nil {
					a.truth = truth[i*len(targets):][:len(targets)]
				}
				if !yield(a, nil) {
					return
				}
			}
		}
		if err := loader.Err(); err != nil {
			yield(answer{}, err)
		}
	}
}

// truths returns the targets y of a batch, (N) or (N, targets), in their units; nil if there are none.
func truths(y tensor.Tensor, targets []output) []float64 {
	if y == (tensor.Tensor{}) {
		return nil
	}
	all := slices.Clone(y.Cast(tensor.Float64).To(tensor.CPU()).Contiguous().Float64s())
	for i := range all {
		if t := targets[i%len(targets)]; t.Kind != tabular.Category {
			all[i] = t.Value(all[i])
		}
	}
	return all
}

// names returns the names of the predictions: predicted_price for a number; for classes also the probability of each,
// probability_setosa, or probability_species_setosa if there are several targets.
func names(targets []jointTarget) []string {
	var names []string
	for _, t := range targets {
		names = append(names, "predicted_"+t.Name)
		if t.Kind != tabular.Category {
			continue
		}
		prefix := "probability_"
		if len(targets) > 1 {
			prefix += t.Name + "_"
		}
		for _, v := range t.Values {
			names = append(names, prefix+v)
		}
	}
	return names
}

// columns returns the names and the types of the predictions.
func columns(targets []jointTarget) []parquet.Column {
	var list []parquet.Column
	for _, name := range names(targets) {
		list = append(list, parquet.Column{Name: name, Type: parquet.Double})
	}
	at := 0
	for _, t := range targets {
		if t.Kind == tabular.Category {
			list[at].Type = parquet.String
			at += len(t.Values)
		}
		at++
	}
	return list
}

// appendCells appends what is predicted of a target: the number, with a millionth of the standard deviation of the
// training's targets, or the class and the probabilities.
func (t *jointTarget) appendCells(line []string, values []float64, exact bool) []string {
	if t.Kind != tabular.Category {
		return append(line, readable.Rounded(values[0], 1e-6*t.Std))
	}
	line = append(line, t.Values[largest(values)])
	for _, v := range values {
		line = append(line, predicted.Probability(v, exact))
	}
	return line
}
