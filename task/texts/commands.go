package texts

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"strings"

	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// Commands returns what evaluate, predict and show do with runs of texts.
func (Task) Commands() []task.Command {
	return []task.Command{
		{Name: "evaluate", Short: "accuracy on the test texts", Options: &evaluateOptions{}, Run: evaluate},
		{Name: "predict", Args: "TEXT or FILE...", Short: "the classes of texts, or of the texts in a table", Options: &predictOptions{}, Run: predict},
		{Name: "show", Args: "TEXT", Short: "which words of a text speak for its class", Options: &showOptions{}, Run: show},
	}
}

type evaluateOptions struct {
	Report    bool   `yaml:"report" doc:"print precision, recall and F1 of each class"`
	Confusion string `yaml:"confusion" doc:"draw the confusion matrix to this PNG file"`
	Data      string `yaml:"data" doc:"a table with texts and their classes (default: the test texts of the run)"`
}

func evaluate(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*evaluateOptions)
	set, err := m.testSet(ctx, o.Data)
	if err != nil {
		return err
	}
	r, err := m.evaluate(ctx, set)
	if err != nil {
		return err
	}
	return task.WriteEvaluation(c.Out, r, o.Report, o.Confusion)
}

type predictOptions struct {
	Top int `yaml:"top" default:"3" min:"1" max:"1000" doc:"how many classes are printed for each text"`
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
	for _, arg := range c.Args {
		if err := ctx.Err(); err != nil {
			return err
		}
		if info, err := os.Stat(arg); err == nil && !info.IsDir() && isTable(arg) {
			if err := m.predictTable(ctx, arg, c); err != nil {
				return err
			}
			continue
		}
		var parts []string
		for _, a := range m.answers(arg)[:min(o.Top, len(m.Classes()))] {
			parts = append(parts, fmt.Sprintf("%s %.1f%%", m.Classes()[a.Class], 100*a.Probability))
		}
		fmt.Fprintf(c.Out, "%s  %s\n", strings.Join(parts, ", "), excerpt(arg))
	}
	return nil
}

// predictTable writes the classes of the texts in a table as CSV.
func (m *Model) predictTable(ctx context.Context, path string, c task.Call) error {
	all, err := read(ctx, path, m.preparation.Text, "", m.Classes())
	if err != nil {
		return err
	}
	w := csv.NewWriter(c.Out)
	w.Write([]string{m.preparation.Target, "probability", m.preparation.Text})
	for _, s := range all.texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		a := m.answers(s)[0]
		w.Write([]string{m.Classes()[a.Class], fmt.Sprintf("%.4f", a.Probability), s})
	}
	w.Flush()
	return w.Error()
}

type showOptions struct {
	Class string `yaml:"class" doc:"the class that is explained (default: the network's answer)"`
}

// show prints how the probability of a class falls when a word is left out.
func show(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*showOptions)
	if len(c.Args) != 1 {
		return task.Usagef("show needs one text, in quotation marks")
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
