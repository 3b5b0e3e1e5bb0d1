package table

import (
	"context"
	"fmt"
	"io"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/drawing"
	"github.com/lamina-ml/lamina/tensor"
)

type showOptions struct {
	Out  string `yaml:"out" doc:"folder for the pictures (default: show in the run's folder)"`
	Data string `yaml:"data" doc:"a file with rows and their targets (default: the run's test rows)"`
}

// show draws the curves of the training, the importance of the columns, and for each target the confusion matrix or the
// predictions over the true values.
func show(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*showOptions)
	set, name, err := m.evaluationRows(ctx, o.Data, c)
	if err != nil {
		return err
	}
	defer set.Close()
	d, err := drawing.New(c, o.Out)
	if err != nil {
		return err
	}
	if err := d.Curves(ctx, c.Run); err != nil {
		return err
	}
	list, err := m.measure(ctx, set)
	if err != nil {
		return err
	}
	columns, err := m.importance(ctx, set)
	if err != nil {
		return err
	}
	for i := range list {
		q := &list[i]
		file := ""
		if len(list) > 1 {
			file = fmt.Sprintf("-%d", i+1)
		}
		if columns != nil {
			if err := d.Write(ctx, "importance"+file+".png", columns[i].picture(name),
				"how much each column matters for the predictions of "+q.Name); err != nil {
				return err
			}
		}
		if q.matrix != nil {
			picture := plots.Confusion{Title: q.Name, Note: q.verdict(name), Matrix: q.matrix, Names: q.Values}.Picture()
			err = d.Write(ctx, "confusion"+file+".png", picture, "how often each class of "+q.Name+" was taken for which")
		} else if picture, e := m.scatter(ctx, set, q, name); e != nil {
			err = e
		} else {
			err = d.Write(ctx, "predictions"+file+".png", picture, "the predictions of "+q.Name+" over the true values")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// evaluationRows returns the test rows of the run, or those of a file, and what they are called. It says how many rows of
// the file are left out.
func (m *Model) evaluationRows(ctx context.Context, path string, c task.Call) (set *tabular.Rows, name string, err error) {
	if path == "" {
		set, name, err = m.testRows(ctx)
	} else {
		name = "given"
		set, err = m.rowsOf(ctx, path, c.In)
	}
	if err != nil {
		return nil, "", err
	}
	if n := set.MissingTargets(); n > 0 && path != "" {
		fmt.Fprintln(c.Err, leftOut(n, m.data.Target))
	}
	if set.Len() == 0 {
		set.Close()
		return nil, "", fmt.Errorf("there are no rows with a target")
	}
	return set, name, nil
}

// rowsOf returns the rows of a file, prepared, with their targets.
func (m *Model) rowsOf(ctx context.Context, path string, stdin io.Reader) (*tabular.Rows, error) {
	src, err := m.rows(path, stdin)
	if err != nil {
		return nil, err
	}
	sets, err := m.prep.Load(ctx, src, nil, tabular.LoadConfig{})
	if err != nil {
		return nil, err
	}
	return sets[0], nil
}

// picture draws at most 30 columns, the most important ones, for rows that are called name.
func (p *importance) picture(name string) *plots.Picture {
	const most = 30
	columns := p.columns
	r := plots.Ranking{Title: "Importance of the columns for " + p.target,
		Note: fmt.Sprintf("by how much %s on the %s rows if the values of a column are exchanged at random", p.measure, name)}
	if len(columns) > most {
		r.Note += fmt.Sprintf(";\nthe first %d of %d columns", most, len(columns))
		columns = columns[:most]
	}
	for _, c := range columns {
		r.Names, r.Values = append(r.Names, c.column), append(r.Values, c.worse)
	}
	return r.Picture()
}

// scatter draws the predictions of a number over its true values, of at most 2000 rows.
func (m *Model) scatter(ctx context.Context, set *tabular.Rows, q *quality, name string) (*plots.Picture, error) {
	const most = 2000
	rows := make([]int64, min(most, set.Len()))
	for i := range rows {
		rows[i] = int64(i * set.Len() / len(rows))
	}
	var points plots.Series
	loader := evaluationLoader(data.NewSubset(set, rows), m.device)
	for batch := range loader.Batches(data.NoGrad) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		predicted, truth := q.inUnit(m.network.Forward(batch.X), batch.Y)
		points.X = append(points.X, truth.To(tensor.CPU()).Contiguous().Float64s()...)
		points.Y = append(points.Y, predicted.To(tensor.CPU()).Contiguous().Float64s()...)
	}
	return plots.Scatter{Title: q.Name, Note: q.verdict(name), X: "true value", Y: "prediction", Points: points,
		Diagonal: true}.Picture(), loader.Err()
}
