package table

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
)

// Commands returns what evaluate, predict and show do with runs of tables.
func (Task) Commands() []task.Command {
	return []task.Command{
		{Name: "evaluate", Short: "quality of the predictions on the test rows, or on the rows of a file",
			Options: &evaluateOptions{}, Run: evaluate,
			Folds: evaluateFolds},
		{Name: "predict", Args: "FILE",
			Short: "the rows of a file with predictions, as CSV or what --out names; - reads CSV from the standard input", Options: &predictOptions{}, Run: predict,
			Folds: predictFolds},
		{Name: "show", Short: "the training, the importance of the columns, and the predictions beside the true values",
			Options: &showOptions{}, Run: show},
	}
}

type evaluateOptions struct {
	Report bool   `yaml:"report" doc:"print precision, recall and F1 of each class, the confusion matrix, and the importance of the columns"`
	Data   string `yaml:"data" doc:"a file with rows and their targets, or - for CSV from the standard input (default: the run's test rows)"`
}

// evaluate is the command evaluate.
func evaluate(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*evaluateOptions)
	set, name, err := m.evaluationRows(ctx, o.Data, c)
	if err != nil {
		return err
	}
	defer set.Close()
	r, err := m.report(ctx, set, name, o.Report)
	if err != nil {
		return err
	}
	fmt.Fprint(c.Out, r.Summary())
	if o.Report {
		fmt.Fprintf(c.Out, "\n%s", r.Text)
	}
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

// maxInput limits what the commands read from the standard input, which is kept in memory.
const maxInput = 1 << 30

// rows opens the table at path; "-" is stdin.
func (m *Model) rows(path string, stdin io.Reader) (tabular.Source, error) {
	if path != "-" {
		return m.data.open(path)
	}
	content, err := io.ReadAll(io.LimitReader(stdin, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxInput {
		return nil, message.Advise(fmt.Errorf("the standard input has more than %d bytes, which is the limit", maxInput),
			"Write the rows to a file, and name it.")
	}
	return tabular.FromBytes("standard input", bytes.TrimLeft(content, "\r\n"), m.data.reading())
}
