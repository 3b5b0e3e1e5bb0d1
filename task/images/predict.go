package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/task/predicted"
)

func predict(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*predictOptions)
	files, err := predicted.Pictures(c.Args)
	if err != nil {
		return err
	}
	if o.Out == "" {
		return m.predictLines(ctx, c, files, o.Top)
	}
	if err := predicted.CheckOut(o.Out, o.Force, files...); err != nil {
		return err
	}
	n, failed := 0, false
	err = atomicfile.Write(o.Out, func(w io.Writer) (err error) {
		n, failed, err = m.predictTable(ctx, c, w, files)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "%s written to %s\n", readable.Count(n, "prediction"), o.Out)
	return reported(failed)
}

// reported returns the error for pictures of which something was printed.
func reported(failed bool) error {
	if failed {
		return message.ErrReported
	}
	return nil
}

// each calls f with the answers for each picture. It prints what is wrong with those that cannot be read, and reports
// whether there are any.
func (m *Model) each(ctx context.Context, c task.Call, files []string,
	f func(path string, answers []task.Answer) error) (failed bool, err error) {
	for _, path := range files {
		if err := ctx.Err(); err != nil {
			return failed, err
		}
		x, err := m.read(path)
		if err != nil {
			fmt.Fprintf(c.Err, "lamina: %s\n", message.Text(err))
			failed = true
			continue
		}
		if err := f(path, task.Answers(m.network, x)); err != nil {
			return failed, err
		}
	}
	return failed, nil
}

// predictLines prints a line with the most probable classes of each picture.
func (m *Model) predictLines(ctx context.Context, c task.Call, files []string, top int) error {
	const widest = 60 // a longer path moves its own line only
	width := 0
	for _, path := range files {
		width = max(width, min(len(path), widest))
	}
	failed, err := m.each(ctx, c, files, func(path string, answers []task.Answer) error {
		var parts []string
		for _, a := range answers[:min(top, len(answers))] {
			parts = append(parts, fmt.Sprintf("%s %.1f%%", m.Classes()[a.Class], 100*a.Probability))
		}
		_, err := fmt.Fprintf(c.Out, "%-*s  %s\n", width, path, strings.Join(parts, ", "))
		return err
	})
	return errors.Join(err, reported(failed && err == nil))
}

// predictTable writes a table with the file, the class and the probabilities of the classes of each picture, and returns
// the number of its rows.
func (m *Model) predictTable(ctx context.Context, c task.Call, w io.Writer, files []string) (rows int, failed bool, err error) {
	columns := []parquet.Column{{Name: "file"}, {Name: "predicted_class"}}
	for _, class := range m.Classes() {
		columns = append(columns, parquet.Column{Name: "probability_" + class, Type: parquet.Double})
	}
	out, err := predicted.New(ctx, w, c.Options.(*predictOptions).Out, nil, nil, columns)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	line, exact := make([]string, len(columns)), predicted.IsTyped(c.Options.(*predictOptions).Out)
	failed, err = m.each(ctx, c, files, func(path string, answers []task.Answer) error {
		line[0], line[1] = path, m.Classes()[answers[0].Class]
		for _, a := range answers {
			line[2+a.Class] = predicted.Probability(a.Probability, exact)
		}
		rows++
		return out.Write(line...)
	})
	return rows, failed, err
}
