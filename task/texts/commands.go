package texts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/predicted"
	"github.com/lamina-ml/lamina/tensor"
)

// Commands returns what evaluate, predict and show do with runs of texts.
func (Task) Commands() []task.Command {
	return []task.Command{
		{Name: "evaluate", Short: "accuracy on the test texts", Options: &evaluateOptions{}, Run: evaluate},
		{Name: "predict", Args: "TEXT or FILE...", Short: "the classes of texts, or of the texts in a table", Options: &predictOptions{}, Run: predict},
		{Name: "show", Args: "[TEXT]", Short: "the training and the mistakes; which words of a text speak for its class", Options: &showOptions{}, Run: show},
	}
}

type evaluateOptions struct {
	Report    bool   `yaml:"report" doc:"print precision, recall and F1 of each class"`
	Confusion string `yaml:"confusion" doc:"draw the confusion matrix to this PNG file"`
	Data      string `yaml:"data" doc:"a table with texts and their classes (default: the test texts of the run)"`
}

func evaluate(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*evaluateOptions)
	if err := task.CheckConfusion(o.Confusion); err != nil {
		return err
	}
	set, part, err := m.testSet(ctx, o.Data)
	if err != nil {
		return err
	}
	r, err := m.evaluate(ctx, set, part)
	if err != nil {
		return err
	}
	return task.WriteEvaluation(c.Out, r, o.Report, o.Confusion)
}

type predictOptions struct {
	Top     int      `yaml:"top" default:"3" min:"1" max:"1000" doc:"how many classes are printed for each text"`
	Out     string   `yaml:"out" doc:"write the predictions to this file: Parquet if its name ends in .parquet, else CSV"`
	Columns []string `yaml:"columns" default:"all" doc:"columns of the table to write before the predictions: all, none, or names such as id,city"`
}

// answers returns the classes of a text, the most probable first.
func (m *Model) answers(s string) []task.Answer {
	encoded := m.padded().Encode(s)
	ids := make([]int64, max(1, len(encoded.IDs)))
	ids[0] = int64(paddingOf(m.tokenizer)) // an empty text
	for i, id := range encoded.IDs {
		ids[i] = int64(id)
	}
	return task.Answers(m.network, tensor.From(ids, 1, len(ids)).To(m.device))
}

func predict(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*predictOptions)
	tables := slices.ContainsFunc(c.Args, isFile)
	if o.Out != "" && (len(c.Args) > 1 || !tables) {
		return task.Usagef("--out needs one table with texts")
	}
	for _, arg := range c.Args {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch {
		case !isFile(arg):
			var parts []string
			for _, a := range m.answers(arg)[:min(o.Top, len(m.Classes()))] {
				parts = append(parts, fmt.Sprintf("%s %.1f%%", m.Classes()[a.Class], 100*a.Probability))
			}
			fmt.Fprintf(c.Out, "%s  %s\n", strings.Join(parts, ", "), excerpt(arg))
		case o.Out == "":
			if err := m.predictTable(ctx, c.Out, "", arg, o.Columns); err != nil {
				return err
			}
		default:
			if err := atomicfile.Write(o.Out, func(w io.Writer) error { return m.predictTable(ctx, w, o.Out, arg, o.Columns) }); err != nil {
				return err
			}
			fmt.Fprintf(c.Err, "predictions written to %s\n", o.Out)
		}
	}
	return nil
}

// isFile reports whether an argument of predict is a table, not a text.
func isFile(arg string) bool {
	info, err := os.Stat(arg)
	return err == nil && !info.IsDir() && isTable(arg)
}

// predictTable writes columns of a table with the class of each text and the probabilities of the classes. w writes the
// file to.
func (m *Model) predictTable(ctx context.Context, w io.Writer, to, path string, columns []string) (err error) {
	src, text, err := openTable(path, m.preparation.Text)
	if err != nil {
		return err
	}
	names := []string{"predicted_" + m.preparation.Target}
	for _, class := range m.Classes() {
		names = append(names, "probability_"+class)
	}
	numbers, err := predicted.Columns(src, columns, names)
	if err != nil {
		return err
	}
	predictions := []parquet.Column{{Name: names[0]}}
	for _, name := range names[1:] {
		predictions = append(predictions, parquet.Column{Name: name, Type: parquet.Double})
	}
	out, err := predicted.New(ctx, w, to, src, numbers, predictions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	line := make([]string, len(names))
	return rows(ctx, src, func(_ int, cell func(column int) []byte) error {
		answers := m.answers(string(cell(text)))
		line[0] = m.Classes()[answers[0].Class]
		for _, a := range answers {
			line[1+a.Class] = fmt.Sprintf("%.4f", a.Probability)
		}
		return out.Write(line...)
	})
}

type showOptions struct {
	Class string `yaml:"class" doc:"the class that is explained (default: the network's answer)"`
	Out   string `yaml:"out" doc:"folder for the pictures (default: show in the run's folder)"`
	Data  string `yaml:"data" doc:"a table with texts and their classes (default: the test texts of the run)"`
}

// show draws the training and the confusion matrix. With a text it prints how the probability of a class falls when a word
// is left out.
func show(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*showOptions)
	if len(c.Args) == 0 {
		if o.Class != "" {
			return task.Usagef("--class needs a text")
		}
		return m.draw(ctx, c, o)
	}
	class, err := task.ClassOf(m.Classes(), o.Class)
	if err != nil {
		return err
	}
	s := c.Args[0]
	answers := m.answers(s)
	if class < 0 {
		class = answers[0].Class
	}
	whole := probability(answers, class)
	name := m.Classes()[class]
	fmt.Fprintf(c.Out, "%s %.1f%%\n\nwithout the word, the probability of %q changes by\n", name, 100*whole, name)
	words := strings.Fields(s)
	width := 0
	for _, w := range words {
		width = max(width, len([]rune(w)))
	}
	for i, w := range words {
		if err := ctx.Err(); err != nil {
			return err
		}
		rest := strings.Join(append(append([]string{}, words[:i]...), words[i+1:]...), " ")
		change := 100 * (probability(m.answers(rest), class) - whole)
		fmt.Fprintf(c.Out, "  %s%s %+6.1f  %s\n", w, strings.Repeat(" ", width-len([]rune(w))), change, bar(-change))
	}
	return nil
}

// draw draws the curves of the training, and the confusion matrix on the test texts.
func (m *Model) draw(ctx context.Context, c task.Call, o *showOptions) error {
	d, err := task.NewDrawer(ctx, c, o.Out)
	if err != nil {
		return err
	}
	if err := d.Curves(c.Run); err != nil {
		return err
	}
	set, part, err := m.testSet(ctx, o.Data)
	if err != nil {
		return err
	}
	r, err := m.evaluate(ctx, set, part)
	if err != nil {
		return err
	}
	if err := d.Confusion(r); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "\nTo see which words of a text speak for its class: %s\n",
		task.CommandLine("show", task.PathArgument(c.Run.Folder), excerpt(set.Texts[0])))
	return err
}

// bar draws how strongly a word speaks for (+) or against (−) the class.
func bar(points float64) string {
	sign := "+"
	if points < 0 {
		sign, points = "−", -points
	}
	return strings.Repeat(sign, min(40, int(points*0.4+0.5)))
}

func probability(answers []task.Answer, class int) float64 {
	for _, a := range answers {
		if a.Class == class {
			return a.Probability
		}
	}
	return 0
}
