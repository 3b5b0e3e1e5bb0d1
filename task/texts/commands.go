package texts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/drawing"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/task/predicted"
	"github.com/lamina-ml/lamina/tensor"
)

// Commands returns what evaluate, predict and show do with runs of texts.
func (Task) Commands() []task.Command {
	return []task.Command{
		{Name: "evaluate", Short: "accuracy on the test texts", Options: &evaluateOptions{}, Run: evaluate},
		{Name: "predict", Args: "TEXT or FILE...",
			Short: "the classes of texts, of the texts in a table, or of each line of a file; - reads lines from the standard input", Options: &predictOptions{}, Run: predict},
		{Name: "show", Args: "[TEXT]",
			Short: "the training and the mistakes; which words of a text speak for its class", Options: &showOptions{}, Run: show},
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
	Out     string   `yaml:"out" doc:"write the predictions to this file, in the format that the end of its name says: .csv, .tsv or .jsonl, each also with .gz, or .parquet"`
	Columns []string `yaml:"columns" default:"all" doc:"columns of the table to write before the predictions: all, none, or names such as id,city"`
	Force   bool     `yaml:"force" doc:"replace the file of --out if it exists"`
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
	if err := checkInputs(c.Args); err != nil {
		return err
	}
	if o.Out != "" {
		return m.predictTo(ctx, c, o)
	}
	for _, arg := range c.Args {
		if err := ctx.Err(); err != nil {
			return err
		}
		if isTableFile(arg) {
			if err := m.predictTable(ctx, c.Out, "", arg, o.Columns); err != nil {
				return err
			}
			continue
		}
		err := eachText(ctx, arg, c.In, func(text string) error {
			var parts []string
			for _, a := range m.answers(text)[:min(o.Top, len(m.Classes()))] {
				parts = append(parts, fmt.Sprintf("%s %.1f%%", m.Classes()[a.Class], 100*a.Probability))
			}
			_, err := fmt.Fprintf(c.Out, "%s  %s\n", strings.Join(parts, ", "), excerpt(text))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// predictTo writes the predictions to the file of --out: those of a table beside its columns, those of texts beside the texts.
func (m *Model) predictTo(ctx context.Context, c task.Call, o *predictOptions) error {
	tables := slices.ContainsFunc(c.Args, isTableFile)
	if tables && len(c.Args) > 1 {
		return message.Usagef("--out takes one table with texts, or texts and files with a text in each line")
	}
	if err := predicted.CheckOut(o.Out, o.Force, c.Args...); err != nil {
		return err
	}
	err := atomicfile.Write(o.Out, func(w io.Writer) error {
		if tables {
			return m.predictTable(ctx, w, o.Out, c.Args[0], o.Columns)
		}
		return m.predictTexts(ctx, w, o.Out, c)
	})
	if err == nil {
		fmt.Fprintf(c.Err, "predictions written to %s\n", o.Out)
	}
	return err
}

// predictTexts writes a table of texts, the class of each and the probabilities of the classes. w writes the file to.
func (m *Model) predictTexts(ctx context.Context, w io.Writer, to string, c task.Call) (err error) {
	columns := append([]parquet.Column{{Name: m.preparation.Text}}, m.predictions()...)
	out, err := predicted.New(ctx, w, to, nil, nil, columns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	line := make([]string, len(columns))
	for _, arg := range c.Args {
		err := eachText(ctx, arg, c.In, func(text string) error {
			line[0] = text
			m.fill(line[1:], text, predicted.IsTyped(to))
			return out.Write(line...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// predictions returns the columns of what is predicted: the class, and the probability of each class.
func (m *Model) predictions() []parquet.Column {
	columns := []parquet.Column{{Name: "predicted_" + m.preparation.Target}}
	for _, class := range m.Classes() {
		columns = append(columns, parquet.Column{Name: "probability_" + class, Type: parquet.Double})
	}
	return columns
}

// fill sets the cells of what is predicted of a text; exact is for programs.
func (m *Model) fill(cells []string, text string, exact bool) {
	answers := m.answers(text)
	cells[0] = m.Classes()[answers[0].Class]
	for _, a := range answers {
		cells[1+a.Class] = predicted.Probability(a.Probability, exact)
	}
}

// predictTable writes columns of a table with the class of each text and the probabilities of the classes. w writes the
// file to.
func (m *Model) predictTable(ctx context.Context, w io.Writer, to, path string, columns []string) (err error) {
	src, text, err := openTable(path, m.preparation.Text)
	if err != nil {
		return err
	}
	predictions := m.predictions()
	var names []string
	for _, p := range predictions {
		names = append(names, p.Name)
	}
	numbers, err := predicted.Columns(src, columns, names)
	if err != nil {
		return err
	}
	out, err := predicted.New(ctx, w, to, src, numbers, predictions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	line := make([]string, len(names))
	return tabular.Each(ctx, src, func(b *tabular.Block, row int) error {
		if err := ctx.Err(); err != nil { // a block has thousands of rows, and a network takes its time for each
			return err
		}
		t := string(b.Cell(row, text))
		if err := checkText(row, m.preparation.Text, t); err != nil {
			return err
		}
		m.fill(line, t, predicted.IsTyped(to))
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
			return message.Usagef("--class needs a text")
		}
		return m.draw(ctx, c, o)
	}
	if looksLikeFile(c.Args[0]) {
		return message.Usagef("show takes a text in quotation marks, and %q is the name of a file", c.Args[0])
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
	words := splitWords(s)
	width := 0
	for _, w := range words {
		width = max(width, len([]rune(s[w.from:w.to])))
	}
	for _, span := range words {
		if err := ctx.Err(); err != nil {
			return err
		}
		w, rest := s[span.from:span.to], s[:span.from]+s[span.to:]
		change := 100 * (probability(m.answers(rest), class) - whole)
		fmt.Fprintf(c.Out, "  %s%s %+6.1f  %s\n", w, strings.Repeat(" ", width-len([]rune(w))), change, bar(-change))
	}
	return nil
}

// span is a part of a text, in bytes.
type span struct{ from, to int }

// splitWords returns the words of a text: what is between spaces, and each character of a script that has no spaces
// between words, such as Chinese. Characters that combine with the one before them belong to its word.
func splitWords(s string) []span {
	var words []span
	inWord := false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		last := len(words) - 1
		switch {
		case unicode.IsSpace(r):
			inWord = false
		case last >= 0 && words[last].to == i && (inWord && !readable.Unspaced(r) || unicode.IsMark(r)):
			words[last].to += size
		default:
			words = append(words, span{i, i + size})
			inWord = !readable.Unspaced(r)
		}
		i += size
	}
	return words
}

// draw draws the curves of the training, and the confusion matrix on the test texts.
func (m *Model) draw(ctx context.Context, c task.Call, o *showOptions) error {
	d, err := drawing.New(c, o.Out)
	if err != nil {
		return err
	}
	if err := d.Curves(ctx, c.Run); err != nil {
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
	if err := d.Confusion(ctx, r); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "\nTo see which words of a text speak for its class: %s\n",
		message.CommandLine("show", message.PathArgument(c.Run.Folder), excerpt(set.Texts[0])))
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
